"""Between a value and the text that stands for it in a field: `show`, and `read`, which takes it back exactly."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from flowtui.engine.durations import DURATION_FORMS, parse_duration
from flowtui.engine.errors import UsageError
from flowtui.tui.forms.fields import MISSING, Field, Kind
from flowtui.tui.forms.json_text import JsonProblem, dumps, loads, same
from flowtui.tui.forms.moments import parse_date, parse_moment
from flowtui.tui.text import safe

__all__ = ["Unreadable", "fits", "is_plain", "iso_duration", "read", "show"]

_INTEGER: Final = re.compile(r"[+-]?\d(?:_?\d)*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d(?:_?\d)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_ISO_DURATION: Final = re.compile(r"[+-]?P[0-9A-Z.,]*", re.IGNORECASE)
_MOST_DIGITS: Final = 4000
"""Python itself refuses to read or write integers of more than 4300 digits."""


class Unreadable(ValueError):
    """A text stands for no value of its field. The message is a sentence."""


def show(field: Field, value: Any) -> str:
    """The text of a value."""
    match field.kind:
        case Kind.LIST if isinstance(value, list) and field.item is not None:
            return "\n".join(show(field.item, item) for item in value)
        case Kind.PAIRS if isinstance(value, dict) and field.item is not None:
            return "\n".join(f"{key}: {show(field.item, item)}" for key, item in value.items())
        case Kind.JSON | Kind.OBJECT | Kind.UNION:
            return _json_text(value)
        case Kind.DURATION if isinstance(value, str):
            return _short_duration(value)
        case Kind.BOOLEAN if isinstance(value, bool):
            return "yes" if value else "no"
        case _:
            return value if isinstance(value, str) else dumps(value)


def read(field: Field, text: str, now: datetime, zone: tzinfo | None = None) -> Any:
    """The value of a text; MISSING for an empty one that stands for nothing. Raises `Unreadable`."""
    match field.kind:
        case Kind.TEXT:
            return text
        case Kind.LIST if field.item is not None:
            return [_read_item(field.item, line, now, zone) for line in text.split("\n") if line.strip()]
        case Kind.PAIRS if field.item is not None:
            return _read_pairs(field.item, text, now, zone)
    stripped = text.strip()
    if not stripped:
        return MISSING
    match field.kind:
        case Kind.INTEGER:
            return _read_number(stripped, _INTEGER, int, "a whole number")
        case Kind.NUMBER:
            whole = _INTEGER.fullmatch(stripped) is not None
            return _read_number(stripped, _NUMBER, int if whole else float, "a number")
        case Kind.BOOLEAN | Kind.CHOICE | Kind.CONST:
            return _read_choice(field, stripped)
        case Kind.DATE | Kind.TIME | Kind.DATETIME | Kind.DURATION:
            return _read_when(field.kind, stripped, now, zone)
        case _:
            try:
                return loads(text)
            except JsonProblem as problem:
                raise Unreadable(str(problem)) from None


def fits(field: Field, value: Any) -> bool:
    """Whether the field's own control can show a value and give it back exactly."""
    if field.kind is Kind.JSON:
        return True
    if field.kind in (Kind.BOOLEAN, Kind.CHOICE, Kind.CONST):
        allowed = (True, False) if field.kind is Kind.BOOLEAN else field.choices
        return any(same(value, choice) for choice in allowed)
    text = show(field, value)
    if not _can_stand(field, text):
        return False
    try:
        return same(read(field, text, _ANY_TIME), value)
    except Unreadable:
        return False


def _can_stand(field: Field, text: str) -> bool:
    if field.secret and field.kind is Kind.TEXT:
        return text.replace("\n", "").isprintable()  # shown as dots, so a key of many lines may stand on one
    return is_plain(text, lines=field.kind in (Kind.TEXT, Kind.LIST, Kind.PAIRS))


def is_plain(text: str, *, lines: bool) -> bool:
    """Whether a text can stand in a control as it is: nothing in it hides, and it is on one line unless `lines`."""
    return all(safe(part) == part for part in (text.split("\n") if lines else (text,)))


