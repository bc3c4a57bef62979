"""The JSON shape of values: the wire's field names, as the HTTP API and `-o json` give them.

Instants are ISO 8601 in UTC (`2026-11-20T14:02:05.123456Z`), durations seconds. What the wire has no field for
(`flow_name`, `deployment_name`, `stats`) stands beside it under a name of its own.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flowtui.engine.amendments import amendments_json
from flowtui.engine.comparing.differences import Comparison
from flowtui.engine.explanations import Explanation
from flowtui.engine.model import (
    Backend,
    BlockDocument,
    BlockType,
    Deployment,
    DeploymentSchedule,
    DeploymentVersion,
    FlowRecord,
    FlowRun,
    LogLine,
    TaskRun,
)
from flowtui.engine.pools import WorkerRecord, WorkPool, WorkQueue
from flowtui.engine.provenance import BlockUse, provenance_json
from flowtui.engine.states import State

__all__ = [
    "backend_json",
    "block_json",
    "block_type_json",
    "block_use_json",
    "comparison_json",
    "deployment_json",
    "deployment_version_json",
    "explanation_json",
    "flow_json",
    "flow_run_json",
    "instant",
    "log_json",
    "schedule_json",
    "state_json",
    "task_run_json",
    "work_pool_json",
    "work_queue_json",
    "worker_json",
]

Json = dict[str, Any]


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def state_json(state: State) -> Json:
    """A state, without its data, which never leaves the process."""
    return {
        "id": state.id,
        "type": state.type.value,
        "name": state.name,
        "timestamp": instant(state.timestamp),
        "message": state.message,
        "state_details": dict(state.details),
    }


def flow_run_json(run: FlowRun) -> Json:
    return {
        "id": run.id,
        "name": run.name,
        "created": instant(run.created),
        "updated": instant(run.updated),
        "flow_id": run.flow_id,
        "flow_name": run.flow_name,
        "deployment_id": run.deployment_id,
        "deployment_name": run.deployment_name,
        "deployment_version": run.deployment_version,
        "flow_version": run.flow_version,
        "provenance": provenance_json(run.provenance) if run.provenance is not None else None,
        "amendments": amendments_json(run.amendments) if run.amendments is not None else None,
        "work_pool_name": run.work_pool_name,
        "work_queue_name": run.work_queue_name,
        "worker_name": run.worker_name,
        "job_variables": dict(run.job_variables),
        "empirical_policy": {"retries": run.retries, "retry_delay": run.retry_delay_seconds},
        "state_id": run.state.id,
        "state_type": run.state.type.value,
        "state_name": run.state.name,
        "state": state_json(run.state),
        "parameters": dict(run.parameters),
        "tags": list(run.tags),
        "parent_task_run_id": run.parent_task_run_id,
        "run_count": run.run_count,
        "expected_start_time": instant(run.expected_start_time),
        "next_scheduled_start_time": _due(run),
        "start_time": instant(run.start_time),
        "end_time": instant(run.end_time),
        "total_run_time": run.total_run_time,
        "auto_scheduled": run.auto_scheduled,
        "idempotency_key": run.idempotency_key,
        "created_by": _author(run.created_by),
        "infrastructure_pid": run.infrastructure_pid,
        "result": run.result,
        "stats": asdict(run.stats),
    }


def _author(word: str | None) -> Json | None:
    return None if word is None else {"id": None, "type": word, "display_value": None}


def _due(run: FlowRun) -> str | None:
    """When a scheduled run is due; None once it has left that state."""
    due = run.state.details.get("scheduled_time") if run.state.is_scheduled() else None
    return instant(datetime.fromisoformat(due)) if isinstance(due, str) else None


def block_use_json(use: BlockUse) -> Json:
    return {
        "block_document_id": use.block_id,
        "block_type_slug": use.type_slug,
        "name": use.name,
        "updated": instant(use.updated),
    }


def comparison_json(found: Comparison, *, everything: bool = False) -> Json:
    """Two runs and what differs; with `everything` also what is alike, or is noise."""
    differences = found.differences if everything else found.notable
    return {
        "older": {"id": found.older.id, "name": found.older.name, "state_name": found.older.state.name},
        "newer": {"id": found.newer.id, "name": found.newer.name, "state_name": found.newer.state.name},
        "differences": [asdict(difference) for difference in differences],
        "notes": list(found.notes),
    }


def task_run_json(run: TaskRun) -> Json:
    return {
        "id": run.id,
        "name": run.name,
        "created": instant(run.created),
        "flow_run_id": run.flow_run_id,
        "task_key": run.task_key,
        "dynamic_key": run.dynamic_key,
        "cache_key": run.cache_key,
        "state_id": run.state.id,
        "state_type": run.state.type.value,
        "state_name": run.state.name,
        "state": state_json(run.state),
        "tags": list(run.tags),
        "task_inputs": dict(run.task_inputs),
        "run_count": run.run_count,
        "flow_run_run_count": run.flow_run_run_count,
        "expected_start_time": instant(run.expected_start_time),
        "start_time": instant(run.start_time),
        "end_time": instant(run.end_time),
        "total_run_time": run.total_run_time,
        "child_flow_run_id": run.child_flow_run_id,
        "result": run.result,
    }


def flow_json(flow: FlowRecord) -> Json:
    return {"id": flow.id, "name": flow.name, "created": instant(flow.created)}


def deployment_json(deployment: Deployment) -> Json:
    return {
        "id": deployment.id,
        "name": deployment.name,
        "created": instant(deployment.created),
        "updated": instant(deployment.updated),
        "version": deployment.version,
        "description": deployment.description,
        "flow_id": deployment.flow_id,
        "flow_name": deployment.flow_name,
        "paused": deployment.paused,
        "schedules": [schedule_json(schedule) for schedule in deployment.schedules],
        "parameters": dict(deployment.parameters),
        "parameter_openapi_schema": dict(deployment.parameter_openapi_schema),
        "enforce_parameter_schema": deployment.enforce_parameter_schema,
        "tags": list(deployment.tags),
        "work_pool_name": deployment.work_pool_name,
        "work_queue_name": deployment.work_queue_name,
        "job_variables": dict(deployment.job_variables),
        "path": deployment.path,
        "entrypoint": deployment.entrypoint,
        "concurrency_limit": deployment.concurrency_limit,
        "concurrency_options": {
            "collision_strategy": deployment.collision_strategy,
            "grace_period_seconds": deployment.grace_period_seconds,
        },
        "pull_steps": None if deployment.pull_steps is None else list(deployment.pull_steps),
        "created_by": _author(deployment.created_by),
        "updated_by": _author(deployment.updated_by),
    }


def deployment_version_json(version: DeploymentVersion) -> Json:
    return {
        "number": version.number,
        "version": version.version,
        "version_type": version.version_type,
        "created": instant(version.created),
        "version_info": dict(version.info),
        "changed": list(version.changed),
        "spec": dict(version.spec),
    }


def schedule_json(schedule: DeploymentSchedule) -> Json:
    return {
        "id": schedule.id,
        "schedule": schedule.schedule.to_json(),
        "active": schedule.active,
        "parameters": dict(schedule.parameters),
        "slug": schedule.slug,
        "max_scheduled_runs": schedule.schedule.max_scheduled_runs,
        "catch_up": str(schedule.schedule.catch_up),
        "created": instant(schedule.created),
        "updated": instant(schedule.updated),
        "deployment_id": schedule.deployment_id,
    }


def log_json(line: LogLine) -> Json:
    return {
        "name": line.logger,
        "level": line.level,
        "message": line.message,
        "timestamp": instant(line.timestamp),
        "flow_run_id": line.flow_run_id,
        "task_run_id": line.task_run_id,
        "source": line.source,
        "function": line.function,
        "extra": line.extra,
        "task_attempt": line.task_attempt,
    }


def block_type_json(kind: BlockType) -> Json:
    schema: Mapping[str, Any] = kind.schema
    return {"slug": kind.slug, "name": kind.name, "description": kind.description, "fields": dict(schema)}


def block_json(block: BlockDocument) -> Json:
    """A saved block; secret values are as masked as they are in `block`."""
    return {
        "id": block.id,
        "name": block.name,
        "created": instant(block.created),
        "updated": instant(block.updated),
        "block_type_slug": block.type_slug,
        "data": dict(block.data),
    }


def backend_json(backend: Backend) -> Json:
    return {**asdict(backend), "started": instant(backend.started), "seen": instant(backend.seen)}


def work_pool_json(pool: WorkPool) -> Json:
    """A pool; what keeps its runs waiting and how many workers are online stand beside the wire's fields."""
    return {
        "id": pool.id,
        "name": pool.name,
        "created": instant(pool.created),
        "updated": instant(pool.updated),
        "type": pool.type,
        "description": pool.description,
        "base_job_template": None if pool.base_job_template is None else dict(pool.base_job_template),
        "concurrency_limit": pool.concurrency_limit,
        "active_slots": pool.active,
        "waiting": pool.waiting,
        "is_paused": pool.is_paused,
        "paused_since": instant(pool.paused_since),
        "paused_note": pool.paused_note,
        "status": pool.status,
        "workers_online": pool.workers,
    }


