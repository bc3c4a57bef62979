"""Merged logs of machines whose clocks differ: in order by one clock, said in the title, and as written by a key."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.tui.app import FlowtuiApp
from flowtui.tui.logs.skew import SLIGHT, shifted, skew_words, worst
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.test_log_merged import messages, write

AHEAD = st.sampled_from([0, SLIGHT - 1, SLIGHT, -SLIGHT, 3_200_000, -90_000_000])


@given(st.lists(st.integers(0, 10**9), max_size=30), st.lists(st.tuples(st.integers(0, 9), AHEAD)))
def test_each_line_is_shifted_by_what_its_clock_was_off_or_not_at_all(
    stamps: list[int], clocks: list[tuple[int, int]]
) -> None:
    found = shifted(stamps, clocks)
    aheads = [ahead for lines, ahead in clocks for _ in range(lines)]
    assert len(found) == len(stamps)
    for at, (old, new) in enumerate(zip(stamps, found, strict=True)):
        ahead = aheads[at] if at < len(aheads) else 0
        assert new - old == (ahead if abs(ahead) >= SLIGHT else 0)
    assert (worst(clocks) == 0) == all(abs(ahead) < SLIGHT for _, ahead in clocks)


def test_skews_are_said_shortly() -> None:
    told = [skew_words(ahead) for ahead in (0, 3_200_000, -250_000, 130_000_000, -7_260_000_000)]
    assert told == ["", "+3.2 s", "-0.25 s", "+2m10s", "-2h01m"]


def test_a_clock_that_is_off_is_corrected_and_k_shows_what_was_written(app: FlowtuiApp, world: World) -> None:
    first, second = world.run("etl", "calm-auk", due=world.now), world.run("etl", "brisk-bee", due=world.now)
    write(world.client, first, (1, "one"), (3, "three"), (5, "five"))
    world.client._db.ahead = lambda connection: 3_200_000  # type: ignore[method-assign]
    write(world.client, second, (-1.2, "two"), (0.8, "four"))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("colon", *"logs calm-auk brisk-bee", "enter")
        await shows(pilot, "5 lines", "brisk-bee +3.2 s", "by the store's clock")
        assert [text.split()[1] for text in messages(app)] == ["one", "two", "three", "four", "five"]
        times = [row.split()[0] for row in screen_text(app).split("\n") if " INFO " in row]
        assert times == sorted(times)
        await pilot.press("ampersand", *"!five", "enter", "escape")
        await shows(pilot, "4 of 5 lines; 1 filter")
        await pilot.press("K")
        await shows(pilot, "as written, K by the store's clock", "4 of 5 lines; 1 filter")
        await until(pilot, lambda: [text.split()[1] for text in messages(app)] == ["two", "four", "one", "three"])
        await pilot.press("K")
        await shows(pilot, "by the store's clock, K as written")
        await until(pilot, lambda: [text.split()[1] for text in messages(app)] == ["one", "two", "three", "four"])

    play(app, script)


def test_clocks_that_agree_are_not_spoken_of(app: FlowtuiApp, world: World) -> None:
    first, second = world.run("etl", "calm-auk", due=world.now), world.run("etl", "brisk-bee", due=world.now)
    for run in (first, second):
        write(world.client, run, (1, "one"))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        await pilot.press("colon", *"logs calm-auk brisk-bee", "enter")
        await shows(pilot, "2 lines")
        assert "clock" not in screen_text(app)
        await pilot.press("K")
        await shows(pilot, "No clock was off by which these lines were written.")

    play(app, script)
