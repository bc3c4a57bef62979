"""Lines on their way to the console: at once for people, in parcels for floods, none lost and none out of order."""

import io
import os
import threading
from datetime import datetime, timedelta

import pytest

from flowtui.engine.clock import utc_now
from flowtui.engine.console import Console
from flowtui.engine.model import LogLine
from tests.support import wait_until


class Stream(io.StringIO):
    """Counts how often it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def as_it_is(line: LogLine, who: str) -> str:
    return f"{line.message}\n"


def say(console: Console, stream: Stream, text: str, now: datetime | None = None, *, urgent: bool = False) -> None:
    """Write a line that looks like its message."""
    line = LogLine(now or utc_now(), 20, text)
    console.write(stream, as_it_is, line, "somebody", urgent=urgent)


def test_a_few_lines_are_written_one_by_one() -> None:
    console, stream = Console(), Stream()
    for number in range(50):
        say(console, stream, str(number))
        assert stream.getvalue().endswith(f"{number}\n")
    assert stream.writes == 50


def test_a_flood_is_written_in_parcels_and_in_order() -> None:
    console, stream, now = Console(), Stream(), utc_now()
    for number in range(10_000):
        say(console, stream, str(number), now + timedelta(seconds=number / 100_000))
    console.flush()
    assert stream.getvalue().split() == [str(number) for number in range(10_000)]
    assert stream.writes < 400


def test_what_waits_is_written_soon_when_nothing_follows() -> None:
    console, stream, now = Console(), Stream(), utc_now()
    for number in range(150):
        say(console, stream, str(number), now)
    wait_until(lambda: stream.getvalue().endswith("149\n"), what="the rest to be written")


def test_an_urgent_line_takes_what_waits_before_it_along() -> None:
    console, stream, now = Console(), Stream(), utc_now()
    for number in range(200):
        say(console, stream, str(number), now)
    say(console, stream, "careful", now, urgent=True)
    assert stream.getvalue().endswith("199\ncareful\n")


def test_lines_go_to_the_stream_that_they_were_written_to() -> None:
    console, first, second, now = Console(), Stream(), Stream(), utc_now()
    for number in range(300):
        say(console, first if number < 200 else second, str(number), now)
    console.flush()
    assert (first.getvalue().split()[-1], second.getvalue().split()[0]) == ("199", "200")


def test_many_threads_lose_nothing() -> None:
    console, stream = Console(), Stream()

    def talk(who: int) -> None:
        for number in range(2_000):
            say(console, stream, f"{who}-{number}")

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
    console, now = Console(), utc_now()
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        for _ in range(101):
            say(console, stream, "parent", now)
        pid = os.fork()
        if pid == 0:
            say(console, stream, "child", now + timedelta(seconds=1))
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        console.flush()
    with os.fdopen(reading) as pipe:
        said = pipe.read().split()
    assert (said.count("parent"), said.count("child")) == (101, 1)


def test_a_stream_that_nobody_reads_any_more_ends_nothing() -> None:
    stream = Stream()
    stream.close()
    say(Console(), stream, "lost", urgent=True)


def test_a_stream_that_is_closed_takes_no_line_of_another_along() -> None:
    console, stream, broken, now = Console(), Stream(), Stream(), utc_now()
    broken.close()
    for number in range(400):
        say(console, broken if number % 2 else stream, str(number), now)
    console.flush()
    assert stream.getvalue().split() == [str(number) for number in range(0, 400, 2)]
