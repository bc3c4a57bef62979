"""The store contract runs on every database that flowtui keeps its data in."""

from collections.abc import Iterator

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import Settings
from tests.engine.store.databases import Place, StoreClock, fresh_postgres

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Place]:
    """A store of this test's own, which any number of clients and processes can open."""
    yield from _place(request.param, settings, empty=False)


@pytest.fixture(params=KINDS)
def empty_place(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Place]:
    """Where nobody has opened a store yet."""
    yield from _place(request.param, settings, empty=True)


def _place(kind: str, settings: Settings, *, empty: bool) -> Iterator[Place]:
    if kind == "sqlite":
        with Place(settings).kept() as here:
            yield here
    else:
        with fresh_postgres(settings, empty=empty) as there, there.kept():
            yield there


@pytest.fixture
def store_client(place: Place) -> LocalClient:
    """A client on that store."""
    return place.open()


@pytest.fixture
def clock(store_client: LocalClient) -> StoreClock:
    """The clock of `store_client`, which a test moves."""
    return StoreClock(store_client)
