"""States: what a run is doing, or how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    MissingResult,
    PausedRun,
    ResultError,
    UnfinishedRun,
)
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id

__all__ = [
    "NO_DATA",
    "TERMINAL",
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "Cached",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "Late",
    "NotReady",
    "Paused",
    "Pending",
    "Resuming",
    "Retrying",
    "Running",
    "Scheduled",
    "State",
    "StateType",
    "Suspended",
    "TimedOut",
]


class StateType(StrEnum):
    """The nine kinds of state; a state's name says more within its kind."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CRASHED = "CRASHED"
    CANCELLED = "CANCELLED"


TERMINAL: Final = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED})


class _NoData:
    """Stands where a state has no data; None is a value like any other."""

    def __repr__(self) -> str:
        return "NO_DATA"

    def __reduce__(self) -> str:
        return "NO_DATA"


NO_DATA: Final = _NoData()
_NO_DETAILS: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of one run.

    `details` is a small JSON object (the wire's `state_details`); `data` is the value that the run returned or
    the exception that it raised, kept in memory only and never compared.
    """

    type: StateType
    name: str
    message: str | None = None
    timestamp: datetime = field(default_factory=utc_now)
    id: str = field(default_factory=new_id)
    details: Mapping[str, Any] = field(default_factory=lambda: _NO_DETAILS)
    data: Any = field(default=NO_DATA, compare=False, repr=False)

    def is_final(self) -> bool:
        """True when the run is over."""
        return self.type in TERMINAL

    def is_scheduled(self) -> bool:
        return self.type is StateType.SCHEDULED

    def is_pending(self) -> bool:
        return self.type is StateType.PENDING

    def is_running(self) -> bool:
        return self.type is StateType.RUNNING

    def is_completed(self) -> bool:
        return self.type is StateType.COMPLETED

    def is_failed(self) -> bool:
        return self.type is StateType.FAILED

    def is_crashed(self) -> bool:
        return self.type is StateType.CRASHED

    def is_cancelled(self) -> bool:
        return self.type is StateType.CANCELLED

    def is_cancelling(self) -> bool:
        return self.type is StateType.CANCELLING

    def is_paused(self) -> bool:
        return self.type is StateType.PAUSED

    def is_suspended(self) -> bool:
        """Paused without a process: it has to be started again to go on."""
        return self.is_paused() and bool(self.details.get("pause_reschedule"))

    def is_not_ready(self) -> bool:
        """It will never start: something that it depends on did not complete."""
        return self.type is StateType.PENDING and self.name == "NotReady"

    def with_data(self, data: Any) -> "State":
        """The same state, carrying `data`."""
        return evolve(self, data=data)

    def result(self, raise_on_failure: bool = True) -> Any:
        """The value of a completed run, or the exception of one that did not complete.

        Raises the exception itself unless `raise_on_failure` is False. Raises `UnfinishedRun` for a run that has
        not ended and `MissingResult` when the value was not kept. A value that is kept elsewhere is read now.
        """
        if not self.is_final() and not self.is_paused() and not self.is_cancelling():
            raise UnfinishedRun(self.name)
        if self.is_completed():
            return self._kept() if self.data is NO_DATA else self.data
        error = self.data if isinstance(self.data, BaseException) else self._error()
        if raise_on_failure:
            raise error
        return error

    def _kept(self) -> Any:
        """The value, read from where it is kept. Raises `MissingResult`."""
        told = self.details.get("result")
        if told is None:
            raise MissingResult(self.name)
        from flowtui.engine.results.store import read_back  # noqa: PLC0415 - 5 ms that most programs need not pay

        try:
            return read_back(told)
        except ResultError as error:
            raise MissingResult(self.name, str(error)) from error

    def _error(self) -> BaseException:
        """An exception for a state that carries none."""
        kinds = {StateType.CRASHED: CrashedRun, StateType.FAILED: FailedRun, StateType.PAUSED: PausedRun}
        return kinds.get(self.type, CancelledRun)(self.message or f"the run ended in state {self.name}")

    def __hash__(self) -> int:
        return hash(self.id)  # its details may hold anything

    def __str__(self) -> str:
        """As the log lines show it: `Completed()` or `Failed('message')`."""
        return f"{self.name}({self.message!r})" if self.message else f"{self.name}()"


def Scheduled(scheduled_time: datetime | None = None, **fields: Any) -> State:
    """Waits for its time (now, when no time is given)."""
    due = scheduled_time or utc_now()
    details = {**fields.pop("details", {}), "scheduled_time": due.isoformat()}
    return State(type=StateType.SCHEDULED, **{"name": "Scheduled", **fields}, details=details)


def Late(scheduled_time: datetime, **fields: Any) -> State:
    """Scheduled, and its time has passed without anybody starting it."""
    return Scheduled(scheduled_time, name="Late", **fields)


def AwaitingRetry(scheduled_time: datetime | None = None, **fields: Any) -> State:
    """Failed, and will be tried again at the given time."""
    return Scheduled(scheduled_time, name="AwaitingRetry", **fields)


def Pending(**fields: Any) -> State:
    """Somebody has taken the run and is about to start it."""
    return State(type=StateType.PENDING, **{"name": "Pending", **fields})


def NotReady(message: str | None = None, **fields: Any) -> State:
    """Will never start: something that it depends on did not complete."""
    return Pending(name="NotReady", message=message, **fields)


def Running(**fields: Any) -> State:
    """User code is running."""
    return State(type=StateType.RUNNING, **{"name": "Running", **fields})


def Retrying(**fields: Any) -> State:
    """Running again after a failure."""
    return Running(name="Retrying", **fields)


def Completed(**fields: Any) -> State:
    """Ended well."""
    return State(type=StateType.COMPLETED, **{"name": "Completed", **fields})


def Cached(**fields: Any) -> State:
    """Completed without running: a kept result was used."""
    return Completed(name="Cached", **fields)


def Failed(**fields: Any) -> State:
    """Ended because user code raised, or returned a failed state."""
    return State(type=StateType.FAILED, **{"name": "Failed", **fields})


def TimedOut(**fields: Any) -> State:
    """Failed because it took longer than it may."""
    return Failed(name="TimedOut", **fields)


def Crashed(**fields: Any) -> State:
    """Ended because of something outside the user's code: a signal, a lost process, a lost store."""
    return State(type=StateType.CRASHED, **{"name": "Crashed", **fields})


def Cancelling(**fields: Any) -> State:
    """Somebody asked for it to stop; its processes are being ended."""
    return State(type=StateType.CANCELLING, **{"name": "Cancelling", **fields})


def Cancelled(**fields: Any) -> State:
    """Stopped because somebody asked."""
    return State(type=StateType.CANCELLED, **{"name": "Cancelled", **fields})


def AwaitingConcurrencySlot(scheduled_time: datetime | None = None, **fields: Any) -> State:
    """Would run, but a concurrency limit is full."""
    return Scheduled(scheduled_time, name="AwaitingConcurrencySlot", **fields)


def Resuming(scheduled_time: datetime | None = None, **fields: Any) -> State:
    """Was suspended, and is to be started again."""
    return Scheduled(scheduled_time, name="Resuming", **fields)


def Paused(
    timeout_seconds: float | None = None,
    pause_expiration_time: datetime | None = None,
    reschedule: bool = False,
    pause_key: str | None = None,
    **fields: Any,
) -> State:
    """Waits for somebody to resume it, until the given time. With `reschedule` its process does not wait but ends."""
    until = pause_expiration_time
    if until is None and timeout_seconds is not None:
        until = utc_now() + timedelta(seconds=timeout_seconds)
    known = {"pause_timeout": until and until.isoformat(), "pause_reschedule": reschedule, "pause_key": pause_key}
    details = {**fields.pop("details", {}), **{name: value for name, value in known.items() if value}}
    return State(type=StateType.PAUSED, **{"name": "Paused", **fields}, details=details)


def Suspended(timeout_seconds: float | None = None, **fields: Any) -> State:
    """Paused, and its process has ended: it is started again when it is resumed."""
    return Paused(timeout_seconds, **{"reschedule": True, "name": "Suspended", **fields})
