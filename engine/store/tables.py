"""The tables, and nothing else. Instants are microseconds since 1970 in UTC; JSON is text; ids are UUIDv7 text."""

from functools import cache

import sqlalchemy as sa

__all__ = [
    "artifact",
    "artifact_collection",
    "asset",
    "backend",
    "block_document",
    "concurrency_lease",
    "concurrency_limit",
    "concurrency_waiter",
    "deployment",
    "deployment_schedule",
    "deployment_version",
    "environment",
    "event",
    "flow",
    "flow_run",
    "flow_run_block",
    "flow_run_input",
    "log_chunk",
    "metadata",
    "run_queue",
    "run_stats",
    "run_tally",
    "service_lease",
    "task_queue",
    "task_run",
    "variable",
    "work_pool",
    "work_queue",
    "worker",
]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s__%(column_0_N_name)s",
        "uq": "uq_%(table_name)s__%(column_0_N_name)s",
        "fk": "fk_%(table_name)s__%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.String(36).with_variant(sa.UUID(as_uuid=False), "postgresql")
Micros = sa.BigInteger()
Json = sa.Text()
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows itself only for INTEGER


def _state_columns() -> list[sa.Column[object]]:
    """The present state, beside the run: a list never joins."""
    return [
        sa.Column("state_id", Id, nullable=False),
        sa.Column("state_type", sa.String(12), nullable=False),
        sa.Column("state_name", sa.Text, nullable=False),
        sa.Column("state_message", sa.Text),
        sa.Column("state_details", Json),
        sa.Column("state_at", Micros, nullable=False),
    ]


flow = sa.Table(
    "flow",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created", Micros, nullable=False),
)

flow_run = sa.Table(
    "flow_run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("flow_id", Id, sa.ForeignKey("flow.id"), nullable=False),
    sa.Column("deployment_id", Id),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parameters", Json, nullable=False),
    sa.Column("tags", Json, nullable=False),
    *_state_columns(),
    sa.Column("sort_time", Micros, nullable=False),  # started, else due: what every list sorts and filters by
    sa.Column("run_count", sa.Integer, nullable=False),
    sa.Column("expected_start", Micros),
    sa.Column("start_time", Micros),
    sa.Column("end_time", Micros),
    sa.Column("total_run_time", Micros, nullable=False),
    sa.Column("parent_task_run_id", Id),
    sa.Column("auto_scheduled", sa.Boolean, nullable=False),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("schedule_id", Id),
    sa.Column("created_by", sa.Text),
    sa.Column("result", Json),
    sa.Column("infrastructure_pid", sa.Text),
    sa.Column("work_pool_name", sa.Text),
    sa.Column("work_queue_name", sa.Text),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
    sa.Column("flow_version", sa.Text),
    sa.Column("deployment_version", sa.Text),
    sa.Column("worker_name", sa.Text),  # who carries it out, or did so last
    sa.Column("job_variables", Json),
    sa.Column("retries", sa.Integer, nullable=False, server_default="0"),  # how often a lost one is taken up again
    sa.Column("retry_delay", Micros, nullable=False, server_default="0"),
    sa.Column("provenance", Json),  # which code and which packages its last attempt ran with
    sa.Column("amendments", Json),  # what people have changed in it to retry it
    sa.Column("environment", sa.Text),  # the key of its packages, from `provenance`: for whoever asks which are in use
    sa.UniqueConstraint("flow_id", "idempotency_key"),
)
sa.Index("ix_flow_run__sort", flow_run.c.sort_time, flow_run.c.id)
sa.Index("ix_flow_run__state_sort", flow_run.c.state_type, flow_run.c.sort_time, flow_run.c.id)
sa.Index("ix_flow_run__deployment_sort", flow_run.c.deployment_id, flow_run.c.sort_time, flow_run.c.id)
sa.Index("ix_flow_run__flow_sort", flow_run.c.flow_id, flow_run.c.sort_time, flow_run.c.id)
sa.Index("ix_flow_run__name", flow_run.c.name)  # what people type for a run
sa.Index(
    "ix_flow_run__parent",
    flow_run.c.parent_task_run_id,
    sqlite_where=flow_run.c.parent_task_run_id.isnot(None),
)
sa.Index(
    "ix_flow_run__environment",
    flow_run.c.environment,
    sqlite_where=flow_run.c.environment.isnot(None),
)

