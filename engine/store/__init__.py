"""The store: where everything is kept. The only part that knows SQLAlchemy.

The modules of `__all__` are attributes, each loaded when it is used first: a script that runs a flow and a terminal
that opens need a part of them, and all take 100 ms.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowtui.engine.store import (
        amending,
        artifacts,
        assets,
        backends,
        backfills,
        blocks,
        changing,
        claims,
        clock_steps,
        deployment_versions,
        deployments,
        feed,
        figures,
        flow_runs,
        histories,
        inputs,
        last_good,
        limits,
        log_chunks,
        log_scans,
        overdue,
        overviews,
        ownership,
        pauses,
        planning,
        pool_runs,
        query_values,
        run_edits,
        run_notes,
        run_pages,
        run_totals,
        schedules,
        schema,
        situations,
        slots,
        task_claims,
        task_runs,
        transitions,
        upcoming,
        variables,
        work_pools,
        workers,
    )

__all__ = [
    "amending",
    "artifacts",
    "assets",
    "backends",
    "backfills",
    "blocks",
    "changing",
    "claims",
    "clock_steps",
    "deployment_versions",
    "deployments",
    "feed",
    "figures",
    "flow_runs",
    "histories",
    "inputs",
    "last_good",
    "limits",
    "log_chunks",
    "log_scans",
    "overdue",
    "overviews",
    "ownership",
    "pauses",
    "planning",
    "pool_runs",
    "query_values",
    "run_edits",
    "run_notes",
    "run_pages",
    "run_totals",
    "schedules",
    "schema",
    "situations",
    "slots",
    "task_claims",
    "task_runs",
    "transitions",
    "upcoming",
    "variables",
    "work_pools",
    "workers",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")  # which makes it an attribute, so this is asked once
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
