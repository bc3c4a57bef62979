"""What a query can ask of flow runs: the table behind reading, help and completion."""

from collections.abc import Mapping
from typing import Final

from flowtui.engine.query_terms import TEXT
from flowtui.engine.query_vocabulary import TIME_WORDS, Field, Vocabulary
from flowtui.engine.states import StateType

__all__ = ["FIELDS", "NAMES", "RUNS", "STATE_KINDS", "STATE_NAMES", "STATE_WORDS"]

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

_IS_WORDS: Final[Mapping[str, str]] = {
    "top": "not a subflow",
    "subflow": "called by another flow",
    "late": "waits, and its time has passed",
    "scheduled": "waits for its time, or for a slot",
    "live": "has begun and not ended",
    "ended": "over, however it ended",
    "auto": "made by a schedule",
}
"""The words of `is:`, and what each means."""

_NEEDS_WORDS: Final[Mapping[str, str]] = {
    "attention": "failed, crashed, late, paused, or on its way for too long",
}
"""The words of `needs:`, and what each means."""

STATE_WORDS: Final = tuple(dict.fromkeys([*STATE_KINDS, *(n.lower() for ns in STATE_NAMES.values() for n in ns)]))
"""All words that stand for states."""
FIELDS: Final[tuple[Field, ...]] = (
    Field(
        name="state",
        kind="state",
        about="kind or name of the state: failed,running,late",
        words=STATE_WORDS,
        known=True,
    ),
    Field(name="type", kind="state", about="kind of the state only: failed,crashed", words=tuple(STATE_KINDS)),
    Field(name="is", kind="is", about=f"one of {', '.join(_IS_WORDS)}", words=tuple(_IS_WORDS), meanings=_IS_WORDS),
    Field(
        name="needs",
        kind="is",
        about="what a person has to look at: needs:attention (failed, crashed, late, paused, stuck)",
        words=tuple(_NEEDS_WORDS),
        meanings=_NEEDS_WORDS,
    ),
    Field(name="flow", kind="text", about="name of the flow, * for any part: etl-*", known=True),
    Field(
        name="deployment",
        kind="text",
        about="flow/deployment, the deployment's name, or its id",
        aliases=("dep",),
        known=True,
    ),
    Field(name="tag", kind="text", about="a tag that the run has: prod, team-*", aliases=("tags",), known=True),
    Field(name="name", kind="text", about="part of the run's name", part=True, known=True),
    Field(
        name=TEXT,
        kind="text",
        about="part of the name of the run or its flow, like a bare word",
        part=True,
        within=("name", "flow"),
    ),
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
    Field(name="param", kind="param", about="a parameter: param.region=eu, param.limits.rows>1000", known=True),
    Field(name="pool", kind="text", about="the work pool", known=True),
    Field(name="queue", kind="text", about="the work queue", known=True),
    Field(name="worker", kind="text", about="who carries it out, or did so last", known=True),
    Field(
        name="error",
        kind="text",
        about="part of the message of a failed or crashed run",
        part=True,
        within=("message",),
    ),
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
)
"""All fields, the most used first."""

RUNS: Final = Vocabulary("runs", FIELDS)
"""What can be asked of flow runs."""
NAMES: Final = RUNS.names
"""Each field of flow runs by its name and by its other names."""
