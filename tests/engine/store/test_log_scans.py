"""Looking through whole logs: what a scan says is what reading each line would have said."""

import contextlib
import re
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import to_micros, utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.log_patterns import TakesTooLong, needed_texts, pattern_of, quick_length
from flowtui.engine.log_tests import LogTest, mark_lines
from flowtui.engine.model import LogLine
from flowtui.engine.patient_search import find_each
from flowtui.engine.store import log_chunks

BEGUN = utc_now() - timedelta(hours=1)
TASK = new_id()


def a_log(run_id: str) -> list[LogLine]:
    """Lines of every kind that tests ask for, some of them with letters beyond ASCII."""
    return [
        LogLine(
            timestamp=BEGUN + timedelta(milliseconds=100 * number),
            level=40 if number % 50 == 7 else 30 if number % 20 == 3 else 20 if number % 2 else 10,
            message=f"Page {number}: timed out" if number % 30 == 2 else f"page {number} of the \u212aiosk ünï",
            logger="flowtui.task_runs" if number % 3 else "urllib3.pool",
            flow_run_id=run_id,
            task_run_id=TASK if number % 4 == 0 else None,
            source="/srv/etl.py:14" if number % 5 else None,
            function="load" if number % 5 else None,
            extra={"n": number} if number % 7 == 0 else None,
            task_attempt=1 + number // 300 if number % 4 == 0 else None,
        )
        for number in range(600)
    ]


TESTS = [
    LogTest(),
    LogTest(level=40),
    LogTest(level=35),
    LogTest(pattern="timed out"),
    LogTest(pattern="Timed out"),
    LogTest(pattern=r"page \d+2: timed"),
    LogTest(pattern="kiosk"),
    LogTest(pattern="(broken["),
    LogTest(pattern="nowhere to be found"),
    LogTest(loggers=("urllib3",)),
    LogTest(task_runs=(TASK,), level=20),
    LogTest(task_attempt=2, level=20),
    LogTest(function="load", file="/srv/etl.py"),
    LogTest(since=BEGUN + timedelta(seconds=10), until=BEGUN + timedelta(seconds=20)),
]


@pytest.fixture
def log(store_client: LocalClient) -> tuple[str, list[LogLine]]:
    """A log in chunks of several sizes."""
    run_id = new_id()
    lines = a_log(run_id)
    for start, stop in ((0, 100), (100, 101), (101, 450), (450, 600)):
        store_client.write_logs(lines[start:stop])
        store_client.flush()
    return run_id, lines


def test_marks_say_what_reading_every_line_says(store_client: LocalClient, log: tuple[str, list[LogLine]]) -> None:
    run_id, lines = log
    wanted = tuple(mark_lines(test, lines) for test in TESTS)
    assert [mask.count(1) for mask in wanted] == [sum(passes(test, line) for line in lines) for test in TESTS]
    whole = store_client.mark_logs(run_id, TESTS)
    assert (whole.masks, whole.stop, whole.total) == (wanted, 600, 600)
    part = store_client.mark_logs(run_id, TESTS, start=90, limit=300)
    assert part.masks == tuple(mask[90:390] for mask in wanted)
    store_client.flush()
    with store_client._db.write() as connection:
        log_chunks.merge_chunks(connection, run_id)
    assert store_client.mark_logs(run_id, TESTS).masks == wanted
    assert store_client.mark_logs(new_id(), TESTS).masks == (b"",) * len(TESTS)


def test_lines_without_an_attempt_are_of_none(store_client: LocalClient) -> None:
    """Chunks of before attempts were kept end with a line's extra."""
    run_id = new_id()
    record = [to_micros(BEGUN), 20, "flowtui.task_runs", "old", run_id, TASK, None, None, None]
    with store_client._db.write() as connection:
        packed = log_chunks._packed([record])
        connection.execute(log_chunks._APPEND, {"stream": run_id, **packed, "clocks": None})
    assert store_client.read_logs(run_id).lines[0].task_attempt is None
    assert store_client.mark_logs(run_id, [LogTest(task_attempt=1)]).masks == (b"\0",)


def passes(test: LogTest, line: LogLine) -> bool:
    """The meaning of a test, said once more and plainly."""
    return (
        line.level >= test.level
        and (not test.pattern or pattern_of(test.pattern).search(line.message) is not None)
        and (not test.loggers or any(f"{line.logger}.".startswith(f"{name}.") for name in test.loggers))
        and (not test.task_runs or line.task_run_id in test.task_runs)
        and (not test.task_attempt or line.task_attempt == test.task_attempt)
        and (not test.function or line.function == test.function)
        and (not test.file or (line.source or "").rpartition(":")[0] == test.file)
        and (test.since is None or line.timestamp >= test.since)
        and (test.until is None or line.timestamp < test.until)
    )


def test_lines_are_picked_by_number_out_of_all_chunks(
    store_client: LocalClient, log: tuple[str, list[LogLine]]
) -> None:
    run_id, lines = log
    numbers = [0, 99, 100, 101, 102, 449, 450, 599]
    assert store_client.pick_logs(run_id, [*numbers, 600, 9000]) == tuple(lines[number] for number in numbers)
    assert store_client.pick_logs(run_id, []) == ()
    assert store_client.pick_logs(new_id(), [3]) == ()


