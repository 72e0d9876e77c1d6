import pytest

pytestmark = pytest.mark.commits
def test_loads(loaded):
    print(loaded.seconds)
