"""A store of a test's own: made for a block, used by all flows that are called in it, gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowtui.engine.client.current import exchange_client
from flowtui.engine.clock import use_clock
from flowtui.engine.settings import current_settings, forget_settings
from flowtui.engine.testing.clock import FakeClock

if TYPE_CHECKING:
    from flowtui.engine.client.local import LocalClient

__all__ = ["Harness", "harness"]

_ELSEWHERE: Final = (
    "FLOWTUI_DATABASE_URL",
    "FLOWTUI_API_URL",
    "FLOWTUI_API_KEY",
    "FLOWTUI_RESULTS_STORAGE",
    "FLOWTUI_PROFILE",
)
"""Settings that would lead out of the home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """What `harness` gives: the client on its store, its home, and its clock, if it has one of its own."""

    client: "LocalClient"
    home: Path
    clock: FakeClock | None


@contextmanager
def harness(*, clock: FakeClock | None = None) -> Iterator[Harness]:
    """Within the block flows and tasks are recorded in a new and empty store, which is deleted at its end.

    It is for the whole process: all threads, and the children that it starts, use that store. With a `clock`, flowtui
    goes by it in this process. May be nested.
    """
    from flowtui.engine.client.local import LocalClient  # noqa: PLC0415 - 200 ms of SQLAlchemy, for the block only

    with _home() as home:
        client = LocalClient.open(current_settings())
        client_before, clock_before = exchange_client(client), use_clock(clock)
        try:
            yield Harness(client=client, home=home, clock=clock)
        finally:
            use_clock(clock_before)
            exchange_client(client_before)
            client.close()


@contextmanager
def _home() -> Iterator[Path]:
    """A folder of the block's own, and the settings that lead there."""
    making = tempfile.TemporaryDirectory(prefix="flowtui-harness-", ignore_cleanup_errors=True)
    with making as folder, _environment(Path(folder)):
        yield Path(folder)


@contextmanager
def _environment(home: Path) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ("FLOWTUI_HOME", *_ELSEWHERE)}
    for name in _ELSEWHERE:
        os.environ.pop(name, None)
    os.environ["FLOWTUI_HOME"] = str(home)
    forget_settings()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        forget_settings()
