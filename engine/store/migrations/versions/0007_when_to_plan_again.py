"""Find the schedules that have something to do without looking at the others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "UPDATE deployment_schedule SET next_plan = NULL WHERE NOT active "
        "OR deployment_id IN (SELECT id FROM deployment WHERE paused)"
    )
    where = sa.text("next_plan IS NOT NULL")
    op.create_index(
        "ix_deployment_schedule__next_plan",
        "deployment_schedule",
        ["next_plan"],
        sqlite_where=where,
        postgresql_where=where,
    )
