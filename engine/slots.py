"""How a process gets slots of concurrency limits: one after the other, first come first served, and without a rush.

All that wait for the same limits in one process stand in one line, and only the first asks the store. So a thousand
waiting tasks ask no more often than one, and nobody who wants many slots is passed for ever by those who want few.
"""

import concurrent.futures
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from flowtui.engine.errors import FlowtuiError, LimitError, SlotTimeout
from flowtui.engine.shared import Grant, SlotRequest
from flowtui.engine.waiting import News, Procedure, Rest, Turn, Verb

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["Patience", "acquire", "release"]

_FIRST_BREATH: Final = 0.005
_LONGEST_BREATH: Final = 0.1
_WITHOUT_NEWS: Final = 0.25
"""Looked again after this long in any case: a limit's decay makes no news, nor does a slot that comes back on another
machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long somebody waits for slots."""

    timeout: float | None = None
    """Seconds; None: as long as it takes."""
    looks: int | None = None
    """How often it is looked again; None: as often as it takes; 0: slots are taken at once, or not at all."""
    strict: bool = False
    """A limit that does not exist is an error."""
    waiting: Callable[[str], None] | None = None
    """Told once, with the reason, when it has to wait."""


def acquire(client: "Client", request: SlotRequest, patience: Patience) -> Procedure[Grant]:
    """Wait for the slots. Raises `SlotTimeout`, and `LimitError` when waiting is in vain."""
    deadline = None if patience.timeout is None else time.monotonic() + patience.timeout
    key = (str(id(client)), request.kind, *sorted(request.names))
    turn = _lines.join(key)
    taken = False
    try:
        yield from _first_in_line(turn, request, patience, deadline)
        taken = True
        return (yield from _ask_until_granted(client, request, patience, deadline))
    except (LimitError, SlotTimeout):
        raise
    except BaseException:
        if taken:  # perhaps it got them in the moment in which it was interrupted
            yield from release(client, request.lease_id)
        raise
    finally:
        _lines.leave(key, turn)


def _first_in_line(
    turn: "concurrent.futures.Future[None]", request: SlotRequest, patience: Patience, deadline: float | None
) -> Procedure[None]:
    if turn.done():
        return
    reason = f"others of this process are waiting for {_names(request)}"
    if patience.waiting is not None:
        patience.waiting(f"{reason[0].upper()}{reason[1:]}.")
    if patience.looks == 0 or not (yield Turn(turn, _left(deadline))):
        raise _too_late(request, patience, reason)


def _ask_until_granted(
    client: "Client", request: SlotRequest, patience: Patience, deadline: float | None
) -> Procedure[Grant]:
    seen, breath, looks = 0, _FIRST_BREATH, 0
    while True:
        grant: Grant = yield Verb(partial(client.acquire_slots, request))
        if patience.strict and grant.unknown:
            yield from release(client, request.lease_id)
            raise LimitError(f"There is no concurrency limit {', '.join(map(repr, grant.unknown))}.")
        if grant.status == "granted":
            return grant
        if grant.status == "impossible":
            raise LimitError(f"Waiting for {_names(request)} is in vain: {grant.reason}.")
        if patience.waiting is not None and not request.waiting:
            patience.waiting(f"{grant.reason}.")
        request = replace(request, waiting=True)
        left = _left(deadline)
        if (left is not None and left <= 0) or (patience.looks is not None and looks >= patience.looks):
            if request.kind == "global":  # the store has noted that it waits
                yield from release(client, request.lease_id)
            raise _too_late(request, patience, grant.reason or "they are all taken")
        looks += 1
        yield Rest(breath if left is None else min(breath, left))
        seen = yield News(client, seen, _until_next_look(grant, _left(deadline)))
        breath = min(breath * 1.5, _LONGEST_BREATH)


def _until_next_look(grant: Grant, left: float | None) -> float:
    known = [_WITHOUT_NEWS, *([grant.retry_after] if grant.retry_after else []), *([] if left is None else [left])]
    return max(min(known), 0.0)


def release(client: "Client", lease_id: str) -> Procedure[None]:
    """Give slots back; when the store cannot be asked they come back by themselves, at the end of their lease."""
    with suppress(FlowtuiError):
        yield Verb(lambda: client.release_slots(lease_id))


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 0.0)


def _names(request: SlotRequest) -> str:
    slots = f"{request.slots} slot(s)" if request.slots != 1 else "a slot"
    return f"{slots} of {', '.join(map(repr, request.names))}"


def _too_late(request: SlotRequest, patience: Patience, reason: str) -> SlotTimeout:
    within = f" within {patience.timeout:g} second(s)" if patience.timeout is not None else ""
    return SlotTimeout(f"There was no way to get {_names(request)}{within}: {reason}.")


# -- the lines --------------------------------------------------------------------------------------------------------

Key = tuple[str, ...]


class _Lines:
    """Who waits for the same limits in this process. A place is a future, which is done when its turn has come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[Key, deque[concurrent.futures.Future[None]]] = {}

    def join(self, key: Key) -> "concurrent.futures.Future[None]":
        place: concurrent.futures.Future[None] = concurrent.futures.Future()
        with self._lock:
            line = self._lines.setdefault(key, deque())
            line.append(place)
            if len(line) == 1:
                place.set_result(None)
        return place

    def leave(self, key: Key, place: "concurrent.futures.Future[None]") -> None:
        """Whoever is the first then has its turn."""
        with self._lock:
            line = self._lines[key]
            line.remove(place)
            first = line[0] if line else None
            if first is None:
                del self._lines[key]
        if first is not None and not first.done():
            with suppress(concurrent.futures.InvalidStateError):  # it was its turn already
                first.set_result(None)


_lines = _Lines()


def _forget_after_fork() -> None:
    global _lines
    _lines = _Lines()


os.register_at_fork(after_in_child=_forget_after_fork)
