"""`flowtui flow-run why` and `flowtui task-run why`: what a run waits for, since when, and what can be done."""

import textwrap
from collections.abc import Iterator

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.errors import NotFound
from flowtui.engine.explanations import Explanation, Reason
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Cell, Output, console, print_json, state_cell, styled

__all__ = ["flow_run", "task_run"]

_LEFT = 9
_WIDEST = 110


def flow_run(run: str, /, *, output: Output = "table") -> int:
    """Say what a flow run waits for, in order of importance, and what can be done about it.

    Parameters
    ----------
    run
        Its id, the beginning of its id, or its name.
    """
    client = current_client()
    return _show(client.explain_flow_run(find_flow_run(client, run).id), output)


def task_run(run: str, /, *, output: Output = "table") -> int:
    """Say what a task run waits for.

    Parameters
    ----------
    run
        Its id.
    """
    try:
        found = current_client().explain_task_run(run)
    except NotFound as error:
        raise NotFound("task run", run, "List them with: flowtui task-run ls FLOW-RUN") from error
    return _show(found, output)


def _show(found: Explanation, output: str) -> int:
    if output == "json":
        print_json(wire.explanation_json(found))
        return 0
    out = console()
    name = f"{found.flow_name} · {found.run_name}" if found.flow_name else found.run_name
    for line in (
        [Cell(name, "bold"), Cell("  "), state_cell(found.state)],
        [Cell(found.verdict)],
        *_reasons(found, out.width),
    ):
        out.print(styled(line), soft_wrap=True)
    return 0


def _reasons(found: Explanation, width: int) -> Iterator[list[Cell]]:
    said = False
    for reason in found.reasons:
        yield []
        word = ("and" if said else "because") if reason.blocking else "note"
        said = said or reason.blocking
        yield from _reason(word, reason, min(width, _WIDEST) - _LEFT)


def _reason(word: str, reason: Reason, width: int) -> Iterator[list[Cell]]:
    lead = Cell(word.ljust(_LEFT), "yellow" if reason.blocking else "dim")
    for text, style in ((reason.text, ""), (reason.detail, "dim")):
        for line in textwrap.wrap(text, max(width, 20)):
            yield [lead, Cell(line, style)]
            lead = Cell(" " * _LEFT)
    for remedy in reason.remedies:
        yield [lead, Cell(f"{remedy.words}: ", "dim"), Cell(remedy.command, "cyan")]
