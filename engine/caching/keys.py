"""Cache keys: from a task, its code and its arguments to a text."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from textwrap import dedent
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flowtui.engine.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.context import TaskRunContext

__all__ = ["CacheKeyFn", "bound_inputs", "code_hash", "inputs_hash", "joined_hash", "source_hash", "task_input_hash"]

CacheKeyFn = Callable[["TaskRunContext", Mapping[str, Any]], str | None]
"""From the task run and its parameters to a key; None means: do not cache."""


def task_input_hash(context: "TaskRunContext", parameters: Mapping[str, Any]) -> str | None:
    """A key of the task, its code and its arguments: the same call of the same code is done once.

    Raises `UsageError` when an argument can be neither taken to pieces nor pickled.
    """
    task = context.task
    inputs = {**bound_inputs(task.fn), **parameters}
    return joined_hash("task", task.task_key, code_hash(task.fn), inputs_hash(inputs))


def bound_inputs(fn: Any) -> dict[str, Any]:
    """What a method or a partial function is called with besides its arguments: it counts as they do."""
    if isinstance(fn, MethodType):
        return {"self": fn.__self__}
    if isinstance(fn, partial):
        return {**bound_inputs(fn.func), "partial": (fn.args, fn.keywords)}
    return {}


def joined_hash(*parts: str) -> str:
    """One hash of several texts; where one ends and the next begins counts."""
    digest = blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def inputs_hash(parameters: Mapping[str, Any]) -> str:
    """A hash of arguments by name, whatever their order. Raises `UsageError`, which names the argument at fault."""
    from flowtui.engine.caching.hashing import Unhashable, stable_hash  # noqa: PLC0415 - only tasks that cache need it

    digest = blake2b(digest_size=20)
    for name in sorted(parameters):
        value = parameters[name]
        try:
            hashed = stable_hash(value)
        except Unhashable as error:
            verb = "is" if error.kind == type(value).__name__ else "holds"
            raise UsageError(
                f"argument {name!r} {verb} a {error.kind} that cannot be hashed ({error.reason}). "
                f"Leave it out with INPUTS - {name!r}, or give a cache_key_fn of your own."
            ) from error
        digest.update(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=20).digest())
        digest.update(hashed)
    return digest.hexdigest()


_sources: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()
_codes: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()


def source_hash(fn: Callable[..., Any]) -> str:
    """A hash of the function's source text; of its bytecode where there is no text."""
    return _remembered(_sources, fn, _source_hash)


def code_hash(fn: Callable[..., Any]) -> str:
    """A hash of the bytecode with its names and constants: they change with the code, not with comments."""
    return _remembered(_codes, fn, _code_hash)


def _remembered(known: "WeakKeyDictionary[Any, str]", fn: Any, compute: Callable[[Any], str]) -> str:
    inner = inspect.unwrap(getattr(fn, "__func__", fn))
    if not isinstance(inner, FunctionType):
        return compute(fn)
    found = known.get(inner)
    if found is None:
        found = known[inner] = compute(fn)
    return found


def _source_hash(fn: Any) -> str:
    whose = fn if hasattr(inspect.unwrap(fn), "__code__") else type(getattr(fn, "func", fn))
    try:
        return joined_hash("source", dedent(inspect.getsource(whose)))
    except (OSError, TypeError):  # typed at a prompt, made by exec, or written in C
        return _code_hash(fn)


def _code_hash(fn: Any) -> str:
    from flowtui.engine.caching.hashing import code_parts, stable_hash  # noqa: PLC0415 - only tasks that cache need it

    inner = inspect.unwrap(getattr(fn, "func", fn))
    code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    return stable_hash(code_parts(code)).hex()
