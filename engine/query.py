"""The filter language of lists of runs: `state:failed,running flow:etl* since:24h tag:prod text`.

One grammar for the command line, the filter bar and saved views. Terms are separated by spaces and must all hold;
commas within a term mean "or" (for tags "and"). Words without a key are looked for in the run's name. Double quotes
keep spaces, commas and colons together, and make a state's name literal: `state:"Skipped"`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRunFilter
from flowtui.engine.query_terms import QUERY_KEYS, QueryError, Term, Value, nearest, quote, terms_of
from flowtui.engine.states import StateType

__all__ = ["QUERY_KEYS", "STATE_NAMES", "QueryError", "format_query", "parse_query"]

STATE_NAMES: Final[Mapping[StateType, tuple[str, ...]]] = {
    StateType.SCHEDULED: ("Scheduled", "Late", "AwaitingRetry", "AwaitingConcurrencySlot", "Resuming"),
    StateType.PENDING: ("Pending", "Submitting", "InfrastructurePending", "NotReady"),
    StateType.RUNNING: ("Running", "Retrying", "Rerunning"),
    StateType.PAUSED: ("Paused", "Suspended"),
    StateType.CANCELLING: ("Cancelling",),
    StateType.COMPLETED: ("Completed", "Cached", "RolledBack"),
    StateType.FAILED: ("Failed", "TimedOut"),
    StateType.CRASHED: ("Crashed",),
    StateType.CANCELLED: ("Cancelled",),
}
"""The names that flowtui itself gives to states, by kind."""

_KNOWN_NAMES = {name.lower(): name for names in STATE_NAMES.values() for name in names}
_TYPES = {kind.value.lower(): kind for kind in StateType}
_LISTS = {"flow": "flow_names", "deployment": "deployment_names", "tag": "tags", "id": "ids", "type": "state_types"}
_SINGLES = {"since": "since", "until": "until", "parent": "parent_task_run_id", "deployment-id": "deployment_id"}


def parse_query(text: str, now: datetime) -> FlowRunFilter:
    """The filter that a query stands for; relative times count back from `now`.

    Raises `QueryError`, which points at the term.
    """
    fields: dict[str, Any] = {}
    words: list[str] = []
    states: list[Value] = []
    for term in terms_of(text):
        if term.key in (None, "name"):
            words += [value.text for value in term.values]
        elif term.key == "state":
            _check_states(term)
            states += term.values
        elif term.key in _LISTS:
            field = _LISTS[term.key]
            fields[field] = tuple(dict.fromkeys([*fields.get(field, ()), *_items(term)]))
        elif term.key in _SINGLES:
            fields[_SINGLES[term.key]] = _single(term, now)
        else:
            fields["top_level"] = _top(term)
    where = FlowRunFilter(name=" ".join(words) or None, **fields)
    return _with_states(where, states) if states else where


def format_query(where: FlowRunFilter) -> str:
    """The query that stands for a filter, with absolute times: `parse_query(format_query(f), any_time) == f`."""
    names = ",".join(_state_word(name) for name in where.state_names)
    kinds = ",".join(kind.value.lower() for kind in where.state_types)
    parts = [
        ("type" if names else "state", kinds),
        ("state", names),
        ("flow", _join(where.flow_names)),
        ("deployment", _join(where.deployment_names)),
        ("deployment-id", quote(where.deployment_id or "")),
        ("tag", _join(where.tags)),
        ("since", _instant(where.since)),
        ("until", _instant(where.until)),
        ("id", _join(where.ids)),
        ("parent", quote(where.parent_task_run_id or "")),
        ("is", "top" if where.top_level else ""),
        (None, quote(where.name or "")),
    ]
    return " ".join(f"{key}:{text}" if key else text for key, text in parts if text)


# -- reading --------------------------------------------------------------------------------------------------------


def _items(term: Term) -> Iterable[Any]:
    """The values of a term that may have several."""
    match term.key:
        case "type":
            return [_type(value, term) for value in term.values]
        case "deployment":
            return [value.text if "/" in value.text else f"*/{value.text}" for value in term.values]
        case _:
            return [value.text for value in term.values]


def _single(term: Term, now: datetime) -> Any:
    """The value of a term that has one."""
    if len(term.values) != 1:
        raise term.refuse(f"{term.key}: takes one value.")
    text = term.values[0].text
    return _moment(text, term, now) if term.key in ("since", "until") else text


def _top(term: Term) -> bool:
    if [value.text.lower() for value in term.values] != ["top"]:
        raise term.refuse("is: knows only is:top, which leaves out subflows.")
    return True


def _moment(text: str, term: Term, now: datetime) -> datetime:
    """`24h` (ago), `+2h` (ahead), `today`, `2026-11-19`, `2026-11-19T14:00`; days are those of `now`'s zone."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": 0, "yesterday": 1}
    try:
        if text.lower() in days:
            return (midnight - timedelta(days=days[text.lower()])).astimezone(UTC)
        if re.match(r"\d{4}-\d", text):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).astimezone(UTC)
        ahead = text.startswith("+")
        length = parse_duration(text.removeprefix("+"))
        return now.astimezone(UTC) + (length if ahead else -length)
    except (ValueError, OverflowError, UsageError) as error:
        raise term.refuse(
            f"{term.key}: cannot read {text!r}; write 24h, 7d, today, 2026-11-19 or a full time."
        ) from error


# -- states -----------------------------------------------------------------------------------------------------------


def _type(value: Value, term: Term) -> StateType:
    kind = _TYPES.get(value.text.lower())
    if kind is None:
        near = nearest(value.text.lower(), _TYPES)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(_TYPES)}."
        raise term.refuse(f"There is no kind of state {value.text!r} – {hint}")
    return kind


def _check_states(term: Term) -> None:
    for value in term.values:
        word = value.text.lower()
        if value.quoted or word in _TYPES or word in _KNOWN_NAMES:
            continue
        near = nearest(word, [*_TYPES, *_KNOWN_NAMES])
        hint = f"did you mean {near}? " if near else ""
        raise term.refuse(
            f'There is no state {value.text!r} – {hint}Quotes find a name of your own: state:"{value.text}".'
        )


def _with_states(where: FlowRunFilter, states: list[Value]) -> FlowRunFilter:
    """The filter with the states of its `state:` terms.

    Kinds alone filter by kind. Among names, or beside `type:`, a kind stands for the names that flowtui gives within
    it, because a filter joins kinds and names with "and".
    """
    by_kind = not where.state_types and all(not value.quoted and value.text.lower() in _TYPES for value in states)
    if by_kind:
        kinds = dict.fromkeys(_TYPES[value.text.lower()] for value in states)
        return replace(where, state_types=tuple(kinds))
    names: list[str] = []
    for value in states:
        word = value.text.lower()
        if value.quoted:
            names.append(value.text)
        elif word in _TYPES:
            names += STATE_NAMES[_TYPES[word]]
        else:
            names.append(_KNOWN_NAMES[word])
    return replace(where, state_names=tuple(dict.fromkeys(names)))


def _state_word(name: str) -> str:
    """A state's name as a value of `state:`, in quotes where the bare word would mean the kind or nothing known."""
    word = name.lower()
    return word if word not in _TYPES and _KNOWN_NAMES.get(word) == name else quote(name, always=True)


# -- writing ----------------------------------------------------------------------------------------------------------


def _join(values: Iterable[str]) -> str:
    return ",".join(quote(value) for value in values if value)


def _instant(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
