"""Functions of every kind as flows and tasks: plain, async and generating ones, and methods, which are bound when asked
of an object."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from types import MethodType
from typing import Any, Final, Literal, TypeVar, cast, get_args

__all__ = [
    "Binding",
    "Kind",
    "bound_to",
    "kind_of",
    "light_copy",
    "pickled",
    "source_version",
    "unpickled",
    "unwrapped",
    "whole_of",
]

Kind = Literal["sync", "async", "generator", "async generator"]
"""What calling the function gives: its value, a coroutine, a generator, or an async generator."""

_KINDS: Final = get_args(Kind)

Binding = Literal["instance", "class", "static"]
"""What a method gets as its first argument: its object, its class, or nothing."""

LOADED: Final = "flowtui_loaded_"
"""What the names of modules begin with that were loaded by their path, and that nobody can import."""

D = TypeVar("D")


def unwrapped(fn: Any) -> tuple[Any, Binding]:
    """The function in a `staticmethod` or `classmethod`, and how it is bound."""
    if isinstance(fn, staticmethod):
        return fn.__func__, "static"
    if isinstance(fn, classmethod):
        return fn.__func__, "class"
    return fn, "instance"


def kind_of(fn: Callable[..., Any]) -> Kind:
    """Which kind of function it is; of an object that can be called, its `__call__` decides."""
    known = getattr(fn, "kind", None)  # a flow of a task, or the other way round
    if isinstance(known, str) and known in _KINDS:
        return cast(Kind, known)
    call = fn if inspect.isroutine(fn) else getattr(type(fn), "__call__", fn)  # noqa: B004 - asked for, not about
    for one in (fn, call):
        if inspect.iscoroutinefunction(one):
            return "async"
        if inspect.isasyncgenfunction(one):
            return "async generator"
        if inspect.isgeneratorfunction(one):
            return "generator"
    return "sync"


def whole_of(fn: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    """The function for where nobody takes items as they come: those of a generator are collected in a list."""
    if kind == "generator":
        return lambda *args, **kwargs: list(fn(*args, **kwargs))
    if kind == "async generator":

        async def collected(*args: Any, **kwargs: Any) -> list[Any]:
            return [item async for item in fn(*args, **kwargs)]

        return collected
    return fn


def light_copy(whole: D, left_out: Iterable[str], *, with_function: bool) -> D:
    """A flow or a task for another process: by its name where that can be imported there, else without the parts that
    are left out, which may not be fit for the journey. Without its function, it can be looked at and not be called."""
    if _is_importable(whole):
        return whole
    copy = object.__new__(type(whole))
    copy.__dict__.update(whole.__dict__)
    for name in left_out:
        if copy.__dict__.get(name) is not None:
            copy.__dict__[name] = {} if name == "hooks" else None
    given = copy.__dict__["_given"]
    copy.__dict__["_given"] = {
        key: value for key, value in given.items() if key not in left_out and not key.startswith("on_")
    }
    if not with_function:
        for name in ("fn", "whole", "__wrapped__", "signature"):
            copy.__dict__[name] = None
    return copy


def _is_importable(whole: Any) -> bool:
    """True when another process that imports its module finds the very same thing there."""
    name = whole.__module__
    if name in ("__main__", "__mp_main__") or name.startswith(LOADED):
        return False
    found: Any = sys.modules.get(name)
    for part in whole.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is whole


def pickled(whole: Any, protocol: Any) -> Any:
    """What `__reduce_ex__` of a flow and a task answers: its name, or what it is made of."""
    if _is_importable(whole):
        return _named, (whole.__module__, whole.__qualname__)
    cls, state = type(whole), dict(whole.__dict__)
    if state.get("fn") is not None:
        state.pop("whole", None)  # made anew from the function
        state.pop("__wrapped__", None)
    return _blank, (cls,), state


def unpickled(whole: Any, state: dict[str, Any]) -> None:
    """What `__setstate__` of a flow and a task does."""
    whole.__dict__.update(state)
    fn = whole.__dict__.get("fn")
    if fn is not None:
        whole.__dict__["whole"] = whole_of(fn, whole.__dict__["kind"])
        whole.__dict__["__wrapped__"] = fn


def _blank(cls: type[D]) -> D:
    return object.__new__(cls)


def _named(module: str, qualname: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def bound_to(whole: D, receiver: object) -> D:
    """A flow or a task as a method of `receiver`: the same in everything, but its first parameter is filled."""
    copy = object.__new__(type(whole))
    copy.__dict__.update(whole.__dict__)
    copy.__dict__["fn"] = MethodType(whole.__dict__["fn"], receiver)
    copy.__dict__["whole"] = whole_of(copy.__dict__["fn"], whole.__dict__["kind"])
    copy.__dict__["signature"] = whole.__dict__["signature"].of_method()
    return copy


_versions: dict[str, str] = {}


def source_version(fn: Any) -> str | None:
    """A hash of the file that a function stands in, as it was when this process first asked; None without a file."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    if code is None:
        return None
    path = code.co_filename
    if path not in _versions:
        try:
            _versions[path] = blake2b(Path(path).read_bytes(), digest_size=8).hexdigest()
        except OSError:
            return None
    return _versions[path]
