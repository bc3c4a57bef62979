"""How a flow run goes, as a generator that decides (DESIGN D6)."""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowtui.engine.clock import Clock
from flowtui.engine.errors import StaleEpoch, StoreError
from flowtui.engine.model import Answer
from flowtui.engine.orchestration.outcomes import state_of_error, state_of_value
from flowtui.engine.runs.steps import Call, Do, Log, Outcome, Propose, Raised, Sleep, Step, WaitFor
from flowtui.engine.states import AwaitingRetry, Cancelled, Crashed, Retrying, Running, State

__all__ = ["FlowPolicy", "FlowTools", "flow_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPolicy:
    """What the decorator said about a flow's runs."""

    retries: int = 0
    retry_delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTools:
    """What the generator asks its surroundings."""

    now: Clock
    open_futures: Callable[[], list[Any]]
    """The futures of this run's tasks that are not done."""
    settle: Callable[[Any], Any]
    """A returned value with its futures replaced by their states."""
    keep: Callable[[State], str | None]
    """The JSON text of the state's value, when it is small and exact."""
    next_attempt: Callable[[], None]
    """Called before the function is called again: the calls of its tasks are counted anew."""
    being_cancelled: Callable[[], bool]
    """True when somebody has asked for the run to be cancelled."""
    cause: Callable[[BaseException], BaseException]
    """What an interrupt really was."""
    leave_open: Callable[[], bool]
    """True when a supervisor will say how a cancelled run ended, once its whole process tree is gone."""


def flow_steps(policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, State]:
    """The final state, with its data. An answer other than ACCEPT to a state decides in its place."""
    try:
        return (yield from _run(policy, tools))
    except (StaleEpoch, StoreError) as error:  # nothing can be written: another owner, or no store
        state = Crashed(message=str(error), data=error)
        yield Log(logging.ERROR, f"Finished in state {state}")
        return state
    except GeneratorExit:
        raise
    except BaseException as error:  # an interrupt, wherever it struck
        return (yield from _interrupted(error, tools))


def _run(policy: FlowPolicy, tools: FlowTools) -> Generator[Step, Any, State]:
    refused = yield from _start()
    if refused is not None:
        return refused
    retries = 0
    while True:
        outcome: Outcome = yield Call()
        state = yield from _conclude(outcome, tools)
        if not state.is_failed() or retries >= policy.retries:
            return (yield from _finish(state, tools))
        retries += 1
        refused = yield from _try_again(state, retries, policy, tools)
        if refused is not None:
            return refused


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
    delay = policy.retry_delay
    when = f"{delay:g} second(s) from now" if delay else "now"
    yield Log(logging.INFO, f"{state.message} – retry {retry} of {policy.retries} will start {when}")
    for step in (AwaitingRetry(tools.now() + timedelta(seconds=delay), message=state.message), Retrying()):
        answer: Answer = yield Propose(step)
        while answer.status == "WAIT":  # the store's clock is behind ours
            yield Sleep(answer.delay_seconds)
            answer = yield Propose(step)
        if answer.status != "ACCEPT":
            return answer.state
        if step.is_scheduled():
            yield Sleep(delay)
    yield Do(tools.next_attempt)
    return None


def _conclude(outcome: Outcome, tools: FlowTools) -> Generator[Step, Any, State]:
    """The state that the outcome means, once every task that was submitted has ended."""
    if isinstance(outcome, Raised) and not isinstance(outcome.error, Exception):
        raise outcome.error
    yield WaitFor(tools.open_futures())
    if isinstance(outcome, Raised):
        yield Log(logging.ERROR, "Encountered exception during execution:", outcome.error)
        return state_of_error(outcome.error, "Flow")
    value = yield Do(lambda: tools.settle(outcome.value))
    return state_of_value(value)


def _finish(state: State, tools: FlowTools) -> Generator[Step, Any, State]:
    answer: Answer = yield Propose(state, tools.keep(state))
    ended = answer.state.with_data(state.data) if answer.state.id == state.id else answer.state
    yield Log(logging.INFO if ended.is_completed() else logging.ERROR, f"Finished in state {ended}")
    return ended


def _interrupted(error: BaseException, tools: FlowTools) -> Generator[Step, Any, State]:
    """Cancelled when somebody asked for that, Crashed otherwise."""
    error = tools.cause(error)
    state = state_of_error(error, "Flow")
    if tools.being_cancelled():
        state = Cancelled(message="Cancelled while it was running.", data=error)
        if tools.leave_open():
            return state
    return (yield from _finish(state, tools))
