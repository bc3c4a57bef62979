"""A store is played through once, for the forks of a process: nothing of that stays, and nothing is open."""

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import NewFlowRun
from flowtui.engine.states import Completed
from flowtui.engine.store import database as databases
from flowtui.engine.store.database import Database
from flowtui.engine.store.rehearsal import rehearse
from tests.engine.store.databases import Place


def test_a_rehearsal_leaves_an_engine_and_nothing_else(place: Place, store_client: LocalClient, monkeypatch) -> None:
    monkeypatch.setattr(databases, "_kept", {})
    before = store_client.changes(None)
    rehearse(place.settings)
    assert store_client.changes(None) == before
    assert store_client.list_flow_runs().items == ()
    assert store_client.list_deployments().items == ()
    assert store_client.list_flows().items == ()

    again = Database(place.settings)
    assert again.is_known
    assert again.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    again.close()


def test_a_client_on_that_engine_works(place: Place, store_client: LocalClient, monkeypatch) -> None:
    monkeypatch.setattr(databases, "_kept", {})
    rehearse(place.settings)
    client = place.open()
    run = client.create_flow_run(NewFlowRun(flow_name="f", name="r", state=Completed()))
    assert store_client.read_flow_run(run.id).state.is_completed()


def test_a_store_that_is_not_there_yet_is_left_alone(empty_place: Place, monkeypatch) -> None:
    monkeypatch.setattr(databases, "_kept", {})
    rehearse(empty_place.settings)
    assert databases._kept == {}
    client = empty_place.open()
    assert client.list_flow_runs().items == ()
