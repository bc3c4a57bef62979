"""What a retry would take over: the same decision as at run time, asked beforehand, and spread along the graph."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.amendments import Amendments, RetryEdits
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.retry_plan import plan_retry
from flowtui.engine.states import Completed, Failed, State

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(name: str, state: State, *upstream: str, key: str | None = "k") -> TaskRun:
    inputs = {"x": [{"input_type": "task_run", "id": source} for source in upstream]} if upstream else {}
    return TaskRun(
        id=name, name=name, task_key=name, dynamic_key="0", state=state, created=NOW, input_key=key, task_inputs=inputs
    )


def fates(*runs: TaskRun, kept: bool = True) -> dict[str, str]:
    return {task.run.name: task.fate for task in plan_retry(runs, lambda run: kept).tasks}


def test_what_completed_is_reused_and_what_failed_runs_again() -> None:
    assert fates(made("a", Completed()), made("b", Failed())) == {"a": "reuses it", "b": "runs it"}


def test_what_depends_on_a_repeated_task_is_reused_only_if_that_gives_the_same() -> None:
    a, b, c = made("a", Failed()), made("b", Completed(), "a"), made("c", Completed(), "b")
    plan = plan_retry([a, b, c], lambda run: True)
    assert [task.fate for task in plan.tasks] == ["runs it", "reuses it if unchanged", "reuses it if unchanged"]
    assert plan.tasks[1].reason == "kept, if a gives the same as before"
    assert [task.run.name for task in plan.repeated] == ["a"]
    assert [task.run.name for task in plan.reused] == ["b", "c"]


def test_a_result_that_was_not_kept_is_made_again() -> None:
    (task,) = plan_retry([made("a", Completed())], lambda run: False).tasks
    assert (task.fate, task.reason) == ("runs it", "its result was not kept")


def test_inputs_that_cannot_be_compared_are_a_reason_to_run_again() -> None:
    assert fates(made("a", Completed(), key=None)) == {"a": "runs it"}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12), st.booleans())
def test_a_task_is_reused_for_sure_only_if_all_that_it_comes_from_is(shape: list[tuple[bool, int]], kept: bool) -> None:
    runs = [
        made(str(number), Completed() if well else Failed(), *([str(number - back)] if 0 < back <= number else []))
        for number, (well, back) in enumerate(shape)
    ]
    fate = fates(*runs, kept=kept)
    assert list(fate) == [run.name for run in runs]
    for run in runs:
        sources = [item["id"] for items in run.task_inputs.values() for item in items]
        if fate[run.name] == "reuses it":
            assert kept
            assert run.state.is_completed()
            assert all(fate[source] == "reuses it" for source in sources)
        if fate[run.name] == "runs it":
            assert not (kept and run.state.is_completed())


Shape = list[tuple[bool, int]]
shapes = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=12)


def chain(shape: Shape) -> list[TaskRun]:
    return [
        made(str(number), Completed() if well else Failed(), *([str(number - back)] if 0 < back <= number else []))
        for number, (well, back) in enumerate(shape)
    ]


def sources_of(run: TaskRun) -> list[str]:
    return [item["id"] for items in run.task_inputs.values() for item in items]


@given(shapes, st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_what_is_edited_or_asked_for_runs_again_and_so_does_all_that_depends_on_it(
    shape: Shape, again: set[int], edited: set[int]
) -> None:
    runs = chain(shape)
    ids = {run.id for run in runs}
    edits = RetryEdits(
        again=tuple(str(number) for number in again if str(number) in ids),
        inputs={str(number): {"x": 1} for number in edited if str(number) in ids},
    )
    plan = plan_retry(runs, lambda run: True, edits)
    fate = {task.run.id: task.fate for task in plan.tasks}
    forced = {*edits.again, *edits.inputs}
    for run in runs:  # in order: what they come from is known by then
        if run.id in forced or forced & set(sources_of(run)):
            forced.add(run.id)
            assert fate[run.id] == "runs it"
        elif any(fate[source] == "runs it" for source in sources_of(run)):
            assert fate[run.id] != "reuses it"
    assert {*plan.edits.again} == forced
    assert {task.run.id for task in plan.tasks if task.edited} == set(edits.inputs)


@given(shapes)
def test_without_edits_the_plan_is_the_one_without_them(shape: Shape) -> None:
    runs = chain(shape)
    assert plan_retry(runs, lambda run: True, RetryEdits()) == plan_retry(runs, lambda run: True)


@given(shapes, st.integers(0, 11))
def test_taking_back_what_was_asked_for_gives_the_plan_before(shape: Shape, number: int) -> None:
    """Toggling in the screen: the edits that were asked for are kept apart from what follows of them."""
    runs = chain(shape)
    chosen = str(number % len(runs))
    assert plan_retry(runs, lambda run: True, RetryEdits(again=(chosen,))).edits.again[0] == chosen
    assert plan_retry(runs, lambda run: True, RetryEdits(again=())) == plan_retry(runs, lambda run: True)


def test_an_edit_of_an_earlier_retry_is_shown_and_what_completed_with_it_is_reused() -> None:
    a = made("a", Completed())
    before = Amendments(inputs={"a": {"x": 1}})
    (task,) = plan_retry([a], lambda run: True, RetryEdits(inputs={"a": {"x": 1}}), before).tasks
    assert (task.fate, task.edited) == ("reuses it", {"x": 1})
    (task,) = plan_retry([a], lambda run: True, RetryEdits(inputs={"a": {"x": 2}}), before).tasks
    assert (task.fate, task.reason, task.edited) == ("runs it", "its inputs were edited", {"x": 2})
    (task,) = plan_retry([a], lambda run: True, RetryEdits(inputs={"a": None}), before).tasks
    assert (task.fate, task.edited) == ("runs it", {})


def test_edited_parameters_make_every_reuse_uncertain() -> None:
    assert fates_with(RetryEdits(parameters={"limit": 1})) == {"a": "reuses it if unchanged", "b": "runs it"}


def fates_with(edits: RetryEdits) -> dict[str, str]:
    runs = [made("a", Completed()), made("b", Failed())]
    return {task.run.name: task.fate for task in plan_retry(runs, lambda run: True, edits).tasks}


def test_the_time_of_tasks_that_ran_side_by_side_counts_once() -> None:
    def timed(name: str, start: int, end: int, state: State) -> TaskRun:
        at = [NOW + timedelta(seconds=second) for second in (start, end)]
        return replace(made(name, state), start_time=at[0], end_time=at[1])

    runs = [timed("a", 0, 4, Completed()), timed("b", 2, 6, Failed()), timed("c", 3, 5, Failed())]
    assert plan_retry(runs, lambda run: True).seconds == (4.0, 6.0)
