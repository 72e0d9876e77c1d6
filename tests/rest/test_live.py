"""The API as it is served: rivals with one key or one version, and Schemathesis against every endpoint."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.factories import matching, pricing, vacancies
from tests.factories.keys import Machine, household
from tests.support.live import Live

pytestmark = pytest.mark.commits

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)


@pytest.fixture(scope="module")
def served(app, databases, worker_name, tmp_path_factory):
    """A portal that serves, and the key of a provider with a household, prices and an enquiry."""
    live = Live.on(databases, f"rest_{worker_name}", tmp_path_factory.mktemp("rest"))
    try:
        with app.app_context(), live.in_process():
            vacancies.districts()
            pricing.load_lists()
            system = Machine()
            vacancies.vacancy(organisation=system.organisation, carer_reference="KF-0142")
            matching.enquiry(organisation=system.organisation)
        live.start_web()
        yield live, system.secret
    finally:
        live.stop()


def call(served, method, path, said=None, **headers):
    """The status, the headers and the JSON of an answer."""
    live, secret = served
    request = urllib.request.Request(f"{live.address}/api/v1{path}", method=method)
    request.add_header("Authorization", f"Bearer {secret}")
    for name, text in headers.items():
        request.add_header(name.replace("_", "-"), text)
    if said is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(said).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def at_once(work, times=4):
    with ThreadPoolExecutor(times) as threads:
        return [one.result() for one in [threads.submit(work) for _ in range(times)]]


def test_the_same_batch_sent_by_rivals_at_once_is_done_once(served):
    batch = {"households": [{"carer_reference": f"RV-{number}", **household()} for number in range(20)]}
    answers = at_once(lambda: call(served, "POST", "/vacancies/batch", batch, Idempotency_Key="rivals"))
    assert [status for status, _, _ in answers] == [200] * 4
    assert {body["batch_id"] for _, _, body in answers} == {answers[0][2]["batch_id"]}
    assert sum(headers["Idempotency-Replayed"] is None for _, headers, _ in answers) == 1
    assert answers[0][2]["added"] == 20


def test_of_rivals_who_saw_one_version_a_single_one_changes_it(served):
    _, headers, _ = call(served, "PUT", "/vacancies/RC-1", household())
    said = household(age_to=9)
    answers = at_once(lambda: call(served, "PUT", "/vacancies/RC-1", said, If_Match=headers["ETag"]))
    assert sorted(status for status, _, _ in answers) == [200, 412, 412, 412]
    made = at_once(lambda: call(served, "PUT", "/vacancies/RC-2", household(), If_None_Match="*"))
    assert sorted(status for status, _, _ in made) == [201, 412, 412, 412]


def test_schemathesis_finds_no_fault_and_no_answer_outside_the_schema(served, tmp_path):
    live, secret = served
    run = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "--no-color"),
            *("run", f"{live.address}/api/v1/openapi.json", "--header", f"Authorization: Bearer {secret}"),
            *("--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)),
            *("--max-examples", "5", "--seed", "1", "--generation-deterministic"),
            *("--suppress-health-check", "all", "--warnings", "off"),
        ],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    closing = run.stdout[-6000:]
    print(closing)
    assert run.returncode == 0, closing + run.stderr[-2000:]
    assert re.search(r"Operations:\s+(\d+) selected / \1 total", closing), closing
