"""The live feed: one thread that follows the store and tells the app what happened, at most 20 times a second."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowtui.engine.errors import FlowtuiError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import Backend, Change, RunCounts

__all__ = ["LiveFeed", "News"]

log = logging.getLogger("flowtui.tui")

_BEAT = 0.05
"""Seconds between two pieces of news, at least: a screen that changes faster than 20 Hz is a screen nobody reads."""
_COUNTS = 0.5
_COUNTS_AT_REST = 10.0
"""Figures such as `late` change with time alone."""
_COUNTS_AMONG_MANY = 30.0
_BACKENDS = 2.0
"""Seconds between two looks whether the processes of the backends live."""
_BACKENDS_AGAIN = 10.0
"""The same for who they are: the feed tells who comes and goes, and a missing sign of life is old when it counts."""
_PATIENCE = 2.0
"""How long one wait for the store lasts, and the thread outlives `stop` unless the client is closed: that ends the
waiting."""
_RETRY = 1.0
_STIR = 5.0
"""Seconds after a change in which the next is expected."""
_OFTEN = 0.2
"""Lines of a log that come within so many seconds of each other are followed as changes are."""
_SHARP, _CALM = 0.04, 0.1
"""How late a change by another process may be noticed where the system does not tell of it, in seconds: while others
are expected, and at rest. What looks 25 times a second takes 0.7 % of a core, mostly to wake up."""
_AMONG_MANY = 0.25
"""The same for each of many stores."""
_PATIENCE_AMONG_MANY = 2.5
"""The same as `_PATIENCE`, for each of many."""
_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the feed learned in one round. What was not looked at is None."""

    changes: tuple["Change", ...] | None = None
    counts: "RunCounts | None" = None
    backends: tuple["Backend", ...] | None = None
    alive: bool = True
    silent: float = 0.0
    """Seconds since the store has answered last, when it does not."""


class LiveFeed:
    """Follows a client and hands `News` to `tell`, which must be quick and safe to call from another thread. One
    `among_many` takes less of a core, and does not look who serves the store."""

    def __init__(self, client: "Client", tell: Callable[[News], None], *, among_many: bool = False) -> None:
        self._client, self._tell = client, tell
        self._calm, self._backends = (_AMONG_MANY, False) if among_many else (_CALM, True)
        self._patience = _PATIENCE_AMONG_MANY if among_many else _PATIENCE
        self._count_again = _COUNTS_AMONG_MANY if among_many else _COUNTS_AT_REST
        self._stop = threading.Event()
        self._seen = 0
        self._last: int | None = None
        self._told = self._stirred = self._counted = self._looked = self._listed = float("-inf")
        self._answered = time.monotonic()
        self._known: tuple[Backend, ...] = ()
        self._living_told: tuple[Backend, ...] | None = None
        self._counts_stale = True
        self._alive = True
        self._thread = threading.Thread(target=self._run, name="flowtui-live", daemon=True)

    def mark(self) -> None:
        """What is committed from now on will be told. Asks the client; call it before anything is read that is to be
        kept up to date, or what is committed between the reading and the thread's first look stays unknown."""
        newest = self._client.changes(None)
        self._last = newest[-1].seq if newest else 0

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def look_at_backends(self) -> None:
        """Somebody began or ceased to serve the store: look at the next opportunity."""
        self._looked = self._listed = float("-inf")

    def stop(self) -> None:
        """Ask the thread to end; it does within two seconds, and at once when the client is closed."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                news = self._round()
            except Exception as error:
                if self._stop.is_set():  # the client was closed meanwhile
                    return
                if self._alive and not isinstance(error, FlowtuiError):
                    log.error("The store could not be followed for a reason that was not expected.", exc_info=error)
                news = self._lost()
            if news is not None and not self._stop.is_set():
                self._tell(news)

    def _lost(self) -> News | None:
        """The store does not answer: say so once, then try again after a while. The place in the feed is kept."""
        first, self._alive = self._alive, False
        if not first:
            self._stop.wait(_RETRY)
        self._counts_stale, self._living_told = True, None
        self.look_at_backends()
        return News(alive=False, silent=time.monotonic() - self._answered) if first else None

    def _round(self) -> News | None:
        """Wait for a change, or for a figure to be due."""
        if self._last is None:
            self.mark()
        seen = self._client.wait(self._seen, self._idle_for(), within=self._within())
        back = not self._alive
        changes = self._read_changes() if seen != self._seen or back else None
        self._seen, self._alive = seen, True
        self._counts_stale |= bool(changes)
        if any(change.kind == "backend" for change in changes or ()):
            self.look_at_backends()
        counts, backends = self._figures()
        self._answered = time.monotonic()
        if changes is None and counts is None and backends is None and not back:
            return None
        if changes is not None:
            self._stop.wait(max(self._told + _BEAT - time.monotonic(), 0))
            often, self._told = time.monotonic() - self._told < _OFTEN, time.monotonic()
            if often or any(change.kind != "backend" for change in changes):
                self._stirred = self._told  # a backend's sign of life is no reason to expect more
        return News(changes=changes, counts=counts, backends=backends)

    def _within(self) -> float:
        return _SHARP if time.monotonic() - self._stirred < _STIR else self._calm

    def _idle_for(self) -> float:
        if self._counts_stale:
            return min(max(self._counted + _COUNTS - time.monotonic(), 0), self._patience)
        return self._patience

    def _read_changes(self) -> tuple["Change", ...]:
        found: list[Change] = []
        while not self._stop.is_set():
            batch = self._client.changes(self._last, limit=_MANY)
            if batch:
                found.extend(batch)
                self._last = batch[-1].seq
            if len(batch) < _MANY:
                break
        return tuple(found)

    def _living(self) -> tuple["Backend", ...]:
        """Those that serve the store; one of this machine that was killed seems alive for a while, and is not."""
        from flowtui.server.embedded import is_alive  # noqa: PLC0415 - psutil, 15 ms, in this thread

        if time.monotonic() - self._listed >= _BACKENDS_AGAIN:
            self._known, self._listed = self._client.list_backends(), time.monotonic()
        return tuple(filter(is_alive, self._known))

    def _figures(self) -> tuple["RunCounts | None", tuple["Backend", ...] | None]:
        now = time.monotonic()
        counts = backends = None
        if now - self._counted >= (_COUNTS if self._counts_stale else self._count_again):
            self._counted, self._counts_stale = now, False
            counts = self._client.run_counts()
        if self._backends and now - self._looked >= _BACKENDS:
            self._looked = now
            living = self._living()
            if living != self._living_told:  # they are looked at often and seldom change
                backends = self._living_told = living
        return counts, backends
