"""Durations as people write them: `10m`, `1h30m`, `2 days`, `00:15:00`, `PT15M`, or seconds."""

import re
from datetime import timedelta

from flowtui.engine.errors import UsageError

__all__ = ["DURATION_FORMS", "parse_duration"]

DURATION_FORMS = "seconds, 10m, 1h30m, 2 days, HH:MM:SS or ISO 8601 such as PT15M"

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "week", "weeks"), 604_800),
}
_NUMBER = r"\d{1,12}(?:\.\d{1,6})?"
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-z]+)\s*(?:,|and\b)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]?\d(?:\.\d{1,6})?)")
_ISO = re.compile(
    rf"P(?=.)(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?=.)(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?",
    re.IGNORECASE,
)


def parse_duration(text: str) -> timedelta:
    """The duration that a person wrote. Raises `UsageError` for anything that is none of the known forms."""
    seconds = _seconds(text.strip())
    if seconds is None:
        raise UsageError(f"{text!r} is no duration; write {DURATION_FORMS}.")
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise UsageError(f"{text!r} is longer than time can be counted.") from error


def _seconds(text: str) -> float | None:
    if re.fullmatch(_NUMBER, text):
        return float(text)
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * 3_600 + int(clock[2]) * 60 + float(clock[3])
    if iso := _ISO.fullmatch(text):
        sizes = (604_800, 86_400, 3_600, 60, 1)
        return sum(float(part or 0) * size for part, size in zip(iso.groups(), sizes, strict=True))
    return _words(text)


def _words(text: str) -> float | None:
    total, at = 0.0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or part[2].lower() not in _UNITS:
            return None
        total += float(part[1]) * _UNITS[part[2].lower()]
        at = part.end()
    return total if text else None
