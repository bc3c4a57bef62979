"""Locks: one holder at a time, among threads and among processes, and back when the holder dies."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowtui import FileSystemLockManager, MemoryLockManager
from flowtui.engine.caching.locks import LockManager, LockNotHeld
from flowtui.engine.errors import FlowtuiError
from tests.support import clean_environment


@pytest.fixture(params=["memory", "files"])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> LockManager:
    return MemoryLockManager() if request.param == "memory" else FileSystemLockManager(tmp_path / "locks")


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """Memory locks belong to the process: each test has a key of its own."""
    return f"key of {request.node.nodeid} \udcff/../x"


def test_one_holder_at_a_time(locks: LockManager, key: str) -> None:
    assert not locks.is_locked(key)
    assert locks.acquire_lock(key, "one", acquire_timeout=0)
    assert not locks.acquire_lock(key, "two", acquire_timeout=0)
    assert locks.acquire_lock(f"{key} another", "two", acquire_timeout=0)
    assert (locks.is_locked(key), locks.is_lock_holder(key, "one"), locks.is_lock_holder(key, "two")) == (
        True,
        True,
        False,
    )
    locks.release_lock(key, "one")
    assert not locks.is_locked(key)
    assert locks.acquire_lock(key, "two", acquire_timeout=0)
    locks.release_lock(key, "two")
    locks.release_lock(f"{key} another", "two")


def test_a_holder_that_asks_again_keeps_the_lock(locks: LockManager, key: str) -> None:
    assert locks.acquire_lock(key, "one")
    assert locks.acquire_lock(key, "one", acquire_timeout=0, hold_timeout=30)
    locks.release_lock(key, "one")
    assert not locks.is_locked(key)


def test_only_the_holder_gives_it_back(locks: LockManager, key: str) -> None:
    with pytest.raises(LockNotHeld, match="two does not hold the lock"):
        locks.release_lock(key, "two")
    locks.acquire_lock(key, "one")
    with pytest.raises(LockNotHeld, match="two does not hold the lock"):
        locks.release_lock(key, "two")
    locks.release_lock(key, "one")


def test_waiting_ends_in_time(locks: LockManager, key: str) -> None:
    locks.acquire_lock(key, "one")
    begun = time.monotonic()
    assert not locks.acquire_lock(key, "two", acquire_timeout=0.05)
    assert not locks.wait_for_lock(key, timeout=0.05)
    assert 0.1 <= time.monotonic() - begun < 5
    locks.release_lock(key, "one")
    assert locks.wait_for_lock(key, timeout=0)


def test_a_lock_is_free_again_when_its_time_has_passed(locks: LockManager, key: str) -> None:
    assert locks.acquire_lock(key, "one", hold_timeout=0.05)
    assert locks.acquire_lock(key, "two", acquire_timeout=10)
    assert locks.is_lock_holder(key, "two")
    with pytest.raises(LockNotHeld):
        locks.release_lock(key, "one")
    assert locks.is_lock_holder(key, "two")  # who came too late has taken nothing away
    locks.release_lock(key, "two")


def test_who_waits_has_it_as_soon_as_it_is_free(locks: LockManager, key: str) -> None:
    locks.acquire_lock(key, "one")
    done = threading.Event()

    def wait() -> None:
        assert locks.acquire_lock(key, "two")
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    locks.release_lock(key, "one")
    assert done.wait(10)
    thread.join()
    locks.release_lock(key, "two")


def test_many_threads_take_turns(locks: LockManager, key: str) -> None:
    inside, most, turns = 0, 0, 0

    def work(name: str) -> None:
        nonlocal inside, most, turns
        for _ in range(20):
            assert locks.acquire_lock(key, name, acquire_timeout=30)
            inside += 1
            most = max(most, inside)
            turns += 1
            inside -= 1
            locks.release_lock(key, name)

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, turns) == (1, 120)


def test_async_code_waits_without_blocking_who_holds_it(locks: LockManager, key: str) -> None:
    """More waiters than there are threads in the loop's pool: the holder needs none of them."""
    assert isinstance(locks, MemoryLockManager | FileSystemLockManager)
    order: list[str] = []

    async def work(name: str) -> None:
        assert await locks.aacquire_lock(key, name, acquire_timeout=30)
        order.append(name)
        await asyncio.to_thread(order.append, name)
        locks.release_lock(key, name)

    async def main() -> None:
        await asyncio.gather(*(work(f"coroutine {n}") for n in range(40)))
        assert await locks.await_for_lock(key, timeout=1)
        locks.acquire_lock(key, "one")
        assert not await locks.aacquire_lock(key, "two", acquire_timeout=0.02)
        assert not await locks.await_for_lock(key, timeout=0.02)
        locks.release_lock(key, "one")

    asyncio.run(main())
    assert len(order) == 80
    assert all(order[n] == order[n + 1] for n in range(0, 80, 2))  # nobody came in between


