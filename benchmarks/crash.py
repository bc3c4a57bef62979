"""kill -9 of a flow's process: how long until its run is Crashed, and what a retry of it repeats."""

import json
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.servers import serving
from benchmarks.side_by_side import FLOWTUI, Contender, Row, contenders, fresh_home, program, show

LEASE_SECONDS = 5.0
PATIENCE = 60.0
"""How long Prefect's run is watched before it is called still Running."""


def main() -> None:
    seconds: dict[str, float] = {}
    notes = []
    repeated = 0
    for contender in contenders():
        with fresh_home() as home:
            settings = {"FLOWTUI_LEASE_SECONDS": str(LEASE_SECONDS)} if contender.name == "flowtui" else {}
            with serving(contender, home, **settings) as api:
                env = contender.environment(home) | settings | {"BENCH_TRACE": str(home / "trace")}
                if contender.name == "prefect":
                    env["PREFECT_API_URL"] = api
                look = flowtui_state if contender.name == "flowtui" else prefect_state(api)
                path = program("crash", contender, home)
                seconds[contender.name], last = until_crashed(contender, path, env, look)
                notes.append(f"{contender.name}: the run was last seen {last}.")
                if contender.name == "flowtui":
                    repeated = retry(contender, path, env)
    theirs = seconds.get("prefect")
    show(
        "kill -9 of a flow's process",
        [
            Row(
                what="until the run is Crashed",
                unit="s",
                flowtui=seconds["flowtui"],
                prefect=theirs,
                bar=2 * LEASE_SECONDS,
            ),
            Row(what="completed tasks that a retry ran again, of 5", unit="", flowtui=repeated, bar=0),
        ],
        [
            f"flowtui with leases of {LEASE_SECONDS:g} s (30 s unless set), so the bar is {2 * LEASE_SECONDS:g} s.",
            f"Prefect was watched for {PATIENCE:g} s, which is the figure when it noticed nothing.",
            *notes,
        ],
    )


def until_crashed(
    contender: Contender, path: Path, env: dict[str, str], look: Callable[[dict[str, str]], str]
) -> tuple[float, str]:
    """Kill the process once its last task hangs. Answers with the seconds until Crashed, and the last state's name."""
    process = subprocess.Popen([contender.python, str(path)], env=env, cwd=path.parent, stderr=subprocess.DEVNULL)
    wait_for(lambda: "hang" in _trace(env), 60)
    time.sleep(2)  # what was done before is now in the store, for the one that writes it afterwards
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = time.monotonic()
    while True:
        state = look(env)
        waited = time.monotonic() - killed
        if state == "Crashed" or waited > PATIENCE:
            return waited, state
        time.sleep(0.05)


def retry(contender: Contender, path: Path, env: dict[str, str]) -> int:
    """Run the crashed run again, and count the completed tasks that it repeated."""
    run = _flow_runs(env)[0]
    done = subprocess.run(
        [contender.command, "flow-run", "retry", run["id"], "--entrypoint", f"{path}:crash"],
        env=env,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    wait_for(lambda: _flow_runs(env)[0]["state_name"] == "Completed", 30, done.stderr)
    calls = Counter(line for line in _trace(env).splitlines() if line.startswith("step"))
    return sum(times - 1 for times in calls.values())


def wait_for(condition: Callable[[], bool], seconds: float, why: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:g} s in vain. {why}")
        time.sleep(0.05)


def _trace(env: dict[str, str]) -> str:
    path = Path(env["BENCH_TRACE"])
    return path.read_text() if path.exists() else ""


def _flow_runs(env: dict[str, str]) -> list[dict[str, Any]]:
    command = [FLOWTUI.command, "flow-run", "ls", "--limit", "5", "-o", "json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    runs: list[dict[str, Any]] = json.loads(done.stdout)
    return runs


def flowtui_state(env: dict[str, str]) -> str:
    """The name of the newest run's state, as the command line tells it."""
    return str(_flow_runs(env)[0]["state_name"])


def prefect_state(api: str) -> Callable[[dict[str, str]], str]:
    """The same, asked of Prefect's server."""

    def look(env: dict[str, str]) -> str:
        request = urllib.request.Request(
            f"{api}/flow_runs/filter",
            data=json.dumps({"limit": 1}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)[0]["state_name"])

    return look


if __name__ == "__main__":
    main()
