"""Several files at once in a real browser: each has its own progress, can be cancelled, and tried again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.factories import files
from tests.faults.uploading import make_draft, session_cookie

pytestmark = pytest.mark.journey

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}


@pytest.fixture
def writer(visitor, live, app):
    """A bid writer at the page of a question that takes files, and that page's path."""
    person, path = make_draft(live, app)
    opened = visitor("writer")
    cookie = {"name": "portal_session", "value": session_cookie(app, person), "url": live.address}
    opened.context.add_cookies([cookie])
    opened.go(path)
    return opened


@pytest.fixture
def papers(tmp_path):
    """A large file, a small one, an empty one and one of a kind that is not taken."""
    contents = {
        "large.pdf": files.pdf(bytes_of_metadata=900_000),
        "small.pdf": files.pdf(),
        "empty.pdf": b"",
        "notes.txt": b"just words",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def choose(page, chosen):
    """Choosing alone starts the upload, and the field says so before."""
    field = page.get_by_label("Upload a file")
    expect(field).to_have_accessible_description(re.compile("The upload starts as soon as you choose"))
    expect(page.get_by_role("button", name="Upload", exact=True)).to_have_count(0)
    field.set_input_files(chosen)


def test_several_files_each_with_progress_cancel_and_try_again(writer, papers):
    page = writer.page
    line = writer.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    choose(page, papers)
    expect(page.get_by_text(re.compile(r"^[1-9]\d?% \(\d+ KB of \d+ KB\)"))).to_be_visible()
    page.get_by_role("button", name="Cancel large.pdf").click()
    expect(page.get_by_text("Cancelled. Nothing of this file was saved.")).to_be_visible()
    # The others went on without it, or say why not.
    listed = page.locator(".app-files")
    expect(listed.get_by_text("small.pdf").first).to_be_visible()
    expect(page.get_by_text("This file is empty.")).to_be_visible()
    expect(page.get_by_text("We cannot take this kind of file.")).to_be_visible()
    assert listed.get_by_text("large.pdf").count() == 0
    line.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    page.get_by_role("button", name="Try again large.pdf").click()
    expect(listed.get_by_text("large.pdf").first).to_be_visible()
    writer.check_again("uploaded")


def test_a_lost_connection_is_said_and_trying_again_adds_the_file_once(writer, papers):
    page = writer.page
    page.route(
        "**/files", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    choose(page, [papers[1]])
    expect(page.locator("[data-upload-said]")).to_have_text("Uploading small.pdf.")
    expect(page.get_by_text("The connection was lost")).to_be_visible()
    page.unroute("**/files")
    page.get_by_role("button", name="Try again small.pdf").click()
    listed = page.locator(".app-files")
    expect(listed.get_by_text("small.pdf").first).to_be_visible()
    # The scan and its preview arrive by themselves.
    expect(listed.get_by_text("Ready")).to_be_visible(timeout=20_000)
    expect(page.locator(".app-file")).to_have_count(1)
