"""Files' content in a local folder: whole or not there at all."""

from __future__ import annotations

import pytest

from portal.adapters.storage import CHUNK_BYTES, MemoryStorage, ObjectStorage

CONTENT = b"fostering" * 400_000


@pytest.fixture(params=["object", "memory"])
def storage(request, tmp_path):
    """Both sides of the protocol must behave alike."""
    return ObjectStorage(f"file://{tmp_path}/files") if request.param == "object" else MemoryStorage()


def pieces(content, size=300_000):
    for start in range(0, len(content), size):
        yield content[start : start + size]


def test_what_goes_in_comes_out(storage):
    storage.write("abc123", pieces(CONTENT))
    assert b"".join(storage.read("abc123")) == CONTENT


def test_large_content_comes_in_pieces(tmp_path):
    storage = ObjectStorage(f"file://{tmp_path}/files")
    storage.write("abc123", pieces(CONTENT))
    sizes = [len(piece) for piece in storage.read("abc123")]
    assert len(sizes) > 1
    assert max(sizes) <= 2 * CHUNK_BYTES


def test_an_interrupted_write_leaves_nothing(storage):
    def broken():
        yield b"x" * CHUNK_BYTES * 2
        raise ConnectionResetError("the browser went away")

    with pytest.raises(ConnectionResetError):
        storage.write("abc123", broken())
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read("abc123"))


def test_an_interrupted_write_leaves_nothing_on_the_disk(tmp_path):
    def broken():
        yield b"x" * CHUNK_BYTES * 2
        raise ConnectionResetError("the browser went away")

    with pytest.raises(ConnectionResetError):
        ObjectStorage(f"file://{tmp_path}/files").write("abc123", broken())
    assert [path.name for path in (tmp_path / "files").iterdir()] == []


def test_what_was_never_there_is_missing(storage):
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read("nothing"))


def test_forgotten_content_is_gone_and_forgetting_twice_is_no_fault(storage):
    storage.write("abc123", pieces(CONTENT))
    storage.delete("abc123")
    storage.delete("abc123")
    with pytest.raises(FileNotFoundError):
        b"".join(storage.read("abc123"))


def test_a_store_that_answers_is_ready(storage):
    assert storage.is_ready()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../outside"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    storage = ObjectStorage(f"file://{tmp_path}/files")
    try:
        storage.write(name, [b"escaped"])
    except Exception:
        return
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.is_relative_to(tmp_path / "files") for path in written)
