"""How one server is doing, from what its last questions came to. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

from flowtui.engine.model import RunCounts
from flowtui.tui.formats import duration, moment

__all__ = ["Facts", "Health", "health_of"]

_SLOW: Final = timedelta(seconds=1)
_SILENT: Final = timedelta(seconds=5)
"""Who has not answered after that long is not waited for: its rows are shown as they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a server. All times are those of this machine."""

    asked: datetime | None = None
    """Since when a question waits for its answer; None while none does."""
    answered: datetime | None = None
    """When it answered last."""
    latency: float | None = None
    """Seconds that its last answer took."""
    failing: datetime | None = None
    """Since when every question fails; None while it answers."""
    trouble: str = ""
    """Why the last one failed."""
    counts: RunCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """In a word, with its glyph and the role that paints both; `detail` is what a line has room for besides."""

    kind: Literal["connecting", "live", "slow", "unreachable", "reconnecting"]
    glyph: str
    word: str
    role: str
    detail: str = ""

    @property
    def answers(self) -> bool:
        """Whether it is worth waiting for."""
        return self.kind in ("live", "slow")


def health_of(facts: Facts, now: datetime, zone: tzinfo | None) -> Health:
    """How a server is doing now. Silence is told from failure by its length alone."""
    waiting = now - facts.asked if facts.asked is not None else timedelta(0)
    silent = waiting >= _SILENT
    if facts.failing is not None or silent:
        since = facts.failing or facts.asked or now
        return _gone(facts, since, facts.trouble or "no answer", now, zone)
    if facts.answered is None:
        return Health(kind="connecting", glyph="◌", word="connecting", role="muted")
    if max(waiting.total_seconds(), facts.latency or 0.0) >= _SLOW.total_seconds():
        return Health(kind="slow", glyph="◐", word="slow", role="late")
    return Health(kind="live", glyph="●", word="live", role="completed")


def _gone(facts: Facts, since: datetime, trouble: str, now: datetime, zone: tzinfo | None) -> Health:
    if facts.answered is None:
        word = f"unreachable since {moment(since, now, zone)}"
        return Health(kind="unreachable", glyph="✖", word=word, role="failed", detail=trouble)
    word = f"reconnecting… data {duration(max(now - facts.answered, timedelta(0)))} old"
    return Health(kind="reconnecting", glyph="◌", word=word, role="late", detail=trouble)
