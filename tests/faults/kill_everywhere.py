"""Kill a flow's process at each step of each of its generators, retry the run, and say what happened, as JSON.

Run as a program of its own, because it forks: `kill_everywhere.py FOLDER`. Each case has a home of its own in FOLDER,
two children (one that is killed at step n, one that runs the run again) and a line of output. The first case in which
nobody was killed is the last.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import flowtui.engine.runs.flow_run as flow_run
import flowtui.engine.runs.task_run as task_run
from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import FlowRun, TaskRunFilter
from flowtui.engine.runs.execute import run_again_here
from flowtui.engine.settings import Settings, forget_settings
from flowtui.engine.states import StateType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import wait_until

effects: Path


def note(what: str) -> None:
    """An effect on the world, which a kill does not undo."""
    with effects.open("a") as file:
        file.write(f"{os.getpid()} {what}\n")


@task(retries=1)
def extract(number: int) -> int:
    note(f"extract {number}")
    if number == 2 and effects.read_text().count(f"{os.getpid()} extract 2") == 1:
        raise ConnectionError("the first try always fails")
    return number * 10


@task
def add(numbers: list[int]) -> int:
    note("add")
    return sum(numbers)


@flow
def inner(total: int) -> int:
    return add([total, 1])


@flow
def main() -> int:
    futures = [extract.submit(number) for number in (1, 2)]
    return inner(add(futures))


class Countdown:
    """Kills this process at step `n` of all generators together, after what came before it is on the disk or not."""

    def __init__(self, n: int, *, flushed: bool) -> None:
        self.left, self.flushed = n, flushed

    def watch(self, make: Callable[..., Generator[Any, Any, Any]]) -> Callable[..., Generator[Any, Any, Any]]:
        def watched(*arguments: Any) -> Generator[Any, Any, Any]:
            steps = make(*arguments)
            try:
                step = next(steps)
                while True:
                    self.tick()
                    try:
                        reply = yield step
                    except BaseException as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(reply)
            except StopIteration as stop:
                return stop.value

        return watched

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            if self.flushed:
                client().flush()
            os.kill(os.getpid(), signal.SIGKILL)


def client() -> LocalClient:
    from flowtui.engine.client.current import current_client

    return current_client()  # type: ignore[return-value]


def in_child(work: Callable[[], None]) -> int:
    """Do it in a fork; its exit code, or minus its signal."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(n: int, *, flushed: bool) -> None:
    countdown = Countdown(n, flushed=flushed)
    flow_run.flow_steps = countdown.watch(flow_run.flow_steps)  # type: ignore[assignment]
    task_run.task_steps = countdown.watch(task_run.task_steps)  # type: ignore[assignment]
    main()
    client().close()


def again() -> None:
    def ready() -> bool:
        run = run_of_main()
        return run.lease_until is None or run.lease_until <= utc_now()

    wait_until(ready, what="the lease of the dead process to end")
    run_again_here(run_of_main(), main)
    client().close()


def run_of_main() -> FlowRun:
    return next(run for run in client().list_flow_runs().items if run.flow_name == "main")


def look(home: Path) -> dict[str, Any]:
    """What the store says of the one run of `main`, its parts included."""
    store = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    try:
        runs = store.list_flow_runs().items
        tasks = [task for run in runs for task in store.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items]
        return {
            "main": [(run.id, run.state.type.value, run.result) for run in runs if run.flow_name == "main"],
            "open": [run.name for run in runs if not run.state.is_final()]
            + [task.name for task in tasks if not task.state.is_final()],
            "done": [
                "extract 1" if task.result == "10" else "extract 2" if task.result == "20" else f"add {task.result}"
                for task in tasks
                if task.state.type is StateType.COMPLETED and task.result is not None and not task.child_flow_run_id
            ],
        }
    finally:
        store.close()


def with_leases_of(seconds: str) -> None:
    os.environ["FLOWTUI_LEASE_SECONDS"] = seconds
    forget_settings()


def case(folder: Path, n: int, *, flushed: bool) -> dict[str, Any]:
    global effects
    home = folder / f"{n}-{flushed}"
    home.mkdir()
    effects = home / "effects"
    effects.touch()
    os.environ["FLOWTUI_HOME"] = str(home)
    with_leases_of("0.3")
    ended = in_child(lambda: killed_at(n, flushed=flushed))
    with_leases_of("30")
    before = look(home)
    first = [line.split(" ", 1)[1] for line in effects.read_text().splitlines()]
    retried = in_child(again) if before["main"] and before["main"][0][1] != "COMPLETED" else None
    every = [line.split(" ", 1)[1] for line in effects.read_text().splitlines()]
    return {
        "step": n,
        "flushed": flushed,
        "ended": ended,
        "before": before,
        "retried": retried,
        "after": look(home),
        "first": first,
        "second": every[len(first) :],
    }


def run_all(folder: Path) -> None:
    for flushed in (False, True):
        n = 0
        ended = -signal.SIGKILL
        while ended == -signal.SIGKILL:
            n += 1
            seen = case(folder, n, flushed=flushed)
            ended = seen["ended"]
            print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    os.environ["FLOWTUI_LOGGING_LEVEL"] = "CRITICAL"
    run_all(Path(sys.argv[1]))
