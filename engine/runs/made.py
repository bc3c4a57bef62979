"""Who made this value: what the tasks of a flow run gave last, recognised by identity, for the edges of its graph.

So `clean(load())` is an edge without a future. A value is kept alive for that only while it is small and one of the
last; others are looked at through weak references, where they allow any.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from flowtui.engine.annotations import Annotation, quote
from flowtui.engine.containers import ATOMS
from flowtui.engine.model import TaskRun

__all__ = ["Made"]

_MOST: Final = 256
_SMALL: Final = 4_096
"""Bytes of JSON: what 256 such values hold is a megabyte at most."""
_DEPTH_LIMIT: Final = 1_000
"""Items of a collection that are looked at."""
_SHARED: Final = (type, Enum, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
"""Values that are one and the same wherever they come from, so they do not tell who made them."""


class Made:
    """The last values that were made. Methods may be called from any thread."""

    __slots__ = ("_lock", "_makers")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._makers: dict[int, tuple[Callable[[], Any], str]] = {}

    def __bool__(self) -> bool:
        return bool(self._makers)

    def note(self, run: TaskRun) -> None:
        """A task has completed."""
        value = run.state.data
        if type(value) in ATOMS or isinstance(value, _SHARED) or (type(value) is tuple and not value):
            return
        look = _look_at(value, run)
        if look is None:
            return
        with self._lock:
            self._makers.pop(id(value), None)
            self._makers[id(value)] = (look, run.id)
            if len(self._makers) > _MOST:
                del self._makers[next(iter(self._makers))]

    def edges(self, parameters: Mapping[str, Any], edges: dict[str, Any]) -> dict[str, Any]:
        """The edges, and those to the makers of parameters, or of the items of one."""
        for name, value in parameters.items():
            if type(value) in ATOMS:
                continue
            found = dict.fromkeys(maker for part in _parts(value) if (maker := self._maker(part)) is not None)
            if found:
                known = edges.get(name, [])
                more = [{"input_type": "task_run", "id": run_id} for run_id in found]
                edges[name] = [*known, *(edge for edge in more if edge not in known)]
        return edges

    def _maker(self, value: Any) -> str | None:
        entry = self._makers.get(id(value))
        return entry[1] if entry is not None and entry[0]() is value else None


def _look_at(value: Any, run: TaskRun) -> Callable[[], Any] | None:
    """How to get at the value later; None when that would keep too much alive."""
    if run.result is not None and len(run.result) <= _SMALL:
        return lambda: value
    try:
        return weakref.ref(value)
    except TypeError:
        return None


def _parts(value: Any) -> Iterator[Any]:
    """The value, and the items of a collection."""
    while isinstance(value, Annotation):
        if isinstance(value, quote):
            return
        value = value.value
    yield value
    if isinstance(value, list | tuple | set | frozenset | dict) and len(value) <= _DEPTH_LIMIT:
        yield from value.values() if isinstance(value, dict) else value
