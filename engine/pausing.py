"""Stop a flow run until somebody lets it go on: paused in its process, or suspended without one."""

import inspect
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.both_ways import procedure
from flowtui.engine.client.here import client_here
from flowtui.engine.clock import utc_now
from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.errors import (
    FailedRun,
    MissingContext,
    PausedRun,
    PauseTimeout,
    StaleEpoch,
    SuspensionSignal,
    UsageError,
)
from flowtui.engine.model import Answer, FlowRun
from flowtui.engine.orchestration.rules import NEVER_RESUMED
from flowtui.engine.states import Paused, State, Suspended
from flowtui.engine.waiting import News, Procedure, Rest, Verb

if TYPE_CHECKING:
    from flowtui.engine.context import FlowRunContext
    from flowtui.engine.inputs import RunInput

__all__ = ["pause_flow_run", "resume_flow_run", "suspend_flow_run"]

_LONGEST_LOOK: Final = 5.0
_ENDING_SECONDS: Final = 10.0
"""How long a resume waits for the process of a suspended run to be gone."""


@procedure
def pause_flow_run(
    wait_for_input: Any = None,
    timeout: float | None = 3600,
    poll_interval: float = 10,
    key: str | None = None,
    flow_run_id: str | None = None,
    reschedule: bool = False,
) -> Procedure[Any]:
    """Wait, in this process, until somebody resumes the run. Awaited in async code.

    `wait_for_input`: a `RunInput` subclass or any type; whoever resumes has to give that, and it is returned.
    `timeout`: seconds until the run fails instead (None: never). `key`: a pause of one key is passed once an attempt.
    A resume is noticed at once, whatever the `poll_interval`. With `flow_run_id` another run is asked to pause: tasks
    that run come to their end, and no further one starts until it is resumed. `reschedule=True`: `suspend_flow_run`.

    Raises `PauseTimeout`.
    """
    if flow_run_id is not None and not _is_present(flow_run_id):
        yield from _ask_other(str(flow_run_id), Suspended(timeout) if reschedule else Paused(timeout))
        return None
    if reschedule:
        return (yield from _suspend(wait_for_input, timeout, key))
    return (yield from _pause(wait_for_input, timeout, poll_interval, key))


@procedure
def suspend_flow_run(
    wait_for_input: Any = None,
    flow_run_id: str | None = None,
    timeout: float | None = None,
    key: str | None = None,
) -> Procedure[Any]:
    """End the process of the run until somebody resumes it; then it is run again, and tasks that completed are not
    repeated where their results were kept. Awaited in async code.

    The second time this place is reached, it is passed, and what the resume gave is returned. Arguments as of
    `pause_flow_run`. With `flow_run_id` another run is suspended: its process is interrupted within a second.
    """
    if flow_run_id is not None and not _is_present(flow_run_id):
        yield from _ask_other(str(flow_run_id), Suspended(timeout))
        return None
    return (yield from _suspend(wait_for_input, timeout, key))


@procedure
def resume_flow_run(flow_run_id: str, run_input: Mapping[str, Any] | None = None) -> Procedure[None]:
    """Let a paused run go on, or have a suspended one started again. Awaited in async code.

    `run_input`: the fields that it asked for, `{name: JSON value}`. Raises `ParameterError` when they do not fit,
    `UsageError` when it is not paused, or cannot be started by a worker, and `FailedRun` when its pause has timed out.
    """
    client = client_here()
    values = _plain(run_input)
    answer = yield from _insist(lambda: client.resume_flow_run(str(flow_run_id), values))
    if answer.status == "REJECT":
        raise FailedRun(answer.state.message or NEVER_RESUMED)
    if answer.status != "ACCEPT":
        raise UsageError(f"Flow run {flow_run_id} cannot be resumed: {answer.reason}.")


# -- this run ---------------------------------------------------------------------------------------------------------


def _pause(wait_for_input: Any, timeout: float | None, poll_interval: float, key: str | None) -> Procedure[Any]:
    flow = _this_run("pause_flow_run")
    model, asked, details = _question(wait_for_input, key := _key(flow, key), "paused")
    state = Paused(timeout, pause_key=key, details=details)
    answer = yield from _enter(flow, state, asked)
    if answer.status == "ACCEPT":
        name = flow.handle.name
        flow.handle.logger.info("Paused. It goes on when it is resumed: flowtui flow-run resume %s", name)
        flow.handle.pausing = True
        try:
            yield from _until_resumed(flow, min(poll_interval, _LONGEST_LOOK))
        finally:
            flow.handle.pausing = False
        flow.handle.open_gate()
        flow.handle.logger.info("Resumed")
    return (yield from _what_was_answered(flow, model, details))


def _suspend(wait_for_input: Any, timeout: float | None, key: str | None) -> Procedure[Any]:
    flow = _this_run("suspend_flow_run")
    model, asked, details = _question(wait_for_input, key := _key(flow, key), "suspended")
    state = Suspended(timeout, pause_key=key, details=details, message=f"Go on with it: {_how_to_resume(flow)}")
    flow.handle.suspending = True
    try:
        answer = yield from _enter(flow, state, asked)
    except BaseException:
        flow.handle.suspending = False
        raise
    if answer.status == "ACCEPT":
        raise SuspensionSignal
    flow.handle.suspending = False
    return (yield from _what_was_answered(flow, model, details))


