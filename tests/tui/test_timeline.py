"""The tasks of a run along time."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.model import Change, FlowRun, TaskRun
from flowtui.engine.states import Completed, Failed, Pending, Running, State
from flowtui.tui.timeline import TaskList, bar_spans, outcome_spans, scale_of, usual
from flowtui.tui.widgets.paint import width_of
from tests.fakes.world import NOW

RUN = FlowRun(
    id="r", name="r", flow_id="f", flow_name="f", state=Running(timestamp=NOW), created=NOW, updated=NOW, start_time=NOW
)


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def task(number: int = 1, start: float | None = None, end: float | None = None, state: State | None = None) -> TaskRun:
    return TaskRun(
        id=f"t{number:03}",
        name=f"task-{number}",
        task_key="task",
        dynamic_key=str(number),
        state=state or (Completed(timestamp=at(end)) if end is not None else Running(timestamp=at(start or 0))),
        created=at(0 if start is None else max(start - 1, 0)),
        flow_run_id="r",
        start_time=None if start is None else at(start),
        end_time=None if end is None else at(end),
    )


def change(task_id: str, state: State) -> Change:
    body = {"id": state.id, "type": state.type.value, "name": state.name, "message": state.message, "details": {}}
    return Change(
        seq=1,
        kind="task-run",
        subject_id=task_id,
        name=state.name,
        occurred=state.timestamp,
        flow_run_id="r",
        body=body,
    )


@given(st.floats(0, 9), st.floats(0, 9), st.integers(1, 60))
def test_a_bar_fills_its_room_wherever_it_stands(start: float, length: float, width: int) -> None:
    run = replace(RUN, end_time=at(10))
    bar = bar_spans(task(start=start, end=min(start + length, 10)), scale_of(run, at(10)), at(10), width)
    assert width_of(bar) == width


def test_the_scale_of_a_run_that_ended_is_its_duration() -> None:
    assert scale_of(replace(RUN, end_time=at(4.1)), at(100)).seconds == 4.1


def test_the_scale_of_a_live_run_rarely_changes() -> None:
    scales = {scale_of(RUN, at(second)).seconds for second in range(30, 60)}
    assert len(scales) <= 8
    assert all(scale > 30 for scale in scales)


def test_a_task_that_waits_is_a_dotted_line_and_one_that_will_never_start_is_a_mark() -> None:
    scale = scale_of(RUN, at(5))
    waiting = replace(task(), state=Pending(timestamp=at(0)), start_time=None)
    assert bar_spans(waiting, scale, at(5), 10)[-1][0] == "·" * 10
    never = replace(waiting, state=Pending(name="NotReady", timestamp=at(1)))
    assert "◌" in "".join(text for text, _ in bar_spans(never, scale, at(5), 10))


def test_the_outcome_names_tries_and_trouble() -> None:
    failed = replace(task(start=0, end=1, state=Failed(message="no answer", timestamp=at(1))), run_count=3)
    text = "".join(words for words, _ in outcome_spans(failed))
    assert "✖ Failed" in text and "↻ 2" in text and "no answer" in text


def test_folding_the_feed_gives_what_the_store_would_answer() -> None:
    made = replace(task(), state=Pending(timestamp=at(0)), start_time=None)
    tasks = TaskList().with_tail(None, 0, [made])
    tasks = tasks.folded([change(made.id, Running(timestamp=at(2)))])
    assert tasks.tasks[0].start_time == at(2) and tasks.tasks[0].run_count == 1
    tasks = tasks.folded(
        [change(made.id, Failed(timestamp=at(3), message="x")), change(made.id, Running(timestamp=at(4)))]
    )
    assert tasks.tasks[0].end_time is None and tasks.tasks[0].run_count == 2 and tasks.tasks[0].start_time == at(2)
    tasks = tasks.folded([change(made.id, Completed(timestamp=at(6)))])
    assert tasks.tasks[0].end_time == at(6) and tasks.tasks[0].state.is_completed()


def test_what_the_feed_tells_late_does_not_turn_time_back() -> None:
    done = task(start=1, end=5)
    tasks = TaskList().with_tail(None, 0, [done])
    assert tasks.folded([change(done.id, Running(timestamp=at(1)))]) is tasks


def test_reading_the_last_page_again_keeps_the_pages_before() -> None:
    tasks = TaskList().with_tail(None, 0, [task(1, 0, 1), task(2, 0, 1)])
    tasks = TaskList(tasks.tasks, tasks.places, "cursor", 2).with_tail("cursor", 2, [task(3, 0, 1)])
    tasks = tasks.with_tail("cursor", 2, [task(3, 0, 2), task(4, 0, 1)])
    assert [t.id for t in tasks.tasks] == ["t001", "t002", "t003", "t004"]
    assert tasks.place("t004") == 3


def test_usual_is_the_median() -> None:
    assert usual(()) is None
    assert usual((5.0, 1.0, 100.0)) == timedelta(seconds=5)
    assert usual((1.0, 3.0)) == timedelta(seconds=2)
