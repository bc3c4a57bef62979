"""What a flow run was carried out with: which code, at which commit, with which packages, on which machine. Values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

__all__ = ["BlockUse", "Environment", "Provenance", "provenance_json", "provenance_of_json"]

_SHORT: Final = 7
"""Characters of a commit that people are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the code of a run came from and what it ran on, as it was when its process first ran that flow.

    None means that it is not known: there is no checkout, or the flow stands in no file.
    """

    commit: str | None = None
    """The commit that the checkout was at, in full."""
    branch: str | None = None
    """None also when no branch was checked out."""
    dirty: bool | None = None
    """Whether files of the checkout differed from that commit. It takes git to say, which is only asked by processes
    that run for longer than a second; None until then."""
    root: str | None = None
    """The folder of the checkout, absolute; without one, the folder of the flow's file."""
    entrypoint: str | None = None
    """`path/file.py:function`, relative to `root`."""
    source_hash: str | None = None
    """Of the file that the flow stands in."""
    environment: str | None = None
    """The key of the installed packages: see `Client.read_environment`."""
    python: str | None = None
    """The version of Python: `3.11.4`."""
    flowtui: str | None = None
    """The version of flowtui."""
    host: str | None = None
    """The name of the machine."""

    @property
    def short_commit(self) -> str | None:
        """`1f3c9ab`, with a `+` behind it when the files were not as the commit has them."""
        return None if self.commit is None else f"{self.commit[:_SHORT]}{'+' if self.dirty else ''}"

    @property
    def source(self) -> str | None:
        """`/srv/acme/etl.py:etl`, as commands take it; None when no command could load the flow by that."""
        if self.root is None or self.entrypoint is None or "<" in self.entrypoint:
            return None  # a flow that was made within a function has `<locals>` in its name
        return f"{self.root.rstrip('/')}/{self.entrypoint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The packages that a process can import, kept once for all runs that had the same."""

    key: str
    """A hash of the list."""
    packages: tuple[str, ...]
    """`name==version`, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockUse:
    """A block that a flow run, or one of its tasks, has loaded."""

    flow_run_id: str
    block_id: str
    type_slug: str
    name: str
    updated: datetime
    """When the block had last been changed, as it was loaded last."""

    @property
    def reference(self) -> str:
        """`type/name`, as `Block.load` takes it."""
        return f"{self.type_slug}/{self.name}"


_FIELDS: Final = tuple(field.name for field in fields(Provenance))


def provenance_json(provenance: Provenance) -> dict[str, Any]:
    """Only what is known."""
    values = ((name, getattr(provenance, name)) for name in _FIELDS)
    return {name: value for name, value in values if value is not None}


def provenance_of_json(values: Mapping[str, Any]) -> Provenance:
    """The value that `provenance_json` was given; what another version has added is left out."""
    return Provenance(**{name: values[name] for name in _FIELDS if name in values})
