"""By how much the clocks were off by which lines of logs were written."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("log_chunk", sa.Column("clocks", sa.Text(), nullable=True))
