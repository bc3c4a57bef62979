"""Many flow runs at once: which are meant by what was typed, the question before, progress, and what became of each."""

import sys
from collections.abc import Sequence
from typing import Annotated, Final

from cyclopts import Parameter

from flowtui.engine.bulk import Batch, Outcome, Verb, batch_of, carry_out, freeze
from flowtui.engine.client.protocol import Client
from flowtui.engine.client.read_only import require_writing
from flowtui.engine.errors import UsageError
from flowtui.engine.query import Query, QueryError, parse
from flowtui.engine.query_terms import TEXT
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import narrate, print_json

__all__ = ["DryRun", "Limit", "Yes", "in_bulk", "is_one", "meant"]

Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")]
DryRun = Annotated[bool, Parameter(negative="", help="Change nothing; show which runs are meant.")]
Limit = Annotated[int | None, Parameter(help="Take at most so many of those that a query finds, the newest.")]

UNASKED: Final = 10
"""More runs than this are asked about first, and without a terminal they need --yes."""
_RETRYABLE: Final = 3
_SHOWN: Final = 20


def is_one(client: Client, words: Sequence[str]) -> bool:
    """Whether one run is named, by id or name, rather than a query written."""
    return len(words) == 1 and _query(client, words) is None


def meant(client: Client, words: Sequence[str], limit: int | None = None) -> Batch:
    """The runs that were typed: those that a query finds, or those of these ids and names. Raises `UsageError`."""
    if not words:
        raise UsageError(
            "Which runs? Give a run's id or name, several of them, or a query such as 'state:late flow:etl*'."
        )
    if limit is not None and limit < 1:
        raise UsageError(f"--limit is {limit}; take at least one run.")
    query = _query(client, words)
    if query is not None:
        return freeze(client, query, limit)
    ids = tuple(dict.fromkeys(find_flow_run(client, word).id for word in words))
    return batch_of(client, ids[:limit], cut=limit is not None and len(ids) > limit)


def in_bulk(
    client: Client, words: Sequence[str], verb: Verb, *, dry_run: bool, yes: bool, limit: int | None, output: str
) -> int:
    """Do it to all runs that are meant; answers with an exit code: 3 when some failed and can be tried again."""
    batch = meant(client, words, limit)
    if not batch.ids:
        narrate("No flow run fits.")
    if dry_run or not batch.ids:
        _show(batch)
        if output == "json":
            print_json([{"id": run_id, "outcome": "planned", "reason": None} for run_id in batch.ids])
        return 0
    require_writing(client, f"{verb.name} {len(batch.ids)} flow run{'s' if len(batch.ids) != 1 else ''}")
    if len(batch.ids) > 1:
        _show(batch)
    if not yes and not _agreed(batch, verb):
        return 1
    outcomes = _carried_out(client, batch, verb)
    if output == "json":
        print_json([_json(outcome) for outcome in outcomes])
    return _report(outcomes, verb)


def _query(client: Client, words: Sequence[str]) -> Query | None:
    """The query that was typed; None when every word may be an id or a name, which may have a colon, too."""
    try:
        query = parse(" ".join(words))
    except QueryError:
        if client.find_flow_runs(words[0], limit=1):
            return None
        raise
    plain = all(term.field == TEXT and not term.negated and not term.values[0].is_glob for term in query.terms)
    return None if plain else query


def _show(batch: Batch) -> None:
    """Say how many there are, and how the first look."""
    if not batch.ids:
        return
    number = len(batch.ids)
    beyond = " (more fit; --limit leaves them for later)" if batch.cut else ""
    narrate(f"{number} flow run{'s' if number != 1 else ''}{beyond}:")
    for run in batch.sample:
        narrate(f"  {run.flow_name} · {run.name}  {run.state.name}  {run.id}")
    if number > len(batch.sample):
        narrate(f"  … and {number - len(batch.sample)} more")


def _agreed(batch: Batch, verb: Verb) -> bool:
    """Whether a person agrees, or there are few. Raises `UsageError` where nobody can be asked about many."""
    from flowtui.tui.cli.ask import can_ask, confirmed  # noqa: PLC0415 - only this asks

    number = len(batch.ids)
    if number <= (1 if verb.name == "delete" else UNASKED):
        return True
    if not can_ask():
        raise UsageError(f"To {verb.name} {number} flow runs without being asked, add --yes; --dry-run shows which.")
    return confirmed(f"{verb.name.capitalize()} {number} flow runs?")


def _carried_out(client: Client, batch: Batch, verb: Verb) -> list[Outcome]:
    """What became of each. On a terminal one line counts along; interrupted, it says how far it came."""
    shown = sys.stderr.isatty() and len(batch.ids) > 1
    outcomes: list[Outcome] = []
    try:
        for outcome in carry_out(client, batch.ids, verb):
            outcomes.append(outcome)
            if shown:
                print(f"\r{verb.name} {len(outcomes)}/{len(batch.ids)}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        narrate(f"\nInterrupted after {len(outcomes)} of {len(batch.ids)}; the rest is as it was.")
        raise
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return outcomes


def _report(outcomes: Sequence[Outcome], verb: Verb) -> int:
    by_fate = {fate: [one for one in outcomes if one.fate == fate] for fate in ("done", "skipped", "failed")}
    done, skipped, failed = by_fate["done"], by_fate["skipped"], by_fate["failed"]
    parts = [f"{len(done)} {verb.done}"]
    parts += [f"{len(skipped)} left as they are"] if skipped else []
    parts += [f"{len(failed)} failed"] if failed else []
    narrate(f"{', '.join(parts)}.")
    for outcome in failed[:_SHOWN]:
        narrate(f"  {outcome.run_id}: {(outcome.reason or 'refused').rstrip('.')}.")
    if not failed:
        return 0
    again = " ".join(one.run_id for one in failed[:_SHOWN])
    more = "" if len(failed) <= _SHOWN else f" … -o json gives all {len(failed)} ids."
    narrate(f"Try again: flowtui flow-run {verb.name} {again}{more}")
    return _RETRYABLE


def _json(outcome: Outcome) -> dict[str, str | None]:
    state = outcome.state
    return {
        "id": outcome.run_id,
        "outcome": outcome.fate,
        "reason": outcome.reason,
        "state_type": state.type.value if state else None,
        "state_name": state.name if state else None,
    }
