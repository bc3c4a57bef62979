"""Cache keys: by what a task recognises that it has done this before."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import CodeType
from typing import TYPE_CHECKING, Any

import orjson

from flowtui.engine.errors import UsageError
from flowtui.engine.results import exact_json

if TYPE_CHECKING:
    from flowtui.engine.context import TaskRunContext

__all__ = ["CacheKeyFn", "task_input_hash"]

CacheKeyFn = Callable[["TaskRunContext", Mapping[str, Any]], str | None]
"""From the task run and its parameters to a key; None means: do not cache."""


def task_input_hash(context: "TaskRunContext", parameters: Mapping[str, Any]) -> str | None:
    """A key of the task, its code and its arguments: the same call of the same code is done once.

    Raises `UsageError` when an argument can be neither written as JSON nor pickled.
    """
    digest = blake2b(digest_size=20)
    digest.update(context.task.task_key.encode())
    digest.update(_code(context.task.fn))
    for name in sorted(parameters):
        digest.update(name.encode())
        digest.update(_value(name, parameters[name], context.task.name))
    return digest.hexdigest()


def _code(function: Callable[..., Any]) -> bytes:
    """The bytecode with its names and constants: they change with the code, not with comments or line numbers."""
    return repr(_plain(getattr(function, "__code__", None))).encode(errors="backslashreplace")


def _plain(constant: Any) -> Any:
    """A constant of some code, written alike by every process: code within by what it does, sets in order."""
    if isinstance(constant, CodeType):
        return (constant.co_code, constant.co_names, constant.co_varnames, _plain(constant.co_consts))
    if isinstance(constant, tuple):
        return tuple(map(_plain, constant))
    if isinstance(constant, frozenset):
        return ("frozenset", sorted(map(repr, constant)))
    return constant


def _value(name: str, value: Any, task: str) -> bytes:
    text = exact_json(value)
    if text is not None:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    import cloudpickle  # noqa: PLC0415 - 25 ms that only an argument which is no JSON costs

    try:
        pickled: bytes = cloudpickle.dumps(value)
    except Exception as error:
        raise UsageError(
            f"Task {task!r} cannot be cached by its inputs: argument {name!r} is a {type(value).__name__} "
            f"that cannot be hashed ({error}). Give a cache_key_fn of your own."
        ) from error
    return pickled
