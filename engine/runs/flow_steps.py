"""How a flow run goes, as a generator that decides (DESIGN D6)."""

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flowtui.engine.clock import Clock
from flowtui.engine.errors import PauseTimeout, StaleEpoch, StoreError, SuspensionSignal
from flowtui.engine.hooks import Hooks
from flowtui.engine.model import Answer
from flowtui.engine.orchestration.outcomes import state_of_error, state_of_value
from flowtui.engine.orchestration.retries import delay_before
from flowtui.engine.runs.hook_steps import asked_to_retry, hook_steps
from flowtui.engine.runs.steps import Ask, Call, Do, Log, Outcome, Propose, Raised, Sleep, Step, WaitFor
from flowtui.engine.states import AwaitingRetry, Cancelled, Crashed, Retrying, Running, State

__all__ = ["FlowPolicy", "FlowTools", "flow_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPolicy:
    """What the decorator said about a flow's runs."""

    retries: int = 0
    delays: Sequence[float] = ()
    jitter: float = 0.0
    condition: Callable[..., Any] | None = None
    hooks: Hooks = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTools:
    """What the generator asks its surroundings."""

    now: Clock
    open_futures: Callable[[], list[Any]]
    """The futures of this run's tasks that are not done."""
    settle: Callable[[Any], Any]
    """A returned value with its futures replaced by their states."""
    keep: Callable[[State], Any]
    """The completed state as it is to be recorded, and its value as JSON when it is small and exact; may be awaited."""
    next_attempt: Callable[[], None]
    """Called before the function is called again: the calls of its tasks are counted anew."""
    being_cancelled: Callable[[], bool]
    """True when somebody has asked for the run to be cancelled."""
    cause: Callable[[BaseException], BaseException]
    """What an interrupt really was."""
    suspended: Callable[[], State | None]
    """The state of the run, when it is suspended: then its process ends, and somebody else takes it up again."""
    leave_open: Callable[[], bool]
    """True when a supervisor will say how a cancelled run ended, once its whole process tree is gone."""
    unasked: Callable[[], str | None]
    """A sentence about the futures that nobody has asked for anything, if there are any."""
    whose: Callable[[State], tuple[Any, Any]]
    """The flow, and its run in the given state: what hooks and conditions are called with."""


def flow_steps(policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, State]:
    """The final state, with its data. An answer other than ACCEPT to a state decides in its place."""
    try:
        refused = yield from _start()
        if refused is not None:
            return refused
        state = yield from _run(policy, tools)
    except (StaleEpoch, StoreError) as error:  # nothing can be written: another owner, or no store
        state = Crashed(message=str(error), data=error)
        yield Log(logging.ERROR, f"Finished in state {state}")
        if isinstance(error, StaleEpoch):  # the hooks are the other owner's
            return state
    except GeneratorExit:
        raise
    except BaseException as error:  # an interrupt, wherever it struck
        state = yield from _interrupted(error, tools)
    yield from _hooks(state, policy, tools)  # out here, because how the run ended stands, whatever they do
    return state


def _run(policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, State]:
    yield from _hooks(Running(), policy, tools)
    retries = 0
    while True:
        outcome: Outcome = yield Call()
        state = yield from _conclude(outcome, tools)
        if not state.is_failed() or not (yield from _may_retry(state, retries, policy, tools)):
            return (yield from _finish(state, tools))
        retries += 1
        refused = yield from _try_again(state, retries, policy, tools)
        if refused is not None:
            return refused


def _hooks(state: State, policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, None]:
    if policy.hooks:
        yield from hook_steps(policy.hooks, tools.whose(state), state)


def _may_retry(state: State, retries: int, policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, bool]:
    if retries >= policy.retries:
        return False
    if policy.condition is None:
        return True
    return (yield from asked_to_retry(policy.condition, tools.whose(state), state))


def _start() -> Generator[Step, Any, State | None]:
    """Running, as soon as the rules allow it; the state in its place when they do not."""
    while True:
        answer: Answer = yield Propose(Running())
        if answer.status == "ACCEPT":
            return None
        if answer.status != "WAIT":
            yield Log(logging.WARNING, f"It was not started: {answer.reason}.")
            return answer.state
        yield Sleep(answer.delay_seconds)


def _try_again(state: State, retry: int, policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, State | None]:
    """Wait, visibly, and be Running again; a state in its place when the rules refuse."""
    delay = delay_before(retry, policy.delays, policy.jitter)
    when = f"{delay:g} second(s) from now" if delay else "now"
    yield Log(logging.INFO, f"{state.message} – retry {retry} of {policy.retries} will start {when}")
    which = {"retry": retry, "retries": policy.retries}
    again = AwaitingRetry(tools.now() + timedelta(seconds=delay), message=state.message, details=which)
    for step in (again, Retrying()):
        answer: Answer = yield Propose(step)
        while answer.status == "WAIT":  # the store's clock is behind ours
            yield Sleep(answer.delay_seconds)
            answer = yield Propose(step)
        if answer.status != "ACCEPT":
            return answer.state
        if step.is_scheduled():
            yield Sleep(delay)
    yield Do(tools.next_attempt)
    yield from _hooks(Retrying(), policy, tools)
    return None


def _conclude(outcome: Outcome, tools: FlowTools) -> Generator[Step, Any, State]:
    """The state that the outcome means, once every task that was submitted has ended."""
    if isinstance(outcome, Raised) and not isinstance(outcome.error, Exception | SuspensionSignal):
        raise outcome.error
    yield WaitFor(tools.open_futures())
    if isinstance(outcome, Raised) and isinstance(outcome.error, SuspensionSignal):
        raise outcome.error  # what was submitted has ended, so that its results are kept
    if isinstance(outcome, Raised):
        yield Log(logging.ERROR, "Encountered exception during execution:", outcome.error)
        return state_of_error(outcome.error, "Flow")
    value = yield Do(lambda: tools.settle(outcome.value))
    unasked = tools.unasked()
    if unasked is not None:
        yield Log(logging.WARNING, unasked)
    return state_of_value(value)


def _finish(state: State, tools: FlowTools) -> Generator[Step, Any, State]:
    state, kept = (yield Ask(lambda: tools.keep(state))) if state.is_completed() else (state, None)
    # Said before it is proposed: the line is then committed with the state, and whoever sees the end has all the log.
    yield Log(logging.INFO if state.is_completed() else logging.ERROR, f"Finished in state {state}")
    answer: Answer = yield Propose(state, kept)
    if answer.state.id == state.id or isinstance(state.data, PauseTimeout):  # whose end the store wrote by itself
        return answer.state.with_data(state.data)
    yield Log(logging.WARNING, f"It is recorded as {answer.state} instead: {answer.reason}.")
    return answer.state


def _interrupted(error: BaseException, tools: FlowTools) -> Generator[Step, Any, State]:
    """Cancelled or suspended when somebody asked for that, Crashed otherwise."""
    suspended = tools.suspended()
    if suspended is not None:
        yield Log(logging.INFO, f"Finished in state {suspended}")
        return suspended
    error = tools.cause(error)
    state = state_of_error(error, "Flow")
    if tools.being_cancelled():
        state = Cancelled(message="Cancelled while it was running.", data=error)
        if tools.leave_open():
            return state
    return (yield from _finish(state, tools))
