"""How a task run goes, as a generator that decides (DESIGN D6)."""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from flowtui.engine.errors import UpstreamFailed
from flowtui.engine.evolve import evolve
from flowtui.engine.hooks import Hooks
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.outcomes import state_of_error, state_of_value
from flowtui.engine.orchestration.retries import delay_before
from flowtui.engine.runs.hook_steps import asked_to_retry, hook_steps
from flowtui.engine.runs.steps import Call, Do, Log, Outcome, Raised, Save, Sleep, Step, WaitFor
from flowtui.engine.states import AwaitingRetry, Cached, NotReady, Retrying, Running, State

if TYPE_CHECKING:
    from flowtui.engine.assets import AssetPart
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.runs.keeping import RunKeeping

__all__ = ["Found", "Looked", "TaskPolicy", "TaskTools", "task_steps"]

_CALL: Final = Call()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPolicy:
    """What the decorator said about a task's runs."""

    retries: int = 0
    delays: Sequence[float] = ()
    jitter: float = 0.0
    condition: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A kept value that stands for running the task, and where it comes from, in words."""

    value: Any
    source: str
    from_attempt: bool
    """True when it is this very call of an earlier attempt: its record stays as it is."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the run's state says of it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The keys of a run, as fields of it, and a kept value that may stand for it."""

    keys: Mapping[str, Any]
    found: Found | None = None


class TaskTools(Protocol):
    """What the generator asks its surroundings. What it does to the world it yields instead."""

    run: TaskRun
    """The run as it was last saved."""

    @property
    def task(self) -> Any: ...
    @property
    def client(self) -> "Client": ...
    @property
    def policy(self) -> TaskPolicy: ...
    @property
    def upstream(self) -> Sequence[Future[Any]]:
        """What has to be done before the task can start."""
        ...

    @property
    def keeping(self) -> "RunKeeping | None":
        """What the run keeps beyond its row, and its part in a transaction; None when nothing asks for that."""
        ...

    @property
    def assets(self) -> "AssetPart | None":
        """Which assets the run makes, and from which; None when it has nothing to do with any."""
        ...

    @property
    def hooks(self) -> Hooks: ...
    @property
    def whose(self) -> tuple[Any, Any]:
        """What hooks and conditions are called with, before the state."""
        ...

    def beside(self, function: Callable[[], Any]) -> Any:
        """Call a hook or a condition as code of this run."""
        ...

    def now(self) -> datetime: ...
    def resolve(self) -> None:
        """Replace the futures among the parameters by their values. Raises `UpstreamFailed`."""
        ...

    def look_up(self) -> Looked:
        """Work out the keys of the call, and look for a kept value."""
        ...

    def settle(self, value: Any) -> Any:
        """A returned value with its futures replaced by their states."""
        ...

    def told(self, state: State) -> State:
        """A failed state with a look at the inputs, for whoever retries the run with others."""
        ...

    def keep(self, state: State) -> str | None:
        """Keep the state's value, as far as it can and should be; its JSON, when that is kept beside the run."""
        ...


