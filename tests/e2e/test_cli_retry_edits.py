"""`flow-run retry` with changes: planned, carried out here, kept when the process dies, and refused when they make no
sense."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun, TaskRunFilter
from tests.e2e.conftest import Done
from tests.support import clean_environment, run_flowtui, run_python, wait_until

Flowtui = Callable[..., Done]

FLOWS = """
from pathlib import Path
from flowtui import flow, task

@task
def fetch(repo):
    with Path("calls").open("a") as out:
        out.write(repo + " ")
    if repo == "bad":
        raise ValueError("no such repository")
    return len(repo)

@flow
def stars(repos: list[str], limit: int = 3):
    return sum([fetch(repo) for repo in repos]) + limit

if __name__ == "__main__":
    stars(["acme", "bad"])
"""


@pytest.fixture
def failed(project: Path, client: LocalClient) -> FlowRun:
    """A run whose second task has failed."""
    (project / "flows.py").write_text(FLOWS)
    assert run_python("flows.py", cwd=project).returncode == 1
    (project / "calls").unlink()
    return client.list_flow_runs(limit=1).items[0]


def retry(project: Path, run: FlowRun, *arguments: str, **env: str) -> Done:
    done = run_flowtui("flow-run", "retry", run.id, *arguments, cwd=project, env=clean_environment(**env))
    return Done(done.returncode, done.stdout, done.stderr)


def calls(project: Path) -> list[str]:
    file = project / "calls"
    return file.read_text().split() if file.exists() else []


HERE = ("--entrypoint", "flows.py:stars")


def test_a_plan_with_edits_changes_nothing(project: Path, failed: FlowRun, client: LocalClient) -> None:
    done = retry(project, failed, "--plan", "--rerun", "fetch-0", "--set", "fetch-1.repo=good", "-o", "json")
    told = {it["name"]: (it["fate"], it["reason"], it["edited"]) for it in json.loads(done.out)}
    assert told == {
        "fetch-0": ("runs it", "it was asked for", {}),
        "fetch-1": ("runs it", "its inputs were edited", {"repo": "good"}),
    }
    shown = retry(project, failed, "--plan", "--set", "fetch-1.repo=good")
    assert "fetch-1 ✎" in shown.out and "A retry takes about" in shown.err
    assert client.read_flow_run(failed.id) == failed


def test_edits_are_carried_out_here(project: Path, failed: FlowRun, client: LocalClient) -> None:
    done = retry(project, failed, *HERE, "--set", 'fetch-1.repo="good"', "--param", "limit=10")
    assert done.code == 0, done.err
    assert calls(project) == ["good"]
    now = client.read_flow_run(failed.id)
    assert (now.result, now.parameters["limit"]) == ("18", 10)
    shown = json.loads(run_flowtui("flow-run", "inspect", failed.id, "-o", "json").stdout)
    assert shown["amendments"]["parameters"] == {"limit": 3}
    words = run_flowtui("flow-run", "inspect", failed.id).stdout
    assert "limit (was 3), fetch-1.repo='good'" in words


def test_edits_outlive_the_process_that_was_killed_with_them(
    project: Path, failed: FlowRun, client: LocalClient
) -> None:
    killed = {"FLOWTUI_FAULTS": "run.started=kill", "FLOWTUI_LEASE_SECONDS": "1"}
    done = retry(project, failed, *HERE, "--set", "fetch-1.repo=good", **killed)
    assert done.code == -9
    assert calls(project) == []
    until = client.read_flow_run(failed.id).lease_until
    wait_until(lambda: until is None or utc_now() > until, what="the end of its lease")
    done = retry(project, failed, *HERE)
    assert done.code == 0, done.err
    assert calls(project) == ["good"]
    assert client.read_flow_run(failed.id).result == "11"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rerun", "fetch-9"), "has no task run 'fetch-9'. Did you mean 'fetch-1'?"),
        (("--set", "repo=x"), "write TASK.PARAM=JSON"),
        (("--set", "fetch-1.repo"), "write TASK.PARAM=JSON"),
        (("--param", "limit=[1"), "has a value that is no JSON"),
        ((*HERE, "--param", "limit=many"), "limit"),
        ((*HERE, "--param", "linit=1"), "linit"),
    ],
    ids=["no such task", "no task", "no value", "no JSON", "does not fit", "no such parameter"],
)
def test_edits_that_make_no_sense_are_refused_before_anything_is_changed(
    project: Path, failed: FlowRun, client: LocalClient, arguments: tuple[str, ...], words: str
) -> None:
    done = retry(project, failed, *arguments)
    assert done.code == 2, (done.out, done.err)
    assert words in done.err
    assert client.read_flow_run(failed.id) == failed
    assert len(client.list_task_runs(TaskRunFilter(flow_run_id=failed.id)).items) == 2
