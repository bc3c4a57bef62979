"""Keep the leases of this process's flow runs and slots, in a thread of its own; notice when a run has to stop."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.logs import get_logger
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.runs.holding import note_held
from flowtui.engine.runs.signals import interrupt
from flowtui.engine.states import State

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["HeldSlots", "keep_slots", "leased", "let_go_of_slots"]

_LOOK_SECONDS: Final = 1.0
"""How often it is looked whether somebody has cancelled, paused or suspended a run."""


@dataclass(slots=True, kw_only=True)
class HeldSlots:
    """Slots of concurrency limits that this process holds under a lease."""

    client: "Client"
    lease_id: str
    seconds: float
    lost: Callable[[], None]
    """Called, in the thread of the leases, when the lease is gone."""
    renewed: float = field(default_factory=time.monotonic)


class _Keeper:
    """One thread for all that the process holds; it starts with the first and idles when there is nothing."""

    def __init__(self) -> None:
        self._runs: dict[str, FlowRunHandle] = {}
        self._slots: dict[str, HeldSlots] = {}
        self._change = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._stopping = threading.Lock()
        self._renewed = 0.0
        self._next_look: float | None = None
        """When the thread will look again; None while it idles."""

    def add(self, handle: FlowRunHandle) -> None:
        with self._change:
            if not self._runs:
                self._renewed = time.monotonic()  # a run is created with a fresh lease
            self._runs[handle.run_id] = handle
            note_held(self._runs)
            self._look_within(handle.lease_seconds / 4)

    def add_slots(self, held: HeldSlots) -> None:
        with self._change:
            self._slots[held.lease_id] = held
            self._look_within(held.seconds / 4)

    def remove_slots(self, lease_id: str) -> None:
        with self._change:
            self._slots.pop(lease_id, None)

    def _look_within(self, seconds: float) -> None:
        """Wake the thread only when it would look too late: waking it costs more than taking a slot."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._keep, name="flowtui-leases", daemon=True)
            self._thread.start()
        elif self._next_look is None or self._next_look > time.monotonic() + seconds:
            self._change.notify()

    def remove(self, handle: FlowRunHandle) -> None:
        with self._change:
            self._runs.pop(handle.run_id, None)
            note_held(self._runs)
        with self._stopping:  # a process must not go while the processes that it has started are being ended
            pass

    def _keep(self) -> None:
        while True:
            self._rest()
            with self._change:
                handles, slots = list(self._runs.values()), list(self._slots.values())
            try:
                self._renew_slots(slots)
                self._look_after(handles)
            except FlowtuiError as error:  # the store is out of order for now: the lease may still be saved in time
                get_logger("leases").warning("Leases could not be renewed: %s", error)

    def _rest(self) -> None:
        """Wait until it is time to look. Idle when there was nothing for the whole time between two looks."""
        with self._change:
            if not self._runs and not self._slots:
                self._next_look = time.monotonic() + _LOOK_SECONDS
                self._change.wait(_LOOK_SECONDS)
            while not self._runs and not self._slots:
                self._next_look = None
                self._change.wait()
            begun = time.monotonic()
            while True:
                leases = [handle.lease_seconds for handle in self._runs.values()]
                leases += [held.seconds for held in self._slots.values()]
                pause = min([_LOOK_SECONDS, *(lease / 4 for lease in leases)])  # in time, however short a lease is
                self._next_look = begun + pause
                left = self._next_look - time.monotonic()
                if left <= 0:
                    return
                self._change.wait(left)

    def _renew_slots(self, slots: Sequence[HeldSlots]) -> None:
        now = time.monotonic()
        due: defaultdict[Client, list[HeldSlots]] = defaultdict(list)
        for held in slots:
            if now - held.renewed >= held.seconds / 3:
                due[held.client].append(held)
        for client, of_client in due.items():
            gone = client.renew_slots({held.lease_id: held.seconds for held in of_client})
            for held in of_client:
                held.renewed = now
                if held.lease_id not in gone:
                    continue
                with self._change:
                    still_held = self._slots.pop(held.lease_id, None) is not None
                if still_held:
                    held.lost()

    def _look_after(self, handles: list[FlowRunHandle]) -> None:
        states = {handle.run_id: handle.client.read_flow_run(handle.run_id).state for handle in handles}
        for handle in handles:
            state = states[handle.run_id]
            # A worker ends the runs that it has started; their subflows are ended here.
            watched = handle.supervised and handle.parent is None
            if handle.stop is None and not watched and state.is_cancelling():
                self._stop(handle, "cancelling")
            elif handle.stop is None and state.is_suspended() and not handle.suspending:
                self._stop(handle, "suspended")
            elif handle.gate is not None and state.is_final() and not (handle.pausing or handle.finishing):
                self._stop(handle, "lost")  # the pause that somebody asked for was never ended, so the run has failed
            else:
                _hold_back(handle, states)
        if not handles or time.monotonic() - self._renewed < handles[0].lease_seconds / 3:
            return
        self._renewed = time.monotonic()
        # Who does not end although it is cancelled loses its run: a cancel that waits for it might wait for ever.
        kept = [handle for handle in handles if not states[handle.run_id].is_cancelling()]
        for owner in {handle.owner for handle in kept}:  # a worker's run is the worker's, its subflows are ours
            self._renew({handle.run_id: handle for handle in kept if handle.owner == owner})

    def _renew(self, handles: Mapping[str, FlowRunHandle]) -> None:
        first = next(iter(handles.values()))
        epochs = {run_id: handle.epoch for run_id, handle in handles.items()}
        words = first.client.renew_leases(first.owner, epochs, lease_seconds=first.lease_seconds)
        for run_id, word in words.items():
            with self._change:
                running = run_id in self._runs
            if running and (word == "lost" or (word == "ended" and not handles[run_id].finishing)):
                self._stop(handles[run_id], "lost")

    def _stop(self, handle: FlowRunHandle, reason: Literal["cancelling", "lost", "suspended"]) -> None:
        if handle.stop is None:
            handle.stop = reason
            with self._stopping:
                interrupt(handle.thread)


def _hold_back(handle: FlowRunHandle, states: Mapping[str, State]) -> None:
    """While a run, or one that it is a part of, is paused, its tasks wait before they start."""
    if handle.torn_down:
        return
    one: FlowRunHandle | None = handle
    while one is not None:
        state = states.get(one.run_id)
        if state is not None and state.is_paused():
            if handle.gate is None:
                handle.gate = Future()
            return
        one = one.parent
    handle.open_gate()


_keeper = _Keeper()


def keep_slots(held: HeldSlots) -> None:
    """Renew their lease until `let_go_of_slots`."""
    _keeper.add_slots(held)


def let_go_of_slots(lease_id: str) -> None:
    """Renew their lease no more."""
    _keeper.remove_slots(lease_id)


@contextmanager
def leased(handle: FlowRunHandle) -> Iterator[None]:
    """Within the block the run's lease is renewed, and the run is interrupted when it is cancelled or taken over."""
    _keeper.add(handle)
    try:
        yield
    finally:
        _keeper.remove(handle)


def _forget_after_fork() -> None:
    """A forked child has none of its parent's runs, and none of its threads."""
    global _keeper
    _keeper = _Keeper()


os.register_at_fork(after_in_child=_forget_after_fork)
