"""Which code and which packages runs were carried out with, and which blocks they have loaded."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.add_column("flow_run", sa.Column("provenance", sa.Text(), nullable=True))
    op.create_table(
        "environment",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("packages", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_environment")),
    )
    op.create_table(
        "flow_run_block",
        sa.Column("flow_run_id", _id(), nullable=False),
        sa.Column("block_id", _id(), nullable=False),
        sa.Column("type_slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("flow_run_id", "block_id", name=op.f("pk_flow_run_block")),
    )
