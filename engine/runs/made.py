"""Who made this value: what the tasks of a flow run gave last, recognised by identity, for the edges of its graph.

So `clean(load())` is an edge without a future, and so are `clean(load()["rows"])`, `first, second = split()` and
`store({"rows": [load(), load()]})`. A value is kept alive for that only while it is small and one of the last; others
are looked at through weak references, where they allow any. Numbers and texts are one and the same wherever they come
from, so they tell nothing.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from flowtui.engine.annotations import Annotation, quote
from flowtui.engine.containers import ATOMS
from flowtui.engine.model import TaskRun

__all__ = ["Made"]

_MOST: Final = 256
_SMALL: Final = 4_096
"""Bytes of JSON: what 256 such values hold is a megabyte at most."""
_LOOKED_AT: Final = 1_000
"""Values within one argument that are looked at."""
_DEEPEST: Final = 4
"""Collections within each other that are looked into."""
_PARTS: Final = 64
"""Values within a result that are recognised on their own."""
_FEW: Final = 8
"""Items of a tuple that are looked at through weak references."""
_PLAIN: Final = frozenset({list, tuple, set, frozenset, dict})
_ROWS: Final = (list, tuple, set, frozenset)
_SHARED: Final = (type, Enum, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
"""Values that are one and the same wherever they come from, so they do not tell who made them."""


class Made:
    """The last values that were made. Methods may be called from any thread."""

    __slots__ = ("_lock", "_makers", "_parts")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._makers: dict[int, tuple[Callable[[], Any], str, tuple[int, ...]]] = {}
        self._parts: dict[int, tuple[Any, str]] = {}
        """What is within the small ones; whoever gave it first has made it."""

    def __bool__(self) -> bool:
        return bool(self._makers)

    def note(self, run: TaskRun) -> None:
        """A task has completed."""
        value = run.state.data
        if not _tells(value):
            return
        if _is_small(value, run):
            parts = [part for part in _within(value, 2 * _PARTS)[1 : _PARTS + 1] if _tells(part)]
            with self._lock:
                self._put(id(value), lambda: value, run.id, tuple(map(id, parts)))
                for part in parts:
                    self._parts.setdefault(id(part), (part, run.id))
            return
        # Only what is kept alive holds its parts: the place of one that is gone may be another's by then.
        several = value[:_FEW] if type(value) is tuple else (value,)  # `train, test = split(table)`
        with self._lock:
            for each in several:
                look = _weak(each) if _tells(each) else None
                if look is not None and (each is value or self._maker(each) is None):
                    self._put(id(each), look, run.id, ())

    def _put(self, key: int, look: Callable[[], Any], run_id: str, parts: tuple[int, ...]) -> None:
        self._forget(key)
        self._makers[key] = (look, run_id, parts)
        if len(self._makers) > _MOST:
            self._forget(next(iter(self._makers)))

    def _forget(self, key: int) -> None:
        _, run_id, parts = self._makers.pop(key, (None, "", ()))
        for part in parts:
            if self._parts.get(part, (None, ""))[1] == run_id:
                del self._parts[part]

    def edges(self, parameters: Mapping[str, Any], edges: dict[str, Any]) -> dict[str, Any]:
        """The edges, and those to the makers of parameters, or of what is within one."""
        for name, value in parameters.items():
            if type(value) in ATOMS:
                continue
            found = dict.fromkeys(maker for part in _within(value) if (maker := self._maker(part)) is not None)
            if found:
                known = edges.get(name, [])
                more = [{"input_type": "task_run", "id": run_id} for run_id in found]
                edges[name] = [*known, *(edge for edge in more if edge not in known)]
        return edges

    def _maker(self, value: Any) -> str | None:
        entry = self._makers.get(id(value))
        if entry is not None and entry[0]() is value:
            return entry[1]
        part = self._parts.get(id(value))
        return part[1] if part is not None and part[0] is value else None


def _tells(value: Any) -> bool:
    """Whether a value is one of its kind, so that it tells where it comes from."""
    if type(value) is dict or type(value) is list:
        return True
    return not (type(value) in ATOMS or isinstance(value, _SHARED) or (type(value) is tuple and not value))


def _is_small(value: Any, run: TaskRun) -> bool:
    """Whether to keep it alive keeps little alive. What is no exact JSON, such as a tuple, is looked through."""
    if run.result is not None:
        return len(run.result) <= _SMALL
    held = [value]
    for part in held:
        if type(part) is str or type(part) is bytes:
            if len(part) > _SMALL // _PARTS:
                return False
        elif type(part) in _PLAIN:
            held += islice(_items(part), _PARTS)
        elif type(part) not in ATOMS:
            return False
        if len(held) > _PARTS:
            return False
    return True


def _weak(value: Any) -> Callable[[], Any] | None:
    try:
        return weakref.ref(value)
    except TypeError:
        return None


def _within(value: Any, most: int = _LOOKED_AT) -> list[Any]:
    """The value, and what is within it, nearest first: items of collections, fields of dataclasses and models, all but
    numbers and texts. Not more than `most` are looked at."""
    top = _unmarked(value)
    found = level = [] if top is quote else [top]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for holder in level:
            if not most:
                break
            # At once, as far as anybody looks: another thread may be changing the collection.
            items = list(islice(_items(holder), most))
            most -= len(items)
            inner += [item for item in items if type(item) not in ATOMS]
        if not inner:
            break
        level = [item for each in inner if (item := _unmarked(each)) is not quote]
        found = found + level
    return found


def _unmarked(value: Any) -> Any:
    """What a mark is on; `quote` itself for what is quoted: nobody looks into that."""
    while isinstance(value, Annotation):
        if isinstance(value, quote):
            return quote
        value = value.value
    return value


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, _ROWS):
        return value
    if isinstance(value, dict):
        return value.values()
    kind = type(value)
    if is_dataclass(kind) or hasattr(kind, "model_fields"):
        names = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", ())
        return [getattr(value, str(name), None) for name in names or ()]
    return ()