def test_managers_of_the_same_locks_are_equal(tmp_path: Path) -> None:
    assert MemoryLockManager() == MemoryLockManager()
    assert FileSystemLockManager(tmp_path) == FileSystemLockManager(str(tmp_path))
    assert FileSystemLockManager(tmp_path) != FileSystemLockManager(tmp_path / "other")
    assert MemoryLockManager() != FileSystemLockManager(tmp_path)
    assert len({MemoryLockManager(), MemoryLockManager(), FileSystemLockManager(tmp_path)}) == 2


# -- among processes --------------------------------------------------------------------------------------------------

HOLDER = r"""
import os, sys, time
from flowtui import FileSystemLockManager
locks = FileSystemLockManager(sys.argv[1])
assert locks.acquire_lock("k", "holder")
if "fork" in sys.argv and os.fork() == 0:
    os.write(1, f"forked {os.getpid()}\n".encode())
    time.sleep(600)
os.write(1, f"inside {os.getpid()}\n".encode())
time.sleep(600)
"""


@contextmanager
def holder(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the lock "k", once the block begins."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), *arguments],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def pids(process: "subprocess.Popen[str]", count: int) -> dict[str, int]:
    assert process.stdout is not None
    lines = [process.stdout.readline().split() for _ in range(count)]
    return {word: int(pid) for word, pid in lines}


def test_a_lock_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    locks = FileSystemLockManager(tmp_path)
    with holder(tmp_path) as process:
        pids(process, 1)
        assert locks.is_locked("k")
        assert locks.is_lock_holder("k", "holder")
        assert not locks.acquire_lock("k", "me", acquire_timeout=0.02)
        assert not locks.wait_for_lock("k", timeout=0.02)
        with pytest.raises(LockNotHeld):
            locks.release_lock("k", "holder")


def test_a_lock_comes_back_when_its_holder_is_killed(tmp_path: Path) -> None:
    locks = FileSystemLockManager(tmp_path)
    with holder(tmp_path) as process:
        pids(process, 1)
        assert not locks.acquire_lock("k", "me", acquire_timeout=0)
        process.send_signal(signal.SIGKILL)
        assert locks.acquire_lock("k", "me", acquire_timeout=20)
    locks.release_lock("k", "me")


def test_a_lock_comes_back_also_when_a_fork_of_its_holder_lives_on(tmp_path: Path) -> None:
    """A fork shares open files: the lock must not be held by who knows nothing of it."""
    locks = FileSystemLockManager(tmp_path)
    with holder(tmp_path, "fork") as process:
        forked = pids(process, 2)["forked"]
        try:
            assert locks.is_locked("k")
            process.send_signal(signal.SIGKILL)
            assert locks.acquire_lock("k", "me", acquire_timeout=20)
            os.kill(forked, 0)  # it lives on
            locks.release_lock("k", "me")
        finally:
            os.kill(forked, signal.SIGKILL)


def test_a_stopped_holder_loses_the_lock_when_its_time_has_passed(tmp_path: Path) -> None:
    locks = FileSystemLockManager(tmp_path)
    with holder(tmp_path) as process:
        pids(process, 1)
        process.send_signal(signal.SIGSTOP)
        (file,) = tmp_path.glob("*.lock")
        file.write_text('{"holder": "holder", "pid": 1, "until": 1.0}')  # as if it had been taken with a hold_timeout
        assert locks.acquire_lock("k", "me", acquire_timeout=0)
        assert locks.is_lock_holder("k", "me")
    assert locks.is_lock_holder("k", "me")
    locks.release_lock("k", "me")


COUNTERS = """
import sys
from pathlib import Path
from flowtui import FileSystemLockManager
folder = Path(sys.argv[1])
locks, count = FileSystemLockManager(folder / "locks"), folder / "count"
for number in range(50):
    assert locks.acquire_lock("k", sys.argv[2], acquire_timeout=50)
    count.write_text(str(int(count.read_text()) + 1))
    locks.release_lock("k", sys.argv[2])
"""


def test_processes_never_undo_each_others_work(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    arguments = [[sys.executable, "-c", COUNTERS, str(tmp_path), f"process {n}"] for n in range(4)]
    processes = [subprocess.Popen(command, env=clean_environment()) for command in arguments]
    assert [process.wait(50) for process in processes] == [0, 0, 0, 0]
    assert (tmp_path / "count").read_text() == "200"
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["guard"]  # nothing is left lying about


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FlowtuiError, match=r"Locks cannot be kept in .*file: "):
        FileSystemLockManager(tmp_path / "file").acquire_lock("k", "me")
