"""The JSON shape of what runs keep and share: the wire's field names, as the HTTP API and `-o json` give them."""

from collections.abc import Sequence
from typing import Any

from flowtui.engine.shared import (
    ArtifactRecord,
    AssetRecord,
    ConcurrencyLimit,
    RunInputRecord,
    SlotHolder,
    VariableRecord,
)
from flowtui.engine.wire import instant

__all__ = [
    "artifact_json",
    "asset_json",
    "global_limit_json",
    "holder_json",
    "run_input_json",
    "tag_limit_json",
    "variable_json",
]

Json = dict[str, Any]


def variable_json(variable: VariableRecord) -> Json:
    return {
        "id": variable.id,
        "created": instant(variable.created),
        "updated": instant(variable.updated),
        "name": variable.name,
        "value": variable.value,
        "tags": list(variable.tags),
    }


def artifact_json(artifact: ArtifactRecord) -> Json:
    return {
        "id": artifact.id,
        "created": instant(artifact.created),
        "updated": instant(artifact.updated),
        "key": artifact.key,
        "type": artifact.type,
        "description": artifact.description,
        "data": artifact.data,
        "flow_run_id": artifact.flow_run_id,
        "task_run_id": artifact.task_run_id,
    }


def asset_json(asset: AssetRecord) -> Json:
    """flowtui's own: the wire has no assets."""
    return {
        "id": asset.id,
        "created": instant(asset.created),
        "updated": instant(asset.updated),
        "key": asset.key,
        "properties": dict(asset.properties),
        "metadata": dict(asset.metadata),
        "upstream": list(asset.upstream),
        "outcome": asset.outcome,
        "materialized": instant(asset.materialized),
        "materialized_by": asset.materialized_by,
        "flow_run_id": asset.flow_run_id,
        "task_run_id": asset.task_run_id,
        "attempted": instant(asset.attempted),
        "attempt_flow_run_id": asset.attempt_flow_run_id,
        "attempt_task_run_id": asset.attempt_task_run_id,
    }


def global_limit_json(limit: ConcurrencyLimit) -> Json:
    return {
        "id": limit.id,
        "created": instant(limit.created),
        "updated": instant(limit.updated),
        "active": limit.active,
        "name": limit.name,
        "limit": limit.limit,
        "active_slots": limit.active_slots,
        "slot_decay_per_second": limit.slot_decay_per_second,
    }


def tag_limit_json(limit: ConcurrencyLimit, holders: Sequence[SlotHolder]) -> Json:
    """A tag's limit; its `active_slots` are the ids of the task runs that hold them."""
    return {
        "id": limit.id,
        "created": instant(limit.created),
        "updated": instant(limit.updated),
        "tag": limit.name,
        "concurrency_limit": limit.limit,
        "active_slots": [holder.task_run_id for holder in holders],
    }


def holder_json(holder: SlotHolder) -> Json:
    return {
        "lease_id": holder.lease_id,
        "holder": holder.holder,
        "slots": holder.slots,
        "owner": holder.owner,
        "acquired": instant(holder.acquired),
        "expires": instant(holder.expires),
        "flow_run_id": holder.flow_run_id,
        "task_run_id": holder.task_run_id,
    }


def run_input_json(record: RunInputRecord) -> Json:
    return {
        "id": record.id,
        "created": instant(record.created),
        "flow_run_id": record.flow_run_id,
        "key": record.key,
        "value": record.value,
        "sender": record.sender,
    }
