"""The past of a run: what was true at a moment, and the slider that goes there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.model import Change, TaskRun
from flowtui.engine.states import Completed, Failed, Pending, Running, State
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.run.branches import Branch, Branches
from flowtui.tui.run.gantt import Gantt
from flowtui.tui.run.history import History, state_of
from flowtui.tui.run.log_place import line_at
from flowtui.tui.run.playhead import SPEEDS, Playhead
from flowtui.tui.run.rewind import rewound
from flowtui.tui.run.scrubber import Scrubber
from flowtui.tui.timeline import TaskList
from flowtui.tui.widgets.log_pane import LogPane
from flowtui.tui.widgets.rows import Rows
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.pipeline import a_pipeline
from tests.fakes.world import NOW, World, seconds
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.run.values import RUN, at, branch_of, task

KINDS = (Pending, Running, Completed, Failed)
happenings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.sampled_from(KINDS)), max_size=30)
"""Which task, when, and what became of it."""


def change(number: int, subject: str, state: State, kind: str = "task-run") -> Change:
    body = {"id": state.id, "type": state.type.value, "name": state.name}
    return Change(
        seq=number,
        kind=kind,  # type: ignore[arg-type]
        subject_id=subject,
        name=state.name,
        occurred=state.timestamp,
        flow_run_id="r",
        body=body,
    )


def changes_of(happened: list[tuple[int, int, Any]]) -> list[Change]:
    return [change(seq, f"t{one:03}", kind(timestamp=at(second))) for seq, (one, second, kind) in enumerate(happened)]


@given(happenings, st.integers(-1, 11), st.randoms())
def test_the_state_at_a_moment_is_the_fold_of_what_had_happened_until_then(
    happened: list[tuple[int, int, Any]], second: int, chance: Any
) -> None:
    changes = changes_of(happened)
    told = list(changes)
    chance.shuffle(told)
    history = History.of(told[::2]).with_changes(told)
    expected: dict[str, State] = {}
    for one in sorted(changes, key=lambda c: (c.occurred, c.seq)):
        if one.occurred <= at(second) and (state := state_of(one)) is not None:
            expected[one.subject_id] = state
    for number in range(5):
        assert history.state_at(f"t{number:03}", at(second)) == expected.get(f"t{number:03}")
    assert len(history.changes) == len(changes)


@given(happenings, st.integers(-1, 11))
def test_a_run_rewound_holds_what_there_was_and_nothing_of_what_was_to_come(
    happened: list[tuple[int, int, Any]], second: int
) -> None:
    changes = changes_of(happened)
    history = History.of(changes)
    last = {one: history.state_at(one, at(99)) for one in {c.subject_id for c in changes}}
    now: list[TaskRun] = [replace(task(int(one[1:])), state=state) for one, state in sorted(last.items()) if state]
    before = rewound(Branches("r", {"r": branch_of(*now)}), history, at(second)).trunk
    assert before is not None
    assert {one.id for one in before.tasks.tasks} == {c.subject_id for c in changes if c.occurred <= at(second)}
    for one in before.tasks.tasks:
        assert one.state.timestamp <= at(second)
        if one is not next(known for known in now if known.id == one.id):
            assert one.end_time is None or one.end_time <= at(second)
            assert (one.end_time is not None) is one.state.is_final()
    assert before.run.stats.tasks == len(before.tasks.tasks)


def test_times_and_tries_of_a_task_follow_from_its_states() -> None:
    states = [
        Pending(timestamp=at(0)),
        Running(timestamp=at(1)),
        Failed(timestamp=at(2)),
        Running(timestamp=at(3)),
        Completed(timestamp=at(5)),
    ]
    history = History.of(change(number, "t001", state) for number, state in enumerate(states))
    now = replace(task(1, 1, 5, states[-1]), run_count=2, result="1")
    branches = Branches("r", {"r": Branch(RUN, TaskList().with_tail(None, 0, [now]))})

    def then(second: float) -> TaskRun:
        trunk = rewound(branches, history, at(second)).trunk
        assert trunk is not None
        return trunk.tasks.tasks[0]

    assert (then(0.5).start_time, then(0.5).run_count) == (None, 0)
    assert (then(2.5).end_time, then(2.5).run_count, then(2.5).result) == (at(2), 1, "1")
    assert (then(4).start_time, then(4).end_time, then(4).run_count, then(4).result) == (at(1), None, 2, None)
    assert then(5) is now


moves = st.lists(
    st.one_of(
        st.tuples(st.just("stepped"), st.sampled_from([-1, 1])),
        st.tuples(st.just("jumped"), st.floats(-1, 1)),
        st.tuples(st.just("played"), st.floats(0, 3)),
        st.tuples(st.just("faster"), st.sampled_from([-1, 1])),
        st.tuples(st.just("switched")),
    ),
    max_size=20,
)


@given(st.lists(st.integers(0, 60), min_size=1), moves)
def test_the_playhead_stays_within_the_run(instants: list[int], moved: list[tuple[Any, ...]]) -> None:
    head = Playhead.over([at(second) for second in sorted(set(instants))], at(61))
    assert head is not None and head.part == 1.0
    for name, *given_ in moved:
        head = getattr(head, name)(*given_)
        assert head.start <= head.moment <= head.end and head.speed in SPEEDS


def test_steps_visit_every_moment_in_order() -> None:
    head = Playhead.over([at(1), at(2), at(5)], at(9))
    assert head is not None and Playhead.over([], at(1)) is None
    back = []
    while head.moment > head.start:
        head = head.stepped(-1)
        back.append(head.moment)
    assert back == [at(5), at(2), at(1)]
    assert [head.stepped(1).moment, head.stepped(1).stepped(1).stepped(1).moment] == [at(2), at(9)]
    film = head.switched()
    assert film.played(0.5).moment == at(1.5) and film.faster(1).played(0.5).moment == at(2)
    assert not film.played(99).playing and film.played(99).moment == at(9)
    assert film.played(99).switched().moment == at(1)


def test_what_was_long_before_the_run_began_is_left_out() -> None:
    head = Playhead.over([at(-86_400), at(-0.5), at(0), at(9)], at(10), at(0))
    assert head is not None and head.start == at(-0.5)
    assert head.grown([at(-86_400), at(-0.5), at(0), at(9), at(12)], at(12)).moments == (at(-0.5), at(0), at(9), at(12))


# -- by keyboard ----------------------------------------------------------------------------------------------------


def test_a_run_is_rewound_stepped_through_and_replayed(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world, live=False)
    begun = NOW - seconds(17)

    def names() -> set[str]:
        gantt = app.screen.query_one(Gantt)
        return {found.name for row in gantt.outline.rows if (found := gantt.task_of(row)) is not None}

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id)
        await shows(pilot, "golden-lynx", "✖ Failed", "notify-0", "275 orders")
        await pilot.press("t")
        await shows(pilot, "17s of 17s", "⏸ 1×")
        scrubber, log = app.screen.query_one(Scrubber), app.screen.query_one(LogPane)
        assert scrubber.has_focus
        await pilot.press("left", "left")
        await until(pilot, lambda: scrubber.head is not None and scrubber.head.moment == begun + seconds(16))
        await shows(pilot, "▶ Running", "✖ Failed")
        while scrubber.head is not None and scrubber.head.moment > begun + seconds(3):
            await pilot.press("left")
        await until(
            pilot, lambda: names() == {f"{name}-{n}" for name in ("extract", "clean") for n in range(3)} | {"join-0"}
        )
        assert "↻ AwaitingRetry" in screen_text(app)
        await until(pilot, lambda: log.view.cursor_line == 1)
        await pilot.press("home")
        await until(pilot, lambda: "join-0" not in names())
        await shows(pilot, "space replay")
        await pilot.press("space")
        await shows(pilot, "space stop")  # the bar says what the key does now
        await pilot.press("space")
        await shows(pilot, "space replay", "⏸ 1×")
        await pilot.press("home", "up", "up", "up", "up", "up", "up", "space")
        await shows(pilot, "100×")
        await until(pilot, lambda: scrubber.head is not None and not scrubber.head.playing)
        await shows(pilot, "notify-0", "✖ Failed")
        await pilot.press("home", "escape")
        await until(pilot, lambda: scrubber.head is None and "notify-0" in names())
        assert "⏸ 100×" not in screen_text(app)

    play(app, script)


def test_the_other_tabs_are_rewound_too_and_news_lengthen_the_slider(app: FlowtuiApp, world: World) -> None:
    pipeline = a_pipeline(world)

    def rows() -> Rows:
        return app.screen.query_one("#event-rows", VirtualTable).rows

    async def script(pilot: Pilot[Any]) -> None:
        app.open_run(pipeline.run.id, "events")
        await shows(pilot, "golden-lynx", "AwaitingRetry")
        await pilot.press("t")
        scrubber = app.screen.query_one(Scrubber)
        await until(pilot, lambda: scrubber.head is not None)
        await pilot.press("home")
        await until(pilot, lambda: "AwaitingRetry" not in screen_text(app))
        known = len(scrubber.head.moments)  # type: ignore[union-attr]
        world.now += timedelta(seconds=5)
        load = pipeline.tasks["load-0"]
        world.client.save_task_run(replace(load, state=Completed(timestamp=world.now), end_time=world.now))
        await until(pilot, lambda: len(scrubber.head.moments) == known + 1)  # type: ignore[union-attr]
        assert "AwaitingRetry" not in screen_text(app)
        assert len(rows()) < 8
        await pilot.press("end")
        await until(pilot, lambda: len(rows()) > known)

    play(app, script)


def test_the_line_of_a_moment_is_found_by_halving(world: World) -> None:
    run = world.run("etl", "amber-auk", Running(timestamp=NOW))
    for second in range(100):
        world.log(run, NOW + seconds(second), 20, f"line {second}")
    world.client.flush()
    for moment, line in ((-1, 0), (0, 0), (41.5, 41), (99, 99), (1000, 99)):
        assert line_at(world.client, run.id, 100, NOW + seconds(moment)) == line