def test_a_tally_counts_lines_by_time_and_by_logger(store_client: LocalClient, log: tuple[str, list[LogLine]]) -> None:
    run_id, lines = log
    tally = store_client.tally_logs(run_id, step_seconds=10)
    assert sum(moment.lines for moment in tally.moments.values()) == 600
    assert sum(moment.errors for moment in tally.moments.values()) == sum(line.level >= 40 for line in lines)
    assert sum(moment.warnings for moment in tally.moments.values()) == sum(30 <= line.level < 40 for line in lines)
    for at, moment in tally.moments.items():
        first = lines[moment.first]
        assert to_micros(first.timestamp) // 10_000_000 == at
        assert moment.first == 0 or to_micros(lines[moment.first - 1].timestamp) // 10_000_000 < at
    assert tally.loggers == {"flowtui.task_runs": 400, "urllib3.pool": 200}
    late = store_client.tally_logs(run_id, start=590, step_seconds=10)
    assert (late.start, late.stop, sum(moment.lines for moment in late.moments.values())) == (590, 600, 10)
    assert store_client.log_stamps(run_id, start=95, limit=10) == tuple(
        to_micros(line.timestamp) for line in lines[95:105]
    )


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "K",
        " ",
        ".",
        "*",
        "+",
        "?",
        "{2}",
        "{",
        "}",
        "\\d",
        "\\",
        "\\x41",
        "(",
        ")",
        "|",
        "[ab]",
        "^",
        "$",
        "0",
    ]
)


def test_a_pattern_with_groups_still_needs_what_stands_beside_them() -> None:
    assert needed_texts("(refused|denied) by [ab]+x") == (" by ",)
    assert needed_texts(r"page \d+: (?:x|y)z{2}") == ("page ",)
    assert needed_texts("(broken[") == ("broken",)
    assert needed_texts(r"(?i)one") == needed_texts(r"\x41bc") == needed_texts("(a|b)") == needed_texts("") == ()


def test_a_pattern_with_alternatives_needs_one_of_their_texts_unless_one_has_none() -> None:
    assert needed_texts(r"timed? out|refused: \d+|timed? out") == ("time", "refused: ")
    assert needed_texts(r"refused|\d+") == needed_texts("refused|") == needed_texts("|") == ()


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=8).map("".join), st.text("abkK 0A{}2*+", max_size=12))
def test_what_a_pattern_needs_is_in_every_text_that_it_is_found_in(words: str, text: str) -> None:
    pattern = pattern_of(words)
    if pattern.search(text) is not None and (needed := needed_texts(words)):
        if pattern.flags & re.IGNORECASE:
            needed, text = tuple(map(str.lower, needed)), text.lower()
        assert any(one in text for one in needed)


def test_a_level_between_the_usual_ones_is_not_passed_over(store_client: LocalClient) -> None:
    run_id = new_id()
    line = a_log(run_id)[0]._replace(level=37)
    store_client.write_logs([line])
    store_client.flush()
    assert store_client.mark_logs(run_id, [LogTest(level=35), LogTest(level=38)]).masks == (b"\1", b"\0")


def test_an_expression_that_takes_too_long_is_given_up_and_the_others_are_answered(store_client: LocalClient) -> None:
    """Such a line is all that it takes; `re` would not come back from it in years."""
    run_id = new_id()
    lines = [line._replace(message="a" * 60 + "!") if at == 300 else line for at, line in enumerate(a_log(run_id))]
    store_client.write_logs(lines)
    store_client.flush()
    tests = [LogTest(pattern="timed out"), LogTest(pattern="(a+)+$"), LogTest(pattern=r"(\w+ )+timed out$")]
    found = store_client.mark_logs(run_id, tests)
    assert found.slow == (1,)
    assert [mask.count(1) for mask in found.masks] == [20, 0, 0]
    assert store_client.mark_logs(run_id, tests[2:]).masks[0].count(1) == 0
    assert store_client.mark_logs(run_id, [LogTest(pattern=r"^(\w+ )+\d+: timed out$")]).masks[0].count(1) == 20


SLOW = st.lists(st.sampled_from(["a", "b", "a+", "(a+)", "+", "*", "?", "{2,}", "{1,20}", "|", "$", "[ab]", "(", ")"]))


@settings(max_examples=300, deadline=None)
@given(SLOW.map("".join), st.text("ab", max_size=30))
def test_what_is_said_to_be_quick_is_quick_and_another_process_finds_the_same(words: str, text: str) -> None:
    pattern, quick = pattern_of(words), quick_length(words)
    hard = (text + "a" * 1000)[: 1000 if quick is None else quick] + "!"
    if quick != 0:
        begun = time.process_time()
        pattern.search(hard)
        assert time.process_time() - begun < 0.5
    else:
        pattern = pattern_of(f"{words}{words}")
        with contextlib.suppress(TakesTooLong):
            found = find_each(pattern.pattern, int(pattern.flags & re.IGNORECASE), [text, "", text[:3]], 0.1)
            assert found[1:] == bytes([pattern.search(each) is not None for each in ("", text[:3])])


@pytest.mark.parametrize("words", ["(a+)+$", "(a+){2,3}b", "a*a*a*b", "a?" * 20 + "a" * 20, r"(a)\1+b", "(?=a+)b"])
def test_what_may_take_long_is_known_beforehand(words: str) -> None:
    assert quick_length(words) == 0


@pytest.mark.parametrize("words", ["timeout", "(refused|denied) by", "page 4?2", r"\(a+\)", "[*+]{3}", "(broken["])
def test_what_people_mostly_look_for_is_done_right_here(words: str) -> None:
    assert quick_length(words) in (None, 1000)
