"""What `@flow` and `@task` take: the names of the arguments for editors and type checkers, and the checks of values."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypedDict

from flowtui.engine.errors import ParameterError, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from flowtui.engine.assets import Asset
    from flowtui.engine.caching.keys import CacheKeyFn
    from flowtui.engine.caching.policies import CachePolicy
    from flowtui.engine.hooks import FlowHook, TaskHook
    from flowtui.engine.orchestration.retries import Delay
    from flowtui.engine.results.serializers import Serializer
    from flowtui.engine.runners.protocol import TaskRunner

__all__ = [
    "FlowOptions",
    "TaskOptions",
    "check_kinds",
    "check_options",
    "count",
    "factor",
    "function",
    "seconds",
    "tag_set",
]

_SWITCHES: Final = ("validate_parameters", "persist_result", "cache_result_in_memory", "log_prints", "refresh_cache")
_TEXTS: Final = ("version", "description")


class FlowOptions(TypedDict, total=False):
    """The arguments of `@flow` and of `Flow.with_options`; `Flow` tells what they mean."""

    name: str | None
    version: str | None
    flow_run_name: "str | Callable[..., str] | None"
    retries: int | None
    retry_delay_seconds: "Delay | None"
    retry_jitter_factor: float | None
    retry_condition_fn: "Callable[..., Any] | None"
    task_runner: "TaskRunner | type[TaskRunner] | None"
    description: str | None
    timeout_seconds: float | None
    validate_parameters: bool
    persist_result: bool | None
    result_storage: Any
    result_serializer: "Serializer | str | None"
    cache_result_in_memory: bool
    log_prints: bool | None
    on_completion: "Iterable[FlowHook] | None"
    on_failure: "Iterable[FlowHook] | None"
    on_cancellation: "Iterable[FlowHook] | None"
    on_crashed: "Iterable[FlowHook] | None"
    on_running: "Iterable[FlowHook] | None"


class TaskOptions(TypedDict, total=False):
    """The arguments of `@task` and of `Task.with_options`; `Task` tells what they mean."""

    name: str | None
    description: str | None
    tags: Iterable[str] | None
    version: str | None
    cache_policy: "CachePolicy | None"
    cache_key_fn: "CacheKeyFn | None"
    cache_expiration: "timedelta | None"
    task_run_name: "str | Callable[..., str] | None"
    retries: int | None
    retry_delay_seconds: "Delay | None"
    retry_jitter_factor: float | None
    retry_condition_fn: "Callable[..., Any] | None"
    persist_result: bool | None
    result_storage: Any
    result_storage_key: str | None
    result_serializer: "Serializer | str | None"
    cache_result_in_memory: bool
    timeout_seconds: float | None
    log_prints: bool | None
    refresh_cache: bool | None
    on_completion: "Iterable[TaskHook] | None"
    on_failure: "Iterable[TaskHook] | None"
    on_running: "Iterable[TaskHook] | None"
    on_rollback: "Iterable[Callable[..., Any]] | None"
    on_commit: "Iterable[Callable[..., Any]] | None"
    viz_return_value: Any
    asset_deps: "Iterable[str | Asset] | None"


def check_options(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise `ParameterError` for an argument that does not exist, with the nearest one that does."""
    names = sorted(known)
    for name in given:
        if name not in names:
            import difflib  # noqa: PLC0415 - only to word an error

            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(names)}."
            raise ParameterError(f"{where} has no argument {name!r}; {hint}")


def check_kinds(given: Mapping[str, Any], name: str) -> None:
    """Raise `UsageError` for a switch that is no truth value, and for a label that is no text; None says nothing."""
    for what in _SWITCHES:
        if not isinstance(value := given.get(what), bool | None):
            raise UsageError(f"{what} of {name!r} is {value!r}; give True or False.")
    for what in _TEXTS:
        if not isinstance(value := given.get(what), str | None):
            raise UsageError(f"{what} of {name!r} is {value!r}; give a text.")


def count(value: int | None, what: str, name: str) -> int:
    """A whole number, 0 or more; None is 0. Raises `UsageError`."""
    if value is None:
        return 0
    if not isinstance(value, int) or value < 0:
        raise UsageError(f"{what} of {name!r} is {value!r}; give a whole number, 0 or more.")
    return value


def seconds(value: float | None, what: str, name: str) -> float | None:
    """A number of seconds, 0 or more, or None. Raises `UsageError`."""
    if value is None:
        return None
    if not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UsageError(f"{what} of {name!r} is {value!r}; give a number of seconds, 0 or more.")
    return float(value)


def factor(value: float | None, what: str, name: str) -> float:
    """A finite number, 0 or more; None is 0. Raises `UsageError`."""
    if value is None:
        return 0.0
    if not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UsageError(f"{what} of {name!r} is {value!r}; give a number, 0 or more, such as 0.5.")
    return float(value)


def function(value: Any, what: str, name: str) -> Any:
    """Something that can be called, or None. Raises `UsageError`."""
    if value is not None and not callable(value):
        raise UsageError(f"{what} of {name!r} is {value!r}; give a function.")
    return value


def tag_set(given: Iterable[str] | None, name: str) -> frozenset[str]:
    """The tags. Raises `UsageError` when they are one text, or not all texts."""
    if isinstance(given, str):
        raise UsageError(f"tags of task {name!r} is the text {given!r}; give a list of texts.")
    tags = frozenset(given or ())
    wrong = [tag for tag in tags if not isinstance(tag, str)]
    if wrong:
        raise UsageError(f"tags of task {name!r} has {wrong[0]!r}; give a list of texts.")
    return tags
