"""Task runs that are left to task workers: each is claimed by one, fenced, and taken back from who is gone."""

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import TaskRun
from flowtui.engine.states import Completed, Crashed, NotReady, Running, Scheduled, State
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_task, owned_running


def left(client: LocalClient, *, retries: int = 0, waits_for: tuple[str, ...] = (), **fields: Any) -> TaskRun:
    """A task run that was left to task workers."""
    run = a_task(state=Scheduled(), **{"task_key": "load-1", **fields})
    client.enqueue_task_run(run, retries=retries, waits_for=waits_for)
    return run


def claim(client: LocalClient, owner: str = "worker", limit: int = 10, key: str = "load-1") -> tuple[TaskRun, ...]:
    return client.claim_task_runs([key], owner, limit=limit, lease_seconds=30)


def saved(client: LocalClient, run: TaskRun, state: State, **fields: Any) -> TaskRun:
    run = replace(run, state=state, **fields)
    client.save_task_run(run)
    client.flush()
    return run


def names(client: LocalClient, run: TaskRun) -> list[str]:
    return [state.name for state in client.task_run_states(run.id)]


def test_a_run_is_claimed_once_and_its_states_are_its_history(store_client: LocalClient) -> None:
    run = left(store_client)
    assert store_client.claimable_task_runs(["load-1"])[0] and not store_client.claimable_task_runs(["other"])[0]
    (mine,) = claim(store_client)
    assert (mine.id, mine.claim, mine.state.name) == (run.id, 1, "Pending")
    assert claim(store_client) == () and store_client.claimable_task_runs(["load-1"]) == (False, None)
    saved(store_client, mine, Running(), run_count=1)
    saved(store_client, mine, Completed())
    assert names(store_client, run) == ["Scheduled", "Pending", "Running", "Completed"]


def test_the_oldest_come_first_and_only_as_many_as_asked_for(store_client: LocalClient, clock: StoreClock) -> None:
    runs = []
    for _ in range(3):
        runs.append(left(store_client))
        clock.forward(1)
    assert [run.id for run in claim(store_client, limit=2)] == [runs[0].id, runs[1].id]
    assert [run.id for run in claim(store_client, limit=2)] == [runs[2].id]


def test_many_claimers_get_each_run_once(place: Place, store_client: LocalClient) -> None:
    runs = {left(store_client).id for _ in range(40)}
    taken: list[str] = []

    def work(client: LocalClient, name: str) -> None:
        while client.claimable_task_runs(["load-1"])[0]:
            taken.extend(run.id for run in claim(client, name, limit=3))

    threads = [threading.Thread(target=work, args=(place.open(), f"worker {number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(taken) == dict.fromkeys(runs, 1)


@pytest.mark.parametrize(
    ("retries", "run_count", "becomes"),
    [(0, 0, "Scheduled"), (0, 1, "Crashed"), (1, 1, "AwaitingRetry"), (1, 2, "Crashed"), (2, 2, "AwaitingRetry")],
)
def test_a_run_whose_worker_is_gone_is_tried_again_while_it_may(
    store_client: LocalClient, clock: StoreClock, retries: int, run_count: int, becomes: str
) -> None:
    run = left(store_client, retries=retries)
    (mine,) = claim(store_client)
    if run_count:
        saved(store_client, mine, Running(), run_count=run_count)
    assert store_client.reap_task_leases() == ()
    clock.forward(30)
    (reaped,) = store_client.reap_task_leases()
    now = store_client.read_task_run(run.id)
    assert (reaped.id, now.state.name) == (run.id, becomes)
    assert "stopped renewing its lease" in str(now.state.message)
    assert len(claim(store_client, "another")) == (0 if now.state.is_final() else 1)


def test_a_run_that_kills_every_worker_before_it_starts_is_given_up(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = left(store_client)
    claims = 0
    while claim(store_client):
        claims += 1
        clock.forward(30)
        store_client.reap_task_leases()
    assert store_client.read_task_run(run.id).state.is_crashed() and claims < 10


def test_who_was_taken_for_dead_writes_no_more(store_client: LocalClient, clock: StoreClock) -> None:
    run = left(store_client, retries=1)
    (slow,) = claim(store_client, "slow")
    slow = saved(store_client, slow, Running(), run_count=1)
    clock.forward(30)
    store_client.reap_task_leases()
    saved(store_client, slow, Completed(message="too late"))
    (other,) = claim(store_client, "other")
    saved(store_client, slow, Completed(message="too late"))
    assert other.claim > slow.claim
    assert store_client.read_task_run(run.id).state.name == "Pending"
    saved(store_client, other, Completed(message="in time"))
    saved(store_client, slow, Crashed(message="too late"))
    assert store_client.read_task_run(run.id).state.message == "in time"


def test_a_lease_that_is_renewed_lasts_and_a_lost_one_is_named(store_client: LocalClient, clock: StoreClock) -> None:
    first, second = left(store_client), left(store_client)
    claims = {run.id: run.claim for run in claim(store_client)}
    clock.forward(20)
    assert store_client.renew_task_leases("worker", {first.id: claims[first.id]}, lease_seconds=30) == frozenset()
    clock.forward(20)
    assert [run.id for run in store_client.reap_task_leases()] == [second.id]
    assert store_client.renew_task_leases("worker", claims, lease_seconds=30) == {second.id}


def test_what_was_not_started_can_be_given_back(store_client: LocalClient) -> None:
    run = left(store_client)
    (mine,) = claim(store_client)
    assert store_client.release_task_run(run.id, mine.claim)
    (again,) = claim(store_client, "another")
    assert not store_client.release_task_run(run.id, mine.claim)
    assert (again.id, again.claim > mine.claim) == (run.id, True)


@pytest.mark.parametrize("end", [Completed(), Crashed(), NotReady()])
def test_a_run_is_not_claimed_before_those_have_ended_that_it_waits_for(store_client: LocalClient, end: State) -> None:
    one, other = left(store_client, task_key="up-1"), left(store_client, task_key="up-1")
    last = left(store_client, waits_for=(one.id, other.id))
    ups = claim(store_client, key="up-1")
    assert claim(store_client) == ()
    saved(store_client, ups[0], end)
    assert claim(store_client) == ()
    saved(store_client, ups[1], end)
    assert [run.id for run in claim(store_client)] == [last.id]
    assert [run.id for run in (left(store_client, waits_for=(one.id,)),)] == [claim(store_client)[0].id]


def test_the_end_of_its_flow_run_does_not_end_it_and_its_deletion_does(store_client: LocalClient) -> None:
    flow_run = owned_running(store_client)
    run = left(store_client, flow_run_id=flow_run.id)
    store_client.set_flow_run_state(flow_run.id, Crashed(), epoch=flow_run.epoch)
    assert store_client.read_task_run(run.id).state.is_scheduled()
    assert store_client.read_flow_run(flow_run.id).stats.tasks == 1
    store_client.delete_flow_run(flow_run.id)
    assert claim(store_client) == () and not store_client.claimable_task_runs(["load-1"])[0]