def task_steps(tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    """The run in its final state, which carries the data (or NotReady, when something upstream failed)."""
    steps = _whole(tools)
    if tools.run.tags:
        from flowtui.engine.runs.tag_slots import with_tag_slots  # noqa: PLC0415 - 2 ms that untagged tasks need not pay

        steps = with_tag_slots(steps, tools)
    if tools.keeping is not None:
        steps = tools.keeping.around(steps)
    if tools.assets is not None:
        from flowtui.engine.runs.asset_steps import with_assets  # noqa: PLC0415 - 3 ms that most programs need not pay

        steps = with_assets(steps, tools, tools.assets)
    return steps


def _whole(tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    try:
        return (yield from _run(tools))
    except GeneratorExit:
        raise
    except BaseException as error:  # an interrupt, wherever it struck, or a value that breaks what is done with it
        if tools.run.state.is_final():
            raise
        state = state_of_error(error, "Task")
        run = after(tools.run, state)
        yield Save(run)
        yield Log(logging.ERROR, f"Finished in state {state}")
        return run


def _run(tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    if tools.upstream:
        yield WaitFor(tools.upstream)
    try:
        yield Do(tools.resolve)
    except UpstreamFailed as error:
        run = after(tools.run, NotReady(message=str(error), data=error))
        yield Save(run)
        return run
    keeping = tools.keeping
    looked: Looked = (yield Do(tools.look_up)) if keeping is None else (yield from keeping.look_up())
    if looked.found is not None:
        return (yield from _reuse(looked.found, looked.keys, tools))
    yield Save(after(tools.run, Running(), **looked.keys))
    hooks = tools.hooks
    if hooks:
        yield from hook_steps(hooks, tools.whose, tools.run.state, tools.beside)
    retries = 0
    while True:
        outcome: Outcome = yield _CALL
        state = _conclude(outcome, tools)
        if not state.is_failed() or not (yield from _may_retry(state, retries, tools)):
            break
        retries += 1
        if keeping is not None:
            yield from keeping.again()
        yield from _try_again(state, retries, tools)
    if isinstance(outcome, Raised) and not state.is_crashed():
        yield Log(logging.ERROR, "Encountered exception during execution:", outcome.error)
    kept = None
    if state.is_failed():
        state = yield Do(partial(tools.told, state))
    if state.is_completed():
        if keeping is None:
            kept = yield Do(lambda: tools.keep(state))
        else:
            state, kept = yield from keeping.keep(state)
    run = after(tools.run, state, result=kept)
    yield Save(run)
    yield Log(logging.INFO if state.is_completed() else logging.ERROR, f"Finished in state {state}")
    if hooks:
        yield from hook_steps(hooks, tools.whose, state, tools.beside)
    return run


def _may_retry(state: State, retries: int, tools: TaskTools) -> Generator[Step, Any, bool]:
    policy = tools.policy
    if retries >= policy.retries:
        return False
    if policy.condition is None:
        return True
    return (yield from asked_to_retry(policy.condition, tools.whose, state, tools.beside))


def _reuse(found: Found, keys: Mapping[str, Any], tools: TaskTools) -> Generator[Step, Any, TaskRun]:
    if found.from_attempt:
        yield Log(logging.INFO, f"Kept its result {found.source}")
        return evolve(tools.run, state=tools.run.state.with_data(found.value), **keys)
    state = Cached(message=f"Used a result {found.source}.", data=found.value, details=found.details)
    run = after(tools.run, state, **keys)
    yield Save(run)
    yield Log(logging.INFO, f"Finished in state {state.name}(type=COMPLETED)")
    if tools.hooks:
        yield from hook_steps(tools.hooks, tools.whose, state, tools.beside)
    return run


def _try_again(state: State, retry: int, tools: TaskTools) -> Generator[Step, Any, None]:
    """Wait as long as was asked for, visibly, and run again."""
    policy = tools.policy
    delay = delay_before(retry, policy.delays, policy.jitter)
    when = f"{delay:g} second(s) from now" if delay else "now"
    yield Log(logging.INFO, f"{state.message} – retry {retry} of {policy.retries} will start {when}")
    if delay:
        due = tools.now() + timedelta(seconds=delay)
        which = {"retry": retry, "retries": policy.retries}
        yield Save(after(tools.run, AwaitingRetry(due, message=state.message, details=which)))
        yield Sleep(delay)
    yield Save(after(tools.run, Retrying()))
    if tools.hooks:
        yield from hook_steps(tools.hooks, tools.whose, tools.run.state, tools.beside)


def after(run: TaskRun, state: State, **fields: Any) -> TaskRun:
    """The run in a new state, with the times that follow from it."""
    total, started = run.total_run_time, run.start_time
    if run.state.is_running():
        total += max((state.timestamp - run.state.timestamp).total_seconds(), 0.0)
    if state.is_running():
        fields["run_count"] = run.run_count + 1
        fields["start_time"] = started or state.timestamp
    return evolve(
        run,
        state=state,
        end_time=state.timestamp if state.is_final() else None,
        total_run_time=total,
        **fields,
    )


def _conclude(outcome: Outcome, tools: TaskTools) -> State:
    if isinstance(outcome, Raised):
        return state_of_error(outcome.error, "Task")
    return state_of_value(tools.settle(outcome.value))
