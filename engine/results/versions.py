"""Versions: which Python and which libraries wrote a pickle, and what has changed since."""

import sys
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

__all__ = ["differences", "holds_code", "libraries_in", "python_version", "series"]

_LOOKED_AT: Final = 2_000
"""How many instructions of a pickle are looked at for the libraries that it needs: at most 3 ms."""


def python_version() -> str:
    """`3.11.7`."""
    return ".".join(map(str, sys.version_info[:3]))


def series(version: str) -> str:
    """`3.11`, of `3.11.7`: what bytecode depends on."""
    return version.rpartition(".")[0]


def libraries_in(pickled: bytes) -> dict[str, str]:
    """The versions of the libraries whose names stand at the beginning of a pickle."""
    import pickletools  # noqa: PLC0415 - 5 ms that only a pickled result costs

    names = {"cloudpickle"}
    for _, text, _ in islice(pickletools.genops(pickled), _LOOKED_AT):
        if isinstance(text, str) and len(text) < 200:
            names.add(text.partition(" ")[0].partition(".")[0])
    return {name: version for name in sorted(names) if (version := _version(name)) is not None}


def _version(name: str) -> str | None:
    module = sys.modules.get(name)
    version = getattr(module, "__version__", None)
    return version if isinstance(version, str) and name not in sys.stdlib_module_names else None


def holds_code(pickled: bytes) -> bool:
    """Whether functions or classes are in it by value: bytecode of one Python is not understood by another."""
    return b"cloudpickle" in pickled and any(word in pickled for word in (b"CodeType", b"_make_function"))


def differences(about: Mapping[str, Any]) -> str:
    """Which versions have changed since it was written, in words."""
    then = {"Python": about["python"], **about["libraries"]}
    now = {name: python_version() if name == "Python" else _version(name) for name in then}
    changed = [f"{name} {old} (here: {now[name] or 'not imported'})" for name, old in then.items() if old != now[name]]
    if not changed:
        return f"it was written by this Python, {python_version()}"
    return f"it was written by {', '.join(changed)}"
