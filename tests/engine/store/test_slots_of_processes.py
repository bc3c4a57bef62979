"""Slots among processes: never more than the limit are inside at once, also when some are killed inside."""

import random
import subprocess
import sys
from pathlib import Path

from flowtui.engine.client.local import LocalClient
from tests.engine.store.databases import Place
from tests.support import wait_until

INSIDE = """
import os, sys, time
from pathlib import Path
from flowtui import concurrency

folder, rounds = Path(sys.argv[1]), int(sys.argv[2])

def alive(mark):  # who was killed inside is not inside any more
    try:
        os.kill(int(mark.name), 0)
    except ProcessLookupError:
        return False
    return True

for n in range(rounds):
    with concurrency("db"):
        mark = folder / str(os.getpid())
        mark.touch()
        inside = [other for other in folder.glob("[0-9]*") if alive(other)]
        if len(inside) > 2:
            (folder / "TOO MANY").write_text(str(inside))
        time.sleep(0.01)
        mark.unlink()
"""


def start(place: Place, tmp_path: Path, rounds: int, **environment: str) -> "subprocess.Popen[bytes]":
    marks, script = tmp_path / "marks", tmp_path / "inside.py"
    marks.mkdir(exist_ok=True)
    script.write_text(INSIDE)
    command = [sys.executable, str(script), str(marks), str(rounds)]
    return subprocess.Popen(command, env=place.environment(**environment))


def test_processes_are_never_more_than_the_limit(place: Place, store_client: LocalClient, tmp_path: Path) -> None:
    store_client.save_limit("global", "db", limit=2)
    running = [start(place, tmp_path, 8) for _ in range(4)]
    assert [process.wait(50) for process in running] == [0] * 4
    assert list((tmp_path / "marks").iterdir()) == []
    assert store_client.read_limit("global", "db").active_slots == 0


def test_processes_that_are_killed_inside_make_room_and_no_more_than_that(
    place: Place, store_client: LocalClient, tmp_path: Path
) -> None:
    """Those that wait get in only when the lease of the killed has ended, and all come through."""
    store_client.save_limit("global", "db", limit=2)
    chance, marks = random.Random(7), tmp_path / "marks"
    doomed = [start(place, tmp_path, 100_000, FLOWTUI_LEASE_SECONDS="1.5") for _ in range(2)]
    for process in doomed:
        wait_until((marks / str(process.pid)).exists, 20, "the process to be inside")
    steady = [start(place, tmp_path, 6, FLOWTUI_LEASE_SECONDS="1.5") for _ in range(2)]
    for process in chance.sample(doomed, 2):
        process.kill()
        process.wait()
    assert [process.wait(50) for process in steady] == [0] * 2
    assert not (marks / "TOO MANY").exists()
    wait_until(
        lambda: store_client.read_limit("global", "db").active_slots == 0, what="the leases of the killed to end"
    )
