"""A list of runs stays what the store would answer, whatever changes in between."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.listing import RunPage
from flowtui.engine.model import FlowRun
from flowtui.engine.states import Running, Scheduled
from flowtui.tui.run_list import RunList
from tests.fakes.world import NOW


def run(number: int, started: int) -> FlowRun:
    begun = NOW + timedelta(seconds=started)
    return FlowRun(
        id=f"{number:04}",
        name=f"run-{number}",
        flow_id="f",
        flow_name="flow",
        state=Running(timestamp=begun),
        created=NOW,
        updated=NOW,
        start_time=begun,
    )


def newest_first(runs: list[FlowRun]) -> list[FlowRun]:
    return sorted(runs, key=lambda r: (r.started_or_due, r.id), reverse=True)


STARTS = st.lists(st.integers(0, 50), min_size=1, max_size=30)


@given(STARTS, st.integers(1, 10))
def test_paging_gives_each_run_once_and_in_order(starts: list[int], size: int) -> None:
    everything = newest_first([run(number, start) for number, start in enumerate(starts)])
    shown = RunList()
    for begin in range(0, len(everything), size):
        more = begin + size < len(everything)
        shown = shown.extended(RunPage(tuple(everything[begin : begin + size]), after="more" if more else None))
    assert list(shown.runs) == everything
    assert shown.is_whole


@given(STARTS, STARTS, st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)))
def test_merging_changes_gives_what_reading_again_would(
    starts: list[int], later: list[int], moved: set[int], gone: set[int]
) -> None:
    before = {number: run(number, start) for number, start in enumerate(starts)}
    after = dict(before)
    changed = set()
    for number in moved & before.keys():
        after[number] = run(number, later[number % len(later)])
        changed.add(f"{number:04}")
    for number in gone & before.keys():
        after.pop(number)
        changed.add(f"{number:04}")
    fresh = run(999, later[0])
    after[999] = fresh
    changed.add(fresh.id)
    merged = RunList.of(RunPage(tuple(newest_first(list(before.values()))))).merged(
        changed, [r for r in after.values() if r.id in changed]
    )
    assert list(merged.runs) == newest_first(list(after.values()))


def test_a_run_beyond_the_last_page_waits_for_it() -> None:
    shown = RunList.of(RunPage((run(1, 10), run(2, 5)), after="more"))
    assert shown.merged({"0003"}, [run(3, 1)]).runs == shown.runs
    assert [r.id for r in shown.merged({"0003"}, [run(3, 7)]).runs] == ["0001", "0003", "0002"]


def test_a_run_that_was_merged_in_is_not_doubled_by_its_page() -> None:
    shown = RunList.of(RunPage((run(1, 10),), after="more")).merged({"0002"}, [replace(run(2, 10))])
    assert [r.id for r in shown.extended(RunPage((run(2, 10),))).runs] == ["0002", "0001"]


def test_a_scheduled_run_stands_where_it_is_due() -> None:
    waiting = replace(run(5, 0), start_time=None, expected_start_time=NOW + timedelta(hours=1), state=Scheduled(NOW))
    shown = RunList.of(RunPage((run(1, 10),))).merged({waiting.id}, [waiting])
    assert [r.id for r in shown.runs] == ["0005", "0001"]


@given(
    size=st.integers(1, 40),
    total=st.integers(1, 120),
    jumps=st.lists(st.tuples(st.integers(0, 119), st.booleans()), max_size=8),
)
def test_whatever_part_was_read_each_run_stands_where_it_belongs(
    size: int, total: int, jumps: list[tuple[int, bool]]
) -> None:
    """Read on in both directions from anywhere: rows are never doubled, never out of order, and the length is right."""
    everything = newest_first([run(number, number) for number in range(total)])

    def page(first: int) -> RunPage:
        items = tuple(everything[first : first + size])
        last = first + len(items)
        return RunPage(items, str(first) if first else None, str(last) if last < total else None)

    shown = RunList.of(page(0), total=total)
    for target, down in jumps:
        if target % 3 == 0:
            first = min(target, total - 1)
            shown = RunList.of(page(first), above=first, total=total)
        elif down and shown.after is not None:
            shown = shown.extended(page(int(shown.after)))
        elif not down and shown.before is not None:
            begin = max(int(shown.before) - size, 0)
            before = page(begin)
            items = before.items[: int(shown.before) - begin]
            shown = shown.preceded(RunPage(items, before.before, str(begin + len(items))))
        assert len(shown) == total
        assert list(shown.runs) == everything[shown.above : shown.end]
