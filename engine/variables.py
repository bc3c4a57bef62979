"""Variables: named JSON values that are set once and read by any run."""

from dataclasses import dataclass
from typing import Any

from flowtui.engine.both_ways import awaited, both_ways
from flowtui.engine.client.here import client_here
from flowtui.engine.shared import VariableRecord

__all__ = ["Variable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable as it was when it was set.

    `set`, `get` and `unset` are awaited in async code; `aset`, `aget` and `aunset` always are.
    """

    name: str
    value: Any
    """A JSON value."""
    tags: tuple[str, ...] = ()

    @classmethod
    @both_ways
    def set(cls, name: str, value: Any, tags: list[str] | None = None, overwrite: bool = False) -> "Variable":
        """Keep a value. Names have up to 255 lowercase letters, digits, `-` and `_`; values up to 5,000 characters of
        JSON. Raises `VariableError`, also when the name is taken and `overwrite` is not given."""
        return _set(name, value, tags, overwrite)

    @classmethod
    async def aset(cls, name: str, value: Any, tags: list[str] | None = None, overwrite: bool = False) -> "Variable":
        """`set` for async code."""
        return await awaited(_set, name, value, tags, overwrite)

    @classmethod
    @both_ways
    def get(cls, name: str, default: Any = None) -> Any:
        """The value kept under a name, or the default."""
        return _get(name, default)

    @classmethod
    async def aget(cls, name: str, default: Any = None) -> Any:
        """`get` for async code."""
        return await awaited(_get, name, default)

    @classmethod
    @both_ways
    def unset(cls, name: str) -> bool:
        """Forget it; False when there was none."""
        return client_here().delete_variable(name)

    @classmethod
    async def aunset(cls, name: str) -> bool:
        """`unset` for async code."""
        return await awaited(lambda: client_here().delete_variable(name))


def _set(name: str, value: Any, tags: list[str] | None, overwrite: bool) -> Variable:
    kept: VariableRecord = client_here().set_variable(name, value, tags=tags, overwrite=overwrite)
    return Variable(name=kept.name, value=kept.value, tags=kept.tags)


def _get(name: str, default: Any) -> Any:
    kept = client_here().find_variable(name)
    return default if kept is None else kept.value
