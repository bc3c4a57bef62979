"""What a retry would take over: the same decision as at run time, asked beforehand, and spread along the graph."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

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
