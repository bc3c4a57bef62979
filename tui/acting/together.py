"""One thing done to runs of several servers: one question, and on each server a batch of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowtui.engine.model import FlowRun
from flowtui.tui.acting.questions import Question
from flowtui.tui.acting.run_verbs import RUN_VERBS, Danger, RunVerb
from flowtui.tui.acting.target import Target

if TYPE_CHECKING:
    from flowtui.tui.acting.acting import Acting

__all__ = ["act_together", "joined", "left_alone", "question_about_servers"]

_NAMED: Final = 6
"""So many servers are named in a question."""


async def act_together(acting: "Acting", verb_id: str, targets: Mapping[str, Target], left: Sequence[str]) -> bool:
    """Ask once, then do it to the runs of each server, which do not wait for each other. `targets` are by the names of
    the servers; `left` says of which nothing is changed, and why. False when nothing was done."""
    verb = RUN_VERBS[verb_id]
    if verb.change is None:
        acting.app.tell(f"{verb.word.rstrip('…').capitalize()}: of one server at a time. Mark the runs of one.")
        return False
    fitting, left = {}, list(left)
    for server, target in targets.items():
        kept = target.only(lambda run: _why_not(verb, run) is None)
        if kept.ids:
            fitting[server] = kept
        if number := len(target.ids) - len(kept.ids):
            reason = next(why for run in target.runs if (why := _why_not(verb, run)))
            first = "" if number == 1 else "of the first: "
            left.append(f"{server}: {left_alone(number)}, {first}{reason}")
    if not fitting:
        acting.app.tell(f"{verb.word.capitalize()} fits none of these. {'. '.join(left)}.")
        return False
    if not await acting.ask(question_about_servers(verb, fitting, left)):
        return False
    change = verb.change
    await asyncio.gather(*(acting.carry_out(verb, target, change, asked=True) for target in fitting.values()))
    return True


def _why_not(verb: RunVerb, run: FlowRun) -> str | None:
    """What is done on its own server alone is not done among several, on whichever the workstation is."""
    return verb.why_not(run) or verb.only_at_home(run)


def question_about_servers(verb: RunVerb, targets: Mapping[str, Target], left: Sequence[str]) -> Question:
    """What is asked before a verb is carried out on runs of several servers: it names each, with how many."""
    whole = joined(targets)
    lines = [meaning] if (meaning := verb.consequence(whole)) else []
    lines += _some([f"{server}: {_runs(len(target.ids))}" for server, target in targets.items()])
    lines += _some(left)
    servers = f"{len(targets)} servers" if len(targets) > 1 else next(iter(targets))
    danger = max(verb.danger_for(whole), Danger.ASK)
    title = f"{verb.word.capitalize()} {_runs(len(whole.ids))} on {servers}?"
    word = str(len(whole.ids)) if danger is Danger.TYPE else ""
    return Question(danger=danger, title=title, detail="\n".join(lines), word=word)


def joined(targets: Mapping[str, Target]) -> Target:
    """All of them as one, to be looked at: nothing can be done to it."""
    parts = tuple(targets.values())
    first = next((part for part in parts if part.place is not None), parts[0])
    ids = tuple(run_id for part in parts for run_id in part.ids)
    return replace(first, ids=ids, runs=tuple(run for part in parts for run in part.runs), place=None)


def _some(lines: Sequence[str]) -> list[str]:
    """As many as a dialog has room for."""
    more = len(lines) - _NAMED
    return [*(f"  {line}" for line in lines[:_NAMED]), *([f"  … and on {more} more"] if more > 0 else [])]


def left_alone(number: int) -> str:
    """`2 runs stay as they are`."""
    return f"{_runs(number)} {'stays as it is' if number == 1 else 'stay as they are'}"


def _runs(number: int) -> str:
    return f"{number:,} run{'' if number == 1 else 's'}"
