"""Who serves a store: backends that say that they are alive, and services that one of them runs at a time."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound
from flowtui.engine.model import Backend
from flowtui.engine.store import backends
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_worker


def a_backend(clock: StoreClock, name: str = "one", **fields: object) -> Backend:
    given = {"id": name, "kind": "server", "host": "desk", "pid": 7, "url": None, "started": clock.now}
    return Backend(**{**given, "seen": clock.now, **fields})  # type: ignore[arg-type]


@pytest.fixture
def names() -> dict[str, str]:
    """Ids, for databases that take nothing else."""
    return {name: f"0199{number:04x}-0000-7000-8000-000000000000" for number, name in enumerate(["one", "two"])}


def test_a_backend_is_listed_while_it_says_that_it_is_alive(
    store_client: LocalClient, clock: StoreClock, names: dict[str, str]
) -> None:
    begun = clock.now
    store_client.announce_backend(a_backend(clock, names["one"], url="http://127.0.0.1:4200"))
    clock.forward(10)
    store_client.announce_backend(a_backend(clock, names["one"], url="http://127.0.0.1:4200"))
    clock.forward(15)
    (listed,) = store_client.list_backends()
    assert (listed.id, listed.kind, listed.host, listed.pid) == (names["one"], "server", "desk", 7)
    assert (listed.url, listed.seen) == ("http://127.0.0.1:4200", begun + timedelta(seconds=10))
    clock.forward(1)
    assert store_client.list_backends() == ()


def test_a_backend_that_stops_is_gone_at_once(
    store_client: LocalClient, clock: StoreClock, names: dict[str, str]
) -> None:
    for name in ("one", "two"):
        store_client.announce_backend(a_backend(clock, names[name]))
    store_client.remove_backend(names["one"])
    store_client.remove_backend(names["one"])
    assert [backend.id for backend in store_client.list_backends()] == [names["two"]]


def test_the_feed_tells_of_backends_that_come_and_go(
    store_client: LocalClient, clock: StoreClock, names: dict[str, str]
) -> None:
    for _ in range(3):
        store_client.announce_backend(a_backend(clock, names["one"]))
    store_client.remove_backend(names["one"])
    assert [(one.kind, one.name) for one in store_client.changes(0)] == [("backend", "created"), ("backend", "deleted")]


# -- services ---------------------------------------------------------------------------------------------------------


def test_a_service_has_one_holder_until_its_lease_ends(store_client: LocalClient, clock: StoreClock) -> None:
    assert has(store_client, "one", late=10)
    assert not has(store_client, "two", late=10)
    assert has(store_client, "two", reap=10)
    clock.forward(9)
    assert has(store_client, "one", late=10)
    clock.forward(9)
    assert not has(store_client, "two", late=10)
    clock.forward(1)
    assert has(store_client, "two", late=10)
    assert not has(store_client, "one", late=10)


def has(client: LocalClient, holder: str, **leases: float) -> frozenset[str]:
    return client.acquire_services(holder, leases)


def test_services_are_taken_and_prolonged_together_each_for_its_own_time(
    store_client: LocalClient, clock: StoreClock
) -> None:
    assert has(store_client, "one", late=10, reap=20) == {"late", "reap"}
    assert has(store_client, "two", late=10, logs=10) == {"logs"}, "what is another's is left out"
    clock.forward(5)
    assert has(store_client, "one", late=10, reap=20, logs=10) == {"late", "reap"}
    clock.forward(10)
    assert has(store_client, "two", late=10, reap=10, logs=10) == {"late", "logs"}
    assert has(store_client, "one") == frozenset()


def test_who_asks_in_vain_waits_for_no_lock(place: Place) -> None:
    leader, other = place.open(), place.open()
    assert has(leader, "one", late=30, reap=30)
    with leader._db.write() as connection:
        backends.acquire_services(leader._db, connection, "one", {"late": 30, "reap": 30})
        assert not has(other, "two", late=30, reap=30)


def test_a_holder_that_lets_go_is_followed_at_once(store_client: LocalClient, clock: StoreClock) -> None:
    assert has(store_client, "one", late=10, reap=10)
    store_client.release_services("one")
    assert has(store_client, "two", late=10)


def test_of_many_that_want_services_at_once_one_gets_each(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    names = ("late", "logs", "reap")
    ready, got = threading.Barrier(4), []

    def want(number: int) -> None:
        ready.wait()
        got.extend(clients[number].acquire_services(f"holder {number}", dict.fromkeys(names, 30)))

    threads = [threading.Thread(target=want, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(names)


# -- a process that is a backend and a worker -------------------------------------------------------------------------


def test_what_a_process_says_of_itself_at_once_is_what_it_would_say_one_by_one(
    store_client: LocalClient, clock: StoreClock, names: dict[str, str]
) -> None:
    me, worker = a_backend(clock, names["one"]), a_worker()
    assert store_client.announce_together(me, worker, "one", {"late": 10}) == (True, {"late"})
    clock.forward(12)
    assert store_client.announce_together(me, replace(worker, running=3), "one", {}) == (True, frozenset())
    clock.forward(4)
    assert [backend.id for backend in store_client.list_backends()] == [me.id]
    assert [(found.running, found.online) for found in store_client.list_workers()] == [(3, True)]
    assert has(store_client, "two", late=10), "what is not prolonged ends"
    assert store_client.announce_together(None, worker, "one", {"late": 10, "logs": 10}) == (True, {"logs"})
    clock.forward(12)
    assert store_client.list_backends() == (), "who is left out is not heard of"


def test_a_worker_whose_name_is_taken_or_whose_pool_is_gone_is_told_so(
    store_client: LocalClient, clock: StoreClock, names: dict[str, str]
) -> None:
    assert store_client.announce_worker(a_worker())
    me = a_backend(clock, names["one"])
    assert store_client.announce_together(me, a_worker(), "one", {"late": 10}) == (False, {"late"})
    with pytest.raises(NotFound, match="work pool"):
        store_client.announce_together(a_backend(clock, names["two"]), a_worker(pool_name="moon"), "one", {"logs": 10})
    assert [backend.id for backend in store_client.list_backends()] == [me.id], "nothing is left half said"
    assert has(store_client, "two", logs=10)
