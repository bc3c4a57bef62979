"""End a process with everything that it started, also what hides in sessions of its own."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psutil

from flowtui.server.workers.jobs import MARK

__all__ = ["Ending", "describe_ending", "end_tree", "tree_members"]

_LOOK_EVERY: Final = 0.03
# After SIGKILL a process is gone at once unless it hangs in the kernel (a dead network disk); that is not waited out.
_GIVE_UP: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a tree of processes ended."""

    asked: int
    """How many were sent SIGTERM."""
    killed: int
    """How many of them were still there when their time was up, and were sent SIGKILL."""
    left: int
    """How many are alive even so."""
    seconds: float


def tree_members(pid: int, mark: str, known: Iterable[psutil.Process] = ()) -> set[psutil.Process]:
    """The living processes of a job: process `pid`, its descendants and those of `known`, its session, and whoever
    carries `mark` in the environment.

    Four ways, because each alone can be escaped: a double fork loses the parent, setsid the session, a cleared
    environment the mark.
    """
    table = _everybody()
    parents: dict[int, list[int]] = {}
    for process in table.values():
        with suppress(psutil.Error):
            parents.setdefault(process.ppid(), []).append(process.pid)
    found = {process.pid for process in table.values() if _belongs(process, pid, mark)}
    found |= {process.pid for process in known if table.get(process.pid) == process}
    waiting = list(found)
    while waiting:
        for child in parents.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    found.discard(os.getpid())
    return {table[member] for member in found if _alive(table[member])}


def _everybody() -> dict[int, psutil.Process]:
    """All processes, looked at afresh: psutil's own iterator remembers processes whose number has been given away."""
    table: dict[int, psutil.Process] = {}
    for pid in psutil.pids():
        with suppress(psutil.Error):
            table[pid] = psutil.Process(pid)
    return table


def _belongs(process: psutil.Process, pid: int, mark: str) -> bool:
    if process.pid == pid:
        return True
    with suppress(OSError):
        if os.getsid(process.pid) == pid:
            return True
    # Without the right to look, or for a process that is just ending, there is nothing to read.
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK) == mark
    return False


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def end_tree(pid: int, mark: str, grace: float, *, hurry: Callable[[], bool] = lambda: False) -> Ending:
    """SIGTERM to every member, SIGKILL after `grace` seconds to those that are left; returns when none is left.

    Processes that appear meanwhile are treated alike. `hurry` is asked now and then: when it says True, the grace is
    over. Blocks; call it in a thread.
    """
    began = time.monotonic()
    asked: set[psutil.Process] = set()
    killed: set[psutil.Process] = set()
    while True:
        members = tree_members(pid, mark, asked)
        elapsed = time.monotonic() - began
        if not members or elapsed > grace + _GIVE_UP:
            return Ending(asked=len(asked), killed=len(killed), left=len(members), seconds=elapsed)
        # The process itself first: it should hear of it before it sees its helpers fall.
        for process in sorted(members - asked, key=lambda member: member.pid != pid):
            asked.add(process)
            with suppress(psutil.Error):
                process.terminate()
        if elapsed >= grace or hurry():
            grace = min(grace, elapsed)
            for process in members:
                killed.add(process)
                with suppress(psutil.Error):
                    process.kill()
        # psutil's own way of waiting would collect the exit codes of our children, which others want to see.
        time.sleep(min(_LOOK_EVERY, max(grace - elapsed, 0.01)))


def describe_ending(ending: Ending) -> str:
    """A sentence for a person: how many processes there were, and how they went."""
    if not ending.asked:
        return "Its process had already ended."
    them = "Its process" if ending.asked == 1 else f"All {ending.asked} of its processes"
    if ending.left:
        return f"{ending.left} of {ending.asked} processes cannot be ended even by SIGKILL; they hang in the system."
    if not ending.killed:
        return f"{them} ended after SIGTERM, within {ending.seconds:.1f} s."
    if ending.killed < ending.asked:
        them = f"{ending.killed} of its {ending.asked} processes"
    were = "was" if ending.killed == 1 else "were"
    return f"{them} did not end after SIGTERM and {were} killed by SIGKILL after {ending.seconds:.1f} s."
