"""A worker: takes due runs of one pool, has each carried out by a process, and accounts for how it ended."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from anyio.to_thread import run_sync

from flowtui.engine import faults
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, NotFound, StaleEpoch, StoreError
from flowtui.engine.model import Claim, FlowRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Cancelled, Crashed, State
from flowtui.server.workers.jobs import LaunchError
from flowtui.server.workers.launch import Launcher
from flowtui.server.workers.lookout import Lookout
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.protocol import BaseWorker, RunningJob
from flowtui.server.workers.renewal import Renewal

__all__ = ["Worker", "WorkerHealth"]

log = logging.getLogger("flowtui.server.worker")

T = TypeVar("T")

# How long one call waits for news: the worker's end waits that long for it, at most.
_WAIT: Final = 0.5
# Between two looks, so that a flow that commits all the time does not make the worker look all the time.
_BREATH: Final = 0.02
_AFTER_TROUBLE: Final = 1.0
# The exit codes of a process that said by itself how its run ended, or was asked to end and has called its hooks.
_HOOKS_CALLED: Final = (0, 143)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """What a worker says about itself."""

    pool: str | None
    slots: int
    running: tuple[str, ...]
    """Ids of the flow runs that it has in hand."""
    error: str | None
    """Why the last look at the store failed, if it did."""


@dataclass(slots=True, kw_only=True)
class _InHand:
    """A run that this worker has taken and not yet accounted for."""

    claim: Claim
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    """The stop was asked for by whoever cancelled the run, not by the end of this worker."""


class Worker:
    """Takes runs and has them carried out by `carrier`, until it is told to stop; then its runs are told to stop, and
    it ends when they have."""

    def __init__(
        self,
        client: Client,
        carrier: BaseWorker,
        *,
        owner: str,
        settings: Settings,
        options: WorkerOptions,
    ) -> None:
        self._client = client
        self._carrier = carrier
        self._options = options
        name = carrier.context.name
        self._launcher = Launcher(client, settings, type(carrier), owner=owner, grace=options.cancel_grace, name=name)
        self._lookout = Lookout(client, options, name=name, owner=owner, lease_seconds=settings.lease_seconds)
        self._renewal = Renewal(client, owner=owner, lease_seconds=settings.lease_seconds)
        self.unsuccessful = 0
        """How many of its runs have ended otherwise than well. Counted with `run_once`."""
        self._in_hand: dict[str, _InHand] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._hurry = False
        self._had_enough = False
        """What was due has been taken, and no more is wanted."""
        self._error: str | None = None

    def stop(self) -> None:
        """Take no more runs and end those in hand. A second call ends them by force."""
        self._hurry = self._stopping.is_set()
        self._stopping.set()
        self._wake.set()

    def health(self) -> WorkerHealth:
        return WorkerHealth(
            pool=self._options.pool, slots=self._options.slots, running=tuple(self._in_hand), error=self._error
        )

    async def run(self) -> None:
        """Take and carry out runs until `stop`."""
        async with asyncio.TaskGroup() as outer:
            renewer = outer.create_task(self._renewal.run(self._epochs, self._told), name="renewer")
            await self._carry_out_all()
            renewer.cancel()

    async def _carry_out_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="listener")
            while not self._stopping.is_set():
                await self._look(group)
                if self._had_enough and not self._in_hand:
                    self.stop()
                    break
                await asyncio.sleep(_BREATH)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._lookout.seconds_until_due())
            for in_hand in self._in_hand.values():
                in_hand.stop.set()

    def _epochs(self) -> Mapping[str, int]:
        return {run_id: in_hand.claim.epoch for run_id, in_hand in self._in_hand.items()}

    def _told(self, run_id: str, word: str) -> None:
        """What a renewal has brought to light. A run that has `ended` is its process's own business."""
        in_hand = self._in_hand.get(run_id)
        if in_hand is not None and word in ("lost", "cancelling"):
            in_hand.cancelled = in_hand.cancelled or word == "cancelling"
            in_hand.stop.set()

    async def _listen(self) -> None:
        """Wake the worker whenever anything was committed to the store, by whichever process."""
        seen = 0
        while not self._stopping.is_set():
            try:
                before, seen = seen, await run_sync(self._client.wait, seen, _WAIT)
            except StoreError:
                await asyncio.sleep(_AFTER_TROUBLE)  # the look that follows will say what is wrong
                before = -1
            if seen != before:
                self._wake.set()

    async def _look(self, group: asyncio.TaskGroup) -> None:
        """Take what is due and end what was cancelled."""
        self._wake.clear()
        free = 0 if self._had_enough else self._options.slots - len(self._in_hand)
        try:
            sighting = await run_sync(partial(self._lookout.look, frozenset(self._in_hand), free))
            self._error = None
        except (StoreError, NotFound) as error:
            if self._error is None:
                log.warning("The worker cannot use the store, and keeps trying. %s", error)
            self._error = str(error)
            await asyncio.sleep(_AFTER_TROUBLE)
            return
        if self._options.run_once and sighting.asked and len(sighting.claims) < free:
            self._had_enough = True
        for claim in sighting.claims:
            in_hand = self._in_hand[claim.run.id] = _InHand(claim=claim)
            group.create_task(self._carry(in_hand), name=f"run {claim.run.name}")
        for run_id in sighting.cancelling & self._in_hand.keys():
            self._in_hand[run_id].cancelled = True
            self._in_hand[run_id].stop.set()

    async def _carry(self, in_hand: _InHand) -> None:
        """One run, from the claim to the account of its end."""
        claim = in_hand.claim
        try:
            await self._carry_out(in_hand)
        except LaunchError as error:
            why = str(error)
            await self._settle(claim, lambda run: Crashed(message=why))
        finally:
            if self._options.run_once:
                await self._count(claim)
            if self._in_hand.get(claim.run.id) is in_hand:  # else it was tried again meanwhile, and taken here again
                del self._in_hand[claim.run.id]
            self._lookout.slot_freed()
            self._wake.set()

    async def _count(self, claim: Claim) -> None:
        run = await self._insist(lambda: self._client.read_flow_run(claim.run.id), claim.run.name)
        if run is not None and run.state.is_final() and not run.state.is_completed():
            self.unsuccessful += 1

    async def _carry_out(self, in_hand: _InHand) -> None:
        claim = in_hand.claim
        log.info("Flow run '%s' is being started.", claim.run.name)
        job = await run_sync(self._launcher.job, claim)
        faults.hit("worker.before_child")
        process = await self._carrier.start(job)
        faults.hit("worker.child_started")
        async with asyncio.TaskGroup() as group:
            stopper = group.create_task(self._stop_when_asked(in_hand, process), name="stopper")
            result = await process.ended()
            if in_hand.stop.is_set():
                how = await stopper
            else:
                stopper.cancel()
                how = result.in_words()
        state = await self._settle(claim, lambda run: _ended(run, in_hand, how))
        if state is not None and not in_hand.stop.is_set():
            # It did not end by itself, so what it had started has nobody to work for.
            await process.stop(self._options.cancel_grace, lambda: self._hurry)
        if state is not None and state.is_cancelled() and result.status_code not in _HOOKS_CALLED:
            await self._carrier.call_hooks(job)

    async def _stop_when_asked(self, in_hand: _InHand, process: RunningJob) -> str:
        await in_hand.stop.wait()
        grace = self._options.cancel_grace if in_hand.cancelled else self._options.stop_grace
        return await process.stop(grace, lambda: self._hurry)

    async def _settle(self, claim: Claim, wanted: Callable[[FlowRun], State | None]) -> State | None:
        """Record how a run ended, unless its process has done so. Answers with the state that was recorded."""

        def decide() -> State | None:
            faults.hit("worker.before_settle")
            run = self._client.read_flow_run(claim.run.id)
            if run.epoch != claim.epoch:
                return None
            state = wanted(run)
            if state is not None:
                self._client.set_flow_run_state(run.id, state, epoch=claim.epoch, force=run.state.is_final())
            return state

        state = await self._insist(decide, claim.run.name)
        if state is not None:
            log.warning("Flow run '%s' ended %s: %s", claim.run.name, state.name, state.message)
        return state

    async def _insist(self, act: Callable[[], T], name: str) -> T | None:
        """Do it, again and again while the store cannot be used. None: the run is gone or another's by now."""
        while True:
            try:
                return await run_sync(act)
            except (NotFound, StaleEpoch):
                return None
            except StoreError as error:
                log.warning("What became of flow run '%s' cannot be recorded yet. %s", name, error)
                await asyncio.sleep(_AFTER_TROUBLE)
            except FlowtuiError as error:
                log.error("What became of flow run '%s' cannot be recorded. %s", name, error)
                return None


def _ended(run: FlowRun, in_hand: _InHand, how: str) -> State | None:
    """The state that a run's end calls for; None when the run needs none."""
    if in_hand.cancelled:
        # A process that dies of the cancelling may have called it a failure or a crash with its last breath.
        if run.state.is_completed() or (run.state.is_cancelled() and run.state.message):
            return None
        return Cancelled(message=f"Cancelled. {how}")
    if run.state.is_final():
        return None
    if run.state.is_cancelling():
        return Cancelled(message=f"Cancelled. {how}")
    if run.state.is_suspended() or (run.owner is None and (run.state.is_scheduled() or run.state.is_paused())):
        return None  # it let go of the run on purpose, or was about to, to be taken up again later
    if in_hand.stop.is_set():
        how = f"Its worker was stopped while it ran. {how} A retry takes it up again with its completed tasks."
    return Crashed(message=how)
