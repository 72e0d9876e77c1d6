"""Is a picture whole? Read block by block to its end mark; the pixels are not decoded."""

from __future__ import annotations

import struct
from typing import BinaryIO

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNK_BYTES = 1024 * 1024

# JPEG markers without a length, and the two that matter: start of scan and end of image.
BARE_MARKERS = {0x01, *range(0xD0, 0xD8)}
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def png_is_whole(file: BinaryIO) -> bool:
    """Every chunk is as long as it says, and the last one is IEND."""
    size = file.seek(0, 2)
    position = len(PNG_SIGNATURE)
    while position + 12 <= size:
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        position += 12 + length
        if kind == b"IEND":
            return bool(position <= size)
    return False


def jpg_is_whole(file: BinaryIO) -> bool:
    """After the headers comes the picture, and after it the end mark, which picture data cannot contain."""
    file.seek(2)
    while len(mark := file.read(2)) == 2 and mark[0] == 0xFF:
        if mark[1] == START_OF_SCAN:
            return _reaches_end(file)
        if mark[1] == 0xFF:
            file.seek(-1, 1)
        elif mark[1] not in BARE_MARKERS:
            length = file.read(2)
            if len(length) < 2:
                return False
            file.seek(struct.unpack(">H", length)[0] - 2, 1)
    return False


def _reaches_end(file: BinaryIO) -> bool:
    before = b""
    while piece := file.read(CHUNK_BYTES):
        if bytes((0xFF, END_OF_IMAGE)) in before + piece:
            return True
        before = piece[-1:]
    return False
