"""The schema: migrations and tables say the same, and a store of a newer flowtui is left alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from flowtui.engine.errors import StoreError
from flowtui.engine.ids import new_id
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
    with database.write() as connection:
        schema._migrate(database, connection, schema.HEAD)
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
    """As the first release made it: the tables of the first migration, a deployment, and a run that waits."""
    empty_place.settings.home.mkdir(parents=True)
    old = Database(empty_place.settings)
    migrate_to("0001", old)
    ids = fill_as_the_first_release_did(old)
    old.close()
    client = empty_place.open()
    run = client.read_flow_run(ids["run"])
    assert (run.name, run.state.name, run.work_pool_name, run.retries) == ("amber-auk", "Scheduled", "moon", 0)
    assert client.read_deployment(ids["deployment"]).collision_strategy == "ENQUEUE"
    assert [(pool.name, pool.type) for pool in client.list_work_pools()] == [("local", "process"), ("moon", "process")]
    assert [(q.pool_name, q.name) for q in client.list_work_queues("moon")] == [("moon", "default"), ("moon", "fast")]
    assert client.set_variable("x", 1).value == 1


def migrate_to(version: str, database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def fill_as_the_first_release_did(database: Database) -> dict[str, str]:
    """One row of each table that later migrations change."""
    ids = {name: new_id() for name in ("flow", "run", "deployment", "state")}
    state = {"state_id": ids["state"], "state_type": "SCHEDULED", "state_name": "Scheduled", "state_at": 0}
    rows: dict[str, dict[str, Any]] = {
        "flow": {"id": ids["flow"], "name": "etl", "created": 0},
        "deployment": {
            "id": ids["deployment"],
            "flow_id": ids["flow"],
            "name": "d",
            "full_name": "etl/d",
            "entrypoint": "f.py:etl",
            "path": "/",
            "parameters": "{}",
            "parameter_openapi_schema": "{}",
            "enforce_parameter_schema": True,
            "tags": "[]",
            "paused": False,
            "job_variables": "{}",
            "work_pool_name": "moon",
            "work_queue_name": "fast",
            "created": 0,
            "updated": 0,
        },
        "flow_run": {
            "id": ids["run"],
            "flow_id": ids["flow"],
            "name": "amber-auk",
            "parameters": "{}",
            "tags": "[]",
            **state,
            "sort_time": 0,
            "run_count": 0,
            "total_run_time": 0,
            "auto_scheduled": False,
            "epoch": 0,
            "work_pool_name": "moon",
            "work_queue_name": "fast",
            "created": 0,
            "updated": 0,
            "deployment_id": ids["deployment"],
        },
        "run_queue": {
            "flow_run_id": ids["run"],
            "pool": "moon",
            "queue": "fast",
            "due": 0,
            "epoch": 0,
            "state_type": "SCHEDULED",
            "state_name": "Scheduled",
        },
    }
    with database.write() as connection:
        for table, row in rows.items():
            columns = [sa.column(name) for name in row]
            connection.execute(sa.insert(sa.table(table, *columns)), row)
    return ids


def test_a_store_of_a_newer_flowtui_is_refused_and_left_as_it_is(empty_place: Place) -> None:
    client = empty_place.open()
    run = due_run(client)
    with client._db.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"was written by a newer flowtui \(schema 9999\). Use that one, or another"):
        empty_place.open()
    assert client.read_flow_run(run.id) == run
