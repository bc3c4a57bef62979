"""The question before something dangerous: it names what, of which store, how many, and what that means. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from flowtui.tui.acting.run_verbs import Danger, RunVerb
from flowtui.tui.acting.target import Target

__all__ = ["Question", "question_about"]

_NAMED: Final = 5
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+(?=Z)")
"""The fraction of a second at which the list stood: which runs those are is fixed, and nobody reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`word` has to be typed where `danger` is TYPE."""

    danger: Danger
    title: str
    detail: str
    word: str = ""


def question_about(verb: RunVerb, target: Target, store: str, what: str = "") -> Question:
    """What is asked before a verb is carried out on runs. `what` says with what: a state, tags."""
    title = f"{verb.word.capitalize()} {target.name}{what}?"
    # What matters most comes first: a small terminal shows no more.
    lines = [meaning] if (meaning := verb.consequence(target)) else []
    lines.append(f"In {store}.")
    if target.query is not None:
        more = "; more fit, which are left for later" if target.cut else "; what fits later is not touched"
        lines.append(f"Those that fit now: {_FRACTION.sub('', str(target.query)) or 'all'}{more}.")
    if not target.one:
        lines += [f"  {run.flow_name} · {run.name}   {run.state.name}" for run in target.runs[:_NAMED]]
        if len(target.ids) > _NAMED:
            lines.append(f"  … and {len(target.ids) - _NAMED:,} more")
    danger = verb.danger_for(target)
    word = target.one.name if target.one else str(len(target.ids))
    return Question(danger=danger, title=title, detail="\n".join(lines), word=word if danger is Danger.TYPE else "")
