"""The system tells when a file was written to, by whichever process; who follows a store for long relies on it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import Settings
from flowtui.engine.store import commits
from flowtui.engine.store.file_events import file_events
from tests.engine.store.made import due_run
from tests.support import clean_environment, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "written"
    path.write_text("")
    return path


class Ear:
    """What was called, and when. It never finds what it looks for, unless it is told what to answer."""

    def __init__(self, answer: Callable[[], bool] = lambda: False) -> None:
        self.times: list[float] = []
        self._answer = answer

    def __call__(self) -> bool:
        self.times.append(time.monotonic())
        return self._answer()


def test_what_another_process_writes_is_told_several_times(file: Path) -> None:
    ear = Ear()
    assert file_events.listen(str(file), ear) is not None
    subprocess.run([sys.executable, "-c", "import sys; open(sys.argv[1], 'a').write('!')", file], check=True)
    wait_until(lambda: len(ear.times) >= 4, what="all looks")


def test_who_has_found_what_it_looked_for_is_not_called_again_until_more_is_written(file: Path) -> None:
    finder, other = Ear(lambda: True), Ear()
    file_events.listen(str(file), finder)
    file.write_text("!")
    wait_until(lambda: finder.times)
    file_events.listen(str(file), other)
    file.write_text("!!")
    wait_until(lambda: len(other.times) >= 4, what="all looks of the other")
    assert len(finder.times) >= 2


def test_a_file_that_is_written_to_all_the_time_is_looked_at_now_and_then(file: Path) -> None:
    file_events.listen(str(file), ear := Ear())
    began = time.monotonic()
    with file.open("a", buffering=1) as writing:
        while len(ear.times) < 6:
            writing.write("line\n")
            assert time.monotonic() - began < 30
    gaps = [later - earlier for earlier, later in zip(ear.times, ear.times[1:], strict=False)]
    assert all(gap >= 0.024 for gap in gaps), gaps


def test_who_has_ended_is_told_no_more_and_others_are(file: Path, tmp_path: Path) -> None:
    gone, stays, elsewhere = Ear(), Ear(), Ear()
    end = file_events.listen(str(file), gone)
    assert end is not None
    file_events.listen(str(file), stays)
    end()
    file.write_text("!")
    wait_until(lambda: len(stays.times) >= 4)
    assert not gone.times
    (other := tmp_path / "other").write_text("")
    ending = file_events.listen(str(other), elsewhere)
    assert ending is not None
    ending()
    again = Ear()
    assert file_events.listen(str(other), again) is not None
    other.write_text("!")
    wait_until(lambda: again.times)
    assert not elsewhere.times


def test_there_is_no_telling_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert file_events.listen(str(tmp_path / "nowhere"), Ear()) is None


FORK = """
import os, sys, threading
from flowtui.engine.store.file_events import file_events
path, told = sys.argv[1], threading.Event()
assert file_events.listen(path, lambda: True)
if pid := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
assert file_events.listen(path, lambda: told.set() or True)
open(path, "a").write("!")
os._exit(0 if told.wait(20) else 3)
"""


def test_the_fork_of_a_process_that_listened_listens_by_itself(file: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORK, file], env=clean_environment(tmp_path), check=True, timeout=50)


def test_who_waits_for_commits_for_long_is_told_by_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_SHORT_SECONDS", 0.0)
    monkeypatch.setattr(commits, "_ASK_SECONDS", 60.0)
    settings = Settings.from_env({"FLOWTUI_HOME": str(tmp_path)})
    with closing(LocalClient.open(settings)) as reader, closing(LocalClient.open(settings)) as writer:
        seen, heard = reader.wait(0, 0), threading.Event()
        while (now := reader.wait(seen, 0.5, within=0.01)) != seen:  # of opening the other
            seen = now

        def wait() -> None:
            if reader.wait(seen, 50, within=50) != seen:
                heard.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        for _ in range(3):  # the last is committed while the thread waits, however late it has begun
            due_run(writer)
            writer.flush()
            heard.wait(2)
        assert heard.wait(0)
        waiting.join()


def test_who_is_told_looks_seldom_until_something_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a store that lies on another machine."""
    monkeypatch.setattr(commits, "_SHORT_SECONDS", 0.0)
    asked: list[Callable[[], bool]] = []
    monkeypatch.setattr(commits.file_events, "listen", lambda path, hear: asked.append(hear) or (lambda: None))
    settings = Settings.from_env({"FLOWTUI_HOME": str(tmp_path)})
    with closing(LocalClient.open(settings)) as reader, closing(LocalClient.open(settings)) as writer:
        followed = reader._commits
        followed.wait(0, 0, 0.1)  # who waits the first time looks from then on
        while not asked:
            followed._pause(0.1)
        (hear,) = asked
        assert followed._pause(0.1) == commits._ASK_SECONDS

        due_run(writer)
        writer.flush()
        assert hear()
        assert not hear()
        assert followed._pause(0.1) == commits._ASK_TRUSTED_SECONDS

        monkeypatch.setattr(commits, "_ASK_TRUSTED_SECONDS", 0.05)
        ended = threading.Event()

        def follow() -> None:
            seen = 0
            while not ended.is_set():
                seen = followed.wait(seen, 0.2, 0.001)

        following = threading.Thread(target=follow)
        following.start()
        assert followed._pause(0.001) == commits._ASK_TRUSTED_SECONDS

        def is_looking_often() -> bool:
            due_run(writer)  # and nobody tells
            writer.flush()
            return followed._pause(0.001) == commits._ASK_SECONDS

        wait_until(is_looking_often, what="it to look more often again")
        ended.set()
        following.join(20)
