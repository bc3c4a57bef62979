"""What people have changed in a run to retry it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("flow_run", sa.Column("amendments", sa.Text(), nullable=True))
