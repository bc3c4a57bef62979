"""How explanations name the runs that others wait for, in sentences and as facts."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flowtui.engine.explaining.words import listed, span
from flowtui.engine.model import FlowRun

__all__ = ["entrypoint_of", "facts_of", "held_by", "in_hand_since", "quoted"]


def held_by(runs: Sequence[FlowRun], now: datetime, total: int) -> str:
    """`They are held by big-load (3 h) and daily (4 min).`; `total` when there are more than `runs` tells."""
    if not runs:
        return ""
    names = [f"{run.name} ({span(now - in_hand_since(run))})" for run in runs]
    return f"{'It is' if total == 1 else 'They are'} held by {listed(names, total=total)}."


def facts_of(runs: Sequence[FlowRun]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [
        {
            "flow_run_id": run.id,
            "name": run.name,
            "flow_name": run.flow_name,
            "state_name": run.state.name,
            "since": in_hand_since(run).isoformat(),
        }
        for run in runs
    ]


def in_hand_since(run: FlowRun) -> datetime:
    """Since when somebody has it in hand."""
    return run.start_time or run.state.timestamp


def entrypoint_of(run: FlowRun) -> str:
    """Where its flow stands, for a command that has to load it; a placeholder when nothing was recorded."""
    source = run.provenance.source if run.provenance is not None else None
    return "FILE.py:FLOW" if source is None else quoted(source)


def quoted(name: str | None) -> str:
    """A name as a shell takes it."""
    return shlex.quote(name or "")
