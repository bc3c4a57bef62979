"""A copy that a run makes of its process is not the run: its end is not the run's."""

from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from tests.engine.sdk.asking import only_run
from tests.support import run_python

PROGRAM = """
import asyncio, os, signal, sys, time
from flowtui import flow

def copies():
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, b"here")
        time.sleep(30)
        os._exit(7)
    os.read(read, 4)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

@flow
def sync():
    return copies()

@flow
async def not_sync():
    return copies()

print(sync() if sys.argv[1] == "sync" else asyncio.run(not_sync()))
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_sigterm_ends_a_copy_of_the_process_and_not_the_run(client: LocalClient, tmp_path: Path, kind: str) -> None:
    script = tmp_path / "copies.py"
    script.write_text(PROGRAM)

    done = run_python(str(script), kind)

    assert done.stdout == "-15\n", done.stderr
    assert only_run(client).state.is_completed()
