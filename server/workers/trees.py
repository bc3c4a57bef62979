"""End a process with everything that it started, also what hides in sessions of its own."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psutil

from flowtui.server.workers.jobs import MARK

__all__ = ["Ending", "describe_ending", "end_tree", "tree_members"]

_LOOK_EVERY: Final = 0.1
_GLANCE_EVERY: Final = 0.01
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """A process as a look at all of them shows it."""

    pid: int
    parent: int
    session: int
    started: float
    """With the number it says which process this is: numbers are given away again."""
    is_over: bool


class _Tree:
    """The living processes of a job, as often as one looks.

    They are process `pid`, its descendants and those of members seen before, its session, and whoever carries `mark` in
    the environment. Four ways, because each alone can be escaped: a double fork loses the parent, setsid the session, a
    cleared environment the mark.
    """

    def __init__(self, pid: int, mark: str) -> None:
        self._pid = pid
        self._mark = f"{MARK}={mark}".encode()
        self._known: dict[int, float] = {}
        self._strangers: dict[int, float] = {}
        """Who has not the mark will not have it later, unless by descent: an environment is read once."""

    def members(self) -> dict[int, float]:
        """Their process ids, and when each started."""
        table = _everybody()
        children: dict[int, list[int]] = {}
        for seen in table.values():
            children.setdefault(seen.parent, []).append(seen.pid)
        found = {seen.pid for seen in table.values() if self._belongs(seen)}
        waiting = list(found)
        while waiting:
            for child in children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        found.discard(os.getpid())
        self._known.update({pid: table[pid].started for pid in found})
        return {pid: table[pid].started for pid in found if not table[pid].is_over}

    def _belongs(self, seen: _Seen) -> bool:
        if self._pid in (seen.pid, seen.session) or self._known.get(seen.pid) == seen.started:
            return True
        if self._strangers.get(seen.pid) == seen.started:
            return False
        if self._mark in _environment(seen.pid):
            return True
        self._strangers[seen.pid] = seen.started
        return False


def tree_members(pid: int, mark: str) -> set[psutil.Process]:
    """The living processes of a job: process `pid`, and all that it has started."""
    found = set()
    for member in _Tree(pid, mark).members():
        with suppress(psutil.Error):
            found.add(psutil.Process(member))
    return found


def _everybody() -> dict[int, _Seen]:
    """All processes, looked at afresh. Linux tells all of one in one line, ten times as quick as asking psutil."""
    look = _look_on_linux if os.path.exists("/proc/self/stat") else _look_elsewhere
    table = {}
    for pid in psutil.pids():
        with suppress(OSError, ValueError, psutil.Error):  # it has just ended
            table[pid] = look(pid)
    return table


def _look_on_linux(pid: int) -> _Seen:
    with open(f"/proc/{pid}/stat", "rb") as file:
        line = file.read()
    # The name stands in brackets and may hold brackets and spaces itself.
    fields = line[line.rindex(b")") + 2 :].split()
    return _Seen(pid, int(fields[1]), int(fields[3]), float(fields[19]), fields[0] in (b"Z", b"X"))


def _look_elsewhere(pid: int) -> _Seen:
    process = psutil.Process(pid)
    with process.oneshot():
        over = process.status() == psutil.STATUS_ZOMBIE
        try:
            session = os.getsid(pid)
        except OSError:
            session = -1
        return _Seen(pid, process.ppid(), session, process.create_time(), over)


def _environment(pid: int) -> list[bytes]:
    """`NAME=value` of a process. Without the right to look, or while it ends, there is nothing to read."""
    with suppress(OSError, psutil.Error):
        if os.path.exists("/proc/self/environ"):
            with open(f"/proc/{pid}/environ", "rb") as file:
                return file.read().split(b"\0")
        return [f"{name}={value}".encode() for name, value in psutil.Process(pid).environ().items()]
    return []


def _is_alive(pid: int, started: float) -> bool:
    look = _look_on_linux if os.path.exists("/proc/self/stat") else _look_elsewhere
    with suppress(OSError, ValueError, psutil.Error):
        seen = look(pid)
        return seen.started == started and not seen.is_over
    return False


def _send(number: signal.Signals, pid: int) -> None:
    with suppress(OSError):
        os.kill(pid, number)


def end_tree(pid: int, mark: str, grace: float, *, hurry: Callable[[], bool] = lambda: False) -> Ending:
    """SIGTERM to every member, SIGKILL after `grace` seconds to those that are left; returns when none is left.

    Processes that appear meanwhile are treated alike. `hurry` is asked now and then: when it says True, the grace is
    over. Blocks; call it in a thread.
    """
    began = time.monotonic()
    tree = _Tree(pid, mark)
    asked: dict[int, float] = {}
    killed: dict[int, float] = {}
    while True:
        members = tree.members()
        elapsed = time.monotonic() - began
        if not members or elapsed > grace + _GIVE_UP:
            return Ending(asked=len(asked), killed=len(killed), left=len(members), seconds=elapsed)
        # The process itself first: it should hear of it before it sees its helpers fall.
        for member, started in sorted(members.items() - asked.items(), key=lambda member: member[0] != pid):
            asked[member] = started
            _send(signal.SIGTERM, member)
        if elapsed >= grace or hurry():
            grace = min(grace, elapsed)
            for member, started in members.items():
                killed[member] = started
                _send(signal.SIGKILL, member)
        _wait_for(members, max(grace - elapsed, 0.01))


def _wait_for(members: Mapping[int, float], seconds: float) -> None:
    """Until all are gone, or it is time to look again who there is."""
    # psutil's own way of waiting would collect the exit codes of our children, which others want to see.
    until = time.monotonic() + min(seconds, _LOOK_EVERY)
    while time.monotonic() < until and any(_is_alive(pid, started) for pid, started in members.items()):
        time.sleep(_GLANCE_EVERY)


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
