"""The store, under a name that does not hide the file factories."""

import pytest


@pytest.fixture
def files_kept(files):
    return files
