"""Which of several servers does a service's work, on a real store, with a clock of the test's own for the servers."""

import threading
from collections import Counter

import pytest

from flowtui.server.services.leadership import LONGEST_LEASE, Leadership
from flowtui.server.services.table import services
from tests.support import wait_until


class Watched:
    """The store's verbs, counted."""

    def __init__(self, client):
        self.client = client
        self.asked = []

    def acquire_services(self, holder, leases):
        self.asked.append(dict(leases))
        return self.client.acquire_services(holder, leases)

    def release_services(self, holder):
        self.client.release_services(holder)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Server:
    """One that ticks the services of the table, second by second, by a clock that goes with the store's."""

    def __init__(self, client, clock, holder="a"):
        self.clock, self.began = clock, clock.now
        self.store = Watched(client)
        self.leadership = Leadership(self.store, holder, run_lease_seconds=30, monotonic=self.monotonic)
        self.every = {service.name: service.every for service in services(client, lease_seconds=30)}
        self.ticked = {}
        """When each service has ticked last."""
        self.hangs = set()

    def monotonic(self):
        return (self.clock.now - self.began).total_seconds()

    def asks(self, service):
        return self.leadership(service, self.every[service])

    def serve(self, seconds):
        """Answers how often each service was not this server's."""
        refused = Counter()
        for _ in range(seconds):
            now = self.monotonic()
            for name, every in self.every.items():
                if name not in self.hangs and now % every == 0:
                    refused[name] += not self.asks(name)
                    self.ticked[name] = now
            self.clock.forward(1)
        return +refused


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
    Leadership(store, "a", run_lease_seconds=run_lease, monotonic=Clock())("leases", every)
    assert store.asked == [{"leases": lease}]


# -- all of a server's ------------------------------------------------------------------------------------------------


def test_leases_that_are_held_are_prolonged_together(store_client, clock):
    server = Server(store_client, clock)
    server.serve(1)
    server.store.asked.clear()
    assert server.serve(60) == {}, "it keeps what it has"
    assert len(server.store.asked) <= 10, "each service by itself would ask 31 times in all"
    assert {"schedules", "late runs", "leases", "logs"} <= set().union(*server.store.asked)


def test_a_server_that_vanished_is_taken_over_from_as_soon_as_before(store_client, clock):
    vanished, other = Server(store_client, clock, "a"), Server(store_client, clock, "b")
    vanished.serve(67)
    assert not any(other.asks(name) for name in vanished.every)
    ends = {name: vanished.ticked[name] + max(LONGEST_LEASE, 2.5 * every) for name, every in vanished.every.items()}
    for name, moment in sorted(ends.items(), key=lambda item: item[1]):
        clock.forward(moment - vanished.monotonic())
        assert other.asks(name), f"the lease of {name} counts from its last tick"


def test_a_service_that_hangs_is_taken_over_while_the_others_go_on(store_client, clock):
    server, other = Server(store_client, clock, "a"), Server(store_client, clock, "b")
    server.serve(20)
    server.hangs.add("pauses")
    assert server.ticked["pauses"] == 18
    assert not other.asks("pauses")
    server.serve(13)
    assert other.asks("pauses"), "15 s after its last tick"
    assert not other.asks("schedules")
    server.hangs.clear()
    assert server.serve(10) == {"pauses": 5}, "who hung hears that another leads"


def test_services_that_tick_at_the_same_time_ask_the_store_once(store_client, clock):
    server = Server(store_client, clock)
    server.serve(1)
    clock.forward(13)
    server.store.asked.clear()
    ready, led = threading.Barrier(3), []

    def tick(service):
        ready.wait()
        led.append(server.asks(service))

    threads = [threading.Thread(target=tick, args=(name,)) for name in ("schedules", "late runs", "pauses")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert led == [True] * 3
    assert Counter(name for asked in server.store.asked for name in asked) == Counter(
        {"schedules": 1, "late runs": 1, "pauses": 1}
    ), "none is prolonged twice"
