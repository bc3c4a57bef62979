"""Deployments, flows, work pools and blocks as records: under the names of the wire, and what their lists say besides.
What is secret is hidden. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from flowtui.engine.model import BlockDocument, FlowRun
from flowtui.engine.pools import WorkPool
from flowtui.engine.schedules.words import describe
from flowtui.engine.wire import block_json, deployment_json, instant, work_pool_json
from flowtui.tui.deployment_cells import DeploymentRow
from flowtui.tui.flows.rows import FlowRow
from flowtui.tui.formats import count
from flowtui.tui.piping.records import Records, Row, records_of_rows
from flowtui.tui.secret_values import hidden

__all__ = ["records_of_blocks", "records_of_deployments", "records_of_flows", "records_of_pools"]

_DEPLOYMENT: Final = (
    "id", "name", "flow_name", "paused", "schedule", "next_run", "last_run_id", "last_run", "last_state", "tags",
    "work_pool_name", "work_queue_name", "workers", "entrypoint", "version", "parameters", "created", "updated",
)  # fmt: skip
_FLOW: Final = (
    "name", "file", "line", "function", "signature", "about", "problem", "runs", "usual_seconds", "last_run_id",
    "last_run", "last_state", "deployments",
)  # fmt: skip
_POOL: Final = (
    "id", "name", "type", "status", "is_paused", "concurrency_limit", "active_slots", "waiting", "workers_online",
    "description",
)  # fmt: skip
_BLOCK: Final = ("id", "name", "block_type_slug", "data", "created", "updated")


def _title(number: int, one: str) -> str:
    return f"{count(number)} {one}{'' if number == 1 else 's'}"


def _last(run: FlowRun | None) -> dict[str, Any]:
    return {
        "last_run_id": run.id if run is not None else None,
        "last_run": instant(run.started_or_due if run is not None else None),
        "last_state": run.state.name if run is not None else None,
    }


def records_of_deployments(rows: Sequence[DeploymentRow]) -> Records:
    """Deployments, with their next and their last run."""
    env = {"FLOWTUI_DEPLOYMENT_IDS": " ".join(row.deployment.id for row in rows)}
    made = [_deployment(row) for row in rows]
    title = _title(len(made), "deployment")
    return records_of_rows(title, made, _deployment_text, table="deployments", env=env, columns=_DEPLOYMENT)


def _deployment(row: DeploymentRow) -> dict[str, Any]:
    active = [describe(one.schedule) for one in row.deployment.schedules if one.active]
    made, schema = deployment_json(row.deployment), row.deployment.parameter_openapi_schema
    return {
        **made,
        "parameters": hidden(made["parameters"], schema),
        "schedules": [{**one, "parameters": hidden(one["parameters"], schema)} for one in made["schedules"]],
        "schedule": "; ".join(active) or None,
        "next_run": instant(row.next),
        **_last(row.last),
        "workers": row.workers,
    }


def _deployment_text(row: Row) -> str:
    name = f"{row['flow_name']}/{row['name']}"
    return f"{name:<40} {row['schedule'] or 'on demand':<32} {row['last_state'] or 'never'}".rstrip()


def records_of_flows(rows: Sequence[FlowRow]) -> Records:
    """Flows of the folder and of the store, and files that cannot be read."""
    made = [_flow(row) for row in rows]
    return records_of_rows(_title(len(made), "flow"), made, _flow_text, table="flows", columns=_FLOW)


def _flow(row: FlowRow) -> dict[str, Any]:
    found, bad, figures = row.found, row.bad, row.figures
    place = found or bad
    return {
        "name": row.name,
        "file": place.file if place is not None else None,
        "line": place.line if place is not None else None,
        "function": found.function if found is not None else None,
        "signature": found.signature if found is not None else None,
        "about": found.about if found is not None else None,
        "problem": bad.sentence if bad is not None else None,
        "runs": figures.runs if figures is not None else 0,
        "usual_seconds": figures.usual if figures is not None else None,
        **_last(figures.last if figures is not None else None),
        "deployments": list(figures.deployments) if figures is not None else [],
    }


def _flow_text(row: Row) -> str:
    return f"{row['name']:<32} {row['file'] or '':<40} {row['last_state'] or 'never'}".rstrip()


def records_of_pools(pools: Sequence[WorkPool]) -> Records:
    """Work pools, with who serves them and how full they are."""
    made = [work_pool_json(pool) for pool in pools]
    env = {"FLOWTUI_WORK_POOLS": " ".join(pool.name for pool in pools)}
    return records_of_rows(_title(len(made), "work pool"), made, _pool_text, table="work_pools", env=env, columns=_POOL)


def _pool_text(row: Row) -> str:
    figures = f"{row['active_slots']} active, {row['waiting']} waiting"
    return f"{row['name']:<28} {row['type']:<14} {row['status']:<10} {figures}"


def records_of_blocks(blocks: Sequence[BlockDocument]) -> Records:
    """Blocks; what is secret in them is hidden."""
    made = [block_json(block) for block in blocks]
    return records_of_rows(_title(len(made), "block"), made, _block_text, table="blocks", columns=_BLOCK)


def _block_text(row: Row) -> str:
    return f"{row['block_type_slug']}/{row['name']}"
