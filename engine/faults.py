"""Named places at which a test can have a process fail. Without `FLOWTUI_FAULTS` passing one costs 0.1 µs."""

import os
import signal
import time
from pathlib import Path
from typing import Final

from flowtui.engine.errors import StoreError, UsageError

__all__ = ["POINTS", "hit"]

POINTS: Final = {
    "worker.before_claim": "a worker is about to ask for due runs",
    "store.claiming": "runs are taken, in a transaction that is not yet committed",
    "worker.claimed": "a worker owns runs, and has not yet noted that",
    "worker.before_child": "a worker is about to ask for a child process",
    "worker.child_started": "the child process of a run exists",
    "worker.before_settle": "a child has ended, and the worker is about to see how its run did",
    "worker.before_renew": "a worker is about to prolong the leases of its runs",
    "zygote.before_fork": "a child was asked for",
    "zygote.forked": "a child was forked, and nobody was told",
    "child.before_load": "a child is about to load the code of its flow",
    "run.before_start": "a process is about to ask whether its flow run may go on: start, wait, or be tried again",
    "run.started": "it was told, so the flow run is Running, and its code has not been called",
    "run.before_finish": "the code has returned, and the store does not know",
    "run.finished": "the store knows how a flow run ended",
    "services.before_reap": "a server is about to look for leases that have ended",
    "services.reaped": "a server has ended runs whose owners fell silent",
    "services.before_plan": "a server is about to plan schedules",
    "services.planned": "a server has planned schedules",
    "services.before_late": "a server is about to look for late runs",
    "services.marked_late": "a server has marked late runs",
    "server.before_announce": "a server is about to say for the first time that it is there",
    "server.announced": "a server has said that it is there",
}
"""Every point, and where a process is that passes it."""

# No setting: what a test does to a process is not part of how anybody sets flowtui up.
_PLAN: Final[dict[str, str]] = {}
_ONCE: Final = os.environ.get("FLOWTUI_FAULTS_ONCE")


def hit(point: str) -> None:
    """Fail here, when this process was told to."""
    if _PLAN and point in _PLAN:
        _fail(point, _PLAN[point])


def _fail(point: str, action: str) -> None:
    """`FLOWTUI_FAULTS_ONCE` is a folder whose files say which points were hit: each acts in the first process only."""
    if _ONCE is not None:
        try:
            (Path(_ONCE) / point).touch(exist_ok=False)
        except FileExistsError:
            return
    kind, _, value = action.partition(":")
    match kind:
        case "raise":
            raise StoreError(f"The store failed at {point}, as a test wanted it to.")
        case "exit":
            os._exit(int(value or "1"))
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleep":
            time.sleep(float(value))


def _plan(text: str) -> dict[str, str]:
    """`worker.claimed=kill run.started=sleep:2`. Raises `UsageError` for what it does not know."""
    plan = dict(entry.partition("=")[::2] for entry in text.split())
    for point, action in plan.items():
        if point not in POINTS or action.partition(":")[0] not in ("raise", "exit", "kill", "stop", "sleep"):
            raise UsageError(
                f"FLOWTUI_FAULTS asks for {point}={action}. Points are {', '.join(POINTS)}; "
                "actions are raise, exit:CODE, kill, stop and sleep:SECONDS."
            )
    return plan


_PLAN.update(_plan(os.environ.get("FLOWTUI_FAULTS", "")))
