"""What the terms of a query mean at an instant: a few kinds of tests that SQL and Python carry out alike. Pure.

Terms are what a person writes, with `2h` and `failed`; clauses are what is compared, with instants and kinds. Making
them is also the check of a term: `UsageError` says what is wrong with it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Literal
from uuid import UUID

from flowtui.engine.clock import to_micros
from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import UsageError
from flowtui.engine.query_fields import NAMES, RUNS, STATE_KINDS, STATE_NAMES
from flowtui.engine.query_terms import Operator, Path, Term, Value, nearest
from flowtui.engine.query_vocabulary import TIME_WORDS, Field, Vocabulary
from flowtui.engine.states import TERMINAL, StateType

__all__ = [
    "ATTENTION_KINDS",
    "ON_THE_WAY",
    "AttentionTest",
    "Clause",
    "DeploymentTest",
    "FlagTest",
    "IdTest",
    "MomentTest",
    "NumberTest",
    "Param",
    "ParamTest",
    "StateTest",
    "Test",
    "TextTest",
    "clause_of",
    "instant_of",
    "kind_of",
]

Comparison = Literal["=", "<", "<=", ">", ">="]
JsonWord = Literal["true", "false", "null"]
Flag = Literal["top", "subflow", "auto"]


@dataclass(frozen=True, slots=True)
class TextTest:
    """One of the fields is, or with `part` holds, one of the patterns; A to Z count as a to z."""

    fields: tuple[str, ...]
    patterns: tuple[Value, ...]
    part: bool = False


@dataclass(frozen=True, slots=True)
class StateTest:
    """The state is of one of these kinds, with that name; None leaves one of the two open."""

    states: tuple[tuple[StateType | None, Value | None], ...]


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A number compares with one of these. Durations are microseconds; a run without the number fails."""

    field: str
    comparison: Comparison
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MomentTest:
    """An instant of the run, in microseconds, compares with this one; a run without the instant fails."""

    field: str
    comparison: Comparison
    micros: int


@dataclass(frozen=True, slots=True)
class IdTest:
    """An id lies within one of these spans, both ends included."""

    field: str
    spans: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DeploymentTest:
    """The deployment has one of these ids, or its `flow/deployment` is one of the patterns."""

    ids: tuple[str, ...]
    patterns: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class FlagTest:
    """`top`: no other run called it, `subflow`: one did. `auto`: a schedule made it."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class AttentionTest:
    """A person has to look: it failed, crashed, is late or paused; it entered `Pending` or `Cancelling` before
    `since`, or nobody has vouched for it since `leased`. Both in microseconds."""

    since: int
    leased: int


ATTENTION_KINDS: Final = (StateType.FAILED, StateType.CRASHED, StateType.PAUSED)
"""Kinds of state that always need a person."""
ON_THE_WAY: Final = (StateType.PENDING, StateType.CANCELLING)
"""Kinds of state that pass by themselves, unless something is wrong."""
_STUCK: Final = timedelta(minutes=10)
_LEASE_OVER: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Param:
    """What a parameter may be: this text, or this number, or this word of JSON."""

    text: Value
    number: int | float | None = None
    word: JsonWord | None = None


@dataclass(frozen=True, slots=True)
class ParamTest:
    """A parameter, or a value within it, compares with one of these."""

    path: Path
    comparison: Comparison
    values: tuple[Param, ...]


Test = TextTest | StateTest | NumberTest | MomentTest | IdTest | DeploymentTest | FlagTest | ParamTest | AttentionTest


@dataclass(frozen=True, slots=True)
class Clause:
    """All tests hold; with `negated`, not all of them do."""

    tests: tuple[Test, ...]
    negated: bool = False


_NUMBER = re.compile(r"-?\d{1,15}")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?(?:[eE][+-]?\d{1,2})?")
_HEX = re.compile(r"[0-9a-f]{4,32}")
_JSON_WORDS: Final[dict[str, JsonWord]] = {"true": "true", "false": "false", "null": "null"}
_FLIPPED: Final[dict[Operator, Comparison]] = {":": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ERRORS: Final = StateTest(((StateType.FAILED, None), (StateType.CRASHED, None)))
_NAMED = {name.lower(): (kind, name) for kind, names in STATE_NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class _When:
    """The instant that relative times count from, and the zone of days."""

    now: datetime
    zone: tzinfo | None

    def aware(self, moment: datetime) -> datetime:
        """A time that may have no zone of its own, in UTC."""
        local = moment.replace(tzinfo=self.zone) if moment.tzinfo is None and self.zone is not None else moment
        return local.astimezone(UTC)

    def named(self, word: str) -> datetime:
        """The moment of a word."""
        if word == "now":
            return self.now
        day = self.now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return self.aware(day + timedelta(days={"yesterday": -1, "today": 0, "tomorrow": 1}[word]))


def clause_of(term: Term, now: datetime, zone: tzinfo | None, vocabulary: Vocabulary = RUNS) -> Clause:
    """What a term means at `now`. Days begin at midnight in `zone`, None for the local one. Raises `UsageError`."""
    field = vocabulary.names[term.field]
    return Clause(tuple(_MAKERS[field.kind](term, field, _When(now, zone))), term.negated)


def _comparison(term: Term) -> Comparison:
    return "=" if term.operator == ":" else term.operator


# -- texts ----------------------------------------------------------------------------------------------------------


def _texts(term: Term, field: Field, when: _When) -> Iterable[Test]:
    if field.name == "deployment":
        return (_deployments(term),)
    test = TextTest(field.within or (field.name,), term.values, field.part)
    return (_ERRORS, test) if field.name == "error" else (test,)


def _words(term: Term, field: Field, when: _When) -> Iterable[Test]:
    """Each value is one of the field's words, or a pattern of them."""
    for value in term.values:
        if not value.is_glob and value.text.lower() not in field.words:
            near = nearest(value.text.lower(), field.words)
            hint = f"did you mean {field.name}:{near}?" if near else f"use one of {', '.join(field.words)}."
            raise UsageError(f"There is no {field.name}:{value.text} – {hint}")
    return (TextTest(field.within or (field.name,), term.values),)


