"""Group commit: what was put is written soon and in order, a call is a barrier, and one bad thing spoils no other."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import FlowtuiError, NotFound, StoreError
from flowtui.engine.ids import new_id
from flowtui.engine.states import Completed, Running
from tests.engine.store.databases import Place
from tests.engine.store.made import a_line, a_task, due_run, new_run, owned_run
from tests.support import wait_until


def test_what_was_put_before_an_accepted_state_is_readable_by_others_with_it(
    place: Place, store_client: LocalClient
) -> None:
    other = place.open()
    run = owned_run(store_client)
    for number in range(3):
        tasks = [a_task(run) for _ in range(20)]
        for task in tasks:
            store_client.save_task_run(task)
        store_client.write_logs([a_line(run)])
        store_client.set_flow_run_state(run.id, Running(name=f"Step {number}"), epoch=run.epoch)
        assert {other.read_task_run(task.id).id for task in tasks} == {task.id for task in tasks}
        assert other.read_logs(run.id).total == number + 1


def test_what_was_put_is_written_soon_without_being_asked(place: Place, store_client: LocalClient) -> None:
    other, task = place.open(), a_task()
    store_client.save_task_run(task)
    wait_until(lambda: other.list_task_runs().items, what="the task run")


def test_flushing_waits_for_what_was_put(place: Place, store_client: LocalClient) -> None:
    other, task = place.open(), a_task()
    store_client.save_task_run(task)
    store_client.flush()
    assert other.read_task_run(task.id) == task


def test_the_last_of_many_states_of_one_task_run_is_its_state(store_client: LocalClient) -> None:
    task = a_task()
    for number in range(50):
        store_client.save_task_run(a_task(state=Running(name=f"Step {number}"), id=task.id))
    store_client.flush()
    assert store_client.read_task_run(task.id).state.name == "Step 49"
    assert [state.name for state in store_client.task_run_states(task.id)] == [f"Step {n}" for n in range(50)]


def test_closing_writes_what_is_left(place: Place) -> None:
    client, tasks = place.open(), [a_task() for _ in range(700)]
    for task in tasks:
        client.save_task_run(task)
    client.close()
    assert len(place.open().list_task_runs(limit=1000).items) == len(tasks)


def test_a_closed_store_says_so(place: Place) -> None:
    client = place.open()
    client.close()
    client.close()
    with pytest.raises(StoreError, match="has been closed"):
        due_run(client)


def test_a_call_that_fails_undoes_only_itself(store_client: LocalClient) -> None:
    task = a_task()
    store_client.save_task_run(task)
    with pytest.raises(NotFound):
        store_client.set_flow_run_state(new_id(), Running())
    assert store_client.read_task_run(task.id) == task


@pytest.mark.parametrize("before", [1, 2])
def test_a_call_that_cannot_be_written_takes_nothing_else_with_it(store_client: LocalClient, before: int) -> None:
    """Its caller is told, and is the only one who loses something."""
    tasks = [a_task() for _ in range(before)]
    store_client._writer.put(list(tasks))
    with pytest.raises(Exception, match=r".") as caught:
        store_client.create_flow_run(new_run(parameters={"a": {1, 2}, (1, 2): 3}))
    assert isinstance(caught.value, TypeError | FlowtuiError)
    assert {task.id for task in store_client.list_task_runs().items} == {task.id for task in tasks}


def test_a_record_that_cannot_be_written_takes_no_other_with_it(store_client: LocalClient) -> None:
    good = [a_task(), a_task()]
    bad = a_task(run_count=2**70)
    store_client._writer.put([good[0], bad, good[1]])
    store_client.flush()
    assert {task.id for task in store_client.list_task_runs().items} == {task.id for task in good}


def test_a_record_that_cannot_be_written_does_not_refuse_the_call_after_it(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    store_client.save_task_run(a_task(run, run_count=2**70))
    assert store_client.set_flow_run_state(run.id, Running(), epoch=run.epoch).status == "ACCEPT"


@contextmanager
def out_of_order(client: LocalClient) -> Iterator[None]:
    """The store refuses every task run until the block ends."""
    with client._db.write() as connection:
        connection.execute(sa.text("ALTER TABLE task_run RENAME TO elsewhere"))
    try:
        yield
    finally:
        with client._db.write() as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO task_run"))


def test_while_the_store_is_out_of_order_callers_are_told_and_records_are_kept(store_client: LocalClient) -> None:
    run, task = owned_run(store_client), a_task()
    with out_of_order(store_client):
        store_client.save_task_run(task)
        for _ in range(2):
            with pytest.raises(StoreError):
                store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    wait_until(lambda: store_client.list_task_runs().items, what="the task run")
    assert store_client.read_task_run(task.id) == task
    assert store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch).status == "ACCEPT"
