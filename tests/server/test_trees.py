"""A whole tree of processes is ended, also what hides from its parent."""

import os
import subprocess
import sys
import textwrap

import psutil
import pytest

from flowtui.server.workers.jobs import MARK
from flowtui.server.workers.trees import Ending, describe_ending, end_tree, tree_members
from tests.support import wait_until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def start(code, *, mark="tree-test", **options):
    """A Python process that has printed its first line: what it does at the beginning has happened."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, MARK: mark},
        **options,
    )
    assert process.stdout is not None
    process.first_line = process.stdout.readline().strip()
    return process


@pytest.fixture
def started():
    """Processes that a test starts; whatever is left of them at its end is killed."""
    processes = []

    def starting(code, **options):
        processes.append(start(code, **options))
        return processes[-1]

    yield starting
    for process in processes:
        for member in tree_members(process.pid, "tree-test"):
            member.kill()
        process.stdout.close()
        process.wait(10)


def test_a_process_that_obeys_is_not_killed(started):
    process = started("import time; print('up', flush=True); time.sleep(600)")
    ending = end_tree(process.pid, "tree-test", grace=20)
    assert (ending.asked, ending.killed, ending.left) == (1, 0, 0)
    assert process.wait(10) == -15


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(started):
    process = started(STUBBORN)
    ending = end_tree(process.pid, "tree-test", grace=0.2)
    assert (ending.asked, ending.killed, ending.left) == (1, 1, 0)
    assert ending.seconds >= 0.2
    assert process.wait(10) == -9


def test_hurry_ends_the_grace_early(started):
    process = started(STUBBORN)
    ending = end_tree(process.pid, "tree-test", grace=3600, hurry=lambda: True)
    assert ending.killed == 1 and ending.seconds < 60
    assert process.wait(10) == -9


def test_grandchildren_in_sessions_of_their_own_that_ignore_sigterm_are_killed(started):
    process = started(
        f"""
        import subprocess, sys, time
        helpers = [
            subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=new, stdout=subprocess.PIPE)
            for new in (False, True)
        ]
        for helper in helpers:
            helper.stdout.readline()
        print(*(helper.pid for helper in helpers), flush=True)
        time.sleep(600)
        """
    )
    helpers = [psutil.Process(int(pid)) for pid in process.first_line.split()]
    ending = end_tree(process.pid, "tree-test", grace=0.2)
    assert (ending.asked, ending.killed, ending.left) == (3, 2, 0)
    assert not any(helper.is_running() and helper.status() != psutil.STATUS_ZOMBIE for helper in helpers)


DAEMON = """
import os, sys, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        os.closerange(0, 3)
        {then}
    os._exit(0)
os.wait()
print(os.read(read, 20).decode(), flush=True)
"""


def test_a_daemon_is_found_by_the_mark_when_its_parents_are_gone(started):
    """A double fork, a session of its own and a parent that has ended: only the environment still tells."""
    program = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = started(DAEMON.format(then=f"os.execv({program[0]!r}, {program!r})"))
    daemon = psutil.Process(int(process.first_line))
    assert process.wait(10) == 0
    wait_until(lambda: "time.sleep" in " ".join(daemon.cmdline()), what="the daemon to be another program")
    assert daemon in tree_members(process.pid, "tree-test")
    end_tree(process.pid, "tree-test", grace=20)
    assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE


def test_processes_of_another_job_are_left_alone(started):
    other = started("import time; print('up', flush=True); time.sleep(600)", mark="another-job")
    mine = started("import time; print('up', flush=True); time.sleep(600)")
    end_tree(mine.pid, "tree-test", grace=20)
    assert other.poll() is None
    end_tree(other.pid, "another-job", grace=20)


def test_a_tree_that_is_gone_already_is_no_trouble(started):
    process = started("print('up', flush=True)")
    process.wait(10)
    assert end_tree(process.pid, "tree-test", grace=20).asked == 0


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (Ending(asked=0, killed=0, left=0, seconds=0), "Its process had already ended."),
        (Ending(asked=1, killed=0, left=0, seconds=0.31), "Its process ended after SIGTERM, within 0.3 s."),
        (Ending(asked=3, killed=0, left=0, seconds=0.31), "All 3 of its processes ended after SIGTERM, within 0.3 s."),
        (
            Ending(asked=1, killed=1, left=0, seconds=10),
            "Its process did not end after SIGTERM and was killed by SIGKILL after 10.0 s.",
        ),
        (
            Ending(asked=3, killed=2, left=0, seconds=10),
            "2 of its 3 processes did not end after SIGTERM and were killed by SIGKILL after 10.0 s.",
        ),
        (
            Ending(asked=3, killed=3, left=1, seconds=15),
            "1 of 3 processes cannot be ended even by SIGKILL; they hang in the system.",
        ),
    ],
)
def test_the_ending_is_told_in_a_sentence(ending, sentence):
    assert describe_ending(ending) == sentence