_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _json_text(value: Any) -> str:
    """On one line while that is short."""
    text = dumps(value)
    return text if len(text) <= 60 or not isinstance(value, dict | list) else dumps(value, indent=2)


def _read_number(text: str, shape: re.Pattern[str], make: Callable[[str], Any], words: str) -> Any:
    if not shape.fullmatch(text):
        raise Unreadable(f"This must be {words}.")
    if len(text) > _MOST_DIGITS:
        raise Unreadable(f"A number of more than {_MOST_DIGITS} digits is too long.")
    value = make(text.replace("_", ""))
    if value in (float("inf"), float("-inf")):
        raise Unreadable("This number is too large.")
    return value


def _read_choice(field: Field, text: str) -> Any:
    """For lists of choices; a field of its own has a control in which one cannot mistype."""
    for choice in (True, False) if field.kind is Kind.BOOLEAN else field.choices:
        if show(field, choice) == text:
            return choice
    raise Unreadable("This must be one of " + ", ".join(show(field, choice) for choice in field.choices) + ".")


def _read_when(kind: Kind, text: str, now: datetime, zone: tzinfo | None) -> str:
    """ISO 8601 as it was written; words are turned into it."""
    try:
        match kind:
            case Kind.DATE:
                return text if _is_iso(date.fromisoformat, text) else parse_date(text, now, zone).isoformat()
            case Kind.DATETIME:
                return text if _is_iso(datetime.fromisoformat, text) else parse_moment(text, now, zone).isoformat()
            case Kind.TIME:
                return text if _is_iso(time.fromisoformat, text) else _clock(text)
            case _:
                return text if _ISO_DURATION.fullmatch(text) else iso_duration(parse_duration(text))
    except UsageError as error:
        raise Unreadable(_duration_words(error) if kind is Kind.DURATION else str(error)) from None


def _duration_words(error: UsageError) -> str:
    return f"This is no duration; write {DURATION_FORMS}." if DURATION_FORMS in str(error) else str(error)


def _is_iso(read_iso: Callable[[str], Any], text: str) -> bool:
    try:
        read_iso(text)
    except ValueError:
        return False
    return True


def _clock(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})[:.](\d\d)(?::(\d\d))?", text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise Unreadable("This must be a time of day such as 09:00.")
    return f"{int(found[1]):02}:{found[2]}:{found[3] or '00'}"


def _short_duration(iso: str) -> str:
    """`1h30m` for `PT1H30M`; as it is when the short form would be read as another text."""
    if not _ISO_DURATION.fullmatch(iso):
        return iso
    try:
        length = parse_duration(iso)
    except UsageError:
        return iso
    return iso.replace("P", "").replace("T", "").lower() if iso_duration(length) == iso and length else iso


def iso_duration(length: timedelta) -> str:
    """`PT1H30M`: the form that pydantic reads."""
    hours, rest = divmod(length.seconds, 3_600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    day_part = f"{length.days}D" if length.days else ""
    time_part = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    time_part += f"{seconds}{fraction}S" if seconds or fraction else ""
    return f"P{day_part}T{time_part}" if time_part else f"P{day_part}" if day_part else "PT0S"


def _read_item(item: Field, line: str, now: datetime, zone: tzinfo | None) -> Any:
    try:
        value = read(item, line if item.kind is Kind.TEXT else line.strip(), now, zone)
    except Unreadable as problem:
        raise Unreadable(f"In the line {line.strip()[:30]!r}: {_lowered(str(problem))}") from None
    return value


def _read_pairs(item: Field, text: str, now: datetime, zone: tzinfo | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in text.split("\n"):
        if not line.strip():
            continue
        key, colon, rest = line.partition(":")
        key = key.strip()
        if not colon:
            raise Unreadable(f"Write `key: value` on each line; there is no colon in {key[:30]!r}.")
        if key in found:
            raise Unreadable(f"The key {key[:30]!r} stands on two lines.")
        value = _read_item(item, rest.removeprefix(" "), now, zone)
        if value is MISSING:
            raise Unreadable(f"The key {key[:30]!r} has no value.")
        found[key] = value
    return found


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
