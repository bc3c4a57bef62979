"""Claims: only due runs that nobody owns, each by one claimer only, and each with a higher epoch."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import FlowtuiError, NotFound, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Claim
from flowtui.engine.states import Cancelled, Completed, Crashed, Failed, Paused, Pending, Running, Scheduled, State
from flowtui.engine.store import ownership
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_place, due_run, new_run, owned_run, owned_running
from tests.support import wait_until


def claim(client: LocalClient, owner: str = "worker", limit: int = 10, pool: str = "local") -> tuple[Claim, ...]:
    return client.claim_flow_runs(pool, owner, limit=limit, lease_seconds=30)


def test_a_claimed_run_is_pending_and_owned_under_a_new_epoch(store_client: LocalClient, clock: StoreClock) -> None:
    run = due_run(store_client, clock.now)
    (taken,) = claim(store_client)
    assert taken.run == store_client.read_flow_run(run.id)
    assert (taken.run.state.name, taken.run.owner, taken.run.epoch) == ("Pending", "worker", run.epoch + 1)
    assert taken.epoch == taken.run.epoch
    assert taken.run.lease_until == clock.now + timedelta(seconds=30)


def test_a_claimed_run_keeps_its_time(store_client: LocalClient, clock: StoreClock) -> None:
    due_run(store_client, clock.now - timedelta(seconds=5))
    (taken,) = claim(store_client)
    assert taken.run.expected_start_time == clock.now - timedelta(seconds=5)


def test_runs_are_claimed_oldest_first_and_no_more_than_asked_for(store_client: LocalClient, clock: StoreClock) -> None:
    runs = [due_run(store_client, clock.now - timedelta(seconds=age)) for age in (1, 3, 2)]
    assert [taken.run.id for taken in claim(store_client, limit=2)] == [runs[1].id, runs[2].id]
    assert [taken.run.id for taken in claim(store_client, limit=2)] == [runs[0].id]
    assert claim(store_client) == ()


def test_a_run_is_not_claimed_before_its_time(store_client: LocalClient, clock: StoreClock) -> None:
    due_run(store_client, clock.now + timedelta(microseconds=1))
    assert claim(store_client) == ()
    clock.forward(1)
    assert len(claim(store_client)) == 1


def test_a_run_of_another_pool_is_not_claimed(store_client: LocalClient) -> None:
    a_place(store_client, "cloud")
    due_run(store_client, work_pool_name="cloud")
    due_run(store_client, work_pool_name=None)
    assert claim(store_client) == ()


@pytest.mark.parametrize("state", [Pending(), Running(), Paused(), Completed(), Failed(), Crashed(), Cancelled()])
def test_only_scheduled_runs_are_claimed(store_client: LocalClient, state: State) -> None:
    store_client.create_flow_run(new_run(state=state))
    assert claim(store_client) == ()


def test_a_retry_that_its_process_waits_for_is_not_claimed_by_a_worker(
    store_client: LocalClient, clock: StoreClock
) -> None:
    """AwaitingRetry is Scheduled too, but the run has an owner."""
    run = owned_running(store_client)
    assert store_client.set_flow_run_state(run.id, Scheduled(clock.now), epoch=run.epoch).status == "ACCEPT"
    assert claim(store_client) == ()


def test_many_claimers_never_get_the_same_run(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    runs = [due_run(clients[0], name=f"run-{number}") for number in range(40)]
    ready, taken = threading.Barrier(4), Counter[str]()

    def work(client: LocalClient, owner: str) -> None:
        ready.wait()
        while claims := claim(client, owner, limit=3):
            taken.update(one.run.id for one in claims)
            assert {one.run.owner for one in claims} == {owner}

    threads = [threading.Thread(target=work, args=(client, f"worker {n}")) for n, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == Counter({run.id: 1 for run in runs})


# -- one run --------------------------------------------------------------------------------------------------------


def test_one_run_is_claimed_before_its_time_when_it_is_meant(store_client: LocalClient, clock: StoreClock) -> None:
    run = due_run(store_client, clock.now + timedelta(hours=1))
    taken = store_client.claim_flow_run(run.id, "me", lease_seconds=30)
    assert (taken.epoch, taken.run.owner, taken.run.state.name) == (1, "me", "Pending")


@pytest.mark.parametrize("state", [Failed(), Crashed(), Cancelled()])
def test_a_run_that_has_ended_is_claimed_to_be_run_again(store_client: LocalClient, state: State) -> None:
    run = store_client.create_flow_run(new_run(state=state))
    taken = store_client.claim_flow_run(run.id, "me", lease_seconds=30)
    assert (taken.run.state.name, taken.run.end_time) == ("Pending", None)


def test_what_completed_is_not_claimed(store_client: LocalClient) -> None:
    run = store_client.create_flow_run(new_run(state=Completed()))
    with pytest.raises(FlowtuiError, match="what completed is not run again"):
        store_client.claim_flow_run(run.id, "me", lease_seconds=30)


def test_a_run_that_a_live_process_owns_is_not_claimed(store_client: LocalClient) -> None:
    run = owned_run(store_client, owner="desk:12")
    with pytest.raises(FlowtuiError, match="is Pending and owned by desk:12; cancel it there first"):
        store_client.claim_flow_run(run.id, "me", lease_seconds=30)


def test_each_claim_raises_the_epoch(store_client: LocalClient, clock: StoreClock) -> None:
    run = due_run(store_client)
    epochs = []
    for _ in range(3):
        epochs.append(store_client.claim_flow_run(run.id, "me", lease_seconds=30).epoch)
        clock.forward(31)
    assert epochs[0] == 1
    assert epochs == sorted(set(epochs))


def test_a_run_that_does_not_exist_is_not_claimed(store_client: LocalClient) -> None:
    with pytest.raises(NotFound):
        store_client.claim_flow_run(new_id(), "me", lease_seconds=30)


@pytest.mark.postgres
def test_who_waits_for_a_run_sees_that_it_was_claimed_meanwhile(on_postgres: Place) -> None:
    """The one who comes second has read nothing from before the first one's commit."""
    first, second = on_postgres.open(), on_postgres.open()
    run = due_run(first)
    refused: list[Exception] = []

    def claim_too() -> None:
        try:
            second.claim_flow_run(run.id, "second", lease_seconds=30)
        except UsageError as error:
            refused.append(error)

    with first._db.write() as connection:
        ownership.claim_one(first._db, connection, run.id, "first", 30)
        thread = threading.Thread(target=claim_too)
        thread.start()
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        wait_until(lambda: connection.execute(waiting).scalar_one(), what="the second to wait for the first")
    thread.join(20)
    assert "owned by first" in str(refused[0])
    assert first.read_flow_run(run.id).owner == "first"


def test_of_sixteen_that_race_for_one_run_one_gets_it(place: Place) -> None:
    """F05, also against those who want this very run."""
    clients = [place.open() for _ in range(16)]
    run = due_run(clients[0])
    start = threading.Barrier(len(clients))
    got: list[str] = []

    def race(client: LocalClient, name: str, by_name: bool) -> None:
        start.wait()
        if by_name:
            with suppress(UsageError):
                got.append(client.claim_flow_run(run.id, name, lease_seconds=30).run.owner or "")
        else:
            got.extend(taken.run.owner or "" for taken in claim(client, name, limit=1))

    threads = [
        threading.Thread(target=race, args=(client, f"worker {n}", n % 4 == 0)) for n, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    now = clients[0].read_flow_run(run.id)
    assert (now.owner, now.epoch, now.state.name) == (got[0], 1, "Pending")
