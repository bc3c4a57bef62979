"""What the header says: where the runs are kept, who serves them, and how they are doing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from flowtui.engine.model import Backend, RunCounts

__all__ = ["Status", "engine_words", "reads_alike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The header's figures, as one value."""

    address: str = ""
    link: Literal["opening", "unreachable", "live", "reconnecting"] = "opening"
    fresh: datetime | None = None
    """When the store last answered."""
    counts: "RunCounts | None" = None
    backends: tuple["Backend", ...] | None = None
    """None until they were asked for."""
    starting: bool = False
    """The embedded backend is on its way."""
    read_only: bool = False
    """Nothing can be changed from here."""
    profile: str = ""
    """The profile that the workstation is on; empty where it is on none."""
    accent: str = ""
    """The role that paints the profile's name."""


def reads_alike(one: Status, other: Status) -> bool:
    """Whether both say the same: it is no news that the store has answered, or a backend has been seen, once more."""
    return _undated(one) == _undated(other)


def _undated(status: Status) -> Status:
    backends = status.backends and tuple(replace(backend, seen=backend.started) for backend in status.backends)
    return replace(status, fresh=None, backends=backends)


def engine_words(status: Status, now: datetime) -> tuple[str, str, str]:
    """Glyph, words and role for who serves the store."""
    if status.link == "opening":
        return "◌", "opening the store", "muted"
    if status.link == "unreachable":  # among others that are shown
        return "✖", "its own store does not answer", "failed"
    if status.link == "reconnecting":
        age = f" data {max(int((now - status.fresh).total_seconds()), 0)} s old" if status.fresh else ""
        return "◌", f"reconnecting…{age}", "late"
    if status.backends is None:
        return "◌", "", "muted"
    for backend in status.backends:
        if backend.kind == "server":
            return "●", f"server {_place(backend)}", "completed"
    if status.backends:
        return "●", "engine here", "completed"
    if status.starting:
        return "◌", "starting the engine", "muted"
    return "○", "nobody runs schedules" + ("" if status.read_only else "  s start"), "late"


def _place(backend: "Backend") -> str:
    return backend.url.partition("://")[2].rstrip("/") if backend.url else backend.host
