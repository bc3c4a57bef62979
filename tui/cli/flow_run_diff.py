"""`flowtui flow-run diff`: what changed from one run to another, most telling first."""

from typing import Annotated

from cyclopts import Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.comparing.reading import compare_runs
from flowtui.engine.errors import UsageError
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_json, print_table
from flowtui.tui.compare.words import GLYPHS, both_words, what_words

__all__ = ["diff"]


def diff(
    run: str,
    other: str | None = None,
    /,
    *,
    everything: Annotated[bool, Parameter(name=["--all", "-a"], negative="")] = False,
    output: Output = "table",
) -> int:
    """Say what changed between two runs: parameters, code, packages, blocks, tasks, durations and kinds of log lines.

    Parameters
    ----------
    run
        A run's id, the beginning of its id, or its name. Alone, it is compared with the last run before it that
        completed, of the same deployment or else of the same flow.
    other
        The newer run, when `run` is the older one.
    everything
        Also what is alike, or differs by no more than chance.
    """
    client = current_client()
    first = find_flow_run(client, run)
    if other is not None:
        older, newer = first, find_flow_run(client, other)
    else:
        good = client.last_good_run(first.id)
        if good is None:
            raise UsageError(f"No run of {first.flow_name!r} has completed before {first.name!r}; name two runs.")
        older, newer = good, first
    found = compare_runs(client, older.id, newer.id)
    if output == "json":
        print_json(wire.comparison_json(found, everything=everything))
        return 0
    rows = []
    for it in found.differences if everything else found.notable:
        before, after = both_words(it)
        rows.append((Cell(it.section, "dim"), f"{GLYPHS[it.change]} {what_words(it)}", Cell(before, "dim"), after))
    columns = (Column(""), Column("WHAT"), Column(older.name), Column(newer.name))
    print_table(columns, rows, empty="Nothing that matters differs; --all shows everything that was compared.")
    for note in found.notes:
        narrate(note)
    return 0
