"""Logs: lines by number, in the order in which they were written, through chunks and merges."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.ids import new_id
from flowtui.engine.model import LogLine, LogPage
from flowtui.engine.states import Completed, Running
from flowtui.engine.store import log_chunks
from tests.engine.store.databases import Place
from tests.engine.store.made import a_line, new_run, owned_running

on_one_store = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def messages(page: LogPage) -> list[str]:
    return [line.message for line in page.lines]


def write(client: LocalClient, stream: str, *sizes: int) -> list[str]:
    """Lines in as many chunks as there are sizes; their messages."""
    written: list[str] = []
    for size in sizes:
        texts = [f"line {len(written) + number}" for number in range(size)]
        client.write_logs([a_line(stream, text) for text in texts])
        client.flush()
        written += texts
    return written


def test_a_line_is_read_back_as_it_was_written(store_client: LocalClient) -> None:
    run_id, task_id = new_id(), new_id()
    line = LogLine(
        timestamp=utc_now() - timedelta(days=400),
        level=42,
        message="two\nlines, ünïcödé ☃ and \x1b[31mcolour\x1b[0m",
        logger="flowtui.task_runs",
        flow_run_id=run_id,
        task_run_id=task_id,
        source="etl.py:14",
        task_attempt=3,
    )
    store_client.write_logs([line])
    store_client.flush()
    assert store_client.read_logs(run_id) == LogPage(start=0, lines=(line,), total=1)


def test_lines_of_a_task_outside_any_flow_are_read_by_its_id(store_client: LocalClient) -> None:
    task_id = new_id()
    line = LogLine(timestamp=utc_now(), level=20, message="alone", task_run_id=task_id)
    store_client.write_logs([line])
    store_client.flush()
    assert store_client.read_logs(task_id).lines == (line,)


def test_a_run_without_lines_has_an_empty_log(store_client: LocalClient) -> None:
    assert store_client.read_logs(new_id()) == LogPage(start=0, lines=(), total=0)


def test_pages_show_each_line_once(store_client: LocalClient) -> None:
    run_id = new_id()
    written = write(store_client, run_id, 3, 1, 2500, 7)
    seen: list[str] = []
    while True:
        page = store_client.read_logs(run_id, start=len(seen), limit=300)
        assert (page.start, page.total) == (len(seen), len(written))
        if not page.lines:
            break
        seen += messages(page)
    assert seen == written


@pytest.mark.parametrize(
    ("start", "limit", "first", "count"),
    [(-3, 10, 7, 3), (-3, 2, 7, 2), (-100, 4, 0, 4), (0, 0, 0, 0), (10, 5, 10, 0), (99, 5, 10, 0), (9, 5, 9, 1)],
)
def test_a_page_begins_where_it_was_asked_to(
    store_client: LocalClient, start: int, limit: int, first: int, count: int
) -> None:
    """A negative start counts from the end; what lies beyond the log is its end."""
    run_id = new_id()
    written = write(store_client, run_id, 4, 6)
    page = store_client.read_logs(run_id, start=start, limit=limit)
    assert (page.start, messages(page), page.total) == (first, written[first : first + count], 10)


def test_streams_do_not_mix(store_client: LocalClient) -> None:
    one, other = new_id(), new_id()
    store_client.write_logs([a_line(stream, f"{stream} {n}") for n in range(5) for stream in (one, other)])
    store_client.flush()
    assert messages(store_client.read_logs(one)) == [f"{one} {n}" for n in range(5)]


def test_lines_of_two_processes_are_numbered_one_after_another(place: Place) -> None:
    run_id = new_id()
    first, second = place.open(), place.open()
    for number in range(4):
        client = (first, second)[number % 2]
        client.write_logs([a_line(run_id, str(number))])
        client.flush()
    assert messages(first.read_logs(run_id)) == ["0", "1", "2", "3"]


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8), start=st.integers(-60, 60), limit=st.integers(0, 60))
@on_one_store
def test_every_page_is_a_slice_of_what_was_written_also_after_a_merge(
    store_client: LocalClient, sizes: list[int], start: int, limit: int
) -> None:
    run_id = new_id()
    written = write(store_client, run_id, *sizes)
    first = max(len(written) + start, 0) if start < 0 else min(start, len(written))
    before = store_client.read_logs(run_id, start=start, limit=limit)
    assert messages(before) == written[first : first + limit]
    gone = store_client._writer.call(lambda connection: log_chunks.merge_chunks(connection, run_id))
    assert gone == len(sizes) - 1
    assert store_client.read_logs(run_id, start=start, limit=limit) == before
    more = write(store_client, run_id, 2)
    assert messages(store_client.read_logs(run_id, limit=1000)) == written + more


def test_logs_of_ended_runs_are_merged_and_those_of_others_are_not(store_client: LocalClient) -> None:
    ended = store_client.create_flow_run(new_run(state=Completed())).id
    alive = store_client.create_flow_run(new_run(state=Running())).id
    for stream in (ended, alive):
        write(store_client, stream, *[2] * 6)
    assert store_client.compact_logs(100) == 5
    assert store_client.compact_logs(100) == 0
    for stream in (ended, alive):
        assert store_client.read_logs(stream).total == 12


def test_a_run_counts_its_lines_warnings_and_errors(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.write_logs([a_line(run, level=level) for level in (5, 10, 20, 29, 30, 39, 40, 45, 50, 60)])
    store_client.flush()
    stats = store_client.read_flow_run(run.id).stats
    assert (stats.lines, stats.warnings, stats.errors) == (10, 2, 4)
