"""What a query can ask for: its fields, their operators and words. The table behind reading, help and completion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from flowtui.engine.query_terms import TEXT
from flowtui.engine.states import StateType

__all__ = [
    "FIELDS",
    "IS_WORDS",
    "NAMES",
    "NEEDS_WORDS",
    "STATE_KINDS",
    "STATE_NAMES",
    "TIME_WORDS",
    "Field",
    "Kind",
    "field_of",
]

Kind = Literal["text", "state", "number", "span", "moment", "id", "is", "param"]

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

STATE_KINDS: Final[Mapping[str, StateType]] = {kind.value.lower(): kind for kind in StateType}
"""The words for kinds of states."""

IS_WORDS: Final[Mapping[str, str]] = {
    "top": "not a subflow",
    "subflow": "called by another flow",
    "late": "waits, and its time has passed",
    "scheduled": "waits for its time, or for a slot",
    "live": "has begun and not ended",
    "ended": "over, however it ended",
    "auto": "made by a schedule",
}
"""The words of `is:`, and what each means."""

NEEDS_WORDS: Final[Mapping[str, str]] = {
    "attention": "failed, crashed, late, paused, or on its way for too long",
}
"""The words of `needs:`, and what each means."""

TIME_WORDS: Final = ("now", "today", "yesterday", "tomorrow")
"""Moments that have a name; days begin at midnight of the reader's zone."""

_COMPARISONS: Final = ("<", "<=", ">", ">=")
_OPERATORS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "text": (":", "!="),
    "state": (":", "!="),
    "id": (":", "!="),
    "is": (":",),
    "number": ("=", "!=", *_COMPARISONS),
    "span": _COMPARISONS,
    "moment": _COMPARISONS,
    "param": ("=", "!=", *_COMPARISONS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a query can ask for."""

    name: str
    kind: Kind
    about: str
    """What it is, with examples: the text of help and completion."""
    aliases: tuple[str, ...] = ()
    part: bool = False
    """A text is found within the field's; else it has to be the whole of it."""
    ahead: bool = False
    """`2h` is two hours from now; else two hours ago."""
    words: tuple[str, ...] = ()
    """Values that have a name."""

    @property
    def operators(self) -> tuple[str, ...]:
        """What may stand between the field and its values; the usual one first."""
        return (":",) if self.name in ("since", "until") else _OPERATORS[self.kind]


_STATE_WORDS: Final = tuple(dict.fromkeys([*STATE_KINDS, *(n.lower() for ns in STATE_NAMES.values() for n in ns)]))
FIELDS: Final[tuple[Field, ...]] = (
    Field(name="state", kind="state", about="kind or name of the state: failed,running,late", words=_STATE_WORDS),
    Field(name="type", kind="state", about="kind of the state only: failed,crashed", words=tuple(STATE_KINDS)),
    Field(name="is", kind="is", about=f"one of {', '.join(IS_WORDS)}", words=tuple(IS_WORDS)),
    Field(
        name="needs",
        kind="is",
        about="what a person has to look at: needs:attention (failed, crashed, late, paused, stuck)",
        words=tuple(NEEDS_WORDS),
    ),
    Field(name="flow", kind="text", about="name of the flow, * for any part: etl-*"),
    Field(
        name="deployment", kind="text", about="flow/deployment, the deployment's name, or its id", aliases=("dep",)
    ),
    Field(name="tag", kind="text", about="a tag that the run has: prod, team-*", aliases=("tags",)),
    Field(name="name", kind="text", about="part of the run's name", part=True),
    Field(name=TEXT, kind="text", about="part of the name of the run or its flow, like a bare word", part=True),
    Field(name="dur", kind="span", about="how long it has run: dur>5m", aliases=("duration",)),
    Field(
        name="start",
        kind="moment",
        about="when it started: start<2h (less than 2 h ago), start>2026-11-19",
        aliases=("started",),
        words=TIME_WORDS,
    ),
    Field(name="end", kind="moment", about="when it ended: end<10m", aliases=("ended",), words=TIME_WORDS),
    Field(name="created", kind="moment", about="when it was asked for: created<1h", words=TIME_WORDS),
    Field(
        name="due",
        kind="moment",
        about="when a run that waits is due: due<1h (within the hour), due<tomorrow",
        ahead=True,
        words=TIME_WORDS,
    ),
    Field(name="late", kind="span", about="how long past its time it waits, or began: late>5m"),
    Field(name="tasks", kind="number", about="how many task runs it has: tasks>100"),
    Field(name="attempt", kind="number", about="how often it was started: attempt>1", aliases=("attempts",)),
    Field(name="warnings", kind="number", about="warnings in its log: warnings>0"),
    Field(name="errors", kind="number", about="errors in its log: errors>0"),
    Field(name="param", kind="param", about="a parameter: param.region=eu, param.limits.rows>1000"),
    Field(name="pool", kind="text", about="the work pool"),
    Field(name="queue", kind="text", about="the work queue"),
    Field(name="worker", kind="text", about="who carries it out, or did so last"),
    Field(name="error", kind="text", about="part of the message of a failed or crashed run", part=True),
    Field(name="message", kind="text", about="part of the state's message", part=True),
    Field(
        name="since",
        kind="moment",
        about="started or due after: 24h, today, 2026-11-19",
        aliases=("after",),
        words=TIME_WORDS,
    ),
    Field(
        name="until",
        kind="moment",
        about="started or due before; +2h is in the future",
        aliases=("before",),
        words=TIME_WORDS,
    ),
    Field(name="id", kind="id", about="the run's id, or how it begins"),
    Field(name="parent", kind="id", about="id of the task run that called it"),
)  # fmt: skip
"""All fields, the most used first."""

NAMES: Final[Mapping[str, Field]] = {name: field for field in FIELDS for name in (field.name, *field.aliases)}
"""Each field by its name and by its other names."""


def field_of(name: str) -> Field | None:
    """The field of a name, however its letters are written."""
    return NAMES.get(name.lower())