def _enter(flow: "FlowRunContext", state: State, asked: Mapping[str, Any]) -> Procedure[Answer]:
    """ACCEPT: it is paused. REJECT: it was at this pause before. Raises when it is neither."""
    handle = flow.handle
    answer: Answer = yield Verb(
        lambda: handle.client.pause_flow_run(handle.run_id, state, epoch=handle.epoch, inputs=asked)
    )
    if answer.status == "ACCEPT" or (answer.status == "REJECT" and answer.state.is_running()):
        return answer
    if answer.state.is_suspended():  # somebody else did that meanwhile
        raise SuspensionSignal
    if answer.state.is_failed():
        raise PauseTimeout
    raise UsageError(f"Flow run {handle.name!r} cannot be {state.name.lower()}: {answer.reason}.")


def _until_resumed(flow: "FlowRunContext", look: float) -> Procedure[None]:
    handle, client, seen = flow.handle, flow.handle.client, 0
    while True:
        run: FlowRun = yield Verb(lambda: client.read_flow_run(handle.run_id))
        if run.epoch != handle.epoch:
            raise StaleEpoch(handle.run_id, handle.epoch, run.epoch)
        if run.state.is_running():
            return
        if run.state.is_suspended():
            raise SuspensionSignal
        if run.state.message == NEVER_RESUMED:
            raise PauseTimeout
        if run.state.is_final():
            raise PausedRun(f"It was {run.state} while it was paused.")
        left = _seconds_left(run.state)
        if left is not None and left <= 0:  # by our clock; the store, whose clock counts, writes that it has failed
            with suppress(UsageError):  # somebody was quicker: it is not paused any more
                yield Verb(lambda: client.resume_flow_run(handle.run_id, here=True))
            yield Rest(0.01)
        else:
            seen = yield News(client, seen, look if left is None else min(left, look))


def _seconds_left(state: State) -> float | None:
    until = state.details.get("pause_timeout")
    return None if until is None else (datetime.fromisoformat(str(until)) - utc_now()).total_seconds()


def _this_run(function: str) -> "FlowRunContext":
    flow = current_flow_run()
    if flow is None:
        raise MissingContext(f"{function}() was called outside any flow run; say which with flow_run_id=…")
    if current_task_run() is not None:
        raise UsageError(f"{function}() was called in a task; a task cannot be paused. Call it in the flow.")
    return flow


def _is_present(flow_run_id: str) -> bool:
    """True for the run that this code is the flow of."""
    flow = current_flow_run()
    return flow is not None and flow.handle.run_id == str(flow_run_id) and current_task_run() is None


def _key(flow: "FlowRunContext", key: str | None) -> str:
    """The key of a pause; without one, which pause of this attempt it is."""
    return key if key is not None else str(flow.handle.next_call("pause"))


def _how_to_resume(flow: "FlowRunContext") -> str:
    run, fn = flow.handle.run, flow.flow.fn
    if run.deployment_id is not None:
        return f"flowtui flow-run resume {run.id}"
    try:
        file = os.path.relpath(inspect.getsourcefile(fn) or "file.py")
    except (TypeError, ValueError):  # a function that no file holds
        file = "file.py"
    return f"flowtui flow-run resume {run.id} --entrypoint {file}:{getattr(fn, '__name__', 'flow')}"


# -- questions and answers --------------------------------------------------------------------------------------------


def _question(wait_for_input: Any, key: str, word: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The model of what is asked for, the inputs that say so, and the state's details that name them."""
    if wait_for_input is None:
        return None, {}, {}
    from flowtui.engine.inputs import input_model  # noqa: PLC0415 - pydantic, which only a question needs

    model = input_model(wait_for_input)
    keys = {part: f"{word}-{key}-{part}" for part in ("description", "response", "schema")}
    asked: dict[str, Any] = {keys["schema"]: model.model_json_schema()}
    if model._description is not None:
        asked[keys["description"]] = model._description
    return model, asked, {"run_input_keyset": keys}


def _what_was_answered(
    flow: "FlowRunContext", model: "type[RunInput] | None", details: Mapping[str, Any]
) -> Procedure[Any]:
    if model is None:
        return None
    from flowtui.engine.inputs import InputMetadata, loaded  # noqa: PLC0415 - loaded with the question

    handle, key = flow.handle, details["run_input_keyset"]["response"]
    record = yield Verb(lambda: handle.client.find_run_input(handle.run_id, key))
    values = {} if record is None else record.value
    return loaded(model, values, InputMetadata(key=key, receiver=handle.run_id)).input_value


def _plain(run_input: Any) -> Any:
    """The JSON values of a model, or of a mapping, as they are."""
    dump = getattr(run_input, "model_dump", None)
    return dump(mode="json") if callable(dump) else run_input


# -- other runs -------------------------------------------------------------------------------------------------------


def _ask_other(flow_run_id: str, state: State) -> Procedure[None]:
    client = client_here()
    answer: Answer = yield Verb(lambda: client.pause_flow_run(flow_run_id, state))
    if answer.status != "ACCEPT":
        raise UsageError(f"Flow run {flow_run_id} cannot be {state.name.lower()}: {answer.reason}.")


def _insist(ask: Any) -> Procedure[Answer]:
    """Ask again while the process of a suspended run is still ending."""
    waited = 0.0
    while True:
        answer: Answer = yield Verb(ask)
        if answer.status != "WAIT" or waited >= _ENDING_SECONDS:
            return answer
        yield Rest(answer.delay_seconds)
        waited += answer.delay_seconds
