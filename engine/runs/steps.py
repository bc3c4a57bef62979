"""The steps that a run's generator yields, and the replies that it gets."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State

__all__ = ["Ask", "Call", "Do", "Log", "Propose", "Raised", "Returned", "Save", "Sleep", "Step", "WaitFor"]


@dataclass(frozen=True, slots=True)
class Call:
    """Run the user's function once more. Reply: `Returned` or `Raised`."""


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask the store for a new state of the flow run, and wait for it to be durable. Reply: `Answer`."""

    state: State
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """Record a task run as it is now; not waited for. Reply: None."""

    run: TaskRun


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let time pass. Reply: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until all of these are done. Reply: None."""

    futures: Sequence[Future[Any]]


@dataclass(frozen=True, slots=True)
class Log:
    """Write a line to the run's log. Reply: None."""

    level: int
    message: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out a quick effect that needs no waiting, such as reading a kept result. Reply: what it returns."""

    effect: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """Call a function of the user's beside the main one: a hook, a condition. Reply: what it returns, awaited."""

    function: Callable[[], Any]


Step = Ask | Call | Propose | Save | Sleep | WaitFor | Log | Do


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised."""

    error: BaseException


Outcome = Returned | Raised
