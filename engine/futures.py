"""Futures: task runs that were submitted, and how to wait for them."""

import concurrent.futures
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from flowtui.engine.model import TaskRun
from flowtui.engine.states import State

__all__ = ["DoneAndNotDone", "TaskFuture", "TaskFutureList", "as_completed", "wait"]

R = TypeVar("R")


class TaskFuture(Generic[R]):
    """A submitted task run. Pass it to another task as it is: that task then waits for it and gets its value."""

    def __init__(self, run: TaskRun) -> None:
        self.task_run_id = run.id
        self.name = run.name
        self.inner: concurrent.futures.Future[TaskRun] = concurrent.futures.Future()
        """Done with the task run in its final state; never with an exception."""
        self._begun = run

    @property
    def state(self) -> State:
        """The final state, or Pending while it has not ended."""
        return self.inner.result().state if self.inner.done() else self._begun.state

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended, for at most `timeout` seconds."""
        concurrent.futures.wait([self.inner], timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """The value. Raises what the task raised (or returns it, without `raise_on_failure`), and `TimeoutError`."""
        try:
            run = self.inner.result(timeout)
        except concurrent.futures.TimeoutError:
            raise TimeoutError(f"Task run {self.name!r} has not ended within {timeout:g} second(s).") from None
        if run.state.is_pending():  # NotReady: it never started, because something upstream failed
            error: Any = run.state.data
            if raise_on_failure:
                raise error
            return error  # type: ignore[no-any-return]
        value: R = run.state.result(raise_on_failure=raise_on_failure)
        return value

    def add_done_callback(self, fn: "Callable[[TaskFuture[R]], object]") -> None:
        """Call `fn` with this future when it has ended; at once when it has."""
        self.inner.add_done_callback(lambda _: fn(self))

    def __repr__(self) -> str:
        return f"<TaskFuture {self.name!r} {self.state.name}>"


class TaskFutureList(list[TaskFuture[R]]):
    """The futures of `.map`."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all have ended, for at most `timeout` seconds in all."""
        concurrent.futures.wait([future.inner for future in self], timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[R]:
        """The values, in the order of the mapping. Raises as `TaskFuture.result` does."""
        self.wait(timeout)
        return [future.result(0 if timeout is not None else None, raise_on_failure) for future in self]


class DoneAndNotDone(NamedTuple):
    """What `wait` answers."""

    done: set[TaskFuture[Any]]
    not_done: set[TaskFuture[Any]]


def wait(futures: Sequence[TaskFuture[Any]], timeout: float | None = None) -> DoneAndNotDone:
    """Wait until all have ended, for at most `timeout` seconds."""
    done, _ = concurrent.futures.wait([future.inner for future in futures], timeout)
    ended = {future for future in futures if future.inner in done}
    return DoneAndNotDone(ended, set(futures) - ended)


def as_completed(futures: Iterable[TaskFuture[R]], timeout: float | None = None) -> Iterator[TaskFuture[R]]:
    """The futures as they end. Raises `TimeoutError` when not all have ended in time."""
    by_inner = {future.inner: future for future in futures}
    for inner in concurrent.futures.as_completed(by_inner, timeout):
        yield by_inner[inner]
