"""Serializers, from a value to bytes and back: `pickle` takes anything, `json` data; `compressed` wraps another."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar, Final

import orjson

from flowtui.engine.errors import ResultError, UsageError
from flowtui.engine.results.inline import is_exact
from flowtui.engine.results.json_values import decoded, encoded, named, place_of_name
from flowtui.engine.results.versions import differences, holds_code, libraries_in, python_version, series

__all__ = [
    "CompressedJSONSerializer",
    "CompressedPickleSerializer",
    "CompressedSerializer",
    "JSONSerializer",
    "PickleSerializer",
    "Serializer",
    "serializer_of",
]

_MARK: Final = b'"__class__"'


class Serializer:
    """From a value to bytes and back. A subclass with a `type` is registered under that name.

    Options are attributes that the class declares with a default; `__init__` takes them by name.
    """

    type: ClassVar[str] = ""
    _known: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("type"):
            Serializer._known[cls.type] = cls

    def __init__(self, **options: Any) -> None:
        for name, value in options.items():
            default = getattr(type(self), name, len)
            if name == "type" or name.startswith("_") or callable(default):
                raise UsageError(f"A {type(self).__name__} has no option {name!r}.")
            setattr(self, name, value)

    def dumps(self, value: Any) -> bytes:
        """The value as bytes. May raise anything: the value is then not kept, and its run says why."""
        raise NotImplementedError(f"{type(self).__name__} has no dumps.")

    def loads(self, data: bytes) -> Any:
        """The inverse of `dumps`."""
        raise NotImplementedError(f"{type(self).__name__} has no loads.")

    def spec(self) -> dict[str, Any]:
        """How it is made again where the bytes are read, as JSON. Raises `UsageError` when it cannot be."""
        options = {name: _spoken(value) for name, value in vars(self).items() if not name.startswith("_")}
        kind = {} if type(self).__module__ == __name__ else {"class": _address(type(self))}
        return {"type": self.type, **kind, **options}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({options})"


class PickleSerializer(Serializer):
    """Anything, by cloudpickle. Before the pickle stands a line that tells the versions of Python and libraries.

    Reading runs what was pickled: only tasks and scripts of the user read pickles, never the server or the terminal.
    """

    type = "pickle"
    picklelib: str = "cloudpickle"
    """A module with `dumps` and `loads`."""

    def dumps(self, value: Any) -> bytes:
        """See `Serializer`."""
        pickled: bytes = import_module(self.picklelib).dumps(value)
        about = {"python": python_version(), "libraries": libraries_in(pickled)}
        return orjson.dumps(about, option=orjson.OPT_APPEND_NEWLINE) + pickled

    def loads(self, data: bytes) -> Any:
        """See `Serializer`. Raises `ResultError` for a pickle that this Python cannot read, with all the versions."""
        line, _, pickled = data.partition(b"\n")
        about = orjson.loads(line)
        if series(about["python"]) != series(python_version()) and holds_code(pickled):
            raise ResultError(
                f"it was pickled by Python {about['python']} and holds code, which Python {python_version()} cannot "
                f"read; read it with Python {series(about['python'])}, or keep it as JSON (result_serializer='json')"
            )
        try:
            return import_module(self.picklelib).loads(pickled)
        except Exception as error:  # unpickling runs the value's own code, which may raise anything
            raise ResultError(f"it cannot be unpickled ({_words(error)}); {differences(about)}") from error


class JSONSerializer(Serializer):
    """Data as JSON that other programs can read; tuples, sets, instants, dataclasses and models come back as they were.

    With an `object_encoder` (called with what plain JSON cannot hold) or an `object_decoder` (called with each object
    that is read), given as a function or as `module.name`, JSON is written and read with these instead.
    """

    type = "json"
    object_encoder: Any = None
    object_decoder: Any = None

    def dumps(self, value: Any) -> bytes:
        """See `Serializer`. Raises `TypeError` for what is no data."""
        if self.object_encoder is None:
            quick = _quick_json(value)
            if quick is not None:
                return quick
        import json  # noqa: PLC0415 - 5 ms that only odd data costs; orjson knows no lone surrogates

        if self.object_encoder is not None:
            return json.dumps(value, default=_function(self.object_encoder)).encode()
        return json.dumps(encoded(value), ensure_ascii=False).encode("utf-8", "surrogatepass")

    def loads(self, data: bytes) -> Any:
        """See `Serializer`."""
        plain = self.object_encoder is None and self.object_decoder is None
        if plain and _MARK not in data:
            try:
                return orjson.loads(data)
            except orjson.JSONDecodeError:  # most likely a lone surrogate
                pass
        import json  # noqa: PLC0415 - 5 ms that only odd data costs; orjson knows no lone surrogates

        text = data.decode("utf-8", "surrogatepass")
        if plain:
            return decoded(json.loads(text))
        hook = self.object_decoder
        return json.loads(text, object_hook=None if hook is None else _function(hook))


def _quick_json(value: Any) -> bytes | None:
    """Plain data at once, twenty times as quick."""
    try:
        data = orjson.dumps(value) if is_exact(value) else None
    except (TypeError, RecursionError):  # a lone surrogate, or nested too deeply
        return None
    return None if data is None or _MARK in data else data


class CompressedSerializer(Serializer):
    """What another serializer makes, compressed. `compressionlib` is a module with `compress` and `decompress`."""

    type = "compressed"
    serializer: Any = "pickle"
    compressionlib: str = "lzma"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.serializer = serializer_of(self.serializer)

    def dumps(self, value: Any) -> bytes:
        """See `Serializer`."""
        compressed: bytes = import_module(self.compressionlib).compress(self.serializer.dumps(value))
        return compressed

    def loads(self, data: bytes) -> Any:
        """See `Serializer`."""
        return self.serializer.loads(import_module(self.compressionlib).decompress(data))


class CompressedPickleSerializer(CompressedSerializer):
    """`compressed/pickle`."""

    type = "compressed/pickle"


class CompressedJSONSerializer(CompressedSerializer):
    """`compressed/json`."""

    type = "compressed/json"
    serializer: Any = "json"


def serializer_of(given: Any) -> Serializer:
    """The serializer that was given, by itself, by name (`json`, `compressed/json`), or as its `spec`.

    Raises `UsageError` when there is none of that name.
    """
    if isinstance(given, Serializer):
        return given
    if isinstance(given, dict):
        options = {name: value for name, value in given.items() if name not in ("type", "class")}
        made: Serializer = _class(given["type"], given.get("class"))(**options)
        return made
    if isinstance(given, str):
        head, _, inner = given.partition("/")
        if head == "compressed" and inner and given not in Serializer._known:
            return CompressedSerializer(serializer=inner)
        named_so: Serializer = _class(given)()
        return named_so
    raise UsageError(f"{given!r} is no serializer; give its name, such as 'pickle' or 'json', or a Serializer.")


def _class(name: str, address: str | None = None) -> Any:
    if name not in Serializer._known and address is not None:
        try:
            place_of_name(address)
        except TypeError as error:
            raise UsageError(f"The serializer {name!r} is not here: {error}.") from None
    found = Serializer._known.get(name)
    if found is None:
        known = ", ".join(sorted(Serializer._known))
        raise UsageError(f"There is no serializer {name!r}. Known are: {known}; others once their module is imported.")
    return found


def _address(kind: Any) -> str | None:
    """Where its class is found again; None for one within a function, which its own process registers."""
    try:
        return named(kind)
    except TypeError:
        return None


def _spoken(value: Any) -> Any:
    """An option as JSON."""
    if isinstance(value, Serializer):
        return value.spec()
    if callable(value):
        try:
            return named(value).replace(":", ".")
        except TypeError as error:
            raise UsageError(f"A serializer needs functions that can be imported: {error}.") from None
    return value


def _function(given: Any) -> Callable[[Any], Any]:
    if callable(given):
        return given  # type: ignore[no-any-return]
    module, _, name = str(given).rpartition(".")
    found: Callable[[Any], Any] = place_of_name(f"{module}:{name}")
    return found


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
