"""Do one thing to many flow runs: the batch is frozen first, then carried out some runs at a time, each with its own
outcome.

What fits a query changes while it is carried out; what was shown to a person does not. So a query is resolved once, to
ids, and nothing that begins to fit later is touched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, ReadOnly
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.engine.run_changes import (
    Cancel,
    Delete,
    Fate,
    Outcome,
    Pause,
    Restore,
    Resume,
    Retry,
    RunChange,
    SetState,
    Tag,
)
from flowtui.engine.states import StateType

__all__ = [
    "AT_ONCE",
    "MOST",
    "Batch",
    "Fate",
    "Outcome",
    "Verb",
    "batch_of",
    "cancel",
    "carry_out",
    "carry_out_some",
    "delete",
    "freeze",
    "pause",
    "restore",
    "resume",
    "retry",
    "set_state",
    "suspend",
    "tag",
]

MOST: Final = 100_000
"""So many runs make one batch; the rest is for the next."""
AT_ONCE: Final = 50
"""Runs of one transaction: nobody else who writes waits for longer than some 50 ms."""
_SAMPLE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Which runs are meant, newest first, and how the first of them look."""

    ids: tuple[str, ...]
    sample: tuple[FlowRun, ...]
    cut: bool = False
    """More runs fitted than were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something that is done to a run: `name` as a command calls it, `done` for what it then is."""

    name: str
    done: str
    change: RunChange


def freeze(client: Client, query: Query, limit: int | None = None) -> Batch:
    """The runs that a query lets through now, at most `limit` of them."""
    most = min(limit or MOST, MOST)
    ids = client.flow_run_ids(query, limit=most + 1)
    return batch_of(client, ids[:most], cut=len(ids) > most)


def batch_of(client: Client, ids: tuple[str, ...], *, cut: bool = False) -> Batch:
    """A batch of known runs."""
    sample = client.list_flow_runs(Query.of(ids=ids[:_SAMPLE])).items if ids else ()
    return Batch(ids=ids, sample=sample, cut=cut)


def carry_out(client: Client, ids: Iterable[str], verb: Verb) -> Iterator[Outcome]:
    """Do it to all, in their order. No run's trouble keeps the others from being done."""
    left = iter(ids)
    while some := tuple(islice(left, AT_ONCE)):
        yield from carry_out_some(client, some, verb.change)


def carry_out_some(client: Client, ids: tuple[str, ...], change: RunChange) -> tuple[Outcome, ...]:
    """Do it to as many as one transaction takes. When the store refuses, each of them has failed. Raises `ReadOnly`."""
    try:
        return client.change_flow_runs(ids, change)
    except ReadOnly:
        raise
    except FlowtuiError as error:
        return tuple(Outcome(run_id=run_id, fate="failed", reason=str(error)) for run_id in ids)


# -- what can be done -------------------------------------------------------------------------------------------------


def cancel(message: str) -> Verb:
    """Stop runs, with all their processes."""
    return Verb(name="cancel", done="cancelled", change=Cancel(message=message))


def delete() -> Verb:
    """Forget runs with their tasks and logs."""
    return Verb(name="delete", done="deleted", change=Delete())


def retry() -> Verb:
    """Have runs that ended badly started again."""
    return Verb(name="retry", done="to be run again", change=Retry())


def restore() -> Verb:
    """Put runs back that were cancelled before they started, or that have not been started again yet."""
    return Verb(name="restore", done="restored", change=Restore())


def pause(timeout: float | None, message: str) -> Verb:
    """Have running runs wait in their process."""
    return Verb(name="pause", done="paused", change=Pause(timeout_seconds=timeout, message=message))


def suspend(timeout: float | None, message: str) -> Verb:
    """Have running runs wait without a process."""
    return Verb(name="suspend", done="suspended", change=Pause(suspend=True, timeout_seconds=timeout, message=message))


def resume() -> Verb:
    """Let paused runs go on that ask for no input."""
    return Verb(name="resume", done="resumed", change=Resume())


def set_state(kind: StateType, name: str, message: str, *, force: bool) -> Verb:
    """Propose a state for each; with `force` the rules are not asked."""
    change = SetState(type=kind, name=name, message=message, force=force)
    return Verb(name="set-state", done="changed", change=change)


def tag(add: tuple[str, ...], remove: tuple[str, ...]) -> Verb:
    """Give runs tags, and take some away."""
    return Verb(name="tag", done="tagged", change=Tag(add=add, remove=remove))
