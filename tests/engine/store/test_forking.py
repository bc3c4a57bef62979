"""A process that is forked while its threads use the store: the copy can use it as well."""

import os
import threading
import time
from pathlib import Path

from flowtui.engine.store import forking
from tests.support import run_python

PROGRAM = """
import os, signal, sys, threading
from flowtui import flow, task
from flowtui.engine.client.current import current_client
from flowtui.engine.model import LogLine, NewFlowRun
from flowtui.engine.clock import utc_now
from flowtui.engine.states import Completed

signal.alarm(45)
client, done = current_client(), threading.Event()

def writes():
    number = 0
    while not done.is_set():
        number += 1
        client.create_flow_run(NewFlowRun(flow_name="parent", name=f"p-{number}", state=Completed()))

threads = [threading.Thread(target=writes) for _ in range(3)]
for thread in threads:
    thread.start()
for child in range(15):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        current_client().create_flow_run(NewFlowRun(flow_name="child", name=f"c-{child}", state=Completed()))
        current_client().close()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print(child, status)
done.set()
for thread in threads:
    thread.join()
"""


def test_copies_of_a_process_that_is_writing_can_write(tmp_path: Path) -> None:
    """A copy that was made within a transaction would wait for its lock for ever, and be ended by its alarm."""
    script = tmp_path / "forks.py"
    script.write_text(PROGRAM)

    done = run_python(str(script))

    assert done.stdout.splitlines() == [f"{child} 0" for child in range(15)], done.stderr


def test_a_fork_waits_until_nobody_is_inside() -> None:
    events: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def stays() -> None:
        with forking.not_forked():
            inside.set()
            leave.wait(20)
            events.append("left")

    thread = threading.Thread(target=stays)
    thread.start()
    assert inside.wait(20)
    threading.Timer(0.2, leave.set).start()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        with forking.not_forked():  # nobody is inside the copy
            os._exit(0 if forking._gate._inside == 1 else 1)
    events.append("forked")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    thread.join()
    assert events == ["left", "forked"]
    assert time.monotonic() - begun < 9
