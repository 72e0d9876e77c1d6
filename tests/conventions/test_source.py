"""House rules of the source, which no linter knows."""

from __future__ import annotations

import ast

import pytest

from portal.core import jobs
from tests.conventions.source import called, calls, modules, name_of, tree_of

LONGEST_FILE = 400

# The clock itself; the queue's own times, which are the server's and never the portal's; and the in-memory
# storage of the tests, which ages its files as a disk does.
MAY_ASK_THE_TIME = {"portal/core/clock.py", "portal/core/jobs.py", "portal/adapters/storage.py"}

# The settings; and what starts other processes, which hands its surroundings on to them unread.
MAY_READ_THE_ENVIRONMENT = {"portal/config.py", "portal/core/embedded.py", "portal/server.py"}

# The only function that changes a lifecycle's state; and the delivery of e-mail, which is nobody's act.
MAY_ASSIGN_A_STATE = {"portal/core/transitions.py", "portal/notifications/services/delivering.py"}

# Where a transaction ends: the edge of a request, and `transaction()` for jobs and commands. Then two records
# that must outlive what follows them: a read of an application, and an attempt that came too late.
MAY_COMMIT = {
    "portal/core/db.py",
    "portal/core/rest/admission.py",
    "portal/core/web.py",
    "portal/applications/services/opening.py",
    "portal/applications/views/submitting.py",
}

ALL = [pytest.param(path, id=name_of(path)) for path in modules()]


@pytest.mark.parametrize("path", ALL)
def test_a_module_opens_by_saying_what_it_owns(path):
    assert ast.get_docstring(tree_of(path)), "no docstring"


@pytest.mark.parametrize("path", ALL)
def test_no_file_outgrows_its_reader(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", ALL)
def test_only_the_clock_knows_the_time(path):
    if name_of(path) in MAY_ASK_THE_TIME:
        return
    asked = [called(call) for call in calls(path)]
    forbidden = ("datetime.now", "datetime.utcnow", "date.today", "datetime.today")
    assert [call for call in asked if call.endswith(forbidden)] == []


@pytest.mark.parametrize("path", ALL)
def test_only_the_settings_read_the_environment(path):
    if name_of(path) in MAY_READ_THE_ENVIRONMENT:
        return
    nodes = [
        ast.unparse(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute | ast.Name)
    ]
    assert not {"os.environ", "os.getenv", "environ", "getenv"} & set(nodes)


@pytest.mark.parametrize("path", ALL)
def test_only_a_transition_assigns_a_state(path):
    if name_of(path) in MAY_ASSIGN_A_STATE:
        return
    assigned = [
        f"line {target.lineno}"
        for node in ast.walk(tree_of(path))
        for target in _targets(node)
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]
    assert assigned == []


def _targets(node):
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


@pytest.mark.parametrize("path", ALL)
def test_services_never_commit(path):
    if name_of(path) in MAY_COMMIT:
        return
    assert [f"line {call.lineno}" for call in calls(path) if called(call).endswith("session.commit")] == []


def test_every_deferred_job_is_registered(app):
    deferred = {
        (call.args[0].value, name_of(path))
        for path in modules()
        for call in calls(path)
        if called(call) in {"defer", "jobs.defer"} and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert {(name, path) for name, path in deferred if name not in jobs.registered} == set()


def test_no_job_is_deferred_by_a_name_made_up_at_run_time():
    computed = [
        f"{name_of(path)}:{call.lineno}"
        for path in modules()
        for call in calls(path)
        if called(call) in {"defer", "jobs.defer"} and not isinstance(call.args[0], ast.Constant)
    ]
    assert computed == []
