"""Every test gets a home of its own, and the developer's own `~/.flowtui` is never touched.

Where a store is, by what a test asks for:

- `client`: a client on an SQLite store in the test's home, which flows called in the test use too. The cheapest.
- `place`: runs the test twice, on SQLite and on PostgreSQL. `place.open()` is what another process would have, and
  `place.environment()` is for children. `store_client` is a client on it, and `clock` that client's clock, which a test
  moves. `empty_place` is one that nobody has opened yet.
- `on_place`: a `place` that this test's environment names too, so that flows, the command line and backends use it.
- `on_postgres`: the same, on PostgreSQL alone: for the few tests from end to end that need no second run on SQLite.

A session, or each of its parallel workers, starts one PostgreSQL server (0.7 s), and a test gets a copy of a prepared
database there (20 ms). Tests that need it have the marker `postgres`: `-m "not postgres"` leaves them out. With
`--store postgres` every other test has its store there, too: `pytest --store postgres tests/engine/sdk`.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from flowtui.engine.client.current import close_current_client, use_client
from flowtui.engine.log_output import tear_down_logging
from flowtui.engine.settings import Settings, current_settings, forget_settings

if TYPE_CHECKING:
    from flowtui.engine.client.local import LocalClient
    from tests.engine.store.databases import Place, StoreClock

_OURS = ("FLOWTUI_", "PREFECT_")

# Two cores shared by many tests: how long an example takes says nothing, and the timeout of each test is the limit.
hypothesis.settings.register_profile(
    "flowtui", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("flowtui")

# The homes that a developer really uses, looked up before any test changes the environment.
_REAL_HOMES = {Path.home() / ".flowtui", Path(os.environ.get("FLOWTUI_HOME") or Path.home() / ".flowtui").absolute()}

Footprint = dict[Path, tuple[int, int]]
_before = pytest.StashKey[Footprint]()
_nobodys = pytest.StashKey[str]()


def _footprint() -> Footprint:
    """Every file and folder of the real homes, with its size and the time of its last change."""
    found: Footprint = {}
    for home in _REAL_HOMES:
        for path in (home, *home.rglob("*")):
            with suppress(FileNotFoundError):
                stat = path.lstat()
                found[path] = (stat.st_size, stat.st_mtime_ns)
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="where tests that do not say keep their store; with postgres, those that look at the SQLite file fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is collected: keep a look at the developer's home, and forget the developer's settings."""
    if not hasattr(config, "workerinput"):  # xdist's workers start later, and with the environment made here
        config.stash[_before] = _footprint()
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    # A shell has what it starts in the background ignore ctrl+c, and children would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # For whatever runs outside a test: at import, or in a fixture of a wider scope.
    config.stash[_nobodys] = os.environ["FLOWTUI_HOME"] = tempfile.mkdtemp(prefix="flowtui-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_nobodys], ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session when the developer's home is not what it was."""
    before = session.config.stash.get(_before, None)
    if before is None:
        return
    after = _footprint()
    touched = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if touched:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            paths = ", ".join(str(path) for path in touched[:5])
            reporter.write_line("")
            reporter.write_line(f"A test touched your own flowtui home, or your own workstation ran: {paths}", red=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The flowtui home of this test; no other setting is set. It does not exist until something is kept in it."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
    path = tmp_path / "home"
    monkeypatch.setenv("FLOWTUI_HOME", str(path))
    forget_settings()
    with _default_store(request, monkeypatch):
        yield path
        close_current_client()  # a test that ran a flow has opened one
    tear_down_logging()  # its loggers would keep their lines from the caplog of the next test
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]  # what flowtui itself has set, as a change of profile does; the rest is put back next
    forget_settings()


@contextmanager
def _default_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.config.getoption("store") == "sqlite" or {"place", "empty_place"} & set(request.fixturenames):
        yield
        return
    from tests.engine.store.databases import a_place

    with a_place("postgres", current_settings()) as there, _named(there, monkeypatch):
        yield


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings of this test: an SQLite store in its home."""
    return current_settings()


@pytest.fixture
def client(settings: Settings) -> Iterator["LocalClient"]:
    """A client on this test's own store, which flows called in the test use too; closed when the test ends."""
    from flowtui.engine.client.local import LocalClient

    opened = LocalClient.open(settings)
    use_client(opened)
    try:
        yield opened
    finally:
        opened.close()


_KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=_KINDS)
def place(request: pytest.FixtureRequest, settings: Settings) -> Iterator["Place"]:
    """A store of this test's own, which any number of clients and processes can open."""
    from tests.engine.store.databases import a_place

    with a_place(request.param, settings) as here:
        yield here


@pytest.fixture(params=_KINDS)
def empty_place(request: pytest.FixtureRequest, settings: Settings) -> Iterator["Place"]:
    """Where nobody has opened a store yet."""
    from tests.engine.store.databases import a_place

    with a_place(request.param, settings, empty=True) as here:
        yield here


@pytest.fixture
def store_client(place: "Place") -> "LocalClient":
    """A client on that store."""
    return place.open()


@pytest.fixture
def clock(store_client: "LocalClient") -> "StoreClock":
    """The clock of `store_client`, which a test moves."""
    from tests.engine.store.databases import StoreClock

    return StoreClock(store_client)


@pytest.fixture
def on_place(place: "Place", monkeypatch: pytest.MonkeyPatch) -> Iterator["Place"]:
    """A store that is this test's own, and that its environment names: of the process and of its children."""
    with _named(place, monkeypatch):
        yield place


@pytest.fixture
def on_postgres(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator["Place"]:
    """`on_place` on PostgreSQL alone. Mark such tests with `postgres`."""
    from tests.engine.store.databases import a_place

    with a_place("postgres", settings) as there, _named(there, monkeypatch):
        yield there


@contextmanager
def _named(place: "Place", monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name that place. The client that was opened by them is closed before the place is gone."""
    monkeypatch.setenv("FLOWTUI_DATABASE_URL", place.settings.database_url)
    forget_settings()
    yield
    close_current_client()
