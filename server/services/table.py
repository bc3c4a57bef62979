"""The services that every server runs: what, how often, how much at a time."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flowtui.engine import faults
from flowtui.engine.runs.vouching import vouch
from flowtui.engine.schedules.reach import HORIZON, PER_SCHEDULE
from flowtui.server.services.clock_watch import ClockWatch
from flowtui.server.services.housekeeping import Housekeeping
from flowtui.server.ticker import Service

__all__ = ["LATE_AFTER", "services"]

log = logging.getLogger("flowtui.server.services")

LATE_AFTER: Final = timedelta(seconds=15)
"""A run that is due and has not been taken for this long is called Late."""
_LOGS_AT_ONCE: Final = 20


def services(
    store: Housekeeping, *, lease_seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> tuple[Service, ...]:
    """The table. `lease_seconds` is how long a process owns a run without renewing."""

    def watch() -> ClockWatch:
        """Processes renew every third of a lease: who has not within half of one is not alive."""
        return ClockWatch(lease_seconds / 2, monotonic=monotonic)

    return (
        Service(name="schedules", every=2.0, work=lambda: _plan(store)),
        Service(name="late runs", every=5.0, work=lambda: _mark_late(store)),
        # A third of a lease, so that a dead process is noticed well within two.
        Service(name="leases", every=min(lease_seconds / 3, 10.0), work=_Reaper(store, lease_seconds, watch())),
        Service(
            name="task leases",
            every=min(lease_seconds / 3, 10.0),
            work=_believing(store, watch(), lambda moment: len(store.reap_task_leases())),
        ),
        Service(name="slots", every=min(lease_seconds / 3, 10.0), work=_believing(store, watch(), store.reap_slots)),
        Service(name="pauses", every=2.0, work=lambda: len(store.expire_pauses())),
        Service(name="environments", every=3_600.0, work=store.forget_environments),
        Service(name="logs", every=30.0, work=lambda: store.compact_logs(_LOGS_AT_ONCE)),
    )


def _plan(store: Housekeeping) -> int:
    faults.hit("services.before_plan")
    made = store.materialise_schedules(HORIZON, PER_SCHEDULE)
    if made:
        faults.hit("services.planned")
    return made


def _mark_late(store: Housekeeping) -> int:
    faults.hit("services.before_late")
    store.skip_missed()
    marked = store.mark_late(LATE_AFTER)
    if marked:
        faults.hit("services.marked_late")
    return marked


class _Reaper:
    """Ends the runs of processes that are gone, unless it is the clock that makes it seem so."""

    def __init__(self, store: Housekeeping, lease_seconds: float, watch: ClockWatch) -> None:
        self._store = store
        self._lease_seconds = lease_seconds
        self._watch = watch

    def __call__(self) -> int:
        faults.hit("services.before_reap")
        reading = self._watch.look(self._store.store_time)
        if reading.went_back is not None:
            log.warning("The store's clock was set back by %.0f s.", reading.went_back.total_seconds())
            self._store.clock_went_back(reading.went_back, lease_seconds=self._lease_seconds)
        vouch(self._store, lease_seconds=self._lease_seconds)  # while no server was there, nobody could
        if reading.moment is None:
            return 0
        reaped = self._store.reap_leases(reading.moment)
        if reaped:
            faults.hit("services.reaped")
        for run in reaped:
            log.warning("Flow run '%s' ended %s: %s", run.name, run.state.name, run.state.message)
        return len(reaped)


def _believing(store: Housekeeping, watch: ClockWatch, work: Callable[[datetime], int]) -> Callable[[], int]:
    """The same for other leases, which another server may look after: nothing is done while the clock is doubted."""

    def tick() -> int:
        moment = watch.look(store.store_time).moment
        return 0 if moment is None else work(moment)

    return tick
