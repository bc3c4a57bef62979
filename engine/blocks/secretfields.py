"""Which fields of a model are secret, as dotted names: `url`, `headers.*`, `credentials.token`."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretBytes, SecretStr

from flowtui.engine.errors import BlockError

__all__ = ["SecretDict", "has_secret", "plain", "secret_fields"]

_UNIONS = (Union, types.UnionType)
_SECRETS = (SecretStr, SecretBytes, Secret)
_Path = tuple[str, ...]
_Within = tuple[Any, ...]
"""The models and aliases that the walk is inside of."""


class SecretDict(Secret[dict[str, Any]]):
    """A mapping whose keys may be seen and whose values are secret."""


def secret_fields(model: type[BaseModel]) -> list[str]:
    """The dotted names of a model's secret fields, sorted; `*` stands for every key or every item.

    Raises `BlockError` for a secret that no such name can point at.
    """
    return sorted({".".join(path) for path in _Walk(strict=True).model(model, (), ())})


def plain(value: Any) -> Any:
    """`value` with every secret in it, at any depth, replaced by what it hides."""
    if isinstance(value, _SECRETS):
        return plain(value.get_secret_value())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def has_secret(value: Any) -> bool:
    """True when a secret lies anywhere within a value."""
    if isinstance(value, BaseModel):
        return any(has_secret(item) for _, item in value)
    if isinstance(value, Mapping):
        return any(map(has_secret, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(has_secret, value))
    return isinstance(value, _SECRETS)


class _Walk:
    """A walk over annotations that yields the path of each secret. A strict one refuses models that hold themselves
    and a secret; the other one does not go round a second time."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict

    def model(self, model: type[BaseModel], path: _Path, within: _Within) -> Iterator[_Path]:
        if model in within:
            if self.strict and any(True for _ in _Walk(strict=False).model(model, (), ())):
                raise BlockError(f"{model.__name__} holds itself and a secret, so its secrets could lie at any depth.")
            return
        for name, field in model.model_fields.items():
            key = field.serialization_alias or field.alias or name
            for found in self.annotation(field.annotation, (*path, key), (*within, model)):
                if "." in key or key == "*":
                    raise BlockError(f"{model.__name__}: {key!r} holds a secret, so it must not contain a dot or star.")
                yield found

    def annotation(self, annotation: Any, path: _Path, within: _Within) -> Iterator[_Path]:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            yield from self.annotation(arguments[0], path, within)
        elif origin in _UNIONS:
            for argument in arguments:
                yield from self.annotation(argument, path, within)
        elif isinstance(origin, type) and issubclass(origin, Secret):
            yield path
        elif isinstance(origin, type):
            for argument in arguments[1:] if issubclass(origin, Mapping) else arguments:
                yield from self.annotation(argument, (*path, "*"), within)
        elif isinstance(annotation, type):
            yield from self._class(annotation, path, within)
        elif hasattr(annotation, "__value__") and annotation not in within:  # a `type X = …` alias
            yield from self.annotation(annotation.__value__, path, (*within, annotation))

    def _class(self, kind: type, path: _Path, within: _Within) -> Iterator[_Path]:
        if issubclass(kind, SecretDict):
            yield (*path, "*")
        elif issubclass(kind, _SECRETS):
            yield path
        elif issubclass(kind, BaseModel):
            yield from self.model(kind, path, within)
