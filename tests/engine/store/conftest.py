"""The store contract runs on every database that flowtui keeps its data in."""

from collections.abc import Iterator

import pytest

from flowtui.engine.client.local import LocalClient
from tests.engine.store.databases import Place, StoreClock, fresh_postgres

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty store of this test's own, which any number of clients and processes can open."""
    settings = request.getfixturevalue("settings")
    if request.param == "sqlite":
        with Place(settings).kept() as here:
            yield here
        return
    with fresh_postgres(settings) as there, there.kept():
        yield there


@pytest.fixture
def store_client(place: Place) -> LocalClient:
    """A client on that store."""
    return place.open()


@pytest.fixture
def clock(store_client: LocalClient) -> StoreClock:
    """The clock of `store_client`, which a test moves."""
    return StoreClock(store_client)