# Only runs that have not ended: small and hot, so that a claim never walks over history.
run_queue = sa.Table(
    "run_queue",
    metadata,
    sa.Column("flow_run_id", Id, sa.ForeignKey("flow_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("pool", sa.Text),
    sa.Column("queue", sa.Text),
    sa.Column("due", Micros),
    sa.Column("state_type", sa.String(12), nullable=False),
    sa.Column("state_name", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", Micros),
    sa.Column("deployment_id", Id),
)
_scheduled = run_queue.c.state_type == "SCHEDULED"
_owned = run_queue.c.lease_until.isnot(None)
# A claim walks one queue of a pool at a time, so that a queue that is full or paused costs nothing.
sa.Index(
    "ix_run_queue__claim",
    run_queue.c.pool,
    run_queue.c.queue,
    run_queue.c.due,
    run_queue.c.flow_run_id,
    sqlite_where=_scheduled,
)
# Deployments that are served in a process of their own have no pool; theirs are claimed by deployment.
sa.Index(
    "ix_run_queue__served",
    run_queue.c.deployment_id,
    run_queue.c.due,
    run_queue.c.flow_run_id,
    sqlite_where=_scheduled,
)
# What is due next, and what is late: over all pools.
sa.Index(
    "ix_run_queue__due",
    run_queue.c.due,
    run_queue.c.flow_run_id,
    sqlite_where=_scheduled,
)
sa.Index("ix_run_queue__lease", run_queue.c.lease_until, sqlite_where=_owned)

run_stats = sa.Table(
    "run_stats",
    metadata,
    sa.Column("flow_run_id", Id, primary_key=True),
    *(
        sa.Column(name, sa.Integer, nullable=False, server_default="0")
        for name in ("tasks", "done", "failed", "warnings", "errors", "lines")
    ),
)

run_tally = sa.Table(
    "run_tally",
    metadata,
    sa.Column("hour", Micros, primary_key=True),
    sa.Column("state_type", sa.String(12), primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
)

task_run = sa.Table(
    "task_run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("flow_run_id", Id),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("task_key", sa.Text, nullable=False),
    sa.Column("dynamic_key", sa.Text, nullable=False),
    *_state_columns(),
    sa.Column("tags", Json, nullable=False),
    sa.Column("run_count", sa.Integer, nullable=False),
    sa.Column("flow_run_run_count", sa.Integer, nullable=False),
    sa.Column("expected_start", Micros),
    sa.Column("start_time", Micros),
    sa.Column("end_time", Micros),
    sa.Column("total_run_time", Micros, nullable=False),
    sa.Column("cache_key", sa.Text),
    sa.Column("input_key", sa.Text),
    sa.Column("task_inputs", Json, nullable=False),
    sa.Column("result", Json),
    sa.Column("child_flow_run_id", Id),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("created", Micros, nullable=False),
)
sa.Index("ix_task_run__flow_run", task_run.c.flow_run_id, task_run.c.id)

# Only task runs that are left to task workers and have not ended: small and hot, as run_queue is.
task_queue = sa.Table(
    "task_queue",
    metadata,
    sa.Column("task_run_id", Id, primary_key=True),
    sa.Column("task_key", sa.Text, nullable=False),
    sa.Column("due", Micros, nullable=False),
    sa.Column("waits_for", Json),  # the task runs of this queue that have to end first; none when there are none left
    sa.Column("retries", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", Micros),
)
_free = sa.and_(task_queue.c.owner.is_(None), task_queue.c.waits_for.is_(None))
_taken = task_queue.c.lease_until.isnot(None)
_held_up = task_queue.c.waits_for.isnot(None)
sa.Index(
    "ix_task_queue__claim",
    task_queue.c.task_key,
    task_queue.c.due,
    task_queue.c.task_run_id,
    sqlite_where=_free,
)
sa.Index("ix_task_queue__lease", task_queue.c.lease_until, sqlite_where=_taken)
sa.Index("ix_task_queue__waits", task_queue.c.task_run_id, sqlite_where=_held_up)

# Every transition exactly once: read by subject it is a run's history, read by seq it is the change feed.
event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", Serial, primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("subject_id", Id, nullable=False),
    sa.Column("flow_run_id", Id),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state_type", sa.String(12)),
    sa.Column("occurred", Micros, nullable=False),
    sa.Column("body", Json),
    sqlite_autoincrement=True,  # numbers are never used twice, also after a delete
)
sa.Index("ix_event__subject", event.c.subject_id, event.c.seq)

log_chunk = sa.Table(
    "log_chunk",
    metadata,
    sa.Column("stream_id", Id, primary_key=True),  # the flow run, or the task run of a task outside any flow
    sa.Column("first_line", sa.Integer, primary_key=True),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("level_mask", sa.Integer, nullable=False),
    sa.Column("ts_min", Micros, nullable=False),
    sa.Column("ts_max", Micros, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("clocks", Json),  # [[lines, microseconds that the store's clock was ahead], …]; none: not at all
)

deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("flow_id", Id, sa.ForeignKey("flow.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("full_name", sa.Text, nullable=False, unique=True),  # flow/deployment: the order of lists
    sa.Column("entrypoint", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("parameters", Json, nullable=False),
    sa.Column("parameter_openapi_schema", Json, nullable=False),
    sa.Column("enforce_parameter_schema", sa.Boolean, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("work_pool_name", sa.Text, nullable=False),  # empty when it is served
    sa.Column("work_queue_name", sa.Text, nullable=False),
    sa.Column("job_variables", Json, nullable=False),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
    sa.Column("paused_as_deployed", sa.Boolean),  # what its file said last: a change there beats a person's switch
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("collision_strategy", sa.String(12), nullable=False, server_default="ENQUEUE"),
    sa.Column("grace_period", Micros),
    sa.Column("pull_steps", Json),
    sa.Column("version_type", sa.Text),
    sa.Column("version_number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("retries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_delay", Micros, nullable=False, server_default="0"),
    sa.Column("created_by", sa.Text),
    sa.Column("updated_by", sa.Text),
)

_limited = deployment.c.concurrency_limit.isnot(None)
sa.Index("ix_deployment__limited", deployment.c.concurrency_limit, sqlite_where=_limited)

# What a deployment was at each change: to see what changed, and to go back.
deployment_version = sa.Table(
    "deployment_version",
    metadata,
    sa.Column("deployment_id", Id, sa.ForeignKey("deployment.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("version", sa.Text),
    sa.Column("version_type", sa.Text),
    sa.Column("info", Json, nullable=False),
    sa.Column("spec", Json, nullable=False),
    sa.Column("created", Micros, nullable=False),
)

deployment_schedule = sa.Table(
    "deployment_schedule",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("deployment_id", Id, sa.ForeignKey("deployment.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("schedule", Json, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("parameters", Json, nullable=False),
    sa.Column("slug", sa.Text),
    sa.Column("planned_until", Micros),  # instants up to here have been made into runs
    sa.Column("next_plan", Micros),  # when a planner has to look at it again; never, when there is none
    sa.Column("catch_up", sa.Text),
    sa.Column("max_scheduled_runs", sa.Integer),
    sa.Column("active_as_deployed", sa.Boolean),  # what its file said last: a change there beats a person's switch
    sa.Column("created", Micros),
    sa.Column("updated", Micros),
)

_planned = deployment_schedule.c.next_plan.isnot(None)
sa.Index(
    "ix_deployment_schedule__next_plan",
    deployment_schedule.c.next_plan,
    sqlite_where=_planned,
)

block_document = sa.Table(
    "block_document",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("type_slug", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("secrets", sa.LargeBinary),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
    sa.UniqueConstraint("type_slug", "name"),
)

service_lease = sa.Table(
    "service_lease",
    metadata,
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("expires", Micros, nullable=False),
)

backend = sa.Table(
    "backend",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("started", Micros, nullable=False),
    sa.Column("seen", Micros, nullable=False),
)

work_pool = sa.Table(
    "work_pool",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("base_job_template", Json),  # none: the one that comes with its type
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("paused_at", Micros),
    sa.Column("paused_note", sa.Text),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
)

work_queue = sa.Table(
    "work_queue",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pool_id", Id, sa.ForeignKey("work_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False),  # 1 comes first
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("paused_at", Micros),
    sa.Column("paused_note", sa.Text),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
    sa.UniqueConstraint("pool_id", "name"),
)

# One row for each name in a pool: the process that has it, and what it said of itself last.
worker = sa.Table(
    "worker",
    metadata,
    sa.Column("pool_id", Id, sa.ForeignKey("work_pool.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("id", Id, nullable=False),  # another process under the same name has another one
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("queues", Json, nullable=False),
    sa.Column("slots", sa.Integer),
    sa.Column("running", sa.Integer, nullable=False),
    sa.Column("heartbeat_seconds", sa.Float, nullable=False),
    sa.Column("started", Micros, nullable=False),
    sa.Column("seen", Micros, nullable=False),
    sa.Column("stopped", Micros),
)

variable = sa.Table(
    "variable",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("value", Json, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
)

# No foreign key to its run: a task run is written after the artifact that it made, and a keyed one outlives its run.
artifact = sa.Table(
    "artifact",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("data", Json, nullable=False),
    sa.Column("flow_run_id", Id),
    sa.Column("task_run_id", Id),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
)
_keyed = artifact.c.key.isnot(None)
_of_a_run = artifact.c.flow_run_id.isnot(None)
sa.Index("ix_artifact__key", artifact.c.key, artifact.c.id, sqlite_where=_keyed)
sa.Index(
    "ix_artifact__flow_run",
    artifact.c.flow_run_id,
    artifact.c.id,
    sqlite_where=_of_a_run,
)

# One row for each key, so that "the newest of every key" is a walk over few rows.
artifact_collection = sa.Table(
    "artifact_collection",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("latest_id", Id, sa.ForeignKey("artifact.id"), nullable=False),
    sa.Column("versions", sa.Integer, nullable=False),
)

# One row for each key. No foreign key to the runs: it outlives them.
asset = sa.Table(
    "asset",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("id", Id, nullable=False),  # follows from the key; the change feed tells of it by this
    sa.Column("properties", Json),
    sa.Column("metadata", Json, nullable=False),  # of the last materialisation, as is what follows up to the attempt
    sa.Column("upstream", Json, nullable=False),
    sa.Column("materialized", Micros),
    sa.Column("materialized_by", sa.Text),
    sa.Column("flow_run_id", Id),
    sa.Column("task_run_id", Id),
    sa.Column("outcome", sa.String(12)),
    sa.Column("attempted", Micros),
    sa.Column("attempt_flow_run_id", Id),
    sa.Column("attempt_task_run_id", Id),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
)

concurrency_limit = sa.Table(
    "concurrency_limit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),  # global: asked for by name; tag: held by every task with the tag
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("decay", sa.Float, nullable=False),  # slots that come back each second of those that rate_limit() took
    sa.Column("used", sa.Float, nullable=False),  # those slots, as they were at `used_at`
    sa.Column("used_at", Micros, nullable=False),
    sa.Column("created", Micros, nullable=False),
    sa.Column("updated", Micros, nullable=False),
    sa.UniqueConstraint("kind", "name"),
)

# A holder has one lease over all the limits that it asked for at once: it got all of them, or none.
concurrency_lease = sa.Table(
    "concurrency_lease",
    metadata,
    sa.Column("lease_id", Id, primary_key=True),
    sa.Column("limit_id", Id, sa.ForeignKey("concurrency_limit.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),  # the process
    sa.Column("holder", sa.Text, nullable=False),  # who it is, in words
    sa.Column("flow_run_id", Id),
    sa.Column("task_run_id", Id),
    sa.Column("acquired", Micros, nullable=False),
    sa.Column("expires", Micros, nullable=False),
)
_by_a_run = concurrency_lease.c.flow_run_id.isnot(None)
sa.Index("ix_concurrency_lease__limit", concurrency_lease.c.limit_id, concurrency_lease.c.expires)
sa.Index("ix_concurrency_lease__expires", concurrency_lease.c.expires)
sa.Index(
    "ix_concurrency_lease__flow_run",
    concurrency_lease.c.flow_run_id,
    sqlite_where=_by_a_run,
)

# A flow run that asked for slots in vain, and waits. Nothing depends on it; but it is why the run stands still.
concurrency_waiter = sa.Table(
    "concurrency_waiter",
    metadata,
    sa.Column("lease_id", Id, primary_key=True),
    sa.Column("names", Json, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("flow_run_id", Id, nullable=False),
    sa.Column("task_run_id", Id),
    sa.Column("since", Micros, nullable=False),
)
sa.Index("ix_concurrency_waiter__flow_run", concurrency_waiter.c.flow_run_id)

# What people and other runs say to a run: answers to its questions, and messages.
flow_run_input = sa.Table(
    "flow_run_input",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("flow_run_id", Id, sa.ForeignKey("flow_run.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("sender", sa.Text),
    sa.Column("created", Micros, nullable=False),
    sa.UniqueConstraint("flow_run_id", "key"),
)

# The packages that runs had, once for each list: by a hash of it.
environment = sa.Table(
    "environment",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("packages", Json, nullable=False),
    sa.Column("noted", Micros, nullable=False, server_default="0"),  # when a process said last that it has them
)

# The blocks that a run has loaded, as they were then. No foreign key: a note may come after its run was deleted.
flow_run_block = sa.Table(
    "flow_run_block",
    metadata,
    sa.Column("flow_run_id", Id, primary_key=True),
    sa.Column("block_id", Id, primary_key=True),
    sa.Column("type_slug", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("updated", Micros, nullable=False),
)


@cache
def partial_on_postgres() -> None:
    """Make the indexes of some rows alone the same on PostgreSQL. To say so where they are defined would load its
    dialect, for 25 ms, in every process that uses a file."""
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
