"""The whole thing on PostgreSQL: a script, a deployment, a backend with its worker, and whoever looks on."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowtui import flow, task
from flowtui.engine.client.current import current_client
from tests.e2e.conftest import Flowtui
from tests.engine.store.databases import Place
from tests.server.backends import server_process
from tests.support import run_flowtui, run_python, wait_until

pytestmark = pytest.mark.postgres

ETL = """
from flowtui import flow, get_run_logger, task

@task
def double(x):
    get_run_logger().info("doubling %s", x)
    return 2 * x

@flow
def etl(n: int = 3):
    return sum(double.map(range(n)).result())

if __name__ == "__main__":
    print("sum", etl())
"""


def test_a_flow_called_here_is_kept_there(on_postgres: Place) -> None:
    @task
    def one(x: int) -> int:
        return x + 1

    @flow(name="counts")
    def counts() -> int:
        return sum(one.map(range(50)).result())

    assert counts() == 1275
    client = current_client()
    assert client.address.startswith("postgresql")
    (run,) = client.list_flow_runs().items
    assert (run.flow_name, run.state.name, run.stats.tasks, run.stats.done) == ("counts", "Completed", 50, 50)


def test_a_script_runs_on_it_and_the_command_line_shows_it(on_postgres: Place, project: Path, flowtui: Flowtui) -> None:
    (project / "etl.py").write_text(ETL)
    done = run_python("etl.py", env=on_postgres.environment(), cwd=project)
    assert (done.returncode, done.stdout) == (0, "sum 6\n"), done.stderr
    (run,) = flowtui("flow-run", "ls", "-o", "json").json
    assert (run["flow_name"], run["state"]["type"]) == ("etl", "COMPLETED")
    lines = flowtui("flow-run", "logs", run["id"]).out
    assert [lines.count(f"doubling {x}") for x in range(3)] == [1, 1, 1]
    tasks = flowtui("task-run", "ls", run["id"], "-o", "json").json
    assert len(tasks) == 3


def test_a_deployment_is_run_by_a_server_and_followed_from_elsewhere(
    on_postgres: Place, project: Path, flowtui: Flowtui
) -> None:
    (project / "etl.py").write_text(ETL)
    assert flowtui("deploy", "etl.py:etl", "--name", "prod").code == 0
    with server_process(on_postgres.settings.home, FLOWTUI_DATABASE_URL=on_postgres.settings.database_url):
        env = on_postgres.environment()
        done = run_flowtui("deployment", "run", "etl/prod", "--param", "n=5", "--watch", env=env)
        assert done.returncode == 0, done.stderr
        assert "Completed" in done.stdout + done.stderr
        (run,) = flowtui("flow-run", "ls", "-o", "json").json
        followed = run_flowtui("flow-run", "logs", run["id"], "--follow", env=env)
        assert followed.returncode == 0, followed.stderr
        assert followed.stdout.count("doubling") == 5
        served = flowtui("server", "status", "-o", "json").json
        assert [one["kind"] for one in served] == ["server"]
    wait_until(lambda: not current_client().list_backends(), what="the server to have taken its leave")


LONG = """
import pathlib, sys, time
from flowtui import flow

@flow
def long():
    print("it is on its way", flush=True)
    while True:
        time.sleep(0.05)

long()
"""


def test_a_run_is_cancelled_from_another_process(on_postgres: Place, project: Path, flowtui: Flowtui) -> None:
    (project / "long.py").write_text(LONG)
    with subprocess.Popen(
        [sys.executable, "long.py"], env=on_postgres.environment(), cwd=project, stdout=subprocess.PIPE, text=True
    ) as script:
        assert script.stdout is not None
        try:
            assert "on its way" in script.stdout.readline()
            (run,) = flowtui("flow-run", "ls", "-o", "json").json
            assert flowtui("flow-run", "cancel", run["id"]).code == 0
            script.wait(20)
        finally:
            if script.poll() is None:
                script.send_signal(signal.SIGKILL)
    assert current_client().read_flow_run(run["id"]).state.name == "Cancelled"


def test_info_says_where_the_store_is_and_no_password(on_postgres: Place, flowtui: Flowtui) -> None:
    facts = flowtui("info", "-o", "json").json
    assert re.match(r"postgresql(\+psycopg)?://postgres", facts["store"])
    assert facts["served_by"] == "nobody"
