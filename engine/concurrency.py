"""`concurrency()` and `rate_limit()`: never more at once, and never more often, than a limit allows."""

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.client.here import client_here
from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.errors import LeaseLost, LimitError, MissingContext
from flowtui.engine.ids import new_id
from flowtui.engine.runs.holding import process_owner
from flowtui.engine.runs.leases import HeldSlots, keep_slots, let_go_of_slots
from flowtui.engine.settings import current_settings
from flowtui.engine.shared import Grant, SlotRequest
from flowtui.engine.slots import Patience, acquire, release
from flowtui.engine.timeouts import raise_in_thread
from flowtui.engine.waiting import Procedure, acarry_out, carry_out

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["arate_limit", "concurrency", "rate_limit"]

_SHORTEST_LEASE: Final = 1.0


class concurrency:
    """Hold slots of limits while the block runs: `with concurrency("database"):`, or `async with` in async code.

    `names`: one limit or several, which are held together or not at all. `occupy`: how many slots of each.
    `timeout_seconds`: how long to wait for them; `max_retries`: how often to look again (None: no bound). `strict`: a
    limit that does not exist is an error; without, it holds nobody back. `lease_duration`: seconds for which the slots
    are held without a sign of life of this process (at least 1; None: as long as runs are, FLOWTUI_LEASE_SECONDS).
    `holder`: who holds them, in words (None: the present run). `raise_on_lease_renewal_failure`: interrupt the block by
    `LeaseLost` when its slots were taken back (None: as `strict`); else that is only logged.

    Raises `SlotTimeout`, and `LimitError` when waiting is in vain or a name is unknown to a strict block.
    """

    def __init__(
        self,
        names: str | Iterable[str],
        occupy: int = 1,
        timeout_seconds: float | None = None,
        *,
        max_retries: int | None = None,
        lease_duration: float | None = None,
        strict: bool = False,
        holder: Any = None,
        raise_on_lease_renewal_failure: bool | None = None,
    ) -> None:
        self._names = _given_names(names)
        self._occupy = _count(occupy)
        self._patience = Patience(
            timeout=timeout_seconds, looks=max_retries, strict=strict, waiting=_say_waiting(self._names)
        )
        self._lease = None if lease_duration is None else max(float(lease_duration), _SHORTEST_LEASE)
        self._holder = None if holder is None else str(holder)
        self._raise = strict if raise_on_lease_renewal_failure is None else raise_on_lease_renewal_failure
        self._held: list[_Held | None] = []

    def __enter__(self) -> None:
        if not self._names:
            self._held.append(None)
            return
        client, request = client_here(), self._request()
        self._hold(client, request, carry_out(acquire(client, request, self._patience)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        held = self._held.pop()
        if held is not None:
            held.end()
            carry_out(release(held.client, held.request.lease_id))
            held.say_why(error)

    async def __aenter__(self) -> None:
        if not self._names:
            self._held.append(None)
            return
        client, request = client_here(), self._request()
        self._hold(client, request, await acarry_out(acquire(client, request, self._patience)))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        held = self._held.pop()
        if held is not None:
            held.end()
            await acarry_out(release(held.client, held.request.lease_id))
            held.say_why(error)

    def _request(self) -> SlotRequest:
        seconds = self._lease if self._lease is not None else current_settings().lease_seconds
        return _request(self._names, self._occupy, seconds, self._holder)

    def _hold(self, client: "Client", request: SlotRequest, grant: Grant) -> None:
        _warn_of_unknown(grant)
        if not grant.held:
            self._held.append(None)
            return
        held = _Held(client=client, request=request, names=grant.held, interrupts=self._raise)
        self._held.append(held)
        keep_slots(
            HeldSlots(
                client=client, lease_id=request.lease_id, seconds=request.lease_seconds or 0.0, lost=held.was_lost
            )
        )


def rate_limit(
    names: str | Iterable[str], occupy: int = 1, timeout_seconds: float | None = None, strict: bool = False
) -> None:
    """Wait until slots are free, and use them up: they come back by the limit's `slot_decay_per_second`.

    Raises `SlotTimeout`, and `LimitError` for a limit without decay, and for an unknown one with `strict`.
    """
    given = _given_names(names)
    if given:
        client, request = client_here(), _request(given, _count(occupy), None, None)
        _warn_of_unknown(carry_out(_use_up(client, request, timeout_seconds, strict)))


async def arate_limit(
    names: str | Iterable[str], occupy: int = 1, timeout_seconds: float | None = None, strict: bool = False
) -> None:
    """`rate_limit` for async code."""
    given = _given_names(names)
    if given:
        client, request = client_here(), _request(given, _count(occupy), None, None)
        _warn_of_unknown(await acarry_out(_use_up(client, request, timeout_seconds, strict)))


def _use_up(client: "Client", request: SlotRequest, timeout: float | None, strict: bool) -> Procedure[Grant]:
    patience = Patience(timeout=timeout, strict=strict, waiting=_say_waiting(request.names))
    return acquire(client, request, patience)


# -- what is held -----------------------------------------------------------------------------------------------------


def _present_task() -> Any:
    """The coroutine that this is called by, when it is one."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


@dataclass(slots=True, kw_only=True)
class _Held:
    """A block that holds slots, and what happens to it when they are taken back."""

    client: "Client"
    request: SlotRequest
    names: tuple[str, ...]
    interrupts: bool
    thread: int = field(default_factory=threading.get_ident)
    task: Any = field(default_factory=_present_task)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False
    lost: bool = False
    interrupted: bool = False

    def was_lost(self) -> None:
        """Called by the thread of the leases."""
        with self.lock:
            if self.over:
                return
            self.lost = True
            _logger().error("%s", self._words())
            if not self.interrupts:
                return
            self.interrupted = True
            if self.task is not None:
                self.task.get_loop().call_soon_threadsafe(self.task.cancel)
            else:
                raise_in_thread(self.thread, LeaseLost)

    def end(self) -> None:
        with self.lock:
            self.over = True
        let_go_of_slots(self.request.lease_id)

    def say_why(self, error: BaseException | None) -> None:
        """Raise `LeaseLost` in the place of the interrupt that it came as."""
        if not self.interrupted or (isinstance(error, Exception) and not isinstance(error, LeaseLost)):
            return
        if self.task is not None:
            self.task.uncancel()
        raise LeaseLost(self._words()) from None

    def _words(self) -> str:
        return (
            f"The slot(s) of {', '.join(map(repr, self.names))} that {self.request.holder} held were taken back: "
            "its lease was not renewed in time, or the limit was reset. Somebody else may hold them by now."
        )


def _request(names: tuple[str, ...], slots: int, lease: float | None, holder: str | None) -> SlotRequest:
    task, flow = current_task_run(), current_flow_run()
    if holder is None:
        who = task.task_run.name if task else flow.handle.name if flow else None
        kind = "task run" if task else "flow run"
        holder = f"{kind} {who!r}" if who else f"process {process_owner()}"
    return SlotRequest(
        lease_id=new_id(),
        kind="global",
        names=names,
        slots=slots,
        owner=process_owner(),
        holder=holder,
        lease_seconds=lease,
        flow_run_id=task.task_run.flow_run_id if task else flow.handle.run_id if flow else None,
        task_run_id=task.task_run.id if task else None,
    )


def _given_names(names: str | Iterable[str]) -> tuple[str, ...]:
    given = (names,) if isinstance(names, str) else tuple(names)
    wrong = next((name for name in given if not isinstance(name, str)), None)
    if wrong is not None:
        raise LimitError(f"{wrong!r} cannot name a concurrency limit; give a text, or a list of texts.")
    return tuple(dict.fromkeys(given))


def _count(occupy: int) -> int:
    if isinstance(occupy, bool) or not isinstance(occupy, int) or occupy < 1:
        raise LimitError(f"occupy is {occupy!r}; give a whole number of slots, 1 or more.")
    return occupy


# -- words ------------------------------------------------------------------------------------------------------------

_warned: set[str] = set()


def _warn_of_unknown(grant: Grant) -> None:
    """Once for each name: a limit that does not exist limits nothing, which may be a slip of the pen."""
    for name in grant.unknown:
        if name not in _warned:
            _warned.add(name)
            _logger().warning(
                "There is no concurrency limit %r, so nothing is held back. Make it with: "
                "flowtui global-concurrency-limit create %s --limit 1",
                name,
                name,
            )


def _say_waiting(names: tuple[str, ...]) -> Any:
    def say(reason: str) -> None:
        _logger().info("Waiting for a slot of %s: %s", ", ".join(map(repr, names)), reason)

    return say


def _logger() -> Any:
    from flowtui.engine.logs import get_logger, get_run_logger  # noqa: PLC0415 - only when there is something to say

    try:
        return get_run_logger()
    except MissingContext:
        return get_logger("concurrency")
