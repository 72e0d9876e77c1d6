"""The project's own source files, parsed, for tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from portal.config import ROOT

PORTAL = ROOT / "portal"
TEMPLATES = ROOT / "templates"


def modules() -> list[Path]:
    """Every Python file of the portal."""
    return sorted(PORTAL.rglob("*.py"))


def name_of(path: Path) -> str:
    """As people say it: `portal/core/clock.py`."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call in the file."""
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """What is called, as written: `session.commit`."""
    return ast.unparse(call.func)


def templates() -> list[Path]:
    """Every page, fragment, component and layout; the e-mails are plain text and not among them."""
    return sorted(TEMPLATES.rglob("*.html"))
