"""The ticker: calls the server's fixed services at their intervals, by APScheduler, which only this module knows."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from anyio.to_thread import run_sync
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from flowtui.engine.clock import Clock, utc_now
from flowtui.engine.errors import StoreError

__all__ = ["Service", "ServiceHealth", "Ticker"]

log = logging.getLogger("flowtui.server.services")

# APScheduler compares wall times, so a clock that is set back an hour would keep it silent for an hour.
_CLOCK_SLACK: Final = 2.0
_LOOK_AT_CLOCK: Final = 1.0

MayLead = Callable[[str, float], bool]
"""Whether this process may do the work of a service now; asked with its name and interval, in a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that the server does again and again."""

    name: str
    every: float
    """Seconds from one start to the next."""
    work: Callable[[], int]
    """One bounded piece of work, called in a thread; answers with how many things it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """How a service is doing."""

    name: str
    every: float
    leading: bool = False
    """This process does the work; when False another one does, or has not been asked yet."""
    last_ok: datetime | None = None
    seconds: float | None = None
    """How long the last piece of work took."""
    done: int = 0
    """How many things it did since the start."""
    failures: int = 0
    """How often it failed in a row."""
    error: str | None = None
    """Why it failed the last time, until it works again."""


class Ticker:
    """Runs its services until cancelled. Two ticks of one service never overlap; missed ones are made up for by one."""

    def __init__(self, services: Sequence[Service], may_lead: MayLead, *, now: Clock = utc_now) -> None:
        self._services = services
        self._may_lead = may_lead
        self._now = now
        self._health = {service.name: ServiceHealth(name=service.name, every=service.every) for service in services}
        self._ticks = 0
        self._idle = asyncio.Condition()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def health(self) -> tuple[ServiceHealth, ...]:
        """How each service is doing, in the order of the table."""
        return tuple(self._health[service.name] for service in self._services)

    async def run(self) -> None:
        """Tick until cancelled; a piece of work that is under way then is finished first."""
        for service in self._services:
            self._scheduler.add_job(
                self._tick,
                IntervalTrigger(seconds=service.every, timezone=UTC),
                args=(service,),
                id=service.name,
                name=service.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()
        try:
            await self._watch_clock()
        finally:
            self._scheduler.pause()
            async with self._idle:
                await self._idle.wait_for(lambda: self._ticks == 0)
            self._scheduler.shutdown(wait=False)

    def tick_now(self) -> None:
        """Every service is due now."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))
        self._scheduler.wakeup()

    async def _tick(self, service: Service) -> None:
        self._ticks += 1
        try:
            health = await run_sync(self._work, service, self._health[service.name])
            self._health[service.name] = health
        finally:
            self._ticks -= 1
            async with self._idle:
                self._idle.notify_all()

    def _work(self, service: Service, health: ServiceHealth) -> ServiceHealth:
        """One tick, in a thread. No error leaves it: the next tick tries again."""
        began = time.monotonic()
        try:
            leading = self._may_lead(service.name, service.every)
            done = service.work() if leading else 0
        except Exception as error:
            self._complain(service, health, error)
            return replace(health, failures=health.failures + 1, error=str(error) or type(error).__name__)
        return replace(
            health,
            leading=leading,
            last_ok=self._now() if leading else health.last_ok,
            seconds=time.monotonic() - began if leading else health.seconds,
            done=health.done + done,
            failures=0,
            error=None,
        )

    def _complain(self, service: Service, health: ServiceHealth, error: Exception) -> None:
        """Once, not at every tick; the traceback only when it is not the store's known kind of trouble."""
        if health.error is None:
            traceback = None if isinstance(error, StoreError) else error
            log.warning("Service '%s' failed and will try again. %s", service.name, error, exc_info=traceback)

    async def _watch_clock(self) -> None:
        """Forever: when the wall clock is set, or the machine slept, everything is due now."""
        difference = self._now().timestamp() - time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCK)
            before, difference = difference, self._now().timestamp() - time.monotonic()
            if abs(difference - before) > _CLOCK_SLACK:
                log.warning("The clock was set by %+.0f s: all services are due now.", difference - before)
                self.tick_now()
