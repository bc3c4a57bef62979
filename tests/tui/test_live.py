"""The live feed tells what happened: soon, in order, once, and not too often."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StoreError
from flowtui.engine.model import FlowRun, NewFlowRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Running, Scheduled
from flowtui.tui.live import LiveFeed, News
from tests.fakes.world import World
from tests.support import wait_until


class Ear:
    """Keeps the news, and when each piece came."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.times: list[float] = []

    def hear(self, news: News) -> None:
        self.news.append(news)
        self.times.append(time.monotonic())

    @property
    def changes(self) -> list[Any]:
        return [change for news in self.news for change in news.changes or ()]


class Flaky:
    """A client that can be cut off."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.cut = False
        self.lateness = 0.0

    def wait(self, seen: int, timeout: float, *, within: float) -> int:
        self.lateness = within
        return int(self.__getattr__("wait")(seen, timeout, within=within))

    def __getattr__(self, name: str) -> Any:
        if self.cut:
            raise StoreError("The store does not answer.")
        return getattr(self._client, name)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def client(world: World) -> Flaky:
    return Flaky(world.client)


@pytest.fixture
def feed(world: World, client: Flaky, ear: Ear) -> Iterator[LiveFeed]:
    feed = LiveFeed(client, ear.hear)  # type: ignore[arg-type]
    feed.start()
    wait_until(lambda: ear.news, what="the first news")
    yield feed
    feed.stop()
    world.client.close()
    feed.join(5.0)
    assert not feed._thread.is_alive()


def new_run(world: World, name: str) -> FlowRun:
    return world.client.create_flow_run(NewFlowRun(flow_name="f", name=name, state=Scheduled(world.now)))


def test_a_change_is_told_within_a_blink_and_once(world: World, feed: LiveFeed, ear: Ear) -> None:
    begun = time.monotonic()
    run = new_run(world, "one")
    world.client.set_flow_run_state(run.id, Running(), force=True)
    wait_until(lambda: [change.name for change in ear.changes] == ["Scheduled", "Running"])
    assert time.monotonic() - begun < 2.0
    seen = len(ear.changes)
    world.client.flush()
    new_run(world, "two")
    wait_until(lambda: len(ear.changes) > seen)
    assert [change.seq for change in ear.changes] == sorted({change.seq for change in ear.changes})


def test_what_happened_before_it_began_is_not_told(world: World, ear: Ear) -> None:
    new_run(world, "old")
    feed = LiveFeed(world.client, ear.hear)
    feed.start()
    try:
        wait_until(lambda: ear.news)
        run = new_run(world, "new")
        wait_until(lambda: ear.changes)
        assert {change.subject_id for change in ear.changes} == {run.id}
    finally:
        feed.stop()
        feed.join(5.0)


def test_what_happens_between_the_mark_and_the_start_is_told(world: World, ear: Ear) -> None:
    feed = LiveFeed(world.client, ear.hear)
    feed.mark()
    run = new_run(world, "in between")
    feed.start()
    try:
        wait_until(lambda: ear.changes)
        assert {change.subject_id for change in ear.changes} == {run.id}
    finally:
        feed.stop()
        feed.join(5.0)


def test_at_rest_it_looks_less_often_and_still_tells_soon_what_another_process_did(
    world: World, client: Flaky, feed: LiveFeed, ear: Ear, tmp_path: Path
) -> None:
    wait_until(lambda: client.lateness == 0.1, what="rest")
    # Another client has connections of its own, as another process has.
    with closing(LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(tmp_path / "world")}))) as other:
        run = other.create_flow_run(NewFlowRun(flow_name="f", name="theirs", state=Scheduled(world.now)))
        wait_until(lambda: [change.subject_id for change in ear.changes] == [run.id])
        wait_until(lambda: client.lateness < 0.1, what="more to be expected")


def test_log_lines_are_told_as_an_empty_change(world: World, feed: LiveFeed, ear: Ear) -> None:
    run = new_run(world, "one")
    wait_until(lambda: ear.changes)
    told = len(ear.news)
    world.log(run, world.now, 20, "hello")
    world.client.flush()
    wait_until(lambda: any(news.changes == () for news in ear.news[told:]))


def test_many_changes_come_in_few_pieces(world: World, feed: LiveFeed, ear: Ear) -> None:
    def write(part: int) -> None:
        for number in range(100):
            new_run(world, f"run-{part}-{number}")

    writers = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    told = len(ear.news)
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    wait_until(lambda: len(ear.changes) == 400)
    pairs = [pair for pair in zip(ear.news, ear.times, strict=True) if pair[0].changes is not None][told:]
    gaps = [later[1] - earlier[1] for earlier, later in pairwise(pairs)]
    assert all(gap >= 0.045 for gap in gaps), gaps


def test_the_figures_follow(world: World, feed: LiveFeed, ear: Ear) -> None:
    run = new_run(world, "one")
    world.client.set_flow_run_state(run.id, Running(), force=True)
    wait_until(lambda: any(news.counts is not None and news.counts.running == 1 for news in ear.news))


def test_a_lost_store_is_told_once_and_found_again_without_a_gap(
    world: World, client: Flaky, feed: LiveFeed, ear: Ear
) -> None:
    new_run(world, "before")
    wait_until(lambda: len(ear.changes) == 1)
    client.cut = True
    wait_until(lambda: not ear.news[-1].alive, what="the bad news")
    new_run(world, "meanwhile")
    client.cut = False
    wait_until(lambda: ear.news[-1].alive and len(ear.changes) == 2, what="what happened meanwhile")
    assert sum(not news.alive for news in ear.news) == 1


def test_it_ends_soon_after_it_is_told_to(world: World, ear: Ear) -> None:
    feed = LiveFeed(world.client, ear.hear)
    feed.start()
    wait_until(lambda: ear.news)
    begun = time.monotonic()
    feed.stop()
    feed.join(5.0)
    assert time.monotonic() - begun < 2.0
    told = len(ear.news)
    new_run(world, "after")
    assert len(ear.news) == told
