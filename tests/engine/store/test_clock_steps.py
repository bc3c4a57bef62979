"""The store's clock was set back: leases do not last an hour, what was due is due, and what lives is left alone."""

from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend
from flowtui.engine.states import AwaitingRetry, Scheduled
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import due_run, new_run, owned_running

HOUR = timedelta(hours=1)


def set_back(client: LocalClient, clock: StoreClock) -> None:
    """As the service for leases does, at most a third of a lease later."""
    clock.forward(-3600)
    client.clock_went_back(HOUR, lease_seconds=30)


def test_the_lease_of_a_dead_process_ends_as_it_would_have(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    set_back(store_client, clock)
    assert store_client.reap_leases() == ()
    clock.forward(31)
    assert [one.id for one in store_client.reap_leases()] == [run.id]


@pytest.mark.parametrize("seconds", [30.0, 600.0])
def test_a_process_that_renews_keeps_its_run(store_client: LocalClient, clock: StoreClock, seconds: float) -> None:
    """Whether it has renewed since the step or not yet; leases of other lengths included."""
    run = owned_running(store_client, seconds=seconds)
    clock.forward(-3600)
    store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=seconds)
    store_client.clock_went_back(HOUR, lease_seconds=30)
    for _ in range(4):
        clock.forward(seconds / 3)
        assert store_client.reap_leases(clock.now) == ()
        store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=seconds)
    assert store_client.read_flow_run(run.id).state.is_running()


def test_what_was_due_is_due_and_what_has_a_time_waits_for_it(store_client: LocalClient, clock: StoreClock) -> None:
    now = clock.now
    at_once = store_client.create_flow_run(new_run(state=Scheduled(now, timestamp=now)))
    retry = store_client.create_flow_run(new_run(state=AwaitingRetry(now + timedelta(minutes=1), timestamp=now)))
    tomorrow = due_run(store_client, now + timedelta(days=1))
    set_back(store_client, clock)
    later = store_client.create_flow_run(new_run(state=Scheduled(now - HOUR / 2, timestamp=now - HOUR)))

    def due() -> list[str]:
        claims = store_client.claim_flow_runs("local", "w", limit=10, lease_seconds=30)
        return [claim.run.id for claim in claims]

    assert due() == [at_once.id]
    clock.forward(61)
    assert due() == [retry.id]
    clock.forward(1800)
    assert due() == [later.id]
    clock.forward(2 * 3600)
    assert due() == []
    clock.forward(24 * 3600)
    assert due() == [tomorrow.id]


def test_a_service_of_a_dead_server_is_taken_over(store_client: LocalClient, clock: StoreClock) -> None:
    """Also before anybody has noticed the step: the one who would is who died."""
    assert store_client.acquire_services("dead", {"leases": 15})
    assert not store_client.acquire_services("alive", {"leases": 15})
    clock.forward(-3600)
    assert store_client.acquire_services("alive", {"leases": 15})
    assert not store_client.acquire_services("third", {"leases": 15})


def test_a_dead_server_does_not_seem_alive_for_an_hour(store_client: LocalClient, clock: StoreClock) -> None:
    me = Backend(id=new_id(), kind="server", host="h", pid=1, url=None, started=utc_now(), seen=utc_now())
    store_client.announce_backend(me)
    clock.forward(-3600)
    assert store_client.list_backends() == ()
    store_client.announce_backend(me)
    assert len(store_client.list_backends()) == 1


def test_leases_are_not_ended_by_a_moment_that_is_no_longer_believed(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = owned_running(store_client)
    believed = clock.now
    clock.forward(3600)
    assert store_client.reap_leases(believed) == ()
    assert store_client.reap_slots(believed) == 0
    assert store_client.read_flow_run(run.id).state.is_running()
