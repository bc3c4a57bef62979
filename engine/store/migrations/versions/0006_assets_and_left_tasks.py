"""Assets that tasks make, and the queue of task runs that are left to task workers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "asset",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("upstream", sa.Text(), nullable=False),
        sa.Column("materialized", sa.BigInteger(), nullable=True),
        sa.Column("materialized_by", sa.Text(), nullable=True),
        sa.Column("flow_run_id", _id(), nullable=True),
        sa.Column("task_run_id", _id(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("attempted", sa.BigInteger(), nullable=True),
        sa.Column("attempt_flow_run_id", _id(), nullable=True),
        sa.Column("attempt_task_run_id", _id(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_asset")),
    )
    op.create_table(
        "task_queue",
        sa.Column("task_run_id", _id(), nullable=False),
        sa.Column("task_key", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_run_id", name=op.f("pk_task_queue")),
    )
    for name, columns, condition in (
        ("claim", ["task_key", "due", "task_run_id"], "owner IS NULL AND waits_for IS NULL"),
        ("lease", ["lease_until"], "lease_until IS NOT NULL"),
        ("waits", ["task_run_id"], "waits_for IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(f"ix_task_queue__{name}", "task_queue", columns, sqlite_where=where, postgresql_where=where)
