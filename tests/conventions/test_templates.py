"""House rules of the templates: named after their endpoints, all used, and nothing inline."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conventions.source import TEMPLATES, called, calls, modules, templates, tree_of

INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|hx-on|javascript:|[\"']js:",
    re.IGNORECASE,
)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
INCLUDED = re.compile(r"""(?:include|extends|import|from)\s+["']([\w/.-]+\.html)["']""")
FILTERED = re.compile(r"""hx-trigger\s*=\s*["'][^"']*\[""")

# Folders of what no endpoint is named after.
SHARED = {"components", "layouts", "errors", "email", "letters"}

# What a page becomes on the way: a link used up, the check before prices are lowered.
STEPS = {"accounts/spent_link.html", "pricing/check.html"}

ALL = [pytest.param(path, id=path.relative_to(TEMPLATES).as_posix()) for path in templates()]


def text_of(path):
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def rendered():
    """The templates that Python names: `page("accounts/sign_in.html")`, or `page(f"errors/{code}.html")`."""
    there = [path.relative_to(TEMPLATES).as_posix() for path in templates()]
    named = set()
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.JoinedStr):
                pattern = "".join(_pattern(part) for part in node.values)
                named.update(
                    name for name in there if pattern.endswith("html") and re.fullmatch(pattern, name)
                )
            elif isinstance(node, ast.Constant) and str(node.value).endswith(".html"):
                named.add(node.value)
    return named - {".html"}


def _pattern(part):
    return re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+"


@pytest.mark.parametrize("path", ALL)
def test_nothing_inline_that_the_policy_would_refuse(path):
    text = text_of(path)
    assert INLINE.search(text) is None, INLINE.search(text)
    assert FILTERED.search(text) is None, "a filtered trigger needs eval"


def test_every_page_is_named_after_its_endpoint(app):
    endpoints = set(app.view_functions)
    nameless = []
    for path in templates():
        feature, _, rest = path.relative_to(TEMPLATES).as_posix().partition("/")
        if feature in SHARED or rest.startswith("_"):
            continue
        name = f"{feature}.{rest.removesuffix('.html').replace('/', '_')}"
        # A page that has two forms names the second after the first: `accept_invitation_new.html`.
        if not any(name == endpoint or name.startswith(f"{endpoint}_") for endpoint in endpoints):
            nameless.append(f"{feature}/{rest}")
    assert set(nameless) - STEPS == set()


def test_every_template_is_used():
    used = rendered()
    for path in templates():
        used.update(INCLUDED.findall(text_of(path)))
    unused = {path.relative_to(TEMPLATES).as_posix() for path in templates()} - used
    assert unused == set()


def test_every_named_template_exists():
    named = {name for name in rendered() if "/" in name and "{" not in name}
    there = {path.relative_to(TEMPLATES).as_posix() for path in templates()}
    outside = ("govuk_frontend_jinja/", "govuk_frontend_wtf/")
    assert {name for name in named - there if not name.startswith(outside)} == set()


def test_every_email_that_is_sent_has_its_text():
    sent = {
        keyword.value.value
        for path in modules()
        for call in calls(path)
        if called(call).endswith("send")
        for keyword in call.keywords
        if keyword.arg == "template" and isinstance(keyword.value, ast.Constant)
    }
    missing = {name for name in sent if not (TEMPLATES / "email" / f"{name}.txt").is_file()}
    assert missing == set()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.relative_to(TEMPLATES).as_posix())
        for path in sorted((TEMPLATES / "email").rglob("*.txt"))
        if not path.name.startswith("_")
    ],
)
def test_an_email_opens_with_its_subject(path):
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith("Subject: ")
    assert second == ""
