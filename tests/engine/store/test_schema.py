"""The schema: migrations and tables say the same, and a store of a newer flowtui is left alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from flowtui.engine.errors import StoreError
from flowtui.engine.store import schema
from flowtui.engine.store.database import Database
from flowtui.engine.store.tables import metadata
from tests.engine.store.databases import Place
from tests.engine.store.made import due_run

MIGRATIONS = Path(schema.__file__).parent / "migrations"


def plain(index: Any) -> dict[str, Any]:
    """An index with its condition as text."""
    return {**index, "dialect_options": {key: str(value) for key, value in index.get("dialect_options", {}).items()}}


def description(database: Database) -> dict[str, Any]:
    """Everything that the database itself says of its tables."""
    inspector = sa.inspect(database.engine)
    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)],
            "key": inspector.get_pk_constraint(name),
            "foreign keys": sorted(inspector.get_foreign_keys(name), key=str),
            "unique": sorted(inspector.get_unique_constraints(name), key=str),
            "indexes": sorted(map(plain, inspector.get_indexes(name)), key=str),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


@pytest.fixture
def database(empty_place: Place) -> Iterator[Database]:
    """The store as the migrations alone make it."""
    empty_place.settings.home.mkdir(parents=True)
    database = Database(empty_place.settings)
    schema._migrate(database, schema.HEAD)
    yield database
    database.close()


def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_store_and_a_new_one_are_the_same(database: Database) -> None:
    by_migration = description(database)
    with database.write() as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    schema.bring_up_to_date(database)
    assert description(database) == by_migration


def test_a_migrated_store_is_used_as_it_is(database: Database, empty_place: Place) -> None:
    client = empty_place.open()
    assert client.read_flow_run(due_run(client).id).state.is_scheduled()


def test_the_head_is_the_newest_migration_and_there_is_one() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [schema.HEAD]
    newest = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))[-1]
    assert newest.startswith(f"{schema.HEAD}_")


def test_a_store_of_an_older_flowtui_is_brought_up_to_date_with_all_that_is_in_it(empty_place: Place) -> None:
    """As the first release made it: the tables of the first migration, and a run."""
    client = empty_place.open()
    run = due_run(client)
    with client._db.write() as connection:
        later = metadata.tables.keys() - _tables_of("0001")
        metadata.drop_all(connection, [metadata.tables[name] for name in later])
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    again = empty_place.open()
    assert again.read_flow_run(run.id) == run
    assert again.set_variable("x", 1).value == 1


def _tables_of(version: str) -> set[str]:
    """What a migration makes."""
    (script,) = (MIGRATIONS / "versions").glob(f"{version}_*.py")
    return set(re.findall(r'create_table\(\s*"(\w+)"', script.read_text()))


def test_a_store_of_a_newer_flowtui_is_refused_and_left_as_it_is(empty_place: Place) -> None:
    client = empty_place.open()
    run = due_run(client)
    with client._db.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"was written by a newer flowtui \(schema 9999\). Use that one, or another"):
        empty_place.open()
    assert client.read_flow_run(run.id) == run
