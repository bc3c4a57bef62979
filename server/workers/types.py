"""Which types of workers there are: those that come with flowtui, those of installed packages, and registered ones."""

import difflib
import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar

from flowtui.engine.errors import UsageError, WorkPoolError
from flowtui.server.workers.protocol import BaseWorker

__all__ = ["default_template", "register_worker", "worker_class", "worker_types"]

GROUP: Final = "flowtui.workers"
"""The group of entry points; the name of each is the type, what it points at is the class."""
_BUILT_IN: Final[Mapping[str, str]] = {"process": "flowtui.server.workers.process:ProcessWorker"}

W = TypeVar("W", bound=type[BaseWorker])
_registered: dict[str, type[BaseWorker]] = {}


def register_worker(cls: W) -> W:
    """Make a class known in this process under its `type`. Raises `UsageError` for one that has none."""
    _checked(cls, cls.type, cls.__qualname__)
    _registered[cls.type] = cls
    return cls


def worker_types() -> tuple[str, ...]:
    """The names of all types, sorted; nothing is loaded for that."""
    return tuple(sorted({*_BUILT_IN, *_registered, *(found.name for found in entry_points(group=GROUP))}))


def worker_class(name: str) -> type[BaseWorker]:
    """The class of a type. Raises `WorkPoolError` for an unknown one, `UsageError` for one that cannot be loaded."""
    if name in _registered:
        return _registered[name]
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        built_in: type[BaseWorker] = getattr(importlib.import_module(module), attribute)
        return built_in
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise WorkPoolError(unknown_type(name))
    try:
        return _checked(found.load(), name, found.value)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"Workers of type {name!r} ({found.value}) cannot be loaded: {error}") from error


def unknown_type(name: str) -> str:
    """A sentence about a type that nobody has brought."""
    known = worker_types()
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"There is {', '.join(known)}."
    return f"There is no worker type {name!r}. {hint} Others come with packages that offer it ({GROUP})."


def default_template(name: str) -> Mapping[str, Any]:
    """The base job template of a new pool of that type. Raises as `worker_class`."""
    return worker_class(name).base_job_template


def _checked(cls: Any, name: str, shown: str) -> type[BaseWorker]:
    if not (isinstance(cls, type) and issubclass(cls, BaseWorker)):
        raise UsageError(f"{shown} is no worker: it has to be a subclass of flowtui.workers.BaseWorker.")
    if not cls.type or cls.type != name:
        raise UsageError(f"{shown} has the type {cls.type!r}; it is to be {name or 'a name of its own'!r}.")
    if cls.run is BaseWorker.run and cls.start is BaseWorker.start:
        raise UsageError(f"{shown} does not say how it carries out a job: write its run(job).")
    return cls
