"""Do one thing to many flow runs: the batch is frozen first, then carried out run by run, each with its own outcome.

What fits a query changes while it is carried out; what was shown to a person does not. So a query is resolved once, to
ids, and nothing that begins to fit later is touched.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError, NotFound
from flowtui.engine.model import Answer, FlowRun
from flowtui.engine.query import Query
from flowtui.engine.states import AwaitingRetry, Cancelling, State

__all__ = [
    "MOST",
    "Batch",
    "Outcome",
    "Verb",
    "batch_of",
    "cancel",
    "carry_out",
    "delete",
    "freeze",
    "pause",
    "resume",
    "retry",
    "set_state",
    "tag",
]

MOST: Final = 100_000
"""So many runs make one batch; the rest is for the next."""
_SAMPLE: Final = 5

Fate = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Which runs are meant, newest first, and how the first of them look."""

    ids: tuple[str, ...]
    sample: tuple[FlowRun, ...]
    cut: bool = False
    """More runs fitted than were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run. `skipped`: there was nothing to do. `failed`: it can be tried again."""

    run_id: str
    fate: Fate
    state: State | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something that is done to a run: `name` as a command calls it, `done` for what it then is."""

    name: str
    done: str
    act: Callable[[Client, str], Outcome]


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
    """Do it to one run after the other. No run's trouble keeps the others from being done."""
    for run_id in ids:
        try:
            yield verb.act(client, run_id)
        except NotFound as error:
            yield Outcome(run_id=run_id, fate="skipped", reason=str(error))
        except FlowtuiError as error:
            yield Outcome(run_id=run_id, fate="failed", reason=str(error))


# -- what can be done -------------------------------------------------------------------------------------------------


def cancel(message: str) -> Verb:
    """Stop runs, with all their processes."""

    def act(client: Client, run_id: str) -> Outcome:
        answer = client.set_flow_run_state(run_id, Cancelling(message=message))
        if answer.status != "ACCEPT" and not answer.state.is_cancelled():
            return _refused(run_id, answer, nothing_to_do=answer.state.is_final())
        return Outcome(run_id=run_id, fate="done", state=answer.state)

    return Verb(name="cancel", done="cancelled", act=act)


def delete() -> Verb:
    """Forget runs with their tasks and logs."""

    def act(client: Client, run_id: str) -> Outcome:
        client.delete_flow_run(run_id)
        return Outcome(run_id=run_id, fate="done")

    return Verb(name="delete", done="deleted", act=act)


def retry() -> Verb:
    """Have runs that ended badly started again."""
    return _proposing(
        "retry", "to be run again", lambda client, run_id: client.set_flow_run_state(run_id, AwaitingRetry())
    )


def pause(name: str, done: str, state: Callable[[], State]) -> Verb:
    """Have running runs wait, in their process or, suspended, without one."""

    def act(client: Client, run_id: str) -> Outcome:
        answer = client.pause_flow_run(run_id, state())
        if answer.status != "ACCEPT":
            return _refused(run_id, answer, nothing_to_do=answer.state.is_paused())
        return Outcome(run_id=run_id, fate="done", state=answer.state)

    return Verb(name=name, done=done, act=act)


def resume() -> Verb:
    """Let paused runs go on that ask for no input."""
    return _proposing("resume", "resumed", lambda client, run_id: client.resume_flow_run(run_id, None))


def set_state(state: Callable[[], State], *, force: bool) -> Verb:
    """Propose a state for each; with `force` the rules are not asked."""
    return _proposing(
        "set-state", "changed", lambda client, run_id: client.set_flow_run_state(run_id, state(), force=force)
    )


def tag(add: tuple[str, ...], remove: tuple[str, ...]) -> Verb:
    """Give runs tags, and take some away."""

    def act(client: Client, run_id: str) -> Outcome:
        changed = client.tag_flow_run(run_id, add=add, remove=remove)
        return Outcome(run_id=run_id, fate="done" if changed else "skipped", reason=None if changed else _TAGGED)

    return Verb(name="tag", done="tagged", act=act)


_TAGGED: Final = "its tags are these already"


def _proposing(name: str, done: str, propose: Callable[[Client, str], Answer]) -> Verb:
    def act(client: Client, run_id: str) -> Outcome:
        answer = propose(client, run_id)
        if answer.status != "ACCEPT":
            return _refused(run_id, answer)
        return Outcome(run_id=run_id, fate="done", state=answer.state)

    return Verb(name=name, done=done, act=act)


def _refused(run_id: str, answer: Answer, *, nothing_to_do: bool = False) -> Outcome:
    reason = f"it is {answer.state.name}: {answer.reason or 'refused'}".replace(" ID ", f" {run_id} ")
    return Outcome(run_id=run_id, fate="skipped" if nothing_to_do else "failed", state=answer.state, reason=reason)
