"""What a backend says of itself every few seconds, in one transaction: each commit wakes whoever follows the store."""

from collections.abc import Mapping
from dataclasses import replace

from flowtui.engine.clock import utc_now
from flowtui.engine.model import Backend
from flowtui.engine.pools import WorkerRecord
from flowtui.server.services.housekeeping import Store
from flowtui.server.services.leadership import Leadership

__all__ = ["Presence"]


class Presence:
    """That the backend is alive, that its worker is, and that it goes on with the services that it leads."""

    def __init__(self, store: Store, me: Backend, leadership: Leadership) -> None:
        self._store = store
        self._me = me
        self._leadership = leadership
        self._withdrawn = False

    def announce(self, worker: WorkerRecord) -> bool:
        """Say so. False: another living process has the worker's name. Raises `NotFound` for an unknown pool."""
        accepted = False

        def within(holder: str, leases: Mapping[str, float]) -> frozenset[str]:
            nonlocal accepted
            me = None if self._withdrawn else replace(self._me, seen=utc_now())
            accepted, held = self._store.announce_together(me, worker, holder, leases)
            return held

        self._leadership.prolong(within)
        return accepted

    def withdraw(self) -> None:
        """Let others serve the store and lead its services from now on. The worker is announced still."""
        self._withdrawn = True  # before the leases go: what is being announced meanwhile is waited for
        self._leadership.release()
        self._store.remove_backend(self._me.id)
