"""How a task run goes, as a generator that decides (DESIGN D6)."""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowtui.engine.clock import Clock
from flowtui.engine.errors import UpstreamFailed
from flowtui.engine.evolve import evolve
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.outcomes import state_of_error, state_of_value
from flowtui.engine.orchestration.retries import delay_before
from flowtui.engine.runs.steps import Call, Do, Log, Outcome, Raised, Save, Sleep, Step, WaitFor
from flowtui.engine.states import AwaitingRetry, Cached, NotReady, Retrying, Running, State

__all__ = ["Found", "TaskPolicy", "TaskTools", "task_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPolicy:
    """What the decorator said about a task's runs."""

    retries: int = 0
    delays: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A kept value that stands for running the task, and where it comes from, in words."""

    value: Any
    source: str
    from_attempt: bool
    """True when it is this very call of an earlier attempt: its record stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTools:
    """What the generator asks its surroundings."""

    now: Clock
    upstream: Sequence[Future[Any]]
    """What has to be done before the task can start."""
    resolve: Callable[[], Mapping[str, Any]]
    """The parameters with futures replaced by values. Raises `UpstreamFailed`."""
    look_up: Callable[[TaskRun, Mapping[str, Any]], tuple[TaskRun, Found | None]]
    """The run with its keys filled in, and a kept value that may stand for it."""
    settle: Callable[[Any], Any]
    """A returned value with its futures replaced by their states."""
    keep: Callable[[TaskRun, State], TaskRun]
    """The run with its value kept, as far as it can and should be."""
    progress: Callable[[TaskRun], None]
    """Told of each new state before the user's function can see it."""
    latest: Callable[[], TaskRun]
    """The run as `progress` was last told of it."""


def task_steps(run: TaskRun, policy: TaskPolicy, tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    """The run in its final state, which carries the data (or NotReady, when something upstream failed)."""
    try:
        return (yield from _run(run, policy, tools))
    except GeneratorExit:
        raise
    except BaseException as error:  # an interrupt, wherever it struck, or a value that breaks what is done with it
        if tools.latest().state.is_final():
            raise
        state = state_of_error(error, "Task")
        run = yield from _move(tools.latest(), state, tools)
        yield Log(logging.ERROR, f"Finished in state {state}")
        return run


def _run(run: TaskRun, policy: TaskPolicy, tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    yield WaitFor(tools.upstream)
    try:
        parameters = yield Do(tools.resolve)
    except UpstreamFailed as error:
        return (yield from _move(run, NotReady(str(error), data=error), tools))
    run, found = yield Do(lambda: tools.look_up(run, parameters))
    if found is not None:
        return (yield from _reuse(run, found, tools))
    run = yield from _move(run, Running(), tools)
    retries = 0
    while True:
        outcome: Outcome = yield Call()
        state = yield from _conclude(outcome, tools, left=policy.retries - retries)
        if not state.is_failed() or retries >= policy.retries:
            break
        retries += 1
        run = yield from _try_again(run, state, retries, policy, tools)
    run = yield Do(lambda: tools.keep(run, state))
    run = yield from _move(run, state, tools)
    yield Log(logging.INFO if state.is_completed() else logging.ERROR, f"Finished in state {state}")
    return run


def _reuse(run: TaskRun, found: Found, tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    if found.from_attempt:
        yield Log(logging.INFO, f"Kept its result {found.source}")
        return evolve(run, state=run.state.with_data(found.value))
    state = Cached(message=f"Used a result {found.source}.", data=found.value)
    run = yield from _move(run, state, tools)
    yield Log(logging.INFO, f"Finished in state {state.name}(type=COMPLETED)")
    return run


def _try_again(
    run: TaskRun, state: State, retry: int, policy: TaskPolicy, tools: TaskTools
) -> Generator[Step, Any, TaskRun]:
    """Wait as long as was asked for, visibly, and run again."""
    delay = delay_before(retry, policy.delays)
    when = f"{delay:g} second(s) from now" if delay else "now"
    yield Log(logging.INFO, f"{state.message} – retry {retry} of {policy.retries} will start {when}")
    if delay:
        due = tools.now() + timedelta(seconds=delay)
        run = yield from _move(run, AwaitingRetry(due, message=state.message), tools)
        yield Sleep(delay)
    return (yield from _move(run, Retrying(), tools))


def _move(run: TaskRun, state: State, tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    """Record a new state, with the times that follow from it."""
    run = _after(run, state)
    tools.progress(run)
    yield Save(run)
    return run


def _after(run: TaskRun, state: State) -> TaskRun:
    total = run.total_run_time
    if run.state.is_running():
        total += max((state.timestamp - run.state.timestamp).total_seconds(), 0.0)
    return evolve(
        run,
        state=state,
        run_count=run.run_count + (1 if state.is_running() else 0),
        start_time=run.start_time or (state.timestamp if state.is_running() else None),
        end_time=state.timestamp if state.is_final() else None,
        total_run_time=total,
    )


def _conclude(outcome: Outcome, tools: TaskTools, left: int) -> Generator[Step, Any, State]:
    if isinstance(outcome, Raised):
        if isinstance(outcome.error, Exception) and left <= 0:
            yield Log(logging.ERROR, "Encountered exception during execution:", outcome.error)
        return state_of_error(outcome.error, "Task")
    value = yield Do(lambda: tools.settle(outcome.value))
    return state_of_value(value)
