"""The time before a line: by the clock, since the run began, since the line before, or not at all. Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

from flowtui.tui.formats import log_time

__all__ = ["CELLS", "MODES", "TimeMode", "following_mode", "time_text", "zone_label"]

TimeMode = Literal["clock", "run", "delta", "off"]
MODES: Final[tuple[TimeMode, ...]] = ("clock", "run", "delta", "off")
CELLS: Final = 12
"""Cells of a time."""
_WORDS: Final = {"clock": "", "run": "since the start", "delta": "since the line before", "off": "times off"}


def following_mode(mode: TimeMode) -> TimeMode:
    """The mode that comes after this one, in a circle."""
    return MODES[(MODES.index(mode) + 1) % len(MODES)]


def time_text(
    mode: TimeMode, instant: datetime, zone: tzinfo | None, origin: datetime | None, before: datetime | None
) -> str:
    """At most twelve characters. `origin` is when the run began, `before` the time of the line before."""
    if mode == "clock":
        return log_time(instant, zone)
    if mode == "run":
        return _since(instant - origin) if origin is not None else log_time(instant, zone)
    if mode == "delta":
        return _delta(instant - before) if before is not None else ""
    return ""


def zone_label(mode: TimeMode, instant: datetime | None, zone: tzinfo | None) -> str:
    """Which times are shown, and in which zone: `UTC`, `UTC, since the start`."""
    name = instant.astimezone(zone).tzname() or "" if instant is not None else ""
    return ", ".join(word for word in (name, _WORDS[mode]) if word)


def _since(span: timedelta) -> str:
    """`+0:00:04.204`, `-0:00:00.010`, `+12:31:07.2`."""
    sign, millis = ("-" if span < timedelta(0) else "+"), abs(span) // timedelta(milliseconds=1)
    seconds, millis = divmod(millis, 1000)
    text = f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{millis:03d}"
    return text[:CELLS]


def _delta(span: timedelta) -> str:
    """`+0.204s`, `+4m31s`."""
    sign, seconds = ("-" if span < timedelta(0) else "+"), abs(span.total_seconds())
    if seconds < 60:
        return f"{sign}{seconds:.3f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{sign}{whole // 60}m{whole % 60:02d}s"
    return f"{sign}{whole // 3600}h{whole // 60 % 60:02d}m"
