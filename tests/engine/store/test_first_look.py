"""The first look at the runs that ended last says what the store itself says, and nothing where it cannot be had."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import DeploymentSpec, FlowRun
from flowtui.engine.query import Query
from flowtui.engine.settings import Settings
from flowtui.engine.states import TERMINAL, Cancelled, Completed, Crashed, Failed, Running, Scheduled, State
from flowtui.engine.store.first_look import latest_flow_runs
from tests.engine.store.made import a_line, a_task, new_run, owned_running
from tests.support import run_python

BEGUN = utc_now() - timedelta(days=1)
moments = st.integers(0, 40).map(lambda back: BEGUN - timedelta(minutes=back))  # many at the same moment
states = st.builds(
    lambda make, at: make(timestamp=at),
    st.sampled_from([Completed, Failed, Crashed, Cancelled, Running, Scheduled]),
    moments,
)


def url_of(home: Path) -> str:
    return Settings.from_env({"FLOWTUI_HOME": str(home)}).database_url


def listed(client: LocalClient, limit: int = 30) -> tuple[FlowRun, ...]:
    return client.list_flow_runs(Query.of(states=TERMINAL), limit=limit).items


@given(st.lists(states, max_size=25), st.integers(1, 30))
@settings(max_examples=25)
def test_it_is_what_the_list_says(
    tmp_path_factory: pytest.TempPathFactory, given_states: list[State], limit: int
) -> None:
    home = tmp_path_factory.mktemp("home")
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    for number, state in enumerate(given_states):
        client.create_flow_run(new_run(flow_name=f"flow-{number % 3}", state=state))
    assert latest_flow_runs(url_of(home), limit) == listed(client, limit)
    client.close()


def test_all_that_a_run_has_is_there(client: LocalClient, home: Path) -> None:
    spec = DeploymentSpec(name="prod", flow_name="etl", entrypoint="flows.py:etl", path="/srv")
    deployment = client.save_deployment(spec)
    bare = owned_running(client, parameters={"since": "2026", "deep": {"x": [1, None]}}, tags=("prod", "größer"))
    placed = owned_running(client, deployment_id=deployment.id, job_variables={"env": {"A": "1"}}, idempotency_key="k")
    for run in (bare, placed):
        client.save_task_run(a_task(run, Completed()))
        client.write_logs([a_line(run)])
        client.set_flow_run_state(run.id, Failed(message="the disk is full"), epoch=run.epoch)
    found = latest_flow_runs(url_of(home), 9)
    assert found == listed(client)
    assert {run.deployment_name for run in found} == {None, "prod"}
    assert all(run.stats.tasks == 1 and run.state.message == "the disk is full" for run in found)


def test_what_is_being_written_does_not_keep_it_from_looking(client: LocalClient, home: Path) -> None:
    run = client.create_flow_run(new_run(state=Completed()))
    with client._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM flow_run")
        assert [found.id for found in latest_flow_runs(url_of(home), 9)] == [run.id]


def test_there_is_nothing_to_see_where_there_is_no_store_and_none_is_made(home: Path) -> None:
    assert latest_flow_runs(url_of(home), 9) == ()
    assert not home.exists()


@pytest.mark.parametrize("name", ["with space", "with?mark", "with#hash", "with%41percent", "größe"])
def test_names_of_folders_mean_what_they_say(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    client.create_flow_run(new_run(state=Completed()))
    client.close()
    assert (home / "flowtui.db").exists()
    assert len(latest_flow_runs(url_of(home), 9)) == 1


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgresql://me:secret@127.0.0.1:1/flowtui", "sqlite:///x.db?a=b", ""]
)
def test_there_is_nothing_to_see_in_stores_of_other_kinds(url: str) -> None:
    assert latest_flow_runs(url, 9) == ()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE flow_run DROP COLUMN amendments",
        "DROP TABLE run_stats",
        "UPDATE flow_run SET state_type = 'COMPLETED', tags = 'no json'",
    ],
)
def test_there_is_nothing_to_see_in_a_store_of_another_version(client: LocalClient, home: Path, change: str) -> None:
    client.create_flow_run(new_run(state=Completed()))
    client.close()
    file = sqlite3.connect(home / "flowtui.db")
    file.execute(change)
    file.commit()
    file.close()
    assert latest_flow_runs(url_of(home), 9) == ()


def test_there_is_nothing_to_see_in_a_file_that_is_no_store(home: Path) -> None:
    home.mkdir()
    (home / "flowtui.db").write_bytes(b"not a database at all" * 100)
    assert latest_flow_runs(url_of(home), 9) == ()


def test_it_loads_neither_sqlalchemy_nor_what_is_built_on_it(client: LocalClient, home: Path) -> None:
    client.create_flow_run(new_run(state=Completed()))
    done = run_python(
        "-c",
        "import json, sys\n"
        "from flowtui.engine.store.first_look import latest_flow_runs\n"
        f"assert len(latest_flow_runs({url_of(home)!r}, 9)) == 1\n"
        "print(json.dumps(sorted(sys.modules)))",
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"sqlalchemy", "alembic", "pydantic", "flowtui.engine.store.tables", "flowtui.engine.query"}
