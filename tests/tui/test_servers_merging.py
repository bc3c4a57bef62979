"""Lists of several servers as one, and how each server is doing: the pure parts of `@all`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.clock import utc_now
from flowtui.engine.listing import RunPage, RunSort
from flowtui.engine.model import FlowRun, NewFlowRun, RunCounts
from flowtui.engine.query import Query
from flowtui.engine.states import Completed, Failed, Running, Scheduled
from flowtui.tui.run_list import RunList
from flowtui.tui.servers import merging
from flowtui.tui.servers.health import Facts, health_of
from flowtui.tui.servers.merging import Part, merge
from flowtui.tui.servers.ordering import BY, SERVER, key_of
from flowtui.tui.servers.server_cells import chip_of, face_of, line_of
from flowtui.tui.widgets.paint import fit, width_of

BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
STATES = (Completed, Failed, Running, Scheduled)


def a_run(server: str, number: int, second: int) -> FlowRun:
    at = BEGIN + timedelta(seconds=second)
    return FlowRun(
        id=f"{server}{number:04}", name=f"{server}-{number}", flow_id="f", flow_name="etl", state=Completed(),
        created=at, updated=at, expected_start_time=at,
    )  # fmt: skip


def in_order(runs: list[FlowRun]) -> list[FlowRun]:
    return sorted(runs, key=lambda run: (run.started_or_due, run.id), reverse=True)


stores = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.integers(0, 40), max_size=30), min_size=1
).map(
    lambda found: {
        name: in_order([a_run(name, number, second) for number, second in enumerate(seconds)])
        for name, seconds in found.items()
    }
)  # fmt: skip


def read(store: list[FlowRun], number: int) -> RunList:
    """The list with its first runs read."""
    rest = len(store) - number
    return RunList.of(RunPage(tuple(store[:number]), None, "on" if rest > 0 else None), total=len(store))


@given(stores, st.data())
def test_what_is_shown_is_the_beginning_of_the_whole_list_and_reading_on_reaches_its_end(stores, data):
    whole = in_order([run for store in stores.values() for run in store])
    known = {name: min(data.draw(st.integers(1, 30)), len(store)) for name, store in stores.items()}
    before = -1
    while True:
        merged = merge(Part(name, read(stores[name], known[name])) for name in stores)
        shown = [row.run for row in merged.rows]
        assert shown == whole[: len(shown)]
        assert all(row.id == f"{row.server}/{row.run.id}" and row.run.id.startswith(row.server) for row in merged.rows)
        assert (merged.gaps > 0) == bool(merged.behind) == (len(shown) < len(whole)) and not merged.is_cut
        if not merged.behind:
            break
        assert sum(known.values()) > before, "something was read"
        before = sum(known.values())
        for name in merged.behind:
            known[name] = min(known[name] + data.draw(st.integers(1, 8)), len(stores[name]))
    assert shown == whole


@st.composite
def sorted_stores(draw):
    """Stores whose runs differ in all that lists are sorted by, each in one order; the order, and when it is."""
    sort = RunSort(draw(st.sampled_from([name for name in BY if name != SERVER])), draw(st.booleans()))
    now, number, found = BEGIN + timedelta(hours=1), 0, {}
    some = st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9), st.sampled_from(STATES), st.sampled_from("äbZ"))
    for name in draw(st.sets(st.sampled_from(NAMES), min_size=1)):
        runs = []
        for second, took, state, flow in draw(st.lists(some, max_size=15)):
            run, number = a_run(name, number, second), number + 1
            end = run.created + timedelta(seconds=took) if took is not None else None
            started = None if state is Scheduled else run.created
            runs.append(
                replace(run, state=state(), flow_name=flow, start_time=started, end_time=end if started else None)
            )
        found[name] = sorted(runs, key=key_of(sort, now), reverse=sort.descending)
    return found, sort, now


@given(sorted_stores(), st.data())
def test_in_any_order_what_is_shown_is_the_beginning_of_the_whole_list(made, data):
    stores, sort, now = made
    whole = [run for store in stores.values() for run in store]
    whole.sort(key=key_of(sort, now), reverse=sort.descending)
    known = {name: min(data.draw(st.integers(1, 15)), len(store)) for name, store in stores.items()}
    while True:
        merged = merge([Part(name, read(stores[name], known[name])) for name in stores], sort, now)
        assert [row.run for row in merged.rows] == whole[: len(merged.rows)]
        assert (merged.gaps > 0) == bool(merged.behind) == (len(merged.rows) < len(whole))
        if not merged.behind:
            break
        for name in merged.behind:
            known[name] = min(known[name] + data.draw(st.integers(1, 8)), len(stores[name]))


@given(stores, st.booleans())
def test_by_server_what_was_read_of_each_stands_together_and_more_is_read_of_all(stores, falling):
    known = {name: min(5, len(store)) for name, store in stores.items()}
    merged = merge([Part(name, read(stores[name], known[name])) for name in stores], RunSort(SERVER, falling))
    expected = [run for name in sorted(stores, reverse=falling) for run in stores[name][: known[name]]]
    assert [row.run for row in merged.rows] == expected
    assert merged.behind == {name for name, store in stores.items() if len(store) > 5}
    assert (merged.gaps > 0) == bool(merged.behind)


@given(stores, st.data())
def test_a_server_that_does_not_answer_holds_up_none_of_the_others(stores, data):
    gone = data.draw(st.sampled_from(sorted(stores)))
    known = {name: len(store) if name != gone else min(1, len(store)) for name, store in stores.items()}
    merged = merge(Part(name, read(stores[name], known[name]), answers=name != gone) for name in stores)

    assert [row.run for row in merged.rows] == in_order([run for n in stores for run in stores[n][: known[n]]])
    assert merged.gaps == 0 and not merged.behind


def test_a_list_that_is_too_long_to_be_read_ends_where_the_first_of_its_servers_does():
    long = in_order([a_run("a", number, number) for number in range(merging.MOST + 500)])
    short = in_order([a_run("b", number, number * 500) for number in range(5)])
    merged = merge([Part("a", read(long, merging.MOST)), Part("b", read(short, 5))])

    assert merged.is_cut and merged.gaps == 0 and not merged.behind
    assert [row.run for row in merged.rows] == in_order([*long, *short])[: len(merged.rows)]
    assert len(merged.rows) >= merging.MOST


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        (Facts(), "connecting", "connecting"),
        (Facts(asked=BEGIN), "connecting", "connecting"),
        (Facts(asked=BEGIN - timedelta(seconds=9)), "unreachable", "unreachable since 08:59:51"),
        (Facts(failing=BEGIN - timedelta(hours=1), trouble="Refused."), "unreachable", "unreachable since 08:00:00"),
        (Facts(answered=BEGIN, latency=0.012), "live", "live"),
        (Facts(answered=BEGIN, latency=1.2), "slow", "slow"),
        (Facts(answered=BEGIN, latency=0.1, asked=BEGIN - timedelta(seconds=2)), "slow", "slow"),
        (
            Facts(answered=BEGIN - timedelta(seconds=12), asked=BEGIN - timedelta(seconds=11)),
            "reconnecting",
            "reconnecting… data 12s old",
        ),
        (
            Facts(answered=BEGIN - timedelta(minutes=3), failing=BEGIN - timedelta(minutes=2), trouble="Refused."),
            "reconnecting",
            "reconnecting… data 3m00s old",
        ),
    ],
)
def test_how_a_server_is_doing_is_said_in_a_word(facts, kind, said):
    health = health_of(facts, BEGIN, UTC)
    assert (health.kind, health.word) == (kind, said)


@given(
    st.integers(10, 220), st.text(max_size=40), st.integers(0, 10**6), st.booleans(), st.sampled_from(["", "failed"])
)
def test_a_server_fits_its_line_and_its_chip(width, name, number, answers, role):
    counts = RunCounts(running=number, failed_today=number, late=number)
    trouble = "The store postgresql://x:***@h/d cannot be reached: Connection refused. Is the server up?"
    facts = Facts(answered=BEGIN, latency=0.01, counts=counts)
    if not answers:
        facts = replace(facts, failing=BEGIN, trouble=trouble)
    face = face_of(name, role, "postgresql://x:***@h/d", facts, BEGIN, UTC)

    assert width_of(fit(chip_of(face, width), width)) == width
    line = "".join(text for text, _ in line_of(face, width, 12))
    assert line.startswith(face.health.glyph)
    assert answers or width < 150 or "Connection refused   postgresql://x:***@h/d" in line


def test_stores_have_the_same_orders_as_what_is_merged_here(store_client):
    now = utc_now()
    for number, (flow, state) in enumerate(product(("etl", "Zoo", "ätl", "a_b", "aB"), STATES)):
        due = now - timedelta(minutes=number)
        new = NewFlowRun(flow_name=flow, name=f"run-{number}", state=Scheduled(due, timestamp=due))
        run = store_client.create_flow_run(new)
        if state is not Scheduled:
            store_client.set_flow_run_state(run.id, Running(timestamp=due), force=True)
        if state in (Completed, Failed):
            ended = state(timestamp=due + timedelta(seconds=number * 7 % 5))
            store_client.set_flow_run_state(run.id, ended, force=True)
    for name, falling in product([name for name in BY if name != SERVER], (False, True)):
        sort = RunSort(name, falling)
        page = store_client.page_flow_runs(Query(), sort=sort, limit=100)
        assert len(page.items) == 20
        assert list(page.items) == sorted(page.items, key=key_of(sort, now), reverse=falling), sort
