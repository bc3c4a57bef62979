"""What goes to another process to run one task there, and what comes back."""

import io
import sys
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any, Final, Literal

from flowtui.engine.context import current_tags
from flowtui.engine.errors import FailedRun, UsageError
from flowtui.engine.evolve import evolve
from flowtui.engine.logs import error_info
from flowtui.engine.methods import LOADED, light_copy
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.states import NO_DATA

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow
    from flowtui.engine.runs.task_run import TaskSession
    from flowtui.engine.tasks import Task

__all__ = ["Assignment", "FlowPart", "Message", "folders_of", "packed", "packed_outcome", "without_data"]

Message = tuple[Literal["begun", "run", "lines", "asset", "returned", "raised"], Any]
"""From the process: that the function is about to be called, a task run that was called there, log lines, what was said
of an asset, and at last what became of the function."""

_RULES: Final = (
    "hooks",
    "retry_condition_fn",
    "cache_key_fn",
    "keeping",
    "cache_policy",
    "result_storage",
    "result_serializer",
)
"""Parts of a task that are looked at only here, and may not be fit for a journey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPart:
    """What code in the process can know about the flow run that its task belongs to."""

    flow: "Flow[Any, Any]"
    run: FlowRun
    epoch: int
    owner: str
    lease_seconds: float
    parameters: Mapping[str, Any]
    log_prints: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One call of a task's function."""

    task: "Task[Any, Any]"
    run: TaskRun
    parameters: Mapping[str, Any]
    flow: FlowPart | None
    tags: frozenset[str]
    log_prints: bool


def packed(session: "TaskSession") -> bytes:
    """The assignment as bytes. Raises `UsageError` that names what cannot be sent."""
    import cloudpickle  # noqa: PLC0415 - 25 ms that only other processes cost

    _send_by_value(session.task, cloudpickle)
    assignment = _assignment(session)
    try:
        payload = _with_files(assignment, cloudpickle)
    except Exception as error:  # pickling runs the values' own code, which may raise anything
        raise UsageError(_refusal(session, cloudpickle, error)) from None
    return payload


def packed_outcome(kind: str, value: Any, name: str) -> bytes:
    """What became of the function, as bytes; an error in its place when it cannot be sent."""
    import cloudpickle  # noqa: PLC0415 - the process has it

    if kind == "raised":
        return _packed_error(value, cloudpickle)
    try:
        payload: bytes = cloudpickle.dumps(("returned", value))
    except Exception as error:
        text = (
            f"The result of {name} is a {type(value).__name__} and cannot be sent back from the process that made it "
            f"({error}). Return something that can be pickled, or use ThreadPoolTaskRunner."
        )
        payload = cloudpickle.dumps(("raised", UsageError(text)))
    return payload


def without_data(run: TaskRun) -> TaskRun:
    """The run without the value that its state carries, which nobody else needs."""
    return evolve(run, state=evolve(run.state, data=NO_DATA))


def folders_of(session: "TaskSession") -> list[str]:
    """Where the other process looks for modules: where this one does, and beside the files of task and flow."""
    import os  # noqa: PLC0415 - beside its only use

    flow = session.flow.flow.fn if session.flow is not None else None
    codes = [getattr(fn, "__code__", None) for fn in (session.task.fn, flow)]
    beside = [os.path.dirname(os.path.abspath(code.co_filename)) for code in codes if code is not None]
    return list(dict.fromkeys([*sys.path, *beside]))


def _assignment(session: "TaskSession") -> Assignment:
    where = session.flow
    part = None
    if where is not None:
        handle = where.handle
        part = FlowPart(
            flow=light_copy(where.flow, (*_RULES, "task_runner"), with_function=False),
            run=handle.run,
            epoch=handle.epoch,
            owner=handle.owner,
            lease_seconds=handle.lease_seconds,
            parameters={},
            log_prints=where.log_prints,
        )
    prints = session.task.log_prints
    return Assignment(
        task=light_copy(session.task, _RULES, with_function=True),
        run=without_data(session.run),
        parameters=dict(session.parameters),
        flow=part,
        tags=current_tags(),
        log_prints=prints if prints is not None else where.log_prints if where is not None else False,
    )


def _send_by_value(task: "Task[Any, Any]", cloudpickle: Any) -> None:
    """A file that was loaded by its path is no module that another process could import by name."""
    module = sys.modules.get(task.fn.__module__ or "")
    if module is not None and module.__name__.startswith(LOADED):
        cloudpickle.register_pickle_by_value(module)


def _with_files(assignment: Assignment, cloudpickle: Any) -> bytes:
    """The assignment as bytes, its code with the names of its files, which cloudpickle 3.1.3 leaves out.

    Log lines, tracebacks and caching by source need them.
    """
    table = cloudpickle.Pickler.dispatch_table

    def reduced(code: CodeType) -> tuple[Any, ...]:
        kind, fields, *more = table[CodeType](code)
        named = (code.co_filename if field == "<dynamic-code>" else field for field in fields)
        return (kind, tuple(named), *more)

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc] # it has no types
        dispatch_table = ChainMap({CodeType: reduced}, table)

    with io.BytesIO() as file:
        Pickler(file).dump(assignment)
        return file.getvalue()


def _refusal(session: "TaskSession", cloudpickle: Any, error: Exception) -> str:
    name = session.run.name
    for parameter, value in session.parameters.items():
        try:
            cloudpickle.dumps(value)
        except Exception as problem:
            return (
                f"Task run {name!r} cannot be sent to another process: its argument {parameter!r} is a "
                f"{type(value).__name__}, which cannot be pickled ({problem}). Make it within the task, "
                "or use ThreadPoolTaskRunner."
            )
    return (
        f"Task run {name!r} cannot be sent to another process: its function uses something that cannot be pickled "
        f"({error}). Make that within the task, or use ThreadPoolTaskRunner."
    )


def _packed_error(error: BaseException, cloudpickle: Any) -> bytes:
    """An exception, with the text of its traceback as a note, because tracebacks do not travel."""
    import traceback  # noqa: PLC0415 - only for errors

    _, _, trace = error_info(error)
    where = "".join(traceback.format_tb(trace)).rstrip()
    if where:
        error.add_note(f"In the process that ran it:\n{where}")
    try:
        payload: bytes = cloudpickle.dumps(("raised", error))
        cloudpickle.loads(payload)  # some can be written, but not read
    except Exception:
        told = FailedRun(f"{type(error).__name__}: {error} (an exception that cannot be sent between processes)")
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
        payload = cloudpickle.dumps(("raised", told))
    return payload
