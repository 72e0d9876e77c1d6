"""Which Chromium the journeys use: the system's; else Playwright's own; else, as root on Debian, apt's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "NO BROWSER WAS FOUND: the journeys in a real browser did NOT run. Install chromium and run again."


def find() -> str | None:
    """The path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None) or _playwrights_own()


def is_required() -> bool:
    """Must the journeys run?"""
    return os.environ.get("REQUIRE_BROWSER") == "1"


def provide() -> str | None:
    """A Chromium, installing one if the machine lets us."""
    return find() or _install_playwrights() or _install_package()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install_playwrights() -> str | None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, check=False, capture_output=True, timeout=300)
    return _playwrights_own()


def _install_package() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Debian's chromium package for the journeys…", flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, capture_output=True)
    return find()


if __name__ == "__main__" and provide() is None:
    print(MISSING, file=sys.stderr)
    sys.exit(1 if is_required() else 0)
