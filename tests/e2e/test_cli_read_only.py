"""A profile that is read-only: every command that would change its store is refused, and every other one works."""

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flowtui.engine.client.current import close_current_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.settings import Settings, forget_settings
from flowtui.engine.states import Failed, Paused, Running, Scheduled
from tests.support import clean_environment, run_flowtui, run_python
from tests.tui.servers import BEGIN, add_run, write_profiles

FLOW = """
from pathlib import Path
from flowtui import flow, task

@task
def alone():
    Path("touched").touch()

@flow
def etl():
    Path("touched").touch()

if __name__ == "__main__":
    etl()
"""


@pytest.fixture
def prod(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a store with something of each kind in it; its profile only reads, and is the one in use."""
    file = tmp_path / "prod.db"
    with closing(LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)} | _at(file)))) as client:
        for minute, state in enumerate((Failed(), Running(), Paused(), Scheduled(BEGIN))):
            add_run(client, state.name.lower(), minute, state)
        client.save_deployments(
            [DeploymentSpec(flow_name="etl", name="nightly", entrypoint="flows.py:etl", path=str(tmp_path))]
        )
        client.set_variable("colour", "blue")
        client.create_work_pool("pool", type="process")
    write_profiles(home, {"prod": f"sqlite:///{file}"}, {"prod": "read_only = true"})
    (tmp_path / "flows.py").write_text(FLOW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWTUI_PROFILE", "prod")
    forget_settings()
    return file


def _at(file: Path) -> dict[str, str]:
    return {"FLOWTUI_DATABASE_URL": f"sqlite:///{file}"}


def kept(file: Path) -> list[str]:
    """All that is in a store."""
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


CHANGING = """
flow-run cancel running | flow-run delete failed --yes | flow-run delete state:failed --yes | flow-run pause running
flow-run suspend running | flow-run resume paused | flow-run restore failed | flow-run retry failed
flow-run retry failed --entrypoint flows.py:etl | flow-run execute scheduled --entrypoint flows.py:etl
flow-run set-state failed --state completed | flow-run tag failed --add a
deployment run etl/nightly | deployment pause etl/nightly | deployment resume etl/nightly
deployment delete etl/nightly --yes | deployment schedule create etl/nightly --cron '0 3 * * *'
deploy flows.py:etl -n new | flow serve flows.py:etl | run flows.py:etl
variable set colour red --overwrite | variable unset colour
work-pool create other | work-pool pause pool | work-pool delete pool --yes | work-queue create q --pool pool
concurrency-limit create tag 3 | gcl create lock --limit 1 | cache clear --all --yes
worker start --pool pool | server start --port 0 | task serve flows.py:alone
"""
READING = """
flow-run ls | flow-run inspect failed | flow-run logs failed | flow-run why failed | flow-run diff failed running
flow-run cancel state:running --dry-run | flow-run retry failed --plan
deployment ls | deployment inspect etl/nightly | variable get colour | variable ls | work-pool ls
work-pool preview pool | work-queue ls | concurrency-limit ls | gcl ls | block ls | artifact ls
asset ls | worker ls | cache ls | view ls
flow ls | task-run ls | info | profile ls | profile inspect prod
"""


def _words(lines: str) -> list[list[str]]:
    return [shlex.split(one) for line in lines.strip().splitlines() for one in line.split("|")]


def test_what_would_change_the_store_is_refused_and_the_rest_is_answered(flowtui, prod, tmp_path) -> None:
    before, wrong = kept(prod), []
    for words in _words(CHANGING):
        done = flowtui(*words)
        if done.code != 2 or "Nothing is changed in profile 'prod' (" not in done.err:
            wrong.append((words, done))
    for words in _words(READING):
        done = flowtui(*words)
        if done.code != 0:
            wrong.append((words, done))
    assert not wrong
    assert "(running flow 'etl' was asked for)" in flowtui("run", "flows.py:etl").err
    assert "(cancel 1 flow run was asked for)" in flowtui("flow-run", "cancel", "state:running", "--yes").err
    close_current_client()
    assert kept(prod) == before and not (tmp_path / "touched").exists()


def test_processes_keep_to_it_too(prod, home, tmp_path) -> None:
    env, before = clean_environment(), kept(prod)
    refused = run_flowtui("-p", "prod", "variable", "set", "colour", "red", "--overwrite", env=env)
    assert (
        refused.returncode == 2
        and "Nothing is changed in profile 'prod' (set variable was asked for)" in refused.stderr
    )
    assert "blue" in run_flowtui("-p", "prod", "variable", "get", "colour", env=env).stdout
    script = run_python("flows.py", env=env | {"FLOWTUI_PROFILE": "prod"}, cwd=tmp_path)
    assert script.returncode == 1
    assert "ReadOnly: Nothing is changed in profile 'prod' (running flow 'etl' was asked for)" in script.stderr
    alone = run_python("-c", "import flows; flows.alone()", env=env | {"FLOWTUI_PROFILE": "prod"}, cwd=tmp_path)
    assert alone.returncode == 1 and "(running task 'alone' was asked for)" in alone.stderr
    assert kept(prod) == before and not (tmp_path / "touched").exists() and not (home / "storage").exists()

    said_otherwise = env | {"FLOWTUI_PROFILE": "prod", "FLOWTUI_READ_ONLY": "false"}  # the environment counts more
    assert run_flowtui("variable", "set", "colour", "red", "--overwrite", env=said_otherwise).returncode == 0
    asked = run_flowtui("variable", "set", "a", "b", env=env | _at(prod) | {"FLOWTUI_READ_ONLY": "true"})
    assert asked.returncode == 2 and "FLOWTUI_READ_ONLY is set" in asked.stderr


def test_no_store_is_made_or_migrated_for_who_only_reads(flowtui, prod, home, tmp_path) -> None:
    close_current_client()
    with closing(sqlite3.connect(prod)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    before = kept(prod)
    old = flowtui("flow-run", "ls")
    assert old.code == 3 and "has schema 0001, and this flowtui needs" in old.err
    assert kept(prod) == before
    write_profiles(home, {"prod": f"sqlite:///{tmp_path}/nowhere/flows.db"}, {"prod": "read_only = true"})
    forget_settings()
    missing = flowtui("flow-run", "ls")
    assert missing.code == 3 and "There is no store at" in missing.err
    assert not (tmp_path / "nowhere").exists()
