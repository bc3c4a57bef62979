"""What a paused or suspended run waits for: a person, with which answer, until when."""

from datetime import datetime

from flowtui.engine.explaining.naming import entrypoint_of
from flowtui.engine.explaining.situation import Situation
from flowtui.engine.explaining.under_way import parents, silence
from flowtui.engine.explaining.words import clock, listed, span
from flowtui.engine.explanations import Reason, Remedy

__all__ = ["explain_paused"]


def explain_paused(it: Situation) -> tuple[str, tuple[Reason, ...]]:
    suspended = it.state.is_suspended()
    # A suspended run has no process, unless that is just ending; a paused one waits within its own.
    gone = () if suspended else tuple(silence(it))
    word = "suspended" if suspended else "paused"
    verdict = f"It has been {word} for {span(it.now - it.state.timestamp)}, until somebody resumes it."
    return verdict, (*gone, _pause(it, word), *parents(it))


def _pause(it: Situation, word: str) -> Reason:
    question, until = it.question, it.state.details.get("pause_timeout")
    ends = datetime.fromisoformat(str(until)) if until else None
    what = f"It is {word} until somebody resumes it"
    if question is not None:
        what += f" with an answer ({question.title})" if question.title else " with an answer"
        what += f": {listed(question.fields, most=10)}" if question.fields else ""
    when = ""
    if ends is not None and ends > it.now:
        when = f"If nobody does, it fails in {span(ends - it.now)}, at {clock(ends, it.now)}."
    elif ends is not None:
        when = f"It was to fail at {clock(ends, it.now)} if nobody did."
    about = question.description if question is not None else None
    return Reason(
        code="paused" if question is None else "input",
        text=f"{what}.",
        detail=" ".join(part for part in (about, when) if part),
        facts={
            "since": it.state.timestamp.isoformat(),
            "until": ends and ends.isoformat(),
            "pause_key": it.state.details.get("pause_key"),
            "title": question and question.title,
            "fields": list(question.fields) if question else [],
            "required": list(question.required) if question else [],
        },
        remedies=(Remedy(words="Resume it", command=_command(it)),),
    )


def _command(it: Situation) -> str:
    answers = "".join(f" -i {name}=…" for name in (it.question.required if it.question else ()))
    here = it.state.is_suspended() and it.run.deployment_id is None
    return f"flowtui flow-run resume {it.run.id}{answers}{f' --entrypoint {entrypoint_of(it.run)}' if here else ''}"
