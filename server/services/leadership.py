"""Which server does the work of a service: the one that holds its lease in the store."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flowtui.server.services.housekeeping import Housekeeping

__all__ = ["LONGEST_LEASE", "Leadership"]

LONGEST_LEASE: Final = 15.0
"""Seconds after which another server takes over from one that vanished, where nothing asks for less or needs more."""

Acquire = Callable[[str, Mapping[str, float]], frozenset[str]]
"""Takes or prolongs, for a holder, the leases of `{service: seconds from now}`; answers with those that it has."""


@dataclass(slots=True)
class _Lease:
    """The lease of one service, in seconds of a clock that nobody sets."""

    length: float
    ticked: float
    """When the service asked last whether it may work."""
    since: float | None = None
    """The tick from which the lease in the store counts; None while this server has not got it."""

    def is_young(self, now: float) -> bool:
        """It is held, and there is no need to write."""
        return self.since is not None and now - self.since < self.length / 2

    def gains(self) -> bool:
        """Prolonging it now is worth a row of a transaction that there is anyway."""
        return self.since is not None and self.ticked - self.since >= self.length / 4


class Leadership:
    """The leases of one server. When half of one is over, the others that can be are prolonged in the same transaction,
    so that an idle server rarely writes: each commit wakes whoever follows the store.

    A lease counts from the last tick of its own service, whoever prolongs it: where a service hangs, another server
    takes it over as soon as if each were prolonged by itself. `run_lease_seconds` is how long processes own runs: a
    service that looks after them must not be leaderless longer.
    """

    def __init__(
        self,
        store: Housekeeping,
        holder: str,
        *,
        run_lease_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._holder = holder
        self._lease = min(LONGEST_LEASE, run_lease_seconds)
        self._monotonic = monotonic
        self._leases: dict[str, _Lease] = {}
        self._asking = threading.Lock()
        """Services tick in threads: who finds that another asks the store waits, and often has its answer then."""

    def __call__(self, service: str, every: float) -> bool:
        """True when this server holds the lease of `service`, which ticks `every` so many seconds, now.

        Asks the store, so call it in a thread.
        """
        now = self._monotonic()
        length = max(self._lease, 2.5 * every)  # it must outlast the time to the next tick
        mine = self._leases.setdefault(service, _Lease(length, now))
        mine.ticked = now
        if mine.is_young(now):
            return True
        with self._asking:
            if not mine.is_young(now):
                self._ask(service)
            return mine.since is not None

    def prolong(self, within: Acquire) -> None:
        """Prolong what can be in a transaction that there is anyway: `within` is called with what is worth a row in it,
        also when that is nothing."""
        with self._asking:
            self._acquire(within)

    def release(self) -> None:
        """Let another server take over at once."""
        with self._asking:
            for lease in self._leases.values():
                lease.since = None
            self._store.release_services(self._holder)

    def _ask(self, service: str) -> None:
        """Take or prolong the lease of a service, and prolong with it what can be."""
        self._leases[service].ticked = self._monotonic()
        self._acquire(self._store.acquire_services, service)

    def _acquire(self, acquire: Acquire, service: str | None = None) -> None:
        now = self._monotonic()
        leases = {name: lease for name, lease in list(self._leases.items()) if name == service or lease.gains()}
        ticked = {name: lease.ticked for name, lease in leases.items()}
        left = {name: lease.length - (now - ticked[name]) for name, lease in leases.items()}
        wanted = {name: seconds for name, seconds in left.items() if seconds > 0}
        held = acquire(self._holder, wanted)
        for name, lease in leases.items():
            lease.since = ticked[name] if name in held else None
