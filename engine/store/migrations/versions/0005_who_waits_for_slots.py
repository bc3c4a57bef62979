"""Who waits for slots of a limit, so that it can be said why a run does not go on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "concurrency_waiter",
        sa.Column("lease_id", _id(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", _id(), nullable=False),
        sa.Column("task_run_id", _id(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_concurrency_waiter")),
    )
    op.create_index("ix_concurrency_waiter__flow_run", "concurrency_waiter", ["flow_run_id"])
