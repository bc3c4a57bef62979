"""Events are numbered by their transactions, and text is in byte order: both on PostgreSQL alone."""

from alembic import op

from flowtui.engine.store.postgres_schema import install

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        install(op.get_bind(), [])  # text is put in order after the last migration, in all tables that there are then
