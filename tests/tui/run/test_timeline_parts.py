"""What the timeline is made of: phases, bars with ghosts, the critical path, the forecast, the rows and the window."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.states import AwaitingRetry, Completed, Failed, Paused, Pending, Running, State
from flowtui.engine.usual import Usual, usual_of
from flowtui.tui.run.branches import Branches, critical_of
from flowtui.tui.run.dependencies import critical_path, in_order, upstream_of
from flowtui.tui.run.forecast import Forecast, forecast
from flowtui.tui.run.gantt_bar import gantt_bar
from flowtui.tui.run.outline import ORDERS, outline, task_word
from flowtui.tui.run.phases import phases_of
from flowtui.tui.run.window import WHOLE, Window
from flowtui.tui.timeline import Scale
from flowtui.tui.widgets.paint import width_of
from tests.tui.run.values import RUN, at, branch_of, depending, task


def text_of(spans: Sequence[tuple[str, object]]) -> str:
    return "".join(text for text, _ in spans)


# -- phases ---------------------------------------------------------------------------------------------------------

TRIED_TWICE = (
    Pending(timestamp=at(0)),
    Running(timestamp=at(1)),
    AwaitingRetry(at(4), timestamp=at(3)),
    Running(name="Retrying", timestamp=at(4)),
    Completed(timestamp=at(6)),
)


def test_waiting_trying_and_waiting_for_another_try_are_phases_of_their_own() -> None:
    phases = phases_of(task(1, 1, 6, TRIED_TWICE[-1]), TRIED_TWICE)
    assert [(phase.kind, phase.failed) for phase in phases] == [
        ("waiting", False),
        ("running", True),
        ("retry", False),
        ("running", False),
    ]
    assert [phase.start for phase in phases] == [at(0), at(1), at(3), at(4)]
    assert phases[-1].end == at(6)


def test_what_goes_on_has_no_end_and_a_state_newer_than_the_history_counts() -> None:
    now_paused = task(1, 1, None, Paused(timestamp=at(5)))
    phases = phases_of(now_paused, TRIED_TWICE[:2])
    assert [(phase.kind, phase.end) for phase in phases] == [("waiting", at(1)), ("running", at(5)), ("paused", None)]


def test_without_a_history_a_tasks_own_times_tell_when_it_ran() -> None:
    assert [phase.kind for phase in phases_of(task(1, 2, 4))] == ["waiting", "running"]
    never = task(1, None, None, Pending(name="NotReady", timestamp=at(1)))
    assert phases_of(never) == ()


states = st.lists(st.sampled_from([Pending, Running, Completed, Failed, Paused]), min_size=1, max_size=8).map(
    lambda kinds: tuple(kind(timestamp=at(number)) for number, kind in enumerate(kinds))
)


@given(states)
def test_phases_follow_one_another_and_only_the_last_may_go_on(history: tuple[State, ...]) -> None:
    phases = phases_of(task(1, 0, None, history[-1]), history)
    for one, following in itertools.pairwise(phases):
        assert one.end is not None and one.end <= following.start


# -- bars -----------------------------------------------------------------------------------------------------------


@given(states, st.integers(1, 60), st.floats(0.1, 30), st.floats(0, 20), st.booleans())
def test_a_bar_fills_its_room_exactly(
    history: tuple[State, ...], width: int, seconds: float, start: float, critical: bool
) -> None:
    one = task(1, start, None, history[-1])
    bar = gantt_bar(
        one,
        phases_of(one, history),
        Scale(at(2), seconds),
        at(9),
        width,
        usual=Usual(seconds / 3, seconds, 5),
        critical=critical,
    )
    assert width_of(bar) == width


def test_tries_the_wait_between_them_and_the_ghost_are_told_apart() -> None:
    one = task(1, 1, 6, TRIED_TWICE[-1])
    scale = Scale(at(0), 10.0)
    bar = gantt_bar(one, phases_of(one, TRIED_TWICE), scale, at(6), 20, usual=Usual(7.0, 8.5, 9))
    #     waited, tried 1 … 3, waited, tried 4 … 6, the ghost until 1 + 7, a mark at 1 + 8.5
    assert text_of(bar) == "┈┈████↻┈████░░░░   ╎"
    assert [role for _, role in bar][:4] == ["faint", "failed-bar", "late", "completed-bar"]


def test_where_a_bar_usually_ends_is_marked_in_one_that_takes_longer() -> None:
    one = task(1, 0, 8)
    bar = gantt_bar(one, phases_of(one), Scale(at(0), 10.0), at(9), 20, usual=Usual(4.0, 5.0, 9))
    assert text_of(bar) == "████████╎███████    "


def test_what_is_out_of_the_window_is_not_drawn() -> None:
    one = task(1, 1, 2)
    assert text_of(gantt_bar(one, phases_of(one), Scale(at(5), 5.0), at(9), 10)) == " " * 10


# -- the critical path ----------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Mapping[str, Sequence[str]], Mapping[str, float]]:
    names = [f"n{number}" for number in range(draw(st.integers(1, 7)))]
    upstream = {
        name: draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3)) if place else []
        for place, name in enumerate(names)
    }
    shuffled = draw(st.permutations(names))
    return {name: upstream[name] for name in shuffled}, {name: float(draw(st.integers(0, 9))) for name in names}


def all_paths(upstream: Mapping[str, Sequence[str]], end: str) -> list[list[str]]:
    before = [path for one in upstream[end] for path in all_paths(upstream, one)]
    return [*([*path, end] for path in before), [end]]


@given(graphs())
def test_the_critical_path_is_the_longest_of_all_paths(
    graph: tuple[Mapping[str, Sequence[str]], Mapping[str, float]],
) -> None:
    upstream, seconds = graph
    found = critical_path(upstream, seconds)
    longest = max(sum(seconds[one] for one in path) for end in upstream for path in all_paths(upstream, end))
    assert sum(seconds[one] for one in found) == longest
    assert all(one in upstream[following] for one, following in itertools.pairwise(found))
    ordered = in_order(upstream)
    assert sorted(ordered) == sorted(upstream)
    assert all(ordered.index(one) < ordered.index(name) for name in upstream for one in upstream[name])


def test_a_circle_in_the_records_ends_nothing() -> None:
    assert set(in_order({"a": ["b"], "b": ["a"], "c": ["b", "nobody"]})) == {"a", "b", "c"}
    assert critical_path({}, {}) == ()


def test_dependencies_come_from_what_the_engine_recorded() -> None:
    assert upstream_of(depending(3, 1, 2, 1)) == ("t001", "t002")
    assert upstream_of(depending(1)) == ()


def test_without_dependencies_nothing_is_critical() -> None:
    chain = branch_of(depending(1, end=4), depending(2, end=1), depending(3, 1, start=4, end=5))
    assert critical_of(chain, at(9)) == {"t001", "t003"}
    assert critical_of(branch_of(task(1, 0, 9), task(2, 0, 1)), at(9)) == frozenset()


# -- what is to be expected -----------------------------------------------------------------------------------------


def test_the_end_is_where_it_usually_is_unless_the_tasks_need_longer() -> None:
    usual = {"load-1a2b3c4d": Usual(10.0, 12.0, 5)}
    tasks = [task(1, 0), task(2, 0), *(replace(task(n), state=Pending(), start_time=None) for n in (3, 4))]
    quick = forecast(RUN, tasks, usual, timedelta(seconds=60), at(5))
    assert quick.end == at(60) and quick.late is None
    # 5 + 5 + 10 + 10 seconds of work are left, for the two at once that run
    assert forecast(RUN, tasks, usual, timedelta(seconds=8), at(5)).end == at(20)
    assert forecast(RUN, tasks, {}, None, at(5)).end is None


def test_a_run_is_late_when_it_takes_noticeably_longer_than_usual() -> None:
    usual = timedelta(seconds=60)
    assert forecast(RUN, (), {}, usual, at(64)).late is None
    assert forecast(RUN, (), {}, usual, at(300)).late == timedelta(seconds=240)
    ended = replace(RUN, state=Completed(timestamp=at(300)), end_time=at(300))
    assert forecast(ended, (), {}, usual, at(999)).late == timedelta(seconds=240)
    assert forecast(ended, (), {}, usual, at(999)).end is None


def test_a_run_is_not_late_for_its_pauses_and_ends_later_by_them() -> None:
    usual = timedelta(seconds=60)
    waited = replace(RUN, state=Running(timestamp=at(250)), total_run_time=20.0)  # paused for all but 20 seconds
    assert forecast(waited, (), {}, usual, at(260)) == Forecast(at(290), None)
    assert forecast(waited, (), {}, usual, at(330)).late == timedelta(seconds=40)
    ended = replace(RUN, state=Completed(timestamp=at(900)), end_time=at(900), total_run_time=55.0)
    assert forecast(ended, (), {}, usual, at(999)).late is None


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_half_of_the_times_are_at_most_what_is_usual(seconds: list[float]) -> None:
    usual = usual_of(seconds)
    assert usual is not None and min(seconds) <= usual.p50 <= usual.p90 <= max(seconds) and usual.times == len(seconds)
    assert 2 * sum(one <= usual.p50 for one in seconds) >= len(seconds)


# -- rows -----------------------------------------------------------------------------------------------------------


def world() -> Branches:
    sub = replace(RUN, id="sub", name="sub")
    stands_for = task(2, 0, 5, child_flow_run_id="sub", task_key="flow report", name="report-0")
    failed = task(4, 0, 1, Failed(timestamp=at(1)))
    inner = replace(task(9, 0, 1), flow_run_id="sub")
    trunk = branch_of(task(1, 0, 9), stands_for, task(3, 0, 2), failed)
    return Branches("r", {"r": trunk, "sub": branch_of(inner, run=sub)})


def ids(branches: Branches, opened: set[str], order: str = "made") -> list[str]:
    return [row.id for row in outline(branches, frozenset(opened), order, at(9)).rows]


def test_a_subflow_opens_in_place_and_one_level_deeper() -> None:
    assert ids(world(), set()) == ["t001", "t002", "t003", "t004"]
    assert ids(world(), {"t002"}) == ["t001", "t002", "t009", "t003", "t004"]
    rows = outline(world(), frozenset({"t002"}), "made", at(9)).rows
    assert [row.depth for row in rows] == [0, 0, 1, 0, 0] and rows[1].open and rows[2].run_id == "sub"


def test_rows_can_be_ordered_by_what_needs_a_look() -> None:
    assert ids(world(), set(), "failed first")[0] == "t004"
    assert ids(world(), set(), "slowest first")[:2] == ["t001", "t002"]
    grouped = ids(world(), set(), "grouped")
    assert grouped == ["group r load-1a2b3c4d", "t002"]
    assert ids(world(), {grouped[0]}, "grouped") == [grouped[0], "t001", "t003", "t004", "t002"]


@given(st.sampled_from(ORDERS), st.sets(st.sampled_from(["t002", "group r load-1a2b3c4d"])))
def test_no_row_comes_twice_and_each_is_where_the_outline_says(order: str, opened: set[str]) -> None:
    found = outline(world(), frozenset(opened), order, at(9))
    assert [found.places[row.id] for row in found.rows] == list(range(len(found.rows)))
    assert outline(world(), frozenset(opened), order, at(9), found) is found


def test_a_task_is_named_by_the_last_part_of_its_key() -> None:
    assert task_word("module.load_page-1a2b3c4d") == "load_page"
    assert task_word("flow daily-report") == "daily-report"
    assert task_word("load") == "load"


# -- the window -----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([0.5, 2.0]), st.floats(0, 1), st.floats(-1, 1)), max_size=30))
def test_a_window_stays_within_the_whole(steps: list[tuple[float, float, float]]) -> None:
    window = WHOLE
    for factor, around, parts in steps:
        window = window.zoomed(factor, around).moved(parts)
        assert window.left >= 0 and window.left + window.width <= 1 + 1e-9


def test_zooming_in_and_out_comes_back_and_keeps_what_it_is_about() -> None:
    window = WHOLE.zoomed(0.5, 0.25)
    assert window == Window(0.125, 0.5)
    assert window.scale(Scale(at(0), 80.0)) == Scale(at(10), 40.0)
    assert window.zoomed(2.0, 0.25).is_whole
