"""Work pools, their queues and workers; what a deployment was at each change; who carries out a run."""

import time
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    _make_tables()
    _add_columns()
    _change_indexes()
    _make_pools()


def _make_tables() -> None:
    op.create_table(
        "work_pool",
        sa.Column("id", _id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("base_job_template", sa.Text(), nullable=True),
        sa.Column("concurrency_limit", sa.Integer(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_note", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_pool")),
        sa.UniqueConstraint("name", name=op.f("uq_work_pool__name")),
    )
    op.create_table(
        "work_queue",
        sa.Column("id", _id(), nullable=False),
        sa.Column("pool_id", _id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_note", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["work_pool.id"], name=op.f("fk_work_queue__pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_queue")),
        sa.UniqueConstraint("pool_id", "name", name=op.f("uq_work_queue__pool_id_name")),
    )
    op.create_table(
        "worker",
        sa.Column("pool_id", _id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=True),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("heartbeat_seconds", sa.Float(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["work_pool.id"], name=op.f("fk_worker__pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pool_id", "name", name=op.f("pk_worker")),
    )
    op.create_table(
        "deployment_version",
        sa.Column("deployment_id", _id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("version_type", sa.Text(), nullable=True),
        sa.Column("info", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_deployment_version__deployment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment_id", "number", name=op.f("pk_deployment_version")),
    )


def _add_columns() -> None:
    added: dict[str, list[sa.Column[object]]] = {
        "flow_run": [
            sa.Column("flow_version", sa.Text()),
            sa.Column("deployment_version", sa.Text()),
            sa.Column("worker_name", sa.Text()),
            sa.Column("job_variables", sa.Text()),
            sa.Column("retries", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("retry_delay", sa.BigInteger(), nullable=False, server_default="0"),
        ],
        "run_queue": [sa.Column("deployment_id", _id())],
        "deployment": [
            sa.Column("paused_as_deployed", sa.Boolean()),
            sa.Column("concurrency_limit", sa.Integer()),
            sa.Column("collision_strategy", sa.String(length=12), nullable=False, server_default="ENQUEUE"),
            sa.Column("grace_period", sa.BigInteger()),
            sa.Column("pull_steps", sa.Text()),
            sa.Column("version_type", sa.Text()),
            sa.Column("version_number", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("retries", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("retry_delay", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("created_by", sa.Text()),
            sa.Column("updated_by", sa.Text()),
        ],
        "deployment_schedule": [
            sa.Column("next_plan", sa.BigInteger()),
            sa.Column("catch_up", sa.Text()),
            sa.Column("max_scheduled_runs", sa.Integer()),
            sa.Column("active_as_deployed", sa.Boolean()),
            sa.Column("created", sa.BigInteger()),
            sa.Column("updated", sa.BigInteger()),
        ],
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)
    op.execute(
        "UPDATE run_queue SET deployment_id = (SELECT deployment_id FROM flow_run WHERE id = run_queue.flow_run_id)"
    )
    op.execute("UPDATE run_queue SET queue = 'default' WHERE pool IS NOT NULL AND queue IS NULL")
    op.execute("UPDATE deployment_schedule SET next_plan = 0, active_as_deployed = active")
    op.execute("UPDATE deployment SET paused_as_deployed = paused")


def _change_indexes() -> None:
    op.drop_index("ix_run_queue__claim", "run_queue")
    for name, columns in (
        ("claim", ["pool", "queue", "due", "flow_run_id"]),
        ("served", ["deployment_id", "due", "flow_run_id"]),
        ("due", ["due", "flow_run_id"]),
    ):
        where = sa.text("state_type = 'SCHEDULED'")
        op.create_index(f"ix_run_queue__{name}", "run_queue", columns, sqlite_where=where, postgresql_where=where)
    where = sa.text("concurrency_limit IS NOT NULL")
    op.create_index(
        "ix_deployment__limited", "deployment", ["concurrency_limit"], sqlite_where=where, postgresql_where=where
    )


def _make_pools() -> None:
    """One pool for each name that a deployment or a waiting run gives, with the queues that they give."""
    connection = op.get_bind()
    named = connection.execute(
        sa.text(
            "SELECT work_pool_name, work_queue_name FROM deployment UNION "
            "SELECT pool, queue FROM run_queue WHERE pool IS NOT NULL UNION SELECT 'local', 'default'"
        )
    ).all()
    now = time.time_ns() // 1000
    pools: dict[str, str] = {}
    queues = {(pool, queue or "default") for pool, queue in named if pool} | {(pool, "default") for pool, _ in named}
    for pool, queue in sorted(queues):
        if pool not in pools:
            pools[pool] = str(uuid4())
            connection.execute(
                sa.text(
                    "INSERT INTO work_pool (id, name, type, created, updated) "
                    "VALUES (:id, :name, 'process', :now, :now)"
                ),
                {"id": pools[pool], "name": pool, "now": now},
            )
        connection.execute(
            sa.text(
                "INSERT INTO work_queue (id, pool_id, name, priority, created, updated) "
                "VALUES (:id, :pool, :name, 1, :now, :now)"
            ),
            {"id": str(uuid4()), "pool": pools[pool], "name": queue, "now": now},
        )
