"""Who serves a store: backends that say that they are alive, and services that one of them runs at a time."""

import threading
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import Backend
from tests.engine.store.databases import Place, StoreClock


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
    assert store_client.acquire_service("late", "one", 10)
    assert not store_client.acquire_service("late", "two", 10)
    assert store_client.acquire_service("reap", "two", 10)
    clock.forward(9)
    assert store_client.acquire_service("late", "one", 10)
    clock.forward(9)
    assert not store_client.acquire_service("late", "two", 10)
    clock.forward(1)
    assert store_client.acquire_service("late", "two", 10)
    assert not store_client.acquire_service("late", "one", 10)


def test_a_holder_that_lets_go_is_followed_at_once(store_client: LocalClient, clock: StoreClock) -> None:
    for service in ("late", "reap"):
        assert store_client.acquire_service(service, "one", 10)
    store_client.release_services("one")
    assert store_client.acquire_service("late", "two", 10)


def test_of_many_that_want_a_service_at_once_one_gets_it(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    ready, got = threading.Barrier(4), []

    def want(number: int) -> None:
        ready.wait()
        if clients[number].acquire_service("late", f"holder {number}", 30):
            got.append(number)

    threads = [threading.Thread(target=want, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
