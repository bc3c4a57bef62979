"""Which of several servers does a service's work, on a real store with a clock of the test's own for the server."""

import pytest

from flowtui.server.services.leadership import Leadership
from tests.support import wait_until


class Watched:
    """The store's verbs, counted."""

    def __init__(self, client):
        self.client = client
        self.asked = []

    def acquire_service(self, service, holder, lease_seconds):
        self.asked.append(lease_seconds)
        return self.client.acquire_service(service, holder, lease_seconds)

    def release_services(self, holder):
        self.client.release_services(holder)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_the_first_leads_until_it_lets_go(client):
    first, second = (Leadership(client, holder, run_lease_seconds=30) for holder in ("a", "b"))
    assert first("leases", 5.0) and not second("leases", 5.0)
    assert second("logs", 5.0), "services have leases of their own"
    first.release()
    assert second("leases", 5.0) and not first("leases", 5.0)


def test_one_that_vanished_is_followed_by_another_when_its_lease_ends(client):
    vanished = Leadership(client, "a", run_lease_seconds=0.2)
    other = Leadership(client, "b", run_lease_seconds=0.2)
    assert vanished("leases", 0.05) and not other("leases", 0.05)
    wait_until(lambda: other("leases", 0.05), timeout=5, what="the lease to end")
    assert not Leadership(client, "a", run_lease_seconds=0.2)("leases", 0.05)


def test_the_store_is_asked_again_only_when_half_of_the_lease_is_over(client):
    store, clock = Watched(client), Clock()
    leadership = Leadership(store, "a", run_lease_seconds=30, monotonic=clock)
    for _ in range(7):
        assert leadership("leases", 2.0)
        clock.now += 2.0
    assert len(store.asked) == 2


@pytest.mark.parametrize(("run_lease", "every", "lease"), [(30, 2, 15), (6, 2, 6), (30, 10, 25), (2, 0.5, 2)])
def test_a_lease_is_short_but_outlasts_two_ticks(client, run_lease, every, lease):
    store = Watched(client)
    Leadership(store, "a", run_lease_seconds=run_lease)("leases", every)
    assert store.asked == [lease]
