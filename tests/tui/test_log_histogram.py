"""The strip above a log counts every line once, and leads to where it was written; tracebacks fold one by one."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.clock import to_micros
from flowtui.engine.log_tests import LogTally, Moment
from flowtui.engine.model import LogLine
from flowtui.tui.logs.histogram import Histogram
from tests.fakes.world import NOW
from tests.tui.looks import screen_text, shows, until
from tests.tui.test_log_view import LogApp, line, log_test
from tests.tui.test_opening_code import TRACE

LINES = st.lists(st.tuples(st.floats(0, 1e5), st.sampled_from([20, 30, 40])), min_size=1, max_size=60)


@given(LINES, st.lists(st.integers(1, 20)), st.integers(1, 120), st.booleans())
def test_every_line_is_counted_once_in_the_column_of_its_time(
    told: list[tuple[float, int]], sizes: list[int], width: int, tallied: bool
) -> None:
    lines = [LogLine(NOW + timedelta(seconds=at), level, "x") for at, level in sorted(told)]
    histogram, start = Histogram(), 0
    for size in [*sizes, len(lines)]:
        part = lines[start : start + size]
        if tallied and part:  # as the store tells it
            step, moments = histogram.step, dict[int, Moment]()
            for number, each in enumerate(part, start):
                moment = moments.setdefault(to_micros(each.timestamp) // step, Moment(first=number))
                moment.lines += 1
                moment.errors += each.level >= 40
                moment.warnings += each.level == 30
            histogram.add(LogTally(start=start, stop=start + len(part), total=len(lines), moments=moments), step)
        else:
            histogram.add_lines(max(start - 3, 0), lines[max(start - 3, 0) : start + size])  # parts overlap
        start = min(start + size, len(lines))
    columns = histogram.columns(width)
    assert histogram.done == len(lines) == sum(column.lines for column in columns)
    assert sum(column.errors for column in columns) == sum(each.level >= 40 for each in lines)
    assert sum(column.warnings for column in columns) == sum(each.level == 30 for each in lines)
    firsts = [column.first for column in columns if column.first >= 0]
    assert firsts == sorted(firsts) and firsts[0] == 0
    for each in lines:
        at = histogram.column_of(each, width)
        assert at is not None and columns[at].lines


def test_keys_and_clicks_go_along_time() -> None:
    lines = [line(n)._replace(timestamp=NOW + timedelta(seconds=n // 100 * 10)) for n in range(1000)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await until(pilot, lambda: app.pane.histogram.lines == 1000)
        await pilot.press("less_than_sign")
        await until(pilot, lambda: app.view.cursor_line == 900)
        await pilot.press("less_than_sign", "less_than_sign", "greater_than_sign")
        await until(pilot, lambda: app.view.cursor_line == 800)
        await pilot.click("LogHistogram", offset=(2, 0))
        await until(pilot, lambda: app.view.cursor_line == 0)
        assert screen_text(app).split("\n")[0].count("█") == 10

    log_test(lines, script, (103, 20))


def test_a_traceback_is_unfolded_and_folded_where_the_cursor_is_and_everywhere() -> None:
    lines = [line(n, TRACE.replace("it broke", f"it broke {n}"), 40) for n in range(2)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        text = await shows(pilot, "▸ 3 frames   load.py:9 in load", "2 lines")
        assert text.count("▸") == 2 and "_api.py" not in text
        await pilot.press("E", "z")
        text = await shows(pilot, "_api.py")
        assert text.count("▸") == 1 and text.count("_api.py") == 1
        await pilot.press("Z")
        await until(pilot, lambda: screen_text(app).count("_api.py") == 2)
        await pilot.press("Z")
        await until(pilot, lambda: screen_text(app).count("▸") == 2)

    log_test(lines, script, (110, 30))
