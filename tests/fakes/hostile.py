"""The workstation on a store full of names, messages and values that try to command the terminal.

Run as a program: `python -m tests.fakes.hostile HOME`.
"""

import json
import sys
from datetime import UTC, timedelta
from pathlib import Path

from flowtui.engine.model import DeploymentSpec, NewFlowRun
from flowtui.engine.schedules import Cron
from flowtui.engine.states import Completed, Failed, Paused, Running, Scheduled
from flowtui.tui.app import FlowtuiApp
from tests.engine.store.made import a_worker, due_run
from tests.fakes.world import NOW, World

__all__ = ["INJECTIONS", "a_bad_day"]

INJECTIONS = (
    "\x1b]0;owned\x07",  # window title
    "\x1b]2;owned\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",  # clipboard
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",  # hyperlink
    "\x1b[2J\x1b[H",  # clear and home
    "\x1b[5mblink\x1b[25m",
    "\x1b[?1049l",  # leave the alternate screen
    "\x1b[6n",  # ask for a report, which arrives as if typed
    "\x1b[20t",  # report the title
    "\x9b2J",  # the same in eight bits
    "\x9d0;owned\x9c",
    "\x90$q\x9c",
    "\x1bP$q\x1b\\",  # device control string
    "\x1b_Gi=1\x1b\\",  # application program command
    "\x1b^pm\x1b\\",
    "\x1bc",  # reset
    "safe\u202egnp.exe",  # written backwards
    "\u2066isolate\u2069",
    "ding\x07dong",
    "first\r\nsecond\x0b\x0c",
    "over\b\b\b\bstrike",
    "\x0echarset\x0f",
    "line\u2028separator",
    "zero\u200bwidth\u200d",
    "delete\x7f",
    "[red]markup[/red] [@click=app.quit]x[/]",
)


def a_bad_day(world: World) -> None:
    """Every injection as the name of a run, of a task, of a tag, in a message, a log line, a parameter and a result."""
    now = world.now
    for number, evil in enumerate(INJECTIONS):
        begun = now - timedelta(seconds=3 * number + 10)
        run = world.client.create_flow_run(
            NewFlowRun(
                flow_name=f"flow {evil}",
                name=f"n{number} {evil}",
                state=Scheduled(begun, timestamp=begun),
                parameters={f"key {evil}": evil, "list": [evil, {"deep": evil}]},
                tags=(f"tag {evil}",),
                work_pool_name="local",
            )
        )
        world.client.set_flow_run_state(run.id, Running(timestamp=begun), force=True)
        world.task(run, f"task {evil}", begun, now, Failed(timestamp=now, message=f"task says {evil}"))
        for level in (20, 30, 40):
            world.log(run, begun, level, f"log {evil}\nsecond line {evil}")
        end = (
            Failed(timestamp=now, message=f"message {evil}", name=f"Name {evil}"),
            Completed(timestamp=now, message=f"message {evil}"),
            Paused(timestamp=now, message=f"message {evil}"),
            Running(timestamp=now, message=f"message {evil}"),
        )[number % 4]
        world.client.set_flow_run_state(run.id, end, force=True, result=json.dumps({f"r {evil}": evil}))
        world.client.create_flow_run(
            NewFlowRun(
                flow_name=f"next {evil}", name=f"due {evil}", state=Scheduled(now + timedelta(minutes=number + 1))
            )
        )
    for number, evil in enumerate(INJECTIONS[:8]):
        world.client.save_deployment(
            DeploymentSpec(
                name=f"deployment {number} {evil}",
                flow_name=f"flow {evil}",
                entrypoint=f"x.py:{evil}",
                path=f"/srv/{evil}",
                description=f"description {evil}",
                tags=(f"tag {evil}",),
                parameters={f"key {evil}": evil},
                schedules=(Cron("0 5 * * *"),),
            )
        )
    world.client.pause_work_pool("local", paused=True, note=" ".join(INJECTIONS))
    for number, evil in enumerate(INJECTIONS):
        world.client.create_work_pool(f"pool {number}", description=f"about {evil}")
        world.client.announce_worker(a_worker(f"w{number} {evil}", host=f"host {evil}", started=now))
    due_run(world.client, now - timedelta(minutes=1), name=f"held {INJECTIONS[0]}", flow_name=f"flow {INJECTIONS[4]}")
    world.client.flush()


def main() -> None:
    world = World(Path(sys.argv[1]), NOW)
    a_bad_day(world)
    FlowtuiApp(world.client, now=world.clock, zone=UTC).run()
    world.close()


if __name__ == "__main__":
    main()
