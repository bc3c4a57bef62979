"""Lines on their way to the console: at once for people, in parcels for floods, none lost and none out of order."""

import io
import os
import threading
import time

import pytest

from flowtui.engine.console import Console
from tests.support import wait_until


class Stream(io.StringIO):
    """Counts how often it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def test_a_few_lines_are_written_one_by_one() -> None:
    console, stream = Console(), Stream()
    for number in range(50):
        console.write(stream, f"{number}\n", time.time(), urgent=False)
        assert stream.getvalue().endswith(f"{number}\n")
    assert stream.writes == 50


def test_a_flood_is_written_in_parcels_and_in_order() -> None:
    console, stream, now = Console(), Stream(), time.time()
    for number in range(10_000):
        console.write(stream, f"{number}\n", now + number / 100_000, urgent=False)
    console.flush()
    assert stream.getvalue().split() == [str(number) for number in range(10_000)]
    assert stream.writes < 400


def test_what_waits_is_written_soon_when_nothing_follows() -> None:
    console, stream, now = Console(), Stream(), time.time()
    for number in range(150):
        console.write(stream, f"{number}\n", now, urgent=False)
    wait_until(lambda: stream.getvalue().endswith("149\n"), what="the rest to be written")


def test_an_urgent_line_takes_what_waits_before_it_along() -> None:
    console, stream, now = Console(), Stream(), time.time()
    for number in range(200):
        console.write(stream, f"{number}\n", now, urgent=False)
    console.write(stream, "careful\n", now, urgent=True)
    assert stream.getvalue().endswith("199\ncareful\n")


def test_lines_go_to_the_stream_that_they_were_written_to() -> None:
    console, first, second, now = Console(), Stream(), Stream(), time.time()
    for number in range(300):
        console.write(first if number < 200 else second, f"{number}\n", now, urgent=False)
    console.flush()
    assert (first.getvalue().split()[-1], second.getvalue().split()[0]) == ("199", "200")


def test_many_threads_lose_nothing() -> None:
    console, stream = Console(), Stream()

    def talk(who: int) -> None:
        for number in range(2_000):
            console.write(stream, f"{who}-{number}\n", time.time(), urgent=False)

    threads = [threading.Thread(target=talk, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    console.flush()
    said = stream.getvalue().split()
    assert sorted(said) == sorted(f"{who}-{number}" for who in range(4) for number in range(2_000))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of a fork beside threads
def test_a_fork_does_not_write_what_its_parent_has_waiting() -> None:
    console, now = Console(), time.time()
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        for _ in range(101):
            console.write(stream, "parent\n", now, urgent=False)
        pid = os.fork()
        if pid == 0:
            console.write(stream, "child\n", now + 1, urgent=False)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        console.flush()
    with os.fdopen(reading) as pipe:
        said = pipe.read().split()
    assert (said.count("parent"), said.count("child")) == (101, 1)


def test_a_stream_that_nobody_reads_any_more_ends_nothing() -> None:
    stream = Stream()
    stream.close()
    Console().write(stream, "lost\n", time.time(), urgent=True)
