"""Keep the leases of this process's flow runs, in a thread of its own; notice when a run has to stop."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.logs import get_logger
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.runs.signals import interrupt

__all__ = ["leased"]

_LOOK_SECONDS: Final = 1.0
"""How often a run that no worker watches looks whether somebody has cancelled it."""


class _Keeper:
    """One thread for all runs of the process; it starts with the first run and idles when there is none."""

    def __init__(self) -> None:
        self._runs: dict[str, FlowRunHandle] = {}
        self._change = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._stopping = threading.Lock()
        self._renewed = 0.0

    def add(self, handle: FlowRunHandle) -> None:
        with self._change:
            if not self._runs:
                self._renewed = time.monotonic()  # a run is created with a fresh lease
            self._runs[handle.run_id] = handle
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, name="flowtui-leases", daemon=True)
                self._thread.start()
            elif len(self._runs) == 1:
                self._change.notify()

    def remove(self, handle: FlowRunHandle) -> None:
        with self._change:
            self._runs.pop(handle.run_id, None)
        with self._stopping:  # a process must not go while the processes that it has started are being ended
            pass

    def _keep(self) -> None:
        while True:
            with self._change:
                while not self._runs:
                    self._change.wait()
                handles = list(self._runs.values())
                lease = min(handle.lease_seconds for handle in handles)
                self._change.wait(min(_LOOK_SECONDS, lease / 4))  # in time for a renewal, however short the lease is
                handles = list(self._runs.values())
            try:
                self._look_after(handles)
            except FlowtuiError as error:  # the store is out of order for now: the lease may still be saved in time
                get_logger("leases").warning("Leases could not be renewed: %s", error)

    def _look_after(self, handles: list[FlowRunHandle]) -> None:
        for handle in handles:
            # A worker watches the runs that it has started; their subflows are watched here.
            watched = (handle.supervised and handle.parent is None) or handle.stop is not None
            if not watched and handle.client.read_flow_run(handle.run_id).state.is_cancelling():
                self._stop(handle, "cancelling")
        if not handles or time.monotonic() - self._renewed < handles[0].lease_seconds / 3:
            return
        self._renewed = time.monotonic()
        by_id = {handle.run_id: handle for handle in handles}
        first = handles[0]
        epochs = {handle.run_id: handle.epoch for handle in handles}
        words = first.client.renew_leases(first.owner, epochs, lease_seconds=first.lease_seconds)
        for run_id, word in words.items():
            with self._change:
                running = run_id in self._runs
            if running and word in ("lost", "ended"):
                self._stop(by_id[run_id], "lost")

    def _stop(self, handle: FlowRunHandle, reason: str) -> None:
        if handle.stop is None:
            handle.stop = "cancelling" if reason == "cancelling" else "lost"
            with self._stopping:
                interrupt(handle.thread)


_keeper = _Keeper()


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
