"""What a background task is called with, kept in the result storage until it has ended: never in the store's rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.errors import NotFound, ResultError, UsageError
from flowtui.engine.results.store import ResultStore
from flowtui.engine.settings import current_settings

if TYPE_CHECKING:
    from flowtui.engine.tasks import Task

__all__ = ["KeptCall", "forget", "keep", "read"]

_FOLDER: Final = "parameters/"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """A call of a task, with the futures of other background tasks in it."""

    parameters: dict[str, Any]
    wait_for: Any = None


def keep(task: "Task[Any, Any]", run_id: str, run_name: str, call: KeptCall) -> None:
    """Raises `UsageError` that names the parameter which cannot be pickled, and `ResultError`."""
    store = _store(task)
    try:
        store.write((call.parameters, call.wait_for), run_id, name=_FOLDER + run_id)
    except ResultError as error:
        wrong = _unfit(store, call.parameters)
        if wrong is None:
            raise
        raise UsageError(
            f"Task run {run_name!r} cannot be left to a task worker: its argument {wrong!r} is a "
            f"{type(call.parameters[wrong]).__name__}, which cannot be pickled ({error}). Make it within the task."
        ) from None


def read(task: "Task[Any, Any]", run_id: str) -> KeptCall:
    """Raises `ResultError` when it is not there, or cannot be read here."""
    store = _store(task)
    try:
        parameters, wait_for = store.read(run_id, name=_FOLDER + run_id).value
    except NotFound:
        raise ResultError(
            f"What it is called with is not in {store.place.address}. A task worker needs the result storage of "
            "whoever left the run to it: give the task a result_storage that both reach."
        ) from None
    return KeptCall(parameters=dict(parameters), wait_for=wait_for)


def forget(task: "Task[Any, Any]", run_id: str) -> None:
    """The run has ended. Raises `ResultError`."""
    _store(task).place.delete(_FOLDER + run_id)


def _store(task: "Task[Any, Any]") -> ResultStore:
    asked = task.keeping.storage if task.keeping is not None else None
    return ResultStore(asked if asked is not None else current_settings().results_storage)


def _unfit(store: ResultStore, parameters: dict[str, Any]) -> str | None:
    """The first parameter that cannot be kept by itself."""
    from flowtui.engine.clock import utc_now  # noqa: PLC0415 - only to word an error
    from flowtui.engine.results.records import pack  # noqa: PLC0415

    for name, value in parameters.items():
        try:
            pack(name, value, serializer=store.serializer, created=utc_now(), expires=None, source="", record_id=None)
        except ResultError:
            return name
    return None