def _deployments(term: Term) -> Test:
    ids, patterns = [], []
    for value in term.values:
        if _is_id(value.text):
            ids.append(str(UUID(value.text)))
        else:
            patterns.append(value if "/" in value.text else Value(f"*/{value.pattern}", value.quoted))
    return DeploymentTest(tuple(ids), tuple(patterns))


def _is_id(text: str) -> bool:
    return (
        len(text) == 36
        and len(text.replace("-", "")) == 32
        and _HEX.fullmatch(text.replace("-", "").lower()) is not None
    )


# -- states ---------------------------------------------------------------------------------------------------------


def _states(term: Term, field: Field, when: _When) -> Iterable[Test]:
    one = _kind if field.name == "type" else _state
    return (StateTest(tuple(dict.fromkeys(one(value) for value in term.values))),)


def instant_of(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The moment that a person wrote, `10m` for ten minutes ago, `+2h`, `today` or a date. Raises `UsageError`."""
    return _instant(text, NAMES["since"], _When(now, zone))[0]


def kind_of(word: str) -> StateType:
    """The kind of state that a word names. Raises `UsageError` with the nearest one."""
    kind = STATE_KINDS.get(word.lower())
    if kind is None:
        near = nearest(word.lower(), STATE_KINDS)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(STATE_KINDS)}."
        raise UsageError(f"There is no kind of state {word!r} – {hint}")
    return kind


def _kind(value: Value) -> tuple[StateType, None]:
    return kind_of(value.text), None


def _state(value: Value) -> tuple[StateType | None, Value | None]:
    """A kind, a name that flowtui gives within its kind, or in quotes any name."""
    word = value.text.lower()
    if value.quoted or value.is_glob:
        return None, value
    if word in STATE_KINDS:
        return STATE_KINDS[word], None
    if word in _NAMED:
        kind, name = _NAMED[word]
        return kind, Value.literal(name)
    near = nearest(word, [*STATE_KINDS, *_NAMED])
    hint = f"did you mean {near}? " if near else ""
    raise UsageError(f'There is no state {value.text!r} – {hint}Quotes find a name of your own: state:"{value.text}".')


def _is(term: Term, field: Field, when: _When) -> Iterable[Test]:
    word = _only(term).text.lower()
    if word not in field.words:
        near = nearest(word, field.words)
        hint = f"did you mean {field.name}:{near}?" if near else f"use one of {', '.join(field.words)}."
        raise UsageError(f"There is no {field.name}:{word} – {hint}")
    if word == "attention":
        now = when.now.astimezone(UTC)
        return (AttentionTest(to_micros(now - _STUCK), to_micros(now - _LEASE_OVER)),)
    return _IS_TESTS[word]


def _kinds(*kinds: StateType) -> tuple[Test, ...]:
    return (StateTest(tuple((kind, None) for kind in kinds)),)


_IS_TESTS: Final[dict[str, tuple[Test, ...]]] = {
    "top": (FlagTest("top"),),
    "subflow": (FlagTest("subflow"),),
    "auto": (FlagTest("auto"),),
    "late": (StateTest(((StateType.SCHEDULED, Value("Late")),)),),
    "scheduled": _kinds(StateType.SCHEDULED),
    "live": _kinds(*(kind for kind in StateType if kind not in TERMINAL and kind is not StateType.SCHEDULED)),
    "ended": _kinds(*sorted(TERMINAL)),
}


# -- numbers and times ------------------------------------------------------------------------------------------------


def _only(term: Term) -> Value:
    """The value of a term that has one."""
    if len(term.values) != 1:
        raise UsageError(f"{term.field}{term.operator} takes one value.")
    return term.values[0]


def _numbers(term: Term, field: Field, when: _When) -> Iterable[Test]:
    if term.operator != ":":
        _only(term)
    wrong = next((value.text for value in term.values if not _NUMBER.fullmatch(value.text)), None)
    if wrong is not None:
        raise UsageError(f"{field.name}: {wrong!r} is no whole number; write {field.about.partition(': ')[2]}.")
    return (NumberTest(field.name, _comparison(term), tuple(int(value.text) for value in term.values)),)


def _span(term: Term, field: Field, when: _When) -> Iterable[Test]:
    text = _only(term).text
    try:
        span = parse_duration(text)
    except UsageError as error:
        raise UsageError(f"{field.name}: cannot read {text!r}; write 90s, 5m, 1h30m or 2d.") from error
    return (NumberTest(field.name, _comparison(term), (span // timedelta(microseconds=1),)),)


def _moment(term: Term, field: Field, when: _When) -> Iterable[Test]:
    text = _only(term).text
    if field.name in ("since", "until"):
        moment, _ = _instant(text, field, when)
        return (MomentTest("sort", ">=" if field.name == "since" else "<", to_micros(moment)),)
    moment, is_age = _instant(text, field, when)
    comparison = _FLIPPED[term.operator] if is_age else _comparison(term)  # the longer ago, the smaller the instant
    return (MomentTest(field.name, comparison, to_micros(moment)),)


def _instant(text: str, field: Field, when: _When) -> tuple[datetime, bool]:
    """`2h` (an age, or what is ahead), `+2h`, `-2h`, `today`, `2026-11-19`, `2026-11-19T14:00`; True for an age."""
    word = text.lower()
    try:
        if word in TIME_WORDS:
            return when.named(word), False
        if re.match(r"\d{4}-\d", text):
            return when.aware(datetime.fromisoformat(text)), False
        signed = text[:1] in ("+", "-")
        length = parse_duration(text[signed:])
        ahead = text[0] == "+" if signed else field.ahead
        moment = when.now.astimezone(UTC) + (length if ahead else -length)
        return moment, not signed and not field.ahead
    except (ValueError, OverflowError, UsageError) as error:
        words = "write 24h, 7d, today, 2026-11-19 or a full time"
        raise UsageError(f"{field.name}: cannot read {text!r}; {words}.") from error


# -- ids and parameters -----------------------------------------------------------------------------------------------


def _ids(term: Term, field: Field, when: _When) -> Iterable[Test]:
    return (IdTest(field.name, tuple(_id_span(value.text) for value in term.values)),)


def _id_span(text: str) -> tuple[str, str]:
    digits = text.replace("-", "").lower()
    if not _HEX.fullmatch(digits):
        raise UsageError(f"{text!r} is no id and no beginning of one; give at least four digits, 0-9 and a-f.")
    return str(UUID(digits.ljust(32, "0"))), str(UUID(digits.ljust(32, "f")))


def _params(term: Term, field: Field, when: _When) -> Iterable[Test]:
    if not term.path:
        raise UsageError("param needs the name of a parameter: param.region=eu.")
    if term.operator != ":":
        _only(term)
    return (ParamTest(term.path, _comparison(term), tuple(map(_param, term.values))),)


def _param(value: Value) -> Param:
    """A bare `5` may be the number or the text, as in `-p n=5`; in quotes it is the text."""
    if value.quoted or value.is_glob:
        return Param(value)
    word = value.text
    if word in _JSON_WORDS:
        return Param(value, word=_JSON_WORDS[word])
    if _DECIMAL.fullmatch(word):
        return Param(value, number=float(word) if any(letter in word for letter in ".eE") else int(word))
    return Param(value)


_MAKERS: Final[dict[str, Callable[[Term, Field, _When], Iterable[Test]]]] = {
    "text": _texts,
    "word": _words,
    "state": _states,
    "is": _is,
    "number": _numbers,
    "span": _span,
    "moment": _moment,
    "id": _ids,
    "param": _params,
}
