"""Which server does the work of a service: the one that holds its lease in the store."""

import time
from collections.abc import Callable
from typing import Final

from flowtui.server.services.housekeeping import Housekeeping

__all__ = ["LONGEST_LEASE", "Leadership"]

LONGEST_LEASE: Final = 15.0
"""Seconds after which another server takes over from one that vanished, where nothing asks for less or needs more."""


class Leadership:
    """The leases of one server. Each is prolonged when half of it is over, so that a tick rarely has to write.

    `run_lease_seconds` is how long processes own runs: a service that looks after them must not be leaderless longer.
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
        self._taken: dict[str, float] = {}

    def __call__(self, service: str, every: float) -> bool:
        """True when this server holds the lease of `service`, which ticks `every` so many seconds, now.

        Asks the store, so call it in a thread.
        """
        lease = max(self._lease, 2.5 * every)  # it must outlast the time to the next tick
        asked = self._monotonic()
        taken = self._taken.get(service)
        if taken is not None and asked - taken < lease / 2:
            return True
        if not self._store.acquire_service(service, self._holder, lease):
            self._taken.pop(service, None)
            return False
        self._taken[service] = asked
        return True

    def release(self) -> None:
        """Let another server take over at once."""
        self._taken.clear()
        self._store.release_services(self._holder)
