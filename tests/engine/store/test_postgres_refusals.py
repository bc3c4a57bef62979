"""A PostgreSQL store that cannot be used says why in a sentence, and nobody ever shows its password."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StoreError
from flowtui.engine.settings import Settings
from flowtui.engine.store import schema
from flowtui.engine.store.postgres import shown
from tests.engine.store.own_postgres import PASSWORD, OwnPostgres, own_postgres
from tests.support import clean_environment, run_flowtui, run_python

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


def refusal(settings: Settings, url: str) -> str:
    with pytest.raises(StoreError) as caught:
        LocalClient.open(replace(settings, database_url=url))
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_wrong_password(server: OwnPostgres, settings: Settings) -> None:
    said = refusal(settings, server.url.replace(PASSWORD, "guessed"))
    assert said == (
        f"The PostgreSQL server at 127.0.0.1:{server.port} does not let user 'postgres' in: wrong or missing password. "
        "Check FLOWTUI_DATABASE_URL."
    )


def test_a_missing_password(server: OwnPostgres, settings: Settings) -> None:
    assert "wrong or missing password" in refusal(settings, server.url.replace(f":{PASSWORD}", ""))


def test_a_missing_database(server: OwnPostgres, settings: Settings) -> None:
    said = refusal(settings, server.url.replace("/flows", "/streams"))
    assert said == (
        f"The PostgreSQL server at 127.0.0.1:{server.port} has no database 'streams'. Make it with: createdb streams"
    )


def test_a_server_that_is_too_old(server: OwnPostgres, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "OLDEST", (99,))
    assert "flowtui needs 99 or newer" in refusal(settings, server.url)


def test_a_schema_that_is_newer(server: OwnPostgres, settings: Settings) -> None:
    LocalClient.open(replace(settings, database_url=server.url)).close()
    server.run("UPDATE alembic_version SET version_num = '9999'", "flows")
    said = refusal(settings, server.url)
    server.empty()
    assert "was written by a newer flowtui (schema 9999)." in said


def test_a_user_who_may_not_make_tables(server: OwnPostgres, settings: Settings) -> None:
    server.run(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
    server.empty()
    said = refusal(settings, server.url.replace("//postgres:", "//guest:"))
    assert "permission denied for schema public" in said


def test_too_many_connections(server: OwnPostgres, settings: Settings) -> None:
    server.run(f"CREATE ROLE crowd LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
    said = refusal(settings, server.url.replace("//postgres:", "//crowd:"))
    assert 'too many connections for role "crowd"' in said


def test_a_driver_that_is_not_installed(server: OwnPostgres, settings: Settings) -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from flowtui.engine.client.current import current_client\n"
        "current_client()"
    )
    done = run_python("-c", program, env=clean_environment(settings.home, FLOWTUI_DATABASE_URL=server.url))
    assert done.returncode == 1
    assert (
        'psycopg, which talks to it, is not installed. Install it with: pip install "flowtui[postgres]"' in done.stderr
    )
    assert PASSWORD not in done.stderr.split("StoreError:")[-1]


@pytest.mark.parametrize(
    ("url", "harmless"),
    [
        ("postgresql://me:s3cret@host/db", "postgresql://me:***@host/db"),
        (
            "postgresql://me@host/db?password=s3cret&sslmode=require",
            "postgresql://me@host/db?password=***&sslmode=require",
        ),
        ("postgres//me:s3cret@host", "postgres//me:***@host"),
        ("postgresql+psycopg://me:s3c:r%40et@host/db", "postgresql+psycopg://me:***@host/db"),
        ("sqlite:////home/me/flowtui.db", "sqlite:////home/me/flowtui.db"),
    ],
)
def test_what_is_shown_of_a_url_has_no_password(url: str, harmless: str) -> None:
    assert shown(url) == harmless


def test_a_url_that_makes_no_sense_keeps_its_password_to_itself(settings: Settings) -> None:
    assert "is no database URL" in refusal(settings, f"postgresql//me:{PASSWORD}@host:port/db")


def test_no_command_shows_the_password(server: OwnPostgres, settings: Settings) -> None:
    """Neither when all is well nor when the server cannot be reached."""
    server.empty()
    for url in (server.url, server.url.replace(str(server.port), "1")):
        env = clean_environment(settings.home, FLOWTUI_DATABASE_URL=url)
        for command in (["info"], ["flow-run", "ls"]):
            done = run_flowtui(*command, env=env)
            assert PASSWORD not in done.stdout + done.stderr
            assert "Traceback" not in done.stderr


def test_connections_say_whose_they_are_and_wait_for_nothing_for_ever(server: OwnPostgres, settings: Settings) -> None:
    server.empty()
    client = LocalClient.open(replace(settings, database_url=server.url))
    with client._db.read() as connection:
        shows = {
            name: connection.execute(sa.text(f"SHOW {name}")).scalar()
            for name in (
                "application_name", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"
            )
        }  # fmt: skip
    client.close()
    assert shows == {
        "application_name": "flowtui",
        "lock_timeout": "2s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "10s",
    }
