"""Futures: task runs that were submitted, and how to wait for them."""

import concurrent.futures
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from flowtui.engine.deadlocks import RunFuture, await_all, is_watched, wait_for_all, wait_for_any
from flowtui.engine.model import TaskRun
from flowtui.engine.states import State

__all__ = ["DoneAndNotDone", "TaskFuture", "TaskFutureList", "as_completed", "wait"]

R = TypeVar("R")


class TaskFuture(Generic[R]):
    """A submitted task run. Pass it to another task as it is: that task then waits for it and gets its value.

    Within async code it can be awaited: `await future` gives what `future.result()` gives, and the loop goes on.
    """

    def __init__(self, run: TaskRun, unasked: dict[str, str] | None = None) -> None:
        """`unasked` holds the names of the futures that nobody has asked for anything yet, by their run's id."""
        self.task_run_id = run.id
        self.name = run.name
        self.inner = RunFuture()
        """Done with the task run in its final state; never with an exception."""
        self.inner.name = run.name
        self._begun = run
        self._unasked = unasked
        if unasked is not None:
            unasked[run.id] = f"'{run.name}'"

    def asked(self) -> None:
        """Somebody takes notice of how it ends."""
        if self._unasked is not None:
            self._unasked.pop(self.task_run_id, None)
            self._unasked = None

    def ended(self) -> TaskRun:
        """Wait for the task run, and answer it in its final state. Raises `Deadlock`."""
        self.asked()
        if not self.inner.done():
            wait_for_all([self.inner])
        run: TaskRun = self.inner.result()
        return run

    @property
    def state(self) -> State:
        """The final state, or Pending while it has not ended."""
        self.asked()
        state: State = self.inner.result().state if self.inner.done() else self._begun.state
        return state

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended, for at most `timeout` seconds. Raises `Deadlock` when that can never be."""
        self.asked()
        if not self.inner.done():
            wait_for_all([self.inner], timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """The value. Raises what the task raised (or returns it, without `raise_on_failure`), `TimeoutError`, and
        `Deadlock` when it can never end."""
        self.wait(timeout)
        if not self.inner.done():
            raise TimeoutError(f"Task run {self.name!r} has not ended within {timeout:g} second(s).")
        return self._value(raise_on_failure)

    def _value(self, raise_on_failure: bool = True) -> R:
        state = self.inner.result().state
        if state.is_pending():  # NotReady: it never started, because something upstream failed
            error: Any = state.data
            if raise_on_failure:
                raise error
            return error  # type: ignore[no-any-return]
        value: R = state.result(raise_on_failure=raise_on_failure)
        return value

    def __await__(self) -> Generator[Any, None, R]:
        self.asked()
        yield from await_all([self.inner]).__await__()
        return self._value()

    def add_done_callback(self, fn: "Callable[[TaskFuture[R]], object]") -> None:
        """Call `fn` with this future when it has ended; at once when it has."""
        self.asked()
        self.inner.add_done_callback(lambda _: fn(self))

    def __repr__(self) -> str:
        name = self.inner.result().state.name if self.inner.done() else self._begun.state.name
        return f"<TaskFuture {self.name!r} {name}>"


class TaskFutureList(list[TaskFuture[R]]):
    """The futures of `.map`."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all have ended, for at most `timeout` seconds in all. Raises `Deadlock`."""
        wait(self, timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[R]:
        """The values, in the order of the mapping. Raises as `TaskFuture.result` does."""
        self.wait(timeout)
        return [future.result(0 if timeout is not None else None, raise_on_failure) for future in self]


class DoneAndNotDone(NamedTuple):
    """What `wait` answers."""

    done: set[TaskFuture[Any]]
    not_done: set[TaskFuture[Any]]


def wait(futures: Sequence[TaskFuture[Any]], timeout: float | None = None) -> DoneAndNotDone:
    """Wait until all have ended, for at most `timeout` seconds. Raises `Deadlock` when that can never be."""
    for future in futures:
        future.asked()
    wait_for_all([future.inner for future in futures if not future.inner.done()], timeout)
    ended = {future for future in futures if future.inner.done()}
    return DoneAndNotDone(ended, set(futures) - ended)


def as_completed(futures: Iterable[TaskFuture[R]], timeout: float | None = None) -> Iterator[TaskFuture[R]]:
    """The futures as they end. Raises `TimeoutError` when not all have ended in time, and `Deadlock`."""
    by_inner: dict[Any, TaskFuture[R]] = {future.inner: future for future in futures}
    for future in by_inner.values():
        future.asked()
    if timeout is not None or not is_watched():
        for inner in concurrent.futures.as_completed(by_inner, timeout):
            yield by_inner[inner]
        return
    while by_inner:
        for inner in wait_for_any(list(by_inner)):
            yield by_inner.pop(inner)
