"""What the journal shows works: the command and the Python of everything do what was done here."""

import shlex
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.client.current import exchange_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.model import Deployment, DeploymentSpec, FlowRun, Lease, NewFlowRun
from flowtui.engine.query import Query, parse
from flowtui.engine.run_changes import (
    Cancel,
    Delete,
    Pause,
    Restore,
    Resume,
    Retry,
    RunChange,
    SetState,
    Tag,
)
from flowtui.engine.schedules import Cron, Interval, Schedule
from flowtui.engine.states import Failed, Late, Pending, Running, StateType
from flowtui.tui.acting.calls import change_command, change_python
from flowtui.tui.acting.deed import Deed
from flowtui.tui.cli.app import call
from flowtui.tui.deployment_actions import pause_deed, run_deed, schedule_deed
from flowtui.tui.flows.deeds import deploy_deed
from flowtui.tui.pool_actions import limit_deed
from flowtui.tui.pool_actions import pause_deed as pause_pool_deed
from tests.fakes.world import World

By = Callable[[str, str], None]


def by_command(command: str, python: str) -> None:
    for line in command.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "flowtui" and call(arguments) == 0, line


def by_python(command: str, python: str) -> None:
    exec(python, {})


BOTH = pytest.mark.parametrize("by", [by_command, by_python])


@pytest.fixture
def client(world: World) -> Iterator[LocalClient]:
    """The client of this process, for a while."""
    before = exchange_client(world.client)
    yield world.client
    exchange_client(before)


def a_late_run(world: World) -> FlowRun:
    due = world.now - timedelta(minutes=6)
    return world.run("etl", "it's late", Late(due), due=due, deployment_id=world.deployment("etl", "prod"))


def a_running_run(world: World) -> FlowRun:
    return world.run("etl", "busy", Running(), deployment_id=world.deployment("etl", "prod"))


def a_failed_run(world: World) -> FlowRun:
    return world.run("etl", "bad", Running(), Failed(), deployment_id=world.deployment("etl", "prod"))


CASES: list[tuple[RunChange, Callable[[World], FlowRun], str]] = [
    (Cancel(message="enough"), a_late_run, "Cancelled"),
    (Retry(), a_failed_run, "AwaitingRetry"),
    (Pause(timeout_seconds=60.0, message="wait"), a_running_run, "Paused"),
    (Pause(suspend=True, timeout_seconds=None, message="wait"), a_running_run, "Suspended"),
    (SetState(type=StateType.FAILED, name="Odd one", message="it's $odd"), a_late_run, "Odd one"),
    (SetState(type=StateType.COMPLETED, name="Completed", force=True), a_failed_run, "Completed"),
    (Tag(add=("a b", "c"), remove=("x",)), a_late_run, "Late"),
]


@BOTH
@pytest.mark.parametrize(("change", "make", "name"), CASES, ids=lambda value: type(value).__name__)
def test_a_change_of_a_run(
    by: By, change: RunChange, make: Callable[[World], FlowRun], name: str, world: World, client: LocalClient
) -> None:
    run = make(world)
    by(change_command(change, (run.id,)), change_python(change, (run.id,)))
    now = client.read_flow_run(run.id)
    assert now.state.name == name
    assert now.tags == (("a b", "c") if isinstance(change, Tag) else ())
    if isinstance(change, SetState) and change.message:
        assert now.state.message == change.message


@BOTH
def test_what_takes_back_and_what_forgets(by: By, world: World, client: LocalClient) -> None:
    runs = [a_late_run(world) for _ in range(12)]
    ids = tuple(run.id for run in runs)
    query = parse("state:cancelled flow:etl")
    client.change_flow_runs(ids, Cancel())
    by(change_command(Restore(), query), change_python(Restore(), query))
    assert {client.read_flow_run(run_id).state.name for run_id in ids} == {"Scheduled"}
    by(change_command(Delete(), ids), change_python(Delete(), ids))
    assert not client.flow_run_ids(Query(), limit=99)
    held = NewFlowRun(
        flow_name="etl", name="held", state=Pending(), lease=Lease(owner="me", seconds=600), start=Running()
    )
    run = client.create_flow_run(held)
    client.change_flow_runs((run.id,), Pause())
    by(change_command(Resume(), (run.id,)), change_python(Resume(), (run.id,)))
    assert client.read_flow_run(run.id).state.name == "Running"


@BOTH
def test_deployments_and_pools(by: By, world: World, client: LocalClient) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    spec = DeploymentSpec(
        name="it's prod",
        flow_name="etl",
        entrypoint="e.py:etl",
        path="/srv",
        parameters={"n": 1},
        parameter_openapi_schema=schema,
    )
    deployment = client.save_deployment(spec)

    def done(deed: Deed) -> None:
        by(deed.command, deed.python)

    def again() -> Deployment:
        return client.read_deployment(deployment.id)

    done(pause_deed(deployment, paused=True))
    assert again().paused
    done(pause_deed(deployment, paused=False))
    assert not again().paused
    (daily, _) = client.add_schedules(deployment.id, [Cron("0 9 * * *"), Interval("15m")])
    done(schedule_deed(deployment, daily, active=False))
    assert not client.read_schedule(daily.id).active
    done(schedule_deed(deployment, daily, active=True))
    assert client.read_schedule(daily.id).active
    client.clear_schedules(deployment.id)
    at = world.now + timedelta(hours=3)
    done(run_deed(deployment, {"n": 7}, at=at, tags=("a b",)))
    (run,) = client.list_flow_runs().items
    assert (run.parameters, run.tags, run.expected_start_time) == ({"n": 7}, ("a b",), at)
    pool, queue = client.read_work_pool("local"), client.read_work_queue("local", "default")
    for one in (pool, queue):
        done(pause_pool_deed(one, paused=True, note="it's broken"))
        done(limit_deed(one, 3, None))
    assert client.read_work_pool("local").is_paused and client.read_work_pool("local").concurrency_limit == 3
    assert client.read_work_queue("local", "default").concurrency_limit == 3
    for one in (pool, queue):
        done(pause_pool_deed(one, paused=False))
        done(limit_deed(one, None, 3))
    assert not client.read_work_queue("local", "default").is_paused
    assert client.read_work_pool("local").concurrency_limit is None


@BOTH
@pytest.mark.parametrize("schedule", [Interval("15m"), Cron("0 9 * * 1-5", timezone="Europe/Berlin")])
def test_a_flow_of_the_folder(
    by: By, schedule: Schedule, client: LocalClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etl.py").write_text("from flowtui import flow\n\n@flow\ndef etl(n: int = 1):\n    return n\n")
    monkeypatch.chdir(tmp_path)
    outline = FlowOutline(name="etl", entrypoint="etl.py:etl", folder=str(tmp_path))
    spec = DeploymentSpec(
        name="nightly",
        flow_name="etl",
        entrypoint="etl.py:etl",
        path=str(tmp_path),
        parameters={"n": 3},
        schedules=(schedule,),
    )
    deed = deploy_deed(outline, spec, pytest.fail)
    by(deed.command.partition(" && ")[2], deed.python)
    made = client.read_deployment("etl/nightly")
    assert (made.parameters, made.work_pool_name) == ({"n": 3}, "local")
    assert [one.schedule for one in made.schedules] == [schedule]
    back = deed.do(client).lasting
    assert back is not None and "was there before" in back
    client.delete_deployment(made.id)
    undo = deed.do(client).back
    assert undo is not None
    by(undo.command, undo.python)
    assert not client.list_deployments().items
