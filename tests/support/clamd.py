"""A real ClamAV daemon for tests, with one signature of its own: nothing is fetched from anywhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from portal.documents.services import MOST_BYTES

SECONDS_TO_START = 30
MISSING = "CLAMD WAS NOT FOUND: the tests with a real virus scanner did NOT run. Install clamav-daemon and run again."
SIGNATURE = "Portal.Test.EICAR"

# The test string of the scanners' makers, in two pieces so that no scanner takes this file for it.
TEST_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"


def find() -> str | None:
    """The path of the daemon, or None."""
    return shutil.which("clamd") or next((path for path in ("/usr/sbin/clamd",) if Path(path).exists()), None)


def is_required() -> bool:
    """Must the scanner's tests run?"""
    return os.environ.get("REQUIRE_CLAMD") == "1"


@dataclass
class Clamd:
    """A daemon that can be stopped and started again at the same address."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix:{self.folder}/clamd.sock"

    def start(self) -> None:
        program = find()
        assert program is not None, MISSING
        self._configure()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "--foreground", f"--config-file={self.folder}/clamd.conf"], stdout=log, stderr=log
            )
        self._wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        with suppress(FileNotFoundError):
            (self.folder / "clamd.sock").unlink()

    def _configure(self) -> None:
        signatures = self.folder / "signatures"
        signatures.mkdir(exist_ok=True)
        (signatures / "test.ndb").write_text(f"{SIGNATURE}:0:*:{TEST_VIRUS.hex()}\n")
        (self.folder / "clamd.conf").write_text(
            f"LocalSocket {self.folder}/clamd.sock\nDatabaseDirectory {signatures}\nUser {_owner()}\n"
            f"StreamMaxLength {MOST_BYTES + 1024 * 1024}\nMaxScanSize {2 * MOST_BYTES}\n"
            f"MaxFileSize {MOST_BYTES + 1024 * 1024}\nTemporaryDirectory {self.folder}\n"
        )

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.folder / "clamd.sock"))
                probe.sendall(b"zPING\0")
                if probe.recv(16).startswith(b"PONG"):
                    return
            time.sleep(0.05)
        raise RuntimeError("clamd did not start: " + (self.folder / "log").read_text())


@contextmanager
def running(folder: Path) -> Iterator[Clamd]:
    """A daemon for the length of a test."""
    clamd = Clamd(folder)
    clamd.start()
    try:
        yield clamd
    finally:
        clamd.stop()


def _owner() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
