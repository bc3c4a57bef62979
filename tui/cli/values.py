"""What people type as values: `-p key=value`, times, durations."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flowtui.engine.clock import utc_now
from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import UsageError

__all__ = ["parse_moment", "parse_pairs", "parse_when"]


def parse_pairs(pairs: Sequence[str], schema: Mapping[str, Any], whole: str | None = None) -> dict[str, Any]:
    """Parameters from `key=value` pairs, laid over `whole`, a JSON object.

    A value is read as JSON when it is JSON and as text when it is not; where the schema of the parameter wants text,
    `version=1` is the text "1". Raises `UsageError`.
    """
    values = _object(whole) if whole is not None else {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{pair!r} is no parameter; write name=value.")
        values[name.strip()] = _value(text, schema.get("properties", {}).get(name.strip()), schema)
    return values


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--params is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UsageError('--params must be a JSON object, {"name": value}.')
    return value


def _value(text: str, wanted: Mapping[str, Any] | None, root: Mapping[str, Any]) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    if wanted is None or isinstance(value, str):
        return value
    from flowtui.engine.deployments.schema_check import check_value  # noqa: PLC0415 - only when there is a schema

    fits, fits_as_text = (not any(check_value(wanted, candidate, root)) for candidate in (value, text))
    return text if fits_as_text and not fits else value


def _no_constant(text: str) -> Any:
    """`NaN` and `Infinity` are no JSON, whatever Python's reader says."""
    raise ValueError(text)


def parse_when(start_in: str | None, start_at: str | None) -> datetime | None:
    """When a run is due, from `--start-in 10m` or `--start-at 15:00`; None for now. Raises `UsageError`."""
    if start_in and start_at:
        raise UsageError("Give --start-in or --start-at, not both.")
    if start_in:
        try:
            return utc_now() + parse_duration(start_in.removeprefix("in "))
        except OverflowError as error:
            raise UsageError(f"{start_in!r} from now is beyond the calendar.") from error
    return _moment(start_at, ahead=True) if start_at else None


def parse_moment(text: str) -> datetime:
    """A moment of any time, also of the past; without an offset it is local. Raises `UsageError`."""
    return _moment(text, ahead=False)


def _moment(text: str, *, ahead: bool) -> datetime:
    """A time in words of a calendar; without an offset it is local. `15:00` is that of today; `ahead`, the next one."""
    from dateutil import parser  # noqa: PLC0415 - 20 ms that only --start-at pays

    now = datetime.now().astimezone()
    day, rest = now.replace(hour=0, minute=0, second=0, microsecond=0), text.strip()
    for word, days in (("today", 0), ("tomorrow", 1), ("yesterday", -1)):
        if rest.lower().startswith(word):
            day, rest = day + timedelta(days=days), rest[len(word) :].removeprefix(" at").strip()
    try:
        moment = parser.parse(rest, default=day.replace(tzinfo=None)) if rest else day.replace(tzinfo=None)
        moment = moment.astimezone() if moment.tzinfo is None else moment
        only_time = rest and rest == text.strip() and ":" in rest and len(rest) <= len("15:00:00 pm")
        return moment + timedelta(days=1) if ahead and only_time and moment < now else moment
    except (ValueError, OverflowError, TypeError) as error:
        raise UsageError(f"{text!r} is no time; write 2026-11-20T15:00, '2026-11-20 15:00' or 15:00.") from error
