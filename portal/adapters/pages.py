"""Pictures of a file's first pages, drawn by a process of its own with little time, memory and knowledge.

The libraries that draw are written in C and read whatever strangers upload: a crash, a loop or worse in there
ends that process and nothing else. It is given no settings, so it knows no address of the database.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from portal.config import ROOT

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PAGES = 20
WIDTH = 1000
MOST_PIXELS = 2_500_000
MOST_PIXELS_OF_A_PHOTO = 120_000_000
SECONDS = 60
CPU_SECONDS = 40
MOST_MEMORY = 2 * 1024**3
HEAVY_BYTES = 700_000
# Whoever waits for a page comes first: in the last minute before a deadline files come by the hundred.
YIELDING = ("nice", "-n", "15")
PICTURE = "page-{}.png"
COUNT = "count"


@dataclass(frozen=True)
class Drawn:
    """How many pages a file has, and the pictures of its first ones. None of either: it cannot be drawn."""

    page_count: int
    pictures: list[Path]


@contextmanager
def drawn(chunks: Iterable[bytes], kind: str) -> Iterator[Drawn]:
    """Draw a file of `kind` (pdf, png or jpg). What was drawn before time or memory ran out counts."""
    with TemporaryDirectory(prefix="pages-") as name:
        folder = Path(name)
        with (folder / f"source.{kind}").open("wb") as source:
            source.writelines(chunks)
        _draw_apart(folder, kind)
        yield _collected(folder)


def _draw_apart(folder: Path, kind: str) -> None:
    try:
        subprocess.run(
            [*YIELDING, sys.executable, "-m", "portal.adapters.pages", str(folder), kind],
            env={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return


def _collected(folder: Path) -> Drawn:
    count = folder / COUNT
    if not count.exists():
        return Drawn(0, [])
    pages = int(count.read_text())
    paths = (folder / PICTURE.format(number) for number in range(1, min(pages, MOST_PAGES) + 1))
    return Drawn(pages, [path for path in paths if path.exists()])


def _main(folder: Path, kind: str) -> None:
    """What the process of its own does."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    source = folder / f"source.{kind}"
    for number, image in enumerate(_pages_of(source, folder / COUNT, kind), 1):
        # Only a picture that is whole bears its name.
        unfinished = folder / "unfinished.png"
        _save(image, unfinished)
        unfinished.rename(folder / PICTURE.format(number))


def _pages_of(source: Path, count: Path, kind: str) -> Iterator[Image]:
    return _pdf_pages(source, count) if kind == "pdf" else _photo(source, count)


def _pdf_pages(source: Path, count: Path) -> Iterator[Image]:
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    count.write_text(str(len(document)))
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        width, height = page.get_size()
        scale = min(WIDTH / width, (MOST_PIXELS / (width * height)) ** 0.5)
        yield page.render(scale=scale).to_pil()
        page.close()


def _photo(source: Path, count: Path) -> Iterator[Image]:
    from PIL import Image, ImageOps

    with Image.open(source, formats=("PNG", "JPEG")) as image:
        if image.width * image.height > MOST_PIXELS_OF_A_PHOTO:
            return
        count.write_text("1")
        image.draft("RGB", (WIDTH, WIDTH))
        image.thumbnail((WIDTH, MOST_PIXELS // WIDTH))
        yield ImageOps.exif_transpose(image).convert("RGB")


def _save(image: Image, path: Path) -> None:
    image.save(path)
    if path.stat().st_size > HEAVY_BYTES:
        image.quantize(128).save(path)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
