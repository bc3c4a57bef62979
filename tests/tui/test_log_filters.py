"""Filters of a log: what they let through, what they say, and that the text under the eye stays."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.errors import UsageError
from flowtui.engine.log_tests import LogTest, mark_lines
from flowtui.engine.model import LogLine, LogPage
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.filter_words import completed_words, read_filter
from flowtui.tui.logs.filters import FilterSet, numbers_of, shown_mask
from flowtui.tui.logs.marks import Marks
from flowtui.tui.logs.scanning import Scanner
from flowtui.tui.logs.sifting import Sifting
from tests.fakes.world import NOW
from tests.tui.looks import screen_text, shows, until
from tests.tui.test_log_view import LogApp, body, line, log_test

FACTS = RunFacts(
    tasks={"t0": "load-0", "t1": "load-1", "t2": "store-0"},
    attempts=(NOW, NOW + timedelta(seconds=5)),
    task_attempts=3,
)
MESSAGES = st.lists(st.sampled_from(["all well", "Timeout after 5 s", "timeout", "x"]), max_size=40)


def told(message: str, level: int = 20) -> LogLine:
    return LogLine(timestamp=NOW, level=level, message=message)


@given(MESSAGES, st.integers(1, 15), st.randoms())
def test_marks_are_the_same_in_whatever_order_the_log_is_looked_through(
    messages: list[str], size: int, random: Any
) -> None:
    lines = [told(message) for message in messages]
    marks = Marks(LogTest(pattern="timeout"))
    marks.grow(len(lines))
    starts = list(range(0, len(lines), size))
    random.shuffle(starts)
    for start in starts:
        begin = max(start - 3, 0)  # parts overlap, as they do when a page is read again
        marks.take(begin, mark_lines(marks.test, lines[begin : start + size]))
    hits = [number for number, message in enumerate(messages) if "timeout" in message.lower()]
    assert marks.is_complete and marks.count == len(hits)
    for number in range(len(lines)):
        assert marks.after(number) == next((hit for hit in hits if hit > number), hits[0] if hits else None)
        assert marks.before(number) == next((hit for hit in hits[::-1] if hit < number), hits[-1] if hits else None)
        assert marks.position(number) == (hits.index(number) + 1 if number in hits else None)


@given(st.lists(st.sampled_from([b"\0", b"\1", b"\2"]), min_size=1, max_size=30), st.data())
def test_a_hit_counts_as_known_only_when_nothing_nearer_can_still_be_found(mask: list[bytes], data: Any) -> None:
    marks = Marks(LogTest())
    marks.take(0, b"".join(mask))
    here, direction = data.draw(st.integers(0, len(mask))), data.draw(st.sampled_from([1, -1]))
    order = [*range(here + 1, len(mask)), *range(min(here + 1, len(mask)))]
    if direction < 0:
        order = [*range(min(here, len(mask)) - 1, -1, -1), *range(len(mask) - 1, min(here, len(mask)) - 1, -1)]
    first = next((n for n in order if mask[n] != b"\0"), None)
    part = marks.unsure(here, direction, 4)
    if first is None or mask[first] == b"\1":
        assert part is None
        assert (marks.after if direction > 0 else marks.before)(here) == first
    else:
        assert part is not None and part[0] <= first < part[0] + part[1] <= len(mask)


FILTERS = st.lists(st.sampled_from(["timeout", "!after", "well", "level:error", "!x"]), max_size=4, unique=True)
LOGS = st.lists(st.tuples(st.sampled_from(["all well", "timeout", "timeout after", "x"]), st.sampled_from([20, 40])))


@given(FILTERS, LOGS, st.integers(0, 2), st.integers(0, 40))
def test_what_is_shown_is_what_all_filters_let_through_with_its_context(
    typed: list[str], log: list[tuple[str, int]], context: int, start: int
) -> None:
    filters = FilterSet(context=context)
    for text in typed:
        asked = read_filter(text, FACTS)
        filters = filters.with_one(asked.kind, asked.words, asked.test)
    lines = [told(*pair) for pair in log]
    marks = {}
    for each in filters.filters:
        marks[each.number] = Marks(each.test)
        marks[each.number].look_at(0, lines)
    show = [text for text in typed if text in ("timeout", "well")]
    hide = [text[1:] for text in typed if text.startswith("!")]
    passing = [
        number
        for number, (message, level) in enumerate(log)
        if (not show or any(text in message for text in show))
        and not any(text in message for text in hide)
        and ("level:error" not in typed or level >= 40)
    ]
    near = sorted({n for hit in passing for n in range(hit - context, hit + context + 1) if 0 <= n < len(log)})
    assert list(numbers_of(shown_mask(filters, marks, 0, len(log)), 0)) == near
    late = min(start, len(log))
    part = list(numbers_of(shown_mask(filters, marks, max(late - context, 0), len(log)), max(late - context, 0)))
    assert [n for n in part if n >= late] == [n for n in near if n >= late]


@given(FILTERS, LOGS, st.integers(0, 2), st.integers(1, 9))
def test_lines_that_come_in_are_sifted_as_if_all_had_been_there(
    typed: list[str], log: list[tuple[str, int]], context: int, size: int
) -> None:
    lines = [told(*pair) for pair in log]
    filters = FilterSet(context=context)
    for text in typed:
        asked = read_filter(text, FACTS)
        filters = filters.with_one(asked.kind, asked.words, asked.test)
    scanner = Scanner()
    sifting, seen = Sifting(scanner), 0
    sifting.use(filters)
    shown = list(sifting.whole(0) or ())
    for start in range(0, len(lines), size):
        part, total = tuple(lines[start : start + size]), min(start + size, len(lines))
        scanner.kept(start, part, total)
        seen = total
        numbers = sifting.more(LogPage(start=start, lines=part, total=total))
        shown = list(sifting.numbers) if numbers is None else [*shown, *numbers]
    if filters.active:
        assert shown == list(sifting.whole(seen) or ())
    assert sifting.is_settled and not sifting.slow


def test_filters_are_read_from_what_a_person_types() -> None:
    assert read_filter("level:warn", FACTS).test == LogTest(level=30)
    assert read_filter("task:load", FACTS).test == LogTest(task_runs=("t0", "t1"))
    assert read_filter("attempt:2", FACTS).test == LogTest(since=NOW + timedelta(seconds=5))
    assert read_filter("attempt:1", FACTS).test == LogTest(until=NOW + timedelta(seconds=5))
    assert read_filter("task-attempt:2", FACTS)[1:3] == ("2", LogTest(task_attempt=2))
    assert read_filter("!GET /health", FACTS)[:2] == ("hide", "GET /health")
    assert read_filter("http://x", FACTS)[:2] == ("show", "http://x")
    assert read_filter("context:3", FACTS).context == 3
    assert completed_words("task:st", FACTS, ()) == "task:store-0"
    assert completed_words("logger:u", FACTS, ("urllib3", "boto")) == "logger:urllib3"
    assert completed_words("lev", FACTS, ()) == "level:"
    assert completed_words("task-", FACTS, ()) == "task-attempt:"
    assert completed_words("task-attempt:", FACTS, ()) == "task-attempt:1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("level:loud", "There is no level 'loud'; there are debug, info, warning, error, critical, and numbers."),
        ("task:lost", "This run has no task 'lost'. There are load-0, load-1, store-0."),
        ("attempt:3", "There is no attempt 3; there is 1 to 2."),
        ("task-attempt:4", "There is no attempt 4 of a task; no task was tried more than 3 times."),
        ("task-attempt:0", "There is no attempt 0; give a number from 1: task-attempt:2."),
        ("context:many", "The context is 'many'; give a number of lines from 0 to 50."),
        ("!", "Type a text or a regular expression; ! before it hides the lines that have it."),
        ("logger:", "Say which logger: logger:…"),
    ],
)
def test_filters_that_mean_nothing_say_what_there_is(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_filter(text, FACTS)
    assert str(refused.value) == sentence


def many(total: int) -> list[LogLine]:
    return [
        line(n, f"page {n} timed out" if n % 100 == 50 else None, 40 if n % 1000 == 150 else 20) for n in range(total)
    ]


def test_a_filter_is_written_counted_while_typing_and_switched() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("ampersand", *"timed")
        await shows(pilot, "50 lines")
        assert "line 4999" in screen_text(app)  # nothing is hidden while it is being typed
        await pilot.press("enter")
        await shows(pilot, "50 of 5,000 lines; 1 filter", "only lines with", "page 4950 timed out")
        await pilot.press(*"level:error", "enter")
        await shows(pilot, "5 of 5,000 lines; 2 filters")
        await pilot.press("down", "j", "space")
        await shows(pilot, "50 of 5,000 lines; 1 filter")
        await pilot.press("a")
        await shows(pilot, "5,000 lines", "line 4999")
        await pilot.press("a")
        await shows(pilot, "5 of 5,000 lines; 2 filters")
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.view.has_focus)
        assert [each.words for each in app.pane.filters.filters] == ["timed"]

    log_test(many(5000), script, (100, 24))


def test_switching_filters_keeps_the_line_under_the_cursor_where_it_is() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        app.view.move_to_line(2450)
        await shows(pilot, "page 2450 timed out")
        row = next(at for at, text in enumerate(body(app)) if "page 2450" in text) + 1  # below the filters' own line
        app.pane.set_filters(app.pane.filters.with_one("hide", "line", LogTest(pattern="line")))
        await shows(pilot, "page 2350 timed out", "page 2550 timed out")
        assert ("page 2450" in body(app)[row], app.view.cursor_line) == (True, 2450)
        app.pane.set_filters(app.pane.filters.switched(1))
        await shows(pilot, "line 2449")
        assert ("page 2450" in body(app)[row], app.view.cursor_line) == (True, 2450)

    log_test(many(5000), script, (80, 20))


def test_a_filtered_log_is_followed_and_counts_what_comes_in_unseen() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        app.pane.set_filters(app.pane.filters.with_one("show", "timed", LogTest(pattern="timed")))
        await shows(pilot, "20 of 2,000 lines; 1 filter")
        await app.more(line(2000, "well"), line(2001, "timed out again"))
        await shows(pilot, "timed out again", "21 of 2,002 lines")
        await pilot.press("k", "pageup")
        before = body(app)
        await app.more(line(2002, "timed out once more"), line(2003))
        await shows(pilot, "⏸ 1 new")
        assert body(app) == before
        assert app.source.picked <= 40
        await pilot.press("G")
        await shows(pilot, "timed out once more", "follow ●")

    log_test(many(2000), script)


def test_context_brings_in_the_lines_around_also_before_those_that_come_in() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("ampersand", *"boom", "enter", *"context:1", "enter", "escape")
        await shows(pilot, "3 of 20 lines; 1 filter", "line 6", "boom", "line 8")
        await app.more(line(20, "boom again"), line(21))
        await shows(pilot, "6 of 22 lines", "line 19", "boom again", "line 21")

    log_test([line(n, "boom" if n == 7 else None) for n in range(20)], script, (80, 20))


def test_all_lines_of_a_function_are_listed_from_one_of_them() -> None:
    lines = [line(n)._replace(source=f"/srv/etl.py:{n}", function="load" if n % 2 else "store") for n in range(30)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("k", "O")
        await shows(pilot, "15 of 30 lines; 1 filter", "function: store")

    log_test(lines, script)


def test_find_goes_only_to_lines_that_are_shown() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        app.pane.set_filters(app.pane.filters.with_one("level", "ERROR", LogTest(level=40)))
        await pilot.press("slash", *"timed", "enter")
        await shows(pilot, "/ timed  5/5")
        await pilot.press("n")
        await until(pilot, lambda: app.view.cursor_line == 150)

    log_test(many(5000), script)


def test_a_search_goes_through_all_of_200_000_lines_and_reads_few_of_them() -> None:
    lines = [line(n, "refused here" if n in (0, 150_000) else "as usual") for n in range(200_000)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("slash", *"refused \\w+", "enter")
        await shows(pilot, "/ refused \\w+  2/2")
        await until(pilot, lambda: app.view.cursor_line == 150_000)
        await pilot.press("N")
        await shows(pilot, "  1/2", "line 1 of 200,000")
        await pilot.press("N")
        await shows(pilot, "  2/2")
        assert sum(limit for _, limit in app.source.read_ranges) < 10_000
        gutter = [row[-3:] for row in screen_text(app).split("\n")]
        assert sum("▐" in end for end in gutter) == 2

    log_test(lines, script)


def test_lines_look_as_a_person_has_said() -> None:
    lines = [line(n, '{"order": {"id": 7}}' if n == 1 else None)._replace(extra={"id": f"x{n}"}) for n in range(3)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("L")
        await shows(pilot, "What stands in a line")
        await pilot.press(*"{extra.id}>{oops}", "enter")
        await until(pilot, lambda: app.complaints)
        await pilot.press("L", *"{extra.id}>{extra.order.id} {message}", "enter")
        await shows(pilot, "x2> line 2", 'x1>7 {"order"')
        await pilot.press("t")
        await shows(pilot, "since the start")
        await pilot.press("t")
        await shows(pilot, "+0.001s", "since the line before")
        await pilot.press("k", "p")
        await shows(pilot, "message  JSON", '"order": {', '"id": "x1"')

    app = log_test(lines, script, (110, 24))
    assert app.complaints[0].startswith("A line has no 'oops'")
    log_test(lines, lambda pilot, _: shows(pilot, "x2> line 2"), (110, 24))


def test_an_expression_that_takes_too_long_says_so_and_the_keys_go_on() -> None:
    lines = [line(n, "a" * 60 + "!" if n == 5 else None) for n in range(400)]

    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("slash", *"(a+)+$")
        await shows(pilot, "takes too long; simplify it")
        await pilot.press("enter", "g", "j", "j")
        await until(pilot, lambda: app.view.cursor_line == 2)
        await shows(pilot, "/ (a+)+$  takes too long; simplify it", "line 3")
        await pilot.press("slash", *["backspace"] * 6, *"line 7$", "enter")
        await shows(pilot, "/ line 7$  1/1")
        await pilot.press("ampersand", *"(a+)+$")
        await shows(pilot, "takes too long")
        await pilot.press("enter")
        await shows(pilot, "(a+)+$ takes too long; simplify it.", "No filter yet.")
        await pilot.press(*["backspace"] * 6, *"line 3", "enter")
        await shows(pilot, "111 of 400 lines; 1 filter")
        await app.more(line(400, "a" * 2000), line(401, "line 3"))
        await shows(pilot, "112 of 402 lines")

    app = log_test(lines, script, (100, 20))
    assert app.complaints == []


def test_what_is_found_by_an_expression_that_is_tried_elsewhere_is_marked_too() -> None:
    async def script(pilot: Pilot[Any], app: LogApp) -> None:
        await pilot.press("slash", *"(l|n)+ine (1|2)+$", "enter")
        await shows(pilot, "6/6")
        row = app.view.book.row_of((21, 0)) - app.view.top
        ground = {part.text.strip(): part.style.bgcolor for part in app.view.render_line(row) if part.style}
        assert ground["line 21"] != ground["INFO"]

    log_test([line(n) for n in range(30)], script, (100, 20))
