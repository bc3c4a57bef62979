"""How long a run of ten thousand tasks takes to open, to scroll, and to follow while its tasks end.

    python -m benchmarks.run_screen [TASKS]

The tasks depend on one another in chains of four, and half of them run. The figures hold the whole workstation at
120 × 36, on SQLite: from asking for the run until its first rows and all of them stand there, the longest piece of work
of the event loop meanwhile (nothing is answered during it), and what a key and a batch of news cost.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from benchmarks.side_by_side import Row, show
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun, NewFlowRun, TaskRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Completed, Pending, Running
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.collecting import Collecting
from flowtui.tui.run.gantt import Gantt

TASKS = 10_000
OPEN, HANDLER, SHARE = 500.0, 16.0, 35.0
"""The bars: ms until all rows stand, ms of the longest piece of work, percent of a core while it is followed."""


def fill(client: LocalClient, tasks: int) -> tuple[FlowRun, list[TaskRun]]:
    """A run that is under way, and its tasks."""
    run = client.create_flow_run(NewFlowRun(flow_name="wide", name="ten-thousand", state=Running()))
    made: list[TaskRun] = []
    begun = utc_now() - timedelta(minutes=10)
    for number in range(tasks):
        created = begun + timedelta(milliseconds=number * 20)
        upstream = [{"input_type": "task_run", "id": made[-1].id}] if number % 4 else []
        task = TaskRun(
            id=new_id(),
            name=f"load-{number}",
            task_key=f"load_{number % 4}-1a2b3c4d",
            dynamic_key=str(number),
            flow_run_id=run.id,
            state=Pending(timestamp=created),
            created=created,
            task_inputs={"value": upstream} if upstream else {},
        )
        client.save_task_run(task)
        task = replace(task, state=Running(timestamp=created), start_time=created, run_count=1)
        if number % 2:
            end = created + timedelta(seconds=1)
            task = replace(task, state=Completed(timestamp=end), end_time=end)
        client.save_task_run(task)
        made.append(task)
    client.flush()
    return run, made


class Loop:
    """The longest piece of work of the event loop, in CPU time of its thread, as its own callbacks see it."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._run = asyncio.events.Handle._run
        measured = self

        def run(handle: asyncio.Handle) -> None:
            begun = time.thread_time()
            measured._run(handle)
            measured.longest = max(measured.longest, time.thread_time() - begun)

        asyncio.events.Handle._run = run  # type: ignore[method-assign]

    def reset(self) -> float:
        """The longest so far; it is measured anew from here on."""
        longest, self.longest = self.longest, 0.0
        return longest


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds, looking often."""
    while not condition():  # noqa: ASYNC110 - what is waited for is on the screen, and tells nobody
        await asyncio.sleep(0.001)


async def measure(app: FlowtuiApp, client: LocalClient, run: FlowRun, tasks: list[TaskRun]) -> None:
    loop = Loop()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(lambda: app.is_open and app.status.counts is not None)
        await asyncio.sleep(1.0)  # what is loaded ahead of a person's next key
        Collecting().take_over()  # as the workstation does in a process of its own
        loop.reset()
        begun = time.perf_counter()
        app.open_run(run.id)
        await until(lambda: app.screen.query(Gantt) and len(app.screen.query_one(Gantt).outline.rows))
        first = time.perf_counter() - begun
        await until(lambda: len(app.screen.query_one(Gantt).outline.rows) == len(tasks))
        whole = time.perf_counter() - begun
        await asyncio.sleep(0.5)
        opening = loop.reset()
        say("first rows", 1000 * first)
        say(f"all {len(tasks):,} rows", 1000 * whole, OPEN)
        say("the longest piece of work meanwhile, Textual's own too", 1000 * opening)
        await key(pilot.press, loop, "down")
        await key(pilot.press, loop, "pagedown")
        await key(pilot.press, loop, "end")
        await key(pilot.press, loop, "plus")
        await follow(client, loop, [task for task in tasks if not task.state.is_final()])


async def key(press: Callable[[str], Awaitable[None]], loop: Loop, name: str) -> None:
    """What a key costs: the work of the event loop, and the longest piece of it."""
    loop.reset()
    begun = time.thread_time()
    for _ in range(10):
        await press(name)
    spent = (time.thread_time() - begun) / 10
    say(f"the key {name}, all of its work", 1000 * spent)
    say("the longest piece of it", 1000 * loop.reset(), HANDLER)


async def follow(client: LocalClient, loop: Loop, running: list[TaskRun]) -> None:
    """Two hundred tasks end each second, for three seconds."""
    begun, cpu, done = time.perf_counter(), time.process_time(), 0
    loop.reset()
    while (spent := time.perf_counter() - begun) < 3.0:
        due = min(int(spent * 200), len(running))
        for task in running[done:due]:
            now = utc_now()
            client.save_task_run(replace(task, state=Completed(timestamp=now), end_time=now))
        done = due
        await asyncio.sleep(0.05)
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    SAID.append(Row(what="200 tasks end each second, share of a core", unit="%", flowtui=100 * share, bar=SHARE))
    say("the longest piece of work meanwhile", 1000 * loop.reset(), HANDLER)


SAID: list[Row] = []  # Textual takes what is printed while it runs


def say(what: str, milliseconds: float, bar: float | None = None) -> None:
    SAID.append(Row(what=what, unit="ms", flowtui=milliseconds, bar=bar))


def main() -> None:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else TASKS
    with tempfile.TemporaryDirectory() as home:
        client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(Path(home))}))
        try:
            run, made = fill(client, tasks)
            app = FlowtuiApp(client, zone=UTC)
            app.animation_level = "none"
            asyncio.run(measure(app, client, run, made))
        finally:
            client.close()
    show(f"A run of {tasks:,} tasks", SAID)


if __name__ == "__main__":
    main()
