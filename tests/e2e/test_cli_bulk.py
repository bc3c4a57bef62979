"""Flow runs in bulk from the command line: by query or by several names, asked about, and with exit codes."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun, Lease
from flowtui.engine.query import parse
from flowtui.engine.states import Completed, Failed, Pending, Running, Scheduled, State
from tests.e2e.conftest import Done
from tests.engine.store.made import new_run
from tests.fakes.terminal import Terminal
from tests.support import clean_environment

Flowtui = Callable[..., Done]


def make(client: LocalClient, number: int, state: Callable[[], State] = Scheduled, **fields: object) -> list[FlowRun]:
    """Runs in a state, newest first."""
    runs = [client.create_flow_run(new_run(name=f"run-{at}", state=state(), **fields)) for at in range(number)]
    return runs[::-1]


def states(client: LocalClient, runs: list[FlowRun]) -> list[str]:
    return [client.read_flow_run(run.id).state.name for run in runs]


def test_a_query_is_cancelled_as_it_was_shown(client: LocalClient, flowtui: Flowtui) -> None:
    runs, other = make(client, 3), make(client, 1, flow_name="other")
    dry = flowtui("flow-run", "cancel", "state:scheduled flow:etl", "--dry-run", "-o", "json")
    assert [(one["id"], one["outcome"]) for one in dry.json] == [(run.id, "planned") for run in runs]
    assert "3 flow runs:\n  etl · run-2  Scheduled  " in dry.err
    assert states(client, runs) == ["Scheduled"] * 3
    done = flowtui("flow-run", "cancel", "state:scheduled", "flow:etl", "-o", "json")
    assert done.code == 0
    assert [(one["outcome"], one["state_type"]) for one in done.json] == [("done", "CANCELLED")] * 3
    assert "3 cancelled." in done.err
    assert states(client, other) == ["Scheduled"]
    assert flowtui("flow-run", "cancel", "state:scheduled flow:etl").err == "No flow run fits.\n"


def test_several_names_and_ids_are_a_batch(client: LocalClient, flowtui: Flowtui) -> None:
    first, second, third = make(client, 3)
    assert flowtui("flow-run", "cancel", first.id, second.name).code == 0
    assert states(client, [first, second, third]) == ["Cancelled", "Cancelled", "Scheduled"]
    assert flowtui("flow-run", "cancel", first.id, "nobody").code == 2
    (odd,) = make(client, 1, flow_name="etl:1")
    client.tag_flow_run(odd.id, add=("odd",))
    assert flowtui("flow-run", "cancel", "flow:1x!").err == "No flow run fits.\n"


def test_a_name_with_a_colon_is_still_a_name(client: LocalClient, flowtui: Flowtui) -> None:
    run = client.create_flow_run(new_run(name="load:2026", state=Scheduled()))
    assert flowtui("flow-run", "cancel", "load:2026").code == 0
    assert states(client, [run]) == ["Cancelled"]
    assert "There is no filter laod:" in flowtui("flow-run", "cancel", "laod:2026").err


def test_what_failed_is_named_and_can_be_tried_again(client: LocalClient, flowtui: Flowtui) -> None:
    held = client.create_flow_run(new_run(state=Pending(), lease=Lease(owner="me", seconds=60), start=Running()))
    make(client, 2, Completed)
    done = flowtui("flow-run", "delete", "flow:etl", "--yes", "-o", "json")
    assert done.code == 3
    failed = [one for one in done.json if one["outcome"] == "failed"]
    assert [one["id"] for one in failed] == [held.id]
    assert "cancel it before deleting it" in failed[0]["reason"]
    assert f"2 deleted, 1 failed.\n  {held.id}: " in done.err
    assert f"Try again: flowtui flow-run delete {held.id}" in done.err
    client.set_flow_run_state(held.id, Completed(), epoch=held.epoch)
    assert flowtui("flow-run", "delete", held.id, "--yes").code == 0
    assert client.list_flow_runs().items == ()


def test_many_need_a_yes_where_nobody_can_be_asked(client: LocalClient, flowtui: Flowtui) -> None:
    runs = make(client, 12)
    done = flowtui("flow-run", "cancel", "state:scheduled")
    assert (done.code, "12 flow runs without being asked, add --yes" in done.err) == (2, True)
    assert states(client, runs) == ["Scheduled"] * 12
    assert flowtui("flow-run", "cancel", "state:scheduled", "--limit", "2").code == 0
    assert states(client, runs) == ["Cancelled"] * 2 + ["Scheduled"] * 10
    assert flowtui("flow-run", "delete", "is:ended").code == 2
    assert flowtui("flow-run", "cancel", "state:scheduled", "--limit", "0").code == 2
    assert flowtui("flow-run", "cancel", "--yes").code == 2


@pytest.mark.parametrize(("answer", "state", "code"), [("n", "Scheduled", 1), ("y", "Cancelled", 0)])
def test_a_person_is_asked_about_many(client: LocalClient, answer: str, state: str, code: int) -> None:
    import sys

    runs = make(client, 12)
    command = [sys.executable, "-m", "flowtui", "flow-run", "cancel", "state:scheduled"]
    with Terminal(command, env=clean_environment()) as terminal:
        terminal.wait_for("Cancel 12 flow runs? [y/N]")
        assert "12 flow runs:" in terminal.text
        terminal.press(f"{answer}\r")
        assert terminal.wait_end() == code
    assert states(client, runs) == [state] * 12


def test_the_other_verbs_take_queries_too(client: LocalClient, flowtui: Flowtui) -> None:
    runs = make(client, 2, Failed)
    assert flowtui("flow-run", "retry", "state:failed").code == 3, "they have no deployment"
    assert flowtui("flow-run", "retry", "state:failed", "--plan").code == 2
    assert flowtui("flow-run", "tag", "state:failed", "--add", "bad", "--add", "seen").code == 0
    assert flowtui("flow-run", "tag", runs[0].id, "--remove", "seen").code == 0
    assert [client.read_flow_run(run.id).tags for run in runs] == [("bad",), ("bad", "seen")]
    assert flowtui("flow-run", "tag", "state:failed").code == 2
    assert flowtui("flow-run", "tag", "state:failed", "--add", "x", "--remove", "x").code == 2
    assert flowtui("flow-run", "pause", "state:failed").code == 3
    assert flowtui("flow-run", "resume", "tag:bad", "-i", "x=1").code == 2
    assert flowtui("flow-run", "resume", "tag:bad").code == 3


def test_a_state_is_set_by_kind_name_or_both(client: LocalClient, flowtui: Flowtui) -> None:
    runs = make(client, 2, Running)
    first, second = runs
    done = flowtui("flow-run", "set-state", first.id, "--state", "timedout", "--message", "by hand", "-o", "json")
    assert [(one["state_type"], one["state_name"]) for one in done.json] == [("FAILED", "TimedOut")]
    assert client.read_flow_run(first.id).state.message == "by hand"
    assert flowtui("flow-run", "set-state", second.id, "-s", "completed/Skipped").code == 0
    assert states(client, runs) == ["TimedOut", "Skipped"]
    assert flowtui("flow-run", "set-state", "is:ended", "-s", "running").code == 3
    assert flowtui("flow-run", "set-state", "is:ended", "-s", "running", "--force").code == 0
    assert "did you mean failed?" in flowtui("flow-run", "set-state", "is:live", "-s", "faild").err


def test_a_query_that_makes_no_sense_changes_nothing(client: LocalClient, flowtui: Flowtui) -> None:
    runs = make(client, 1)
    for query in ("state:lat", "dur>soon", "flow:"):
        assert flowtui("flow-run", "cancel", query, "--yes").code == 2
    assert states(client, runs) == ["Scheduled"]


def test_five_hundred_are_cancelled_in_one_go(client: LocalClient, flowtui: Flowtui) -> None:
    due = utc_now() + timedelta(hours=1)
    for _ in range(500):
        client.create_flow_run(new_run(state=Scheduled(due), tags=("many",)))
    done = flowtui("flow-run", "cancel", "tag:many", "--yes", "-o", "json")
    assert len(json.loads(done.out)) == 500
    assert not client.flow_run_ids(parse("is:scheduled"), limit=1)
