"""The machine's clock is set, forwards and backwards, under a real server: services go on, and no live run is lost.

By libfaketime, which lies to a process about the time of day and not about how much has passed.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.settings import Settings
from tests.engine.store.databases import Place
from tests.server.backends import server_process
from tests.support import run_flowtui, wait_until

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is missing: apt-get install faketime")

LEASE = 8.0
FLOW = """
import time
from pathlib import Path
from flowtui import flow

@flow
def patient(until: str = ""):
    while until and not Path(until).exists():
        time.sleep(0.05)

if __name__ == "__main__":
    import sys
    patient(sys.argv[1])
"""


# libfaketime refuses the call that Python sleeps by, so its processes sleep by another one.
SLEEP = """
import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds) and None
"""


class Machine:
    """Processes of one machine, whose clock a test sets."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder = place, folder
        self._clock = folder / "clock"
        self.set("+0")
        (folder / "patient.py").write_text(FLOW)
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SLEEP)

    def set(self, offset: str) -> None:
        self._clock.write_text(f"{offset}\n")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "FLOWTUI_LEASE_SECONDS": str(LEASE),
            "PYTHONPATH": str(self.folder / "site"),
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def start(self) -> str:
        """Run the deployment; the id of the run."""
        command = ("deployment", "run", "patient/test", "-o", "json")
        done = run_flowtui(*command, env=self.place.environment(**self.settings), cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["id"])

    @contextmanager
    def script(self) -> Iterator[None]:
        """A script that runs for ever, or until it is killed."""
        self._script = subprocess.Popen(
            [sys.executable, "patient.py", str(self.folder / "never")],
            env=self.place.environment(**self.settings),
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            self.kill_script()

    def kill_script(self) -> None:
        self._script.kill()
        self._script.wait()


def ticks(api: str) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        with urllib.request.urlopen(api.replace("/api", "") + "/api/flowtui/health", timeout=5) as answer:
            return {one["name"]: one for one in json.load(answer)["services"]}

    return ask


def is_now(client: LocalClient, run_id: str, *names: str) -> bool:
    return client.read_flow_run(run_id).state.name in names


def check(place: Place, folder: Path, step: str) -> None:
    machine, client, enough = Machine(place, folder), place.open(), folder / "enough"
    spec = DeploymentSpec(name="test", flow_name="patient", entrypoint="patient.py:patient", path=str(folder))
    deployment = client.save_deployment(spec)
    url = place.settings.database_url
    with server_process(place.settings.home, **machine.settings, FLOWTUI_DATABASE_URL=url) as server, machine.script():
        services = ticks(server.api)  # type: ignore[attr-defined]
        live = client.run_deployment(deployment.id, parameters={"until": str(enough)}).id
        wait_until(lambda: len(running(client)) == 2, 20, "the run and the script to be running")
        (lost,) = running(client) - {live}
        before = wait_until(lambda: services()["schedules"]["last_ok"], 20, "the services to have begun")
        machine.set(step)
        wait_until(lambda: services()["schedules"]["last_ok"][:13] != before[:13], 20, "the services to go on")
        quick = machine.start()
        wait_until(lambda: is_now(client, quick, "Completed"), 20, "another run to be run")
        machine.kill_script()
        wait_until(lambda: is_now(client, lost, "Crashed"), 3 * LEASE, "the killed script to have crashed")
        assert is_now(client, live, "Running")
        enough.touch()
        wait_until(lambda: is_now(client, live, "Completed", "Crashed", "Failed"), 20, "the run to end")
        assert [one.name for one in client.flow_run_states(live)] == ["Scheduled", "Pending", "Running", "Completed"]


@pytest.mark.parametrize("step", ["-1h", "+1h"])
def test_services_go_on_and_live_runs_live_when_the_clock_is_set(settings: Settings, tmp_path: Path, step: str) -> None:
    with Place(settings).kept() as place:
        check(place, tmp_path, step)


@pytest.mark.postgres
def test_a_server_whose_clock_is_set_back_beside_its_postgres(on_postgres: Place, tmp_path: Path) -> None:
    check(on_postgres, tmp_path, "-1h")


def running(client: LocalClient) -> set[str]:
    return {run.id for run in client.list_flow_runs().items if run.state.is_running()}
