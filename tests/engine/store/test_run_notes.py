"""What runs were carried out with, in the store: by their owner's word, once for all that share it."""

from dataclasses import replace

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound
from flowtui.engine.ids import new_id
from flowtui.engine.provenance import BlockUse, Environment, Provenance
from flowtui.engine.states import Completed, Failed, State
from tests.engine.store.made import a_deployment, due_run, owned_run, owned_running

KNOWN = Provenance(
    commit="1f3c9ab" + "0" * 33,
    branch="main",
    root="/srv/äcme",
    entrypoint="flows/etl.py:etl",
    source_hash="aa",
    environment="bb",
    python="3.11.4",
    flowtui="0.1.0",
    host="desk",
)


def use(run_id: str, name: str = "api-key", **fields: str) -> BlockUse:
    return BlockUse(
        flow_run_id=run_id,
        block_id=fields.get("block_id", new_id()),
        type_slug="secret",
        name=name,
        updated=utc_now(),
    )


def test_a_run_is_created_with_what_it_is_carried_out_with(store_client: LocalClient) -> None:
    run = owned_run(store_client, provenance=KNOWN)
    assert run.provenance == KNOWN
    assert store_client.list_flow_runs().items[0].provenance == KNOWN
    assert due_run(store_client).provenance is None


def test_what_is_noted_takes_the_place_of_what_an_earlier_attempt_noted(store_client: LocalClient) -> None:
    run = owned_running(store_client, provenance=KNOWN)
    dirty = replace(KNOWN, dirty=True)
    store_client.note_provenance(run.id, dirty, epoch=run.epoch)
    store_client.flush()
    assert store_client.read_flow_run(run.id).provenance == dirty


def test_a_process_that_has_lost_its_run_notes_nothing(store_client: LocalClient) -> None:
    run = owned_running(store_client, provenance=KNOWN)
    store_client.note_provenance(run.id, replace(KNOWN, commit=None), epoch=run.epoch - 1)
    store_client.flush()
    assert store_client.read_flow_run(run.id).provenance == KNOWN


def test_a_list_of_packages_is_kept_once(store_client: LocalClient) -> None:
    packages = Environment(key="bb", packages=("httpx==0.28.1", "ümlaut==1.0"))
    for _ in range(2):
        store_client.note_environment(packages)
        store_client.flush()
    assert store_client.read_environment("bb") == packages
    with pytest.raises(NotFound):
        store_client.read_environment("cc")


def test_packages_that_no_run_refers_to_are_forgotten_a_day_after_a_process_has_told_of_them(
    store_client: LocalClient,
) -> None:
    first, second = (owned_running(store_client, provenance=replace(KNOWN, environment="bb")) for _ in range(2))
    for key in ("bb", "cc", "dd"):
        store_client.note_environment(Environment(key=key, packages=("httpx==0.28.1",)))
    store_client.note_provenance(second.id, replace(KNOWN, environment="cc"), epoch=second.epoch)
    store_client.flush()
    assert store_client.forget_environments() == 0, "a process that told of them may be about to start a run"
    now = store_client._db.now
    store_client._db.now = lambda connection: now(connection) + 25 * 3_600_000_000  # type: ignore[method-assign]
    store_client.note_environment(Environment(key="ee", packages=()))
    store_client.flush()
    assert store_client.forget_environments() == 1
    for run in (first, second):
        store_client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    store_client.delete_flow_run(first.id)
    assert store_client.forget_environments() == 1
    for key, kept in (("bb", False), ("cc", True), ("dd", False), ("ee", True)):
        if kept:
            assert store_client.read_environment(key).key == key
        else:
            with pytest.raises(NotFound):
                store_client.read_environment(key)


def test_the_blocks_of_a_run_are_told_by_name_each_as_it_was_loaded_last(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    first = use(run.id)
    later = replace(first, updated=utc_now())
    other = use(run.id, "a-token")
    for note in (first, other, later, use(new_id())):
        store_client.note_block(note)
    store_client.flush()
    assert store_client.flow_run_blocks(run.id) == (other, later)
    assert first.reference == "secret/api-key"


def test_a_deleted_run_takes_its_blocks_with_it(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.note_block(use(run.id))
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    store_client.delete_flow_run(run.id)
    assert store_client.flow_run_blocks(run.id) == ()


def test_the_last_good_run_is_of_the_same_deployment_and_before_it(store_client: LocalClient) -> None:
    mine, other = (store_client.save_deployment(a_deployment(name=name)).id for name in ("mine", "other"))

    def ended(name: str, deployment_id: str | None, state: State) -> str:
        run = owned_running(store_client, name=name, deployment_id=deployment_id)
        store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
        return run.id

    first = ended("first", None, Completed())
    good = ended("good", mine, Completed())
    ended("elsewhere", other, Completed())
    ended("bad", mine, Failed())
    bad = ended("worse", mine, Failed())
    ended("later", mine, Completed())

    def last_good(run_id: str) -> str | None:
        found = store_client.last_good_run(run_id)
        return None if found is None else found.id

    assert last_good(bad) == good
    assert last_good(good) == first  # no run of its deployment has: then any of its flow
    assert last_good(first) is None
    with pytest.raises(NotFound):
        store_client.last_good_run(new_id())
