"""How long a triggered run waits: from its creation by another process to Running, and to its first line.

Both contenders run a server and a process worker on this machine, and the run is one of a deployment. flowtui's is
watched through the change feed, as the workstation does it; Prefect's through its API, every 50 ms.
"""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.servers import serving
from benchmarks.side_by_side import Contender, Row, contenders, fresh_home, median, program, show

RUNS = 20
PREFECT_RUNS = 3
"""Each takes it about ten seconds."""
WARM_UP = 2
PATIENCE = 60.0

Pickup = tuple[float, float]
"""Seconds until Running, and until the first line."""


def main() -> None:
    figures: dict[str, list[Pickup]] = {}
    for contender in contenders():
        with fresh_home() as home, serving(contender, home) as api:
            pick_up = flowtui_pickups if contender.name == "flowtui" else prefect_pickups
            figures[contender.name] = pick_up(contender, home, api)
    ours, theirs = figures["flowtui"], figures.get("prefect")
    rows = []
    for number, (what, bar) in enumerate((("created until Running", 0.3), ("created until its first line", 0.7))):
        mine = [pickup[number] for pickup in ours]
        other = median([pickup[number] for pickup in theirs]) * 1000 if theirs else None
        rows.append(Row(what=f"{what}, median", unit="ms", flowtui=median(mine) * 1000, prefect=other, bar=bar * 1000))
        rows.append(Row(what=f"{what}, p95", unit="ms", flowtui=sorted(mine)[int(len(mine) * 0.95)] * 1000))
    show("picking up a triggered run", rows, [f"Medians of {RUNS} runs (Prefect: {PREFECT_RUNS})."])


def flowtui_pickups(contender: Contender, home: Path, api: str) -> list[Pickup]:
    from flowtui.engine.client.local import LocalClient
    from flowtui.engine.model import DeploymentSpec
    from flowtui.engine.settings import Settings

    program("pickup", contender, home)
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    try:
        spec = DeploymentSpec(name="bench", flow_name="pickup", entrypoint="pickup.py:pickup", path=str(home))
        deployment = client.save_deployment(spec)
        pickups = [_one_of_ours(client, deployment.id) for _ in range(WARM_UP + RUNS)]
        return pickups[WARM_UP:]
    finally:
        client.close()


def _one_of_ours(client: Any, deployment_id: str) -> Pickup:
    created = time.perf_counter()
    run_id = client.run_deployment(deployment_id).id

    def started() -> bool:
        return bool(client.read_flow_run(run_id).run_count)

    def spoken() -> bool:
        return any("the first line" in line.message for line in client.read_logs(run_id).lines)

    def watch(condition: Callable[[], bool]) -> float:
        seen = 0
        while not condition():
            if time.perf_counter() - created > PATIENCE:
                raise SystemExit(f"the run was not picked up within {PATIENCE:g} s")
            seen = client.wait(seen, 1.0)
        return time.perf_counter() - created

    pickup = watch(started), watch(spoken)
    while not client.read_flow_run(run_id).state.is_final():
        time.sleep(0.01)
    return pickup


PREFECT_YAML = """
deployments:
- name: bench
  entrypoint: pickup.py:pickup
  work_pool: {name: local}
"""


def prefect_pickups(contender: Contender, home: Path, api: str) -> list[Pickup]:
    env = contender.environment(home) | {"PREFECT_API_URL": api}
    program("pickup", contender, home)
    (home / "prefect.yaml").write_text(PREFECT_YAML)
    for command in (["work-pool", "create", "local", "--type", "process"], ["deploy", "--all"]):
        subprocess.run([contender.command, *command], env=env, cwd=home, capture_output=True, check=True)
    with _prefect_worker(contender, env, home):
        deployment = _ask(f"{api}/deployments/name/pickup/bench")
        return [_one_of_theirs(api, deployment["id"]) for _ in range(1 + PREFECT_RUNS)][1:]


def _one_of_theirs(api: str, deployment_id: str) -> Pickup:
    created = time.perf_counter()
    run_id = _ask(f"{api}/deployments/{deployment_id}/create_flow_run", {})["id"]
    where = {"logs": {"flow_run_id": {"any_": [run_id]}}}

    def watch(condition: Callable[[], bool]) -> float:
        while not condition():
            if time.perf_counter() - created > PATIENCE:
                raise SystemExit(f"the run was not picked up within {PATIENCE:g} s")
            time.sleep(0.05)
        return time.perf_counter() - created

    return (
        watch(lambda: _ask(f"{api}/flow_runs/{run_id}")["run_count"] > 0),
        watch(lambda: any("the first line" in line["message"] for line in _ask(f"{api}/logs/filter", where))),
    )


@contextmanager
def _prefect_worker(contender: Contender, env: dict[str, str], home: Path) -> Iterator[None]:
    with (home / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [contender.command, "worker", "start", "--pool", "local"], env=env, cwd=home, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "started" not in (home / "worker.log").read_text():
            if time.monotonic() > deadline or worker.poll() is not None:
                raise SystemExit(f"the worker did not start: {(home / 'worker.log').read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def _ask(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    for _ in range(50):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503:  # its database was locked; the time until it is not counts
                raise
            time.sleep(0.2)
    raise SystemExit(f"{url} was not served")


if __name__ == "__main__":
    main()
