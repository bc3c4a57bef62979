"""What runs keep and share: variables, artifacts, concurrency limits with their leases, inputs of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "variable",
        sa.Column("id", _id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variable")),
        sa.UniqueConstraint("name", name=op.f("uq_variable__name")),
    )
    op.create_table(
        "artifact",
        sa.Column("id", _id(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("flow_run_id", _id(), nullable=True),
        sa.Column("task_run_id", _id(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact")),
    )
    for name, column, condition in (
        ("key", "key", '"key" IS NOT NULL'),
        ("flow_run", "flow_run_id", "flow_run_id IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(f"ix_artifact__{name}", "artifact", [column, "id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "artifact_collection",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("latest_id", _id(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["latest_id"], ["artifact.id"], name=op.f("fk_artifact_collection__latest_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_artifact_collection")),
    )
    op.create_table(
        "concurrency_limit",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("decay", sa.Float(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concurrency_limit")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_concurrency_limit__kind_name")),
    )
    op.create_table(
        "concurrency_lease",
        sa.Column("lease_id", _id(), nullable=False),
        sa.Column("limit_id", _id(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("flow_run_id", _id(), nullable=True),
        sa.Column("task_run_id", _id(), nullable=True),
        sa.Column("acquired", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["limit_id"], ["concurrency_limit.id"], name=op.f("fk_concurrency_lease__limit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lease_id", "limit_id", name=op.f("pk_concurrency_lease")),
    )
    op.create_index("ix_concurrency_lease__limit", "concurrency_lease", ["limit_id", "expires"])
    op.create_index("ix_concurrency_lease__expires", "concurrency_lease", ["expires"])
    op.create_index(
        "ix_concurrency_lease__flow_run",
        "concurrency_lease",
        ["flow_run_id"],
        sqlite_where=sa.text("flow_run_id IS NOT NULL"),
        postgresql_where=sa.text("flow_run_id IS NOT NULL"),
    )
    op.create_table(
        "flow_run_input",
        sa.Column("id", _id(), nullable=False),
        sa.Column("flow_run_id", _id(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_run_id"], ["flow_run.id"], name=op.f("fk_flow_run_input__flow_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_run_input")),
        sa.UniqueConstraint("flow_run_id", "key", name=op.f("uq_flow_run_input__flow_run_id_key")),
    )
