"""How the workstation writes figures: times, durations and counts, short and of constant width."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowtui.engine.listing import Total

__all__ = ["ago", "clock_time", "count", "duration", "gist", "log_time", "moment", "total_words", "until"]


def duration(span: timedelta | float | None) -> str:
    """`0.9s`, `26s`, `1m12s`, `2h05m`, `3d04h`: at most six characters. Empty when there is none."""
    if span is None:
        return ""
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 0.0995:
        return f"{max(seconds, 0) * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    days = whole // 86_400
    return f"{days}d{whole % 86_400 // 3600:02d}h" if days < 100 else f"{days}d"


def _rough(span: timedelta) -> str:
    """One unit only: `12s`, `4m`, `3h`, `9d`."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def ago(instant: datetime, now: datetime) -> str:
    """How long ago, in one unit."""
    return _rough(now - instant)


def until(instant: datetime, now: datetime) -> str:
    """`in 7m`, or `due` when it has passed."""
    return "due" if instant <= now else f"in {_rough(instant - now)}"


def moment(instant: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """`14:02:05` on the same day, `Nov 19 14:02` on another; empty when there is none."""
    if instant is None:
        return ""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    if local.year == today.year:
        return f"{local:%b} {local.day:>2} {local:%H:%M}"
    return f"{local:%Y-%m-%d}"


def clock_time(instant: datetime, zone: tzinfo | None = None) -> str:
    """`14:02:31 UTC`: the zone is always said."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M:%S} {'UTC' if zone is UTC else local.tzname() or ''}".rstrip()


def log_time(instant: datetime, zone: tzinfo | None = None) -> str:
    """`13:58:41.204`, as log lines carry it."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"


def gist(message: str | None) -> str:
    """The first line of a state's message, without the words that every failure begins with."""
    first = (message or "").split("\n")[0]
    for lead in ("Flow run encountered an exception: ", "Task run encountered an exception: "):
        first = first.removeprefix(lead)
    return first


def count(number: int) -> str:
    """`1,204`."""
    return f"{number:,}"


def total_words(total: "Total") -> str:
    """`1,204`, `1.2 M`; a guess is rounded and says so: `~24,000`, `~1.2 M`."""
    number = total.number
    if not total.exact:
        step = 10 ** max(len(str(number)) - 2, 0)
        number = round(number / step) * step
    words = f"{number / 1_000_000:.1f} M" if number >= 1_000_000 else f"{number:,}"
    return words if total.exact else f"~{words}"
