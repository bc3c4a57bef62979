"""`import prefect` and its submodules, which give flowtui's objects by the tables of `names.py`."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from flowtui import __version__
from flowtui.engine.compat.names import MODULES, WHY_NOT
from flowtui.engine.errors import UsageError

__all__ = ["VERSION", "MissingName", "install", "missing_names", "uninstall"]

VERSION: Final = f"3.8.8+flowtui.{__version__}"
"""What `prefect.__version__` says: whose names these are, and who answers to them."""

_ROOT: Final = "prefect"
_SHIM: Final = str(Path(__file__).parent / "shim")
_PAGE: Final = "docs/prefect-programs.md says what works."


class MissingName(ModuleNotFoundError):
    """A module or a name of Prefect that flowtui does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(_sentence(name))


def _sentence(name: str) -> str:
    why = WHY_NOT.get(name) or WHY_NOT.get(name.rpartition(".")[2]) or _PAGE
    return f"flowtui has no {name}. {why}"


class _Names(ModuleType):
    """A module that looks its names up each time: some, as those of `prefect.runtime`, differ from time to time."""

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if full in MODULES:
            return import_module(full)
        if name.startswith("__"):
            raise AttributeError(name)
        target = MODULES[self.__name__].get(name)
        found = _MISSING if target is None else _resolved(target, name)
        if found is _MISSING:
            raise AttributeError(_sentence(full))
        return found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__dict__["__all__"]})


_MISSING: Final = object()


def _resolved(target: str, name: str) -> Any:
    """What `module:attribute.attribute` of the engine is; the attribute is `name` where none is given."""
    module, _, path = target.partition(":")
    found: Any = import_module(f"flowtui.engine.{module}")
    for part in (path or name).split("."):
        found = getattr(found, part, _MISSING)
        if found is _MISSING:
            break
    return found


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Names(spec.name, f"{spec.name}, as flowtui has it.")

    def exec_module(self, module: ModuleType) -> None:
        names = [name for name in MODULES[module.__name__] if not name.startswith("_")]
        module.__dict__["__all__"] = sorted(names)
        if module.__name__ == _ROOT:
            module.__dict__["__version__"] = VERSION


class _Finder(MetaPathFinder):
    """Answers for `prefect` and all below it, before any installed one is looked for."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname != _ROOT and not fullname.startswith(f"{_ROOT}."):
            return None
        if fullname not in MODULES:
            # Also where `from prefect import name` goes when there is no such name, so that it says this sentence.
            raise MissingName(fullname)
        return ModuleSpec(fullname, _Loader(), origin=f"flowtui:{fullname}", is_package=True)


_finder: Final = _Finder()


def install() -> None:
    """From here on `import prefect` gives flowtui's objects, in this process and in those that its runs start.

    Does nothing when that is so already. Raises `UsageError` when another `prefect` has been imported.
    """
    from flowtui.engine.compat.attributes import add_attributes  # noqa: PLC0415 - it needs flows and tasks

    loaded = sys.modules.get(_ROOT)
    if loaded is not None and not isinstance(loaded, _Names):
        where = getattr(loaded, "__file__", None) or "somewhere"
        raise UsageError(f"prefect has been imported from {where}; call flowtui.compat.install() before that.")
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    if _SHIM not in sys.path:
        sys.path.insert(1, _SHIM)  # what lies beside the script comes first, as ever
    add_attributes()


def uninstall() -> None:
    """`import prefect` means what it meant before, and flowtui's classes are as they were; what was imported meanwhile
    stays with those who have it."""
    if _finder in sys.meta_path:
        from flowtui.engine.compat.attributes import take_attributes_back  # noqa: PLC0415 - as above

        sys.meta_path.remove(_finder)
        take_attributes_back()
    for name in [name for name, module in sys.modules.items() if isinstance(module, _Names)]:
        del sys.modules[name]
    while _SHIM in sys.path:
        sys.path.remove(_SHIM)


def missing_names() -> list[str]:
    """The names in the tables that flowtui does not have after all."""
    return sorted(
        f"{module}.{name}"
        for module, names in MODULES.items()
        for name, target in names.items()
        if _resolved(target, name) is _MISSING
    )
