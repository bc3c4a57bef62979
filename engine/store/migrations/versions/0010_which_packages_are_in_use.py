"""Which lists of packages runs refer to, so that those that none does can go."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("environment", sa.Column("noted", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("flow_run", sa.Column("environment", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        found = "json_extract(provenance, '$.environment')"
    else:
        found = "CAST(provenance AS json) ->> 'environment'"
    op.execute(f"UPDATE flow_run SET environment = {found} WHERE provenance IS NOT NULL")  # noqa: S608 - of two constants
    op.create_index(
        "ix_flow_run__environment",
        "flow_run",
        ["environment"],
        sqlite_where=sa.text("environment IS NOT NULL"),
        postgresql_where=sa.text("environment IS NOT NULL"),
    )
