"""What differs between two runs: the most telling first, noise apart, and nothing that is alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.amendments import RetryEdits
from flowtui.engine.clock import utc_now
from flowtui.engine.comparing.differences import Comparison
from flowtui.engine.comparing.reading import compare_runs, compare_with_last_good
from flowtui.engine.comparing.tasks import task_differences, took_longer
from flowtui.engine.errors import NotFound
from flowtui.engine.model import TaskRun, TaskRunFilter
from flowtui.engine.states import Completed, Failed, State
from tests.engine.store.made import a_task
from tests.fakes.changed import a_change
from tests.fakes.world import World

NOW = utc_now()


def told(found: Comparison, section: str) -> dict[str, tuple[str, object, object]]:
    return {it.what: (it.change, it.before, it.after) for it in found.notable if it.section == section}


def task(name: str, number: int, took: float, state: State | None = None) -> TaskRun:
    end = NOW + timedelta(seconds=took)
    return replace(
        a_task(state=state or Completed(), task_key=f"{name}-00ff00ff", dynamic_key=str(number)),
        name=f"{name}-{number}",
        start_time=NOW,
        end_time=end,
    )


def test_all_that_changed_is_told_and_the_failure_comes_first(world: World) -> None:
    older, newer = a_change(world)
    found = compare_with_last_good(world.client, newer.id)
    assert found is not None and (found.older.id, found.newer.id) == (older.id, newer.id)
    assert (found.notable[0].what, found.notable[0].after) == ("state", "Failed")
    assert told(found, "parameters") == {
        "repos[2]": ("new", None, "encode/httpx"),
        "limits.rows": ("changed", 10_000, 100),
    }
    assert told(found, "packages") == {
        "numpy": ("missing", "2.1.0", None),
        "httpx": ("changed", "0.27.2", "0.28.1"),
        "tenacity": ("new", None, "9.1.2"),
    }
    assert set(told(found, "code")) == {"commit", "source file"}
    assert told(found, "blocks")["secret/api-key"][0] == "changed"
    tasks = told(found, "tasks")
    assert tasks["get_stars-1"][2] == "Failed: ReadTimeout: timed out after 5 s"
    assert tasks["report-0"][0] == "missing"
    assert tasks["login-0"] == ("changed", 1.0, 5.1)
    kinds = {it.what: it for it in found.notable if it.section == "log"}
    assert [kinds[what].level for what in kinds] == [40, 30, 20]
    line = kinds["wrote <*> rows to stars.csv in <*> ms"]
    assert line.in_older and line.line is not None
    assert "wrote 3 rows" in world.client.read_logs(older.id, start=line.line, limit=1).lines[0].message


def test_what_was_edited_to_retry_a_run_is_a_difference(world: World) -> None:
    older, newer = a_change(world)
    task = next(it for it in world.client.list_task_runs(TaskRunFilter(flow_run_id=newer.id)).items if "1" in it.name)
    world.client.retry_flow_run(newer.id, RetryEdits(inputs={task.id: {"repo": "acme/tool"}}))
    found = compare_runs(world.client, older.id, newer.id)
    assert told(found, "run") == {"edited input get_stars-1.repo": ("new", None, "acme/tool")}


def test_without_the_logs_it_is_the_same_but_for_them(world: World) -> None:
    older, newer = a_change(world)
    whole, quick = (compare_runs(world.client, older.id, newer.id, logs=logs) for logs in (True, False))
    assert {it for it in whole.differences if it.section != "log"} == set(quick.differences)


def test_a_run_does_not_differ_from_itself(world: World) -> None:
    older, _ = a_change(world)
    found = compare_runs(world.client, older.id, older.id)
    assert found.notable == ()
    assert {it.change for it in found.differences} == {"same"}


def test_sections_and_what_is_in_them_go_from_the_most_telling_down(world: World) -> None:
    _, newer = a_change(world)
    found = compare_with_last_good(world.client, newer.id)
    assert found is not None
    sections = list(dict.fromkeys(it.section for it in found.differences))
    weights = {name: [it.weight for it in found.differences if it.section == name] for name in sections}
    assert all(part == sorted(part, reverse=True) for part in weights.values())
    assert [part[0] for part in weights.values()] == sorted((part[0] for part in weights.values()), reverse=True)


def test_without_a_run_that_went_well_there_is_nothing_to_compare_with(world: World) -> None:
    older, _ = a_change(world)
    assert compare_with_last_good(world.client, older.id) is None
    with pytest.raises(NotFound):
        compare_runs(world.client, older.id, "0199ffff-0000-7000-8000-000000000000")


def test_of_a_log_that_is_too_long_the_ends_are_compared_and_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.engine.comparing.reading._HEAD", 2)
    monkeypatch.setattr("flowtui.engine.comparing.reading._TAIL", 3)
    older, newer = a_change(world)
    found = compare_runs(world.client, older.id, newer.id)
    assert any("the first 2 and the last 3 were compared" in note for note in found.notes)
    assert sum(it.section == "log" for it in found.differences) <= 10


def test_many_calls_that_differ_alike_are_one_difference() -> None:
    before = [task("load", number, 1) for number in range(10)]
    after = [*before[:4], *(task("load", number, 1, Failed(message="no")) for number in range(4, 10))]
    found = [it for it in task_differences(before, after, 10) if it.notable]
    assert [(it.what, it.before, it.after) for it in found] == [("load × 6", "Completed", "Failed: no")]
    assert found[0].task_run_id == after[4].id


def test_a_task_that_moved_to_another_file_is_the_same_task() -> None:
    before = task("load", 0, 1)
    moved = replace(before, task_key="load-11aa11aa")
    assert [it.change for it in task_differences([before], [moved], 1)] == ["same"]


@pytest.mark.parametrize(
    ("before", "after", "whole", "felt"),
    [
        (1, 5, 10, True),
        (5, 1, 10, True),
        (1, 1.4, 10, False),
        (0.1, 0.4, 1, False),
        (10, 14, 20, False),
        (1, 3, 100, False),
    ],
)
def test_a_duration_counts_when_it_is_felt(before: float, after: float, whole: float, felt: bool) -> None:
    assert took_longer(before, after, whole) is felt


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans()), max_size=12))
def test_every_call_is_accounted_for(calls: list[tuple[str, int, bool]]) -> None:
    known = {(name, number): bad for name, number, bad in calls}
    before = [task(name, number, 1) for name, number in known]
    after = [task(name, number, 1, Failed()) for (name, number), bad in known.items() if bad]
    found = list(task_differences(before, after, 1))
    counted = sum(int(it.what.partition(" × ")[2] or 1) for it in found)
    assert counted == len(known)
    assert all(it.notable for it in found)
