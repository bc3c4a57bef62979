"""Hash any value alike in every process: equal values alike, others differently.

Pickles will not do: they differ with the order of sets, which each process chooses anew, and with what happens to be
one object or two equal ones. So the value is walked, and what is written of it is told apart by kinds and lengths.
"""

import struct
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from types import BuiltinFunctionType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, Final

import orjson

from flowtui.engine.caching.arrays import frame_parts
from flowtui.engine.results.inline import is_exact

__all__ = ["Unhashable", "Walk", "code_parts", "stable_hash"]

Write = Callable[[bytes], None]


class Unhashable(Exception):
    """A value cannot be hashed. Keeps the value's type and the reason, in words."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason = kind, reason


def stable_hash(value: Any) -> bytes:
    """20 bytes that stand for the value. Raises `Unhashable` for one that is neither walked nor pickled."""
    digest = blake2b(digest_size=20)
    text = _json(value)
    if text is not None:
        digest.update(b"json ")
        digest.update(text)
        return digest.digest()
    try:
        Walk(digest.update).write(value)
    except RecursionError:
        raise Unhashable(type(value).__name__, "it is nested too deeply") from None
    return digest.digest()


def _json(value: Any) -> bytes | None:
    """The value as JSON, three times as quick as the walk, when that is exact."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if is_exact(value) else None
    except (TypeError, RecursionError):  # a lone surrogate, nested too deeply, or without end
        return None


def code_parts(code: Any) -> Any:
    """What a function's code does, without names of files and numbers of lines: they change with comments."""
    if isinstance(code, CodeType):
        return ("code", code.co_code, code.co_names, code.co_varnames, code.co_freevars, code_parts(code.co_consts))
    if isinstance(code, tuple):
        return tuple(map(code_parts, code))
    return code


class Walk:
    """Writes a value in parts. Each begins with a letter for its kind and, where it could be mistaken, its length."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._above: list[int] = []

    def write(self, value: Any) -> None:
        """Write one value; one that holds itself is written as a way up to itself."""
        atom = _ATOMS.get(type(value))
        if atom is not None:
            self._sized(*atom(value))
            return
        if id(value) in self._above:
            self._sized(b"^", str(len(self._above) - self._above.index(id(value))).encode())
            return
        self._above.append(id(value))
        try:
            self._compound(value)
        finally:
            self._above.pop()

    def _sized(self, kind: bytes, data: bytes) -> None:
        self._write(b"%b%d:" % (kind, len(data)))
        self._write(data)

    def _many(self, kind: bytes, items: Iterable[Any], count: int) -> None:
        self._write(b"%b%d[" % (kind, count))
        for item in items:
            self.write(item)

    def _unordered(self, kind: bytes, items: Iterable[Any]) -> None:
        hashes = sorted(map(self._apart, items))
        self._sized(kind, b"".join(hashes))

    def _apart(self, value: Any) -> bytes:
        """The hash of a part by itself, so that parts can be put in order."""
        digest = blake2b(digest_size=20)
        before, self._write = self._write, digest.update
        try:
            self.write(value)
        finally:
            self._write = before
        return digest.digest()

    def _compound(self, value: Any) -> None:
        kind = type(value)
        if kind is list or kind is tuple:
            self._many(b"l" if kind is list else b"t", value, len(value))
        elif kind is dict or kind is MappingProxyType:
            self._unordered(b"d", value.items())
        elif kind is set or kind is frozenset:
            self._unordered(b"s" if kind is set else b"z", value)
        elif isinstance(value, set | frozenset):
            self._many(b"S", (kind, frozenset(value)), 2)
        elif isinstance(value, Enum):
            self._many(b"e", (kind, value.name), 2)
        elif isinstance(value, type | ModuleType | BuiltinFunctionType | FunctionType | MethodType):
            self._code(value)
        else:
            self._object(value)

    def _code(self, value: Any) -> None:
        """A class or a module by its name; a function by what it does and what it holds."""
        if isinstance(value, MethodType):
            self._many(b"m", (value.__self__, value.__func__), 2)
        elif isinstance(value, FunctionType):
            held = tuple(map(_content, value.__closure__ or ()))
            place = (value.__module__, value.__qualname__)
            self._many(b"f", (place, code_parts(value.__code__), value.__defaults__, value.__kwdefaults__, held), 5)
        elif isinstance(value, BuiltinFunctionType) and not isinstance(value.__self__, ModuleType | None):
            self._many(b"b", (value.__self__, value.__name__), 2)
        else:
            name = getattr(value, "__qualname__", "")
            module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
            self._sized(b"g", f"{module}:{name}".encode())

    def _object(self, value: Any) -> None:
        kind = type(value)
        names = _field_names(kind)
        if names is not None:
            self._many(b"o", (kind, [(name, getattr(value, name, None)) for name in names], _extras(value)), 3)
            return
        parts = frame_parts(value)
        if parts is not None:
            self._many(b"a", parts, len(parts))
            return
        self._reduced(value)

    def _reduced(self, value: Any) -> None:
        """Any other object: by what pickle would take it to pieces into."""
        try:
            parts = value.__reduce_ex__(4)
        except RecursionError:
            raise
        except Exception:  # the object's own code; cloudpickle knows more kinds than pickle does
            self._pickled(value)
            return
        if isinstance(parts, str):
            self._sized(b"g", f"{type(value).__module__}:{parts}".encode())
            return
        make, arguments, state, items, pairs = (*parts, None, None, None)[:5]
        listed = None if items is None else list(items)
        paired = None if pairs is None else list(pairs) if isinstance(value, OrderedDict) else dict(pairs)
        maker = f"{getattr(make, '__module__', '')}:{getattr(make, '__qualname__', '')}"
        self._many(b"r", (maker, arguments, state, listed, paired), 5)

    def _pickled(self, value: Any) -> None:
        import cloudpickle  # noqa: PLC0415 - 25 ms that only an argument which is no data costs

        try:
            self._sized(b"p", cloudpickle.dumps(value))
        except RecursionError:
            raise
        except Exception as error:  # pickling runs the value's own code, which may raise anything
            raise Unhashable(type(value).__name__, str(error)) from error


def _integer(value: int) -> tuple[bytes, bytes]:
    return b"i", hex(value).encode()


_ATOMS: Final[dict[type, Callable[[Any], tuple[bytes, bytes]]]] = {
    type(None): lambda value: (b"n", b""),
    bool: lambda value: (b"?", b"1" if value else b"0"),
    int: _integer,
    float: lambda value: (b"x", struct.pack(">d", value)),
    complex: lambda value: (b"c", struct.pack(">dd", value.real, value.imag)),
    str: lambda value: (b"u", value.encode("utf-8", "surrogatepass")),
    bytes: lambda value: (b"y", value),
    bytearray: lambda value: (b"Y", bytes(value)),
    type(...): lambda value: (b".", b""),
    type(NotImplemented): lambda value: (b"!", b""),
}


def _content(cell: Any) -> Any:
    """What a function holds of its surroundings; a cell may be empty still."""
    try:
        return cell.cell_contents
    except ValueError:
        return ...


def _field_names(kind: type) -> Iterable[str] | None:
    """The names of the fields that make up a dataclass or a model of pydantic, which need not be loaded for this."""
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(kind, pydantic.BaseModel):
        names: Iterable[str] = kind.model_fields  # type: ignore[attr-defined]
        return names
    return None


_extras_of = attrgetter("__pydantic_extra__", "__pydantic_private__")


def _extras(value: Any) -> Any:
    """What a model holds beside its fields."""
    try:
        return _extras_of(value)
    except AttributeError:
        return None
