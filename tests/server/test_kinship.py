"""A process is told when its parent ends, by the system or, where that cannot, by a pipe."""

import sys

import pytest

from tests.support import run_python

CODE = """
import os, signal, sys, time
from flowtui.server.workers import kinship

if sys.argv[1] == "pipe":
    kinship._prctl = lambda option, value: False  # as on a system without it

lifeline, held = os.pipe()
said, say = os.pipe()
middle = os.fork()
if middle == 0:
    parent = os.getpid()
    if os.fork() == 0:
        os.close(held)
        signal.signal(signal.SIGTERM, lambda number, frame: (os.write(say, b"told"), os._exit(0)))
        kinship.die_with_parent(parent, lifeline)
        os.write(say, b"up ")
        time.sleep(60)
    signal.pause()
os.close(held)
os.close(say)
heard = os.read(said, 3)
os.kill(middle, signal.SIGKILL)
os.waitpid(middle, 0)
print((heard + os.read(said, 10)).decode())
"""


@pytest.mark.parametrize("way", ["system", "pipe"])
def test_the_end_of_the_parent_is_told_by_sigterm(way):
    outcome = run_python("-c", CODE, way)
    assert outcome.stdout.strip() == "up told", outcome.stderr


ORPHAN = """
import os, sys
from flowtui.server.workers.kinship import adopt_orphans

assert adopt_orphans() == (sys.platform == "linux")
read, write = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.read(read, 1)
        os._exit(7)
    os._exit(0)
os.wait()
os.write(write, b"x")
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to a grandparent")
def test_an_orphan_is_handed_to_the_process_that_adopts():
    assert run_python("-c", ORPHAN).stdout.strip() == "7"