def work_queue_json(queue: WorkQueue) -> Json:
    return {
        "id": queue.id,
        "name": queue.name,
        "created": instant(queue.created),
        "updated": instant(queue.updated),
        "work_pool_name": queue.pool_name,
        "description": queue.description,
        "priority": queue.priority,
        "concurrency_limit": queue.concurrency_limit,
        "active_slots": queue.active,
        "waiting": queue.waiting,
        "is_paused": queue.is_paused,
        "paused_since": instant(queue.paused_since),
        "paused_note": queue.paused_note,
        "status": queue.status,
        "workers_online": queue.workers,
        "last_polled": instant(queue.last_polled),
    }


def worker_json(worker: WorkerRecord) -> Json:
    """A worker; where it runs and what it takes stand beside the wire's fields."""
    return {
        "id": worker.id,
        "name": worker.name,
        "work_pool_name": worker.pool_name,
        "type": worker.type,
        "status": worker.status,
        "last_heartbeat_time": instant(worker.seen),
        "heartbeat_interval_seconds": worker.heartbeat_seconds,
        "started": instant(worker.started),
        "stopped": instant(worker.stopped),
        "host": worker.host,
        "pid": worker.pid,
        "work_queues": list(worker.queues),
        "limit": worker.slots,
        "running": worker.running,
        "version": worker.version,
    }


def explanation_json(explanation: Explanation) -> Json:
    """Why a run waits. `facts` are the live values of a reason's sentences."""
    return {
        "kind": explanation.kind,
        "id": explanation.run_id,
        "name": explanation.run_name,
        "flow_name": explanation.flow_name,
        "state": state_json(explanation.state),
        "now": instant(explanation.now),
        "waits": explanation.waits,
        "verdict": explanation.verdict,
        "reasons": [
            {
                "code": reason.code,
                "blocking": reason.blocking,
                "text": reason.text,
                "detail": reason.detail,
                "facts": dict(reason.facts),
                "remedies": [asdict(remedy) for remedy in reason.remedies],
            }
            for reason in explanation.reasons
        ],
    }
