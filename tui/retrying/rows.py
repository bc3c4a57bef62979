"""A retry plan as rows of a table. Pure."""

import json
from collections.abc import Sequence
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.engine.orchestration.retry_plan import PlannedTask, RetryPlan
from flowtui.tui.formats import count, duration
from flowtui.tui.retrying.draft import Draft, known_inputs
from flowtui.tui.run_cells import state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS", "expected_spans", "input_words", "parameter_spans", "plan_cells", "plan_title", "summary"]

COLUMNS: Final = (
    Column("", 8),
    Column("TASK", 12, share=2, most=36),
    Column("WAS", 13, rank=3),
    Column("TOOK", 6, align="right", rank=2),
    Column("INPUTS AND WHY", 13, share=5),
)


def _fate(task: PlannedTask) -> Span:
    if task.fate == "runs it":
        return ("✎ run", "accent") if task.edited else ("↻ run", "strong")
    return ("≡ reuse", "completed") if task.fate == "reuses it" else ("≡ maybe", "muted")


def plan_cells(task: PlannedTask) -> Sequence[Cell]:
    """One cell for each of `COLUMNS`."""
    run = task.run
    words: list[Span] = [(f"{input_words(task)}   ", "text")] if input_words(task) else []
    took = duration(run.end_time - run.start_time) if run.start_time and run.end_time else ""
    return [
        [_fate(task)],
        [(run.name, "text" if task.fate == "reuses it" else "strong"), (" ✎", "accent") if task.edited else ("", "")],
        state_spans(run.state),
        [(took, "muted")],
        [*words, (task.reason, "muted")],
    ]


def input_words(task: PlannedTask) -> str:
    """`repo="acme/tool"`: the inputs as they will be, as far as they are known."""
    values, looks = known_inputs(task.run)
    shown = {name: json.dumps(value, ensure_ascii=False) for name, value in {**values, **task.edited}.items()}
    shown |= {name: f"({look})" for name, look in looks.items() if name not in shown and task.fate == "runs it"}
    return ", ".join(f"{name}={text}" for name, text in shown.items())


def plan_title(run: FlowRun) -> list[Span]:
    """What is retried."""
    flow: Span = (f"Retry {run.flow_name} · ", "muted")
    return [flow, (f"{run.name}  ", "bold strong"), *state_spans(run.state)]


def expected_spans(expected: tuple[float, float] | None) -> list[Span]:
    """How long it will take: `≈ 3.0s instead of ≈ 5.0s`."""
    if expected is None:
        return []
    return [
        ("≈ ", "muted"),
        (duration(expected[0]), "strong"),
        (f" instead of ≈ {duration(expected[1])}", "muted"),
    ]


def summary(plan: RetryPlan) -> list[Span]:
    """`≡ 1 reused   ↻ 2 run   ✎ 1 edited`."""
    reused, again = len(plan.reused), len(plan.repeated)
    edited = sum(bool(task.edited) for task in plan.tasks)
    spans: list[Span] = [(f"≡ {count(reused)} reused   ", "completed" if reused else "faint")]
    spans.append((f"↻ {count(again)} run", "strong" if again else "faint"))
    if edited:
        spans.append((f"   ✎ {count(edited)} edited", "accent"))
    return spans


def parameter_spans(run: FlowRun, draft: Draft) -> list[Span]:
    """The flow's parameters as they will be: those that were changed, now or before, are marked."""
    before = run.amendments.parameters if run.amendments is not None else {}
    spans: list[Span] = [("parameters  ", "faint")]
    for name, value in {**run.parameters, **draft.parameters}.items():
        edited = name in draft.parameters or name in before
        text = f"{name}={json.dumps(value, ensure_ascii=False)}"
        spans += [(text, "accent" if edited else "muted"), (" ✎   " if edited else "   ", "accent")]
    return spans if len(spans) > 1 else [("parameters  none", "faint")]
