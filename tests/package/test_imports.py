"""What an import loads: the price of starting is held by names of modules, which do not depend on the machine."""

import json
import sys
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import NewFlowRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Completed
from tests.support import run_python

STDLIB = sys.stdlib_module_names | {"__main__"}
STORE = {"sqlalchemy", "alembic", "psycopg"}
TERMINAL = {"textual", "rich"}
WEB = {"starlette", "fastapi", "uvicorn", "httpx", "websockets"}
SERVICES = {"apscheduler", "croniter"}
REST = {"cryptography", "cyclopts", "coolname", "cloudpickle", "yaml", "ruamel", "dateutil", "psutil"}


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after a statement ran in a Python of its own."""
    script = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = run_python("-c", script)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_but_itself() -> None:
    before, after = loaded_by("pass"), loaded_by("import flowtui")

    assert {name for name in after - before if name not in STDLIB} == {"flowtui"}


def test_importing_flow_and_task_loads_no_heavy_library() -> None:
    """All of these are imported where they are used: the store at the first run, the rest perhaps never."""
    loaded = loaded_by("from flowtui import flow, task")

    assert loaded & (STORE | TERMINAL | WEB | SERVICES | REST | {"asyncio", "multiprocessing"}) == set()


def test_decorating_loads_no_store() -> None:
    """A module with fifty flows is imported by every worker and every `flowtui deploy`."""
    loaded = loaded_by("from flowtui import flow, task\n@task\ndef t(): ...\n@flow\ndef f(): t()")

    assert loaded & (STORE | TERMINAL | WEB | SERVICES) == set()


def test_asking_for_the_version_loads_nothing_but_the_face() -> None:
    """`flowtui --version` has to answer within 80 ms, most of which is Python itself."""
    loaded = loaded_by(
        "import contextlib, sys\n"
        "sys.argv = ['flowtui', '--version']\n"
        "with contextlib.suppress(SystemExit):\n"
        "    import flowtui.__main__ as face\n"
        "    face.main()"
    )

    assert loaded & (STORE | TERMINAL | WEB | SERVICES | REST | {"pydantic", "asyncio", "anyio"}) == set()


READ_RUNS = """
import json, sys
from flowtui.engine.client.local import LocalClient
from flowtui.engine.query import Query
from flowtui.engine.settings import current_settings
client = LocalClient.open(current_settings())
assert client.list_flow_runs(Query(), limit=10).items
print(json.dumps(sorted(sys.modules)))
"""


def test_a_reader_of_runs_in_sqlite_loads_nothing_of_what_others_need(home: Path) -> None:
    """The workstation's first rows wait for what it loads."""
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    client.create_flow_run(NewFlowRun(flow_name="f", name="ré", state=Completed()))
    client.close()
    done = run_python("-c", READ_RUNS)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))

    assert (
        loaded
        & {
            "sqlalchemy.dialects.postgresql",
            "alembic",
            "pydantic",
            "croniter",
            "flowtui.engine.blocks.documents",
            "flowtui.engine.pools",
            "flowtui.engine.store.batch",
            "flowtui.engine.store.work_pools",
        }
        == set()
    )


@pytest.mark.parametrize("command", [["flow-run", "ls"], ["flow-run", "inspect", "ré"], ["flow-run", "logs", "ré"]])
def test_a_command_that_prints_loads_no_textual(home: Path, command: list[str]) -> None:
    """It is a quarter of what such a command takes; tables and colours need Rich alone."""
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    client.create_flow_run(NewFlowRun(flow_name="f", name="ré", state=Completed()))
    client.close()
    loaded = loaded_by(
        "import contextlib, sys\n"
        f"sys.argv = ['flowtui', *{command!r}]\n"
        "with contextlib.suppress(SystemExit):\n"
        "    import flowtui.__main__ as face\n"
        "    face.main()"
    )

    assert "cyclopts" in loaded  # else this test would say nothing
    assert "textual" not in loaded


def test_colours_of_log_lines_need_no_textual() -> None:
    loaded = loaded_by("from flowtui.tui.sgr import parse_sgr\nassert len(parse_sgr('a \\x1b[31mred')) == 2")

    assert "rich" in loaded
    assert "textual" not in loaded


def test_running_a_flow_loads_no_terminal_and_no_web_framework() -> None:
    loaded = loaded_by("from flowtui import flow\n@flow\ndef f(): return 1\nassert f() == 1")

    assert loaded & (TERMINAL | {"starlette", "fastapi", "uvicorn", "apscheduler", "cyclopts", "alembic"}) == set()
    assert "sqlalchemy" in loaded  # else this test would say nothing


@pytest.mark.parametrize(
    ("part", "missing"),
    [("engine", "textual rich fastapi starlette uvicorn apscheduler"), ("server", "textual rich")],
)
def test_a_part_works_without_what_it_must_not_know(part: str, missing: str) -> None:
    """Every module is imported where those cannot be: "is it loaded" is no test, httpx loads Rich when it finds it."""
    done = run_python(
        "-c",
        f"import importlib, pkgutil, sys\n"
        f"sys.modules.update(dict.fromkeys({missing.split()}))\n"
        f"import flowtui.{part} as part\n"
        "for module in pkgutil.walk_packages(part.__path__, part.__name__ + '.'):\n"
        "    if '.migrations.' not in module.name:  # alembic runs those by path\n"
        "        importlib.import_module(module.name)\n",
    )

    assert done.returncode == 0, done.stderr
