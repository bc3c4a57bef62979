"""The questions and assertions that tests of flows use: they answer, and when they fail they say what was there."""

import logging

import pytest

from flowtui import flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.testing import (
    assert_completed,
    assert_failed,
    assert_states,
    logs_of,
    only_run,
    run_state,
    runs_of,
    states_of,
    task_runs_of,
)


@task
def speak(n: int) -> None:
    get_run_logger().info("task says %d", n)


@flow
def speaks(n: int) -> None:
    get_run_logger().warning("flow says %d", n)
    speak(n)


@flow
def breaks() -> None:
    get_run_logger().info("about to break")
    raise LookupError("nothing here")


def test_the_log_of_a_run_or_of_one_task(client: LocalClient) -> None:
    speaks(1)
    run = only_run()
    assert [line for line in logs_of(run) if "says" in line] == ["flow says 1", "task says 1"]
    assert logs_of(run, "warning") == ["flow says 1"]
    assert logs_of(run, logging.ERROR) == []
    (task_run,) = task_runs_of(run)
    assert "task says 1" in logs_of(task_run)
    assert "flow says 1" not in logs_of(task_run)
    assert logs_of(task_run.id) == logs_of(task_run)


def test_a_log_of_many_pages_is_read_to_its_end(client: LocalClient) -> None:
    @flow
    def writes() -> None:
        for n in range(2_500):
            get_run_logger().info("%d", n)

    writes()
    assert [line for line in logs_of(only_run()) if line.isdigit()] == [str(n) for n in range(2_500)]


def test_runs_of_one_flow_of_a_pattern_or_of_all(client: LocalClient) -> None:
    speaks(1)
    breaks(return_state=True)
    speaks(2)
    assert [run.flow_name for run in runs_of()] == ["speaks", "breaks", "speaks"]
    assert [run.parameters for run in runs_of(speaks)] == [{"n": 1}, {"n": 2}]
    assert len(runs_of("b*")) == 1
    assert only_run("breaks").state.is_failed()


def test_more_runs_and_tasks_than_fit_on_a_page(client: LocalClient) -> None:
    nothing = task(name="nothing")(lambda n: None)

    @flow
    def many() -> None:
        nothing.map(range(450))

    many()
    assert [run.dynamic_key for run in task_runs_of(only_run())] == [str(n) for n in range(450)]
    assert len(task_runs_of()) == 450


def test_the_only_run_must_be_the_only_one(client: LocalClient) -> None:
    with pytest.raises(AssertionError, match="there is no run"):
        only_run()
    flow(name="outer")(lambda: speaks(1))()
    assert only_run().flow_name == "outer"
    assert only_run("speaks").parent_task_run_id is not None
    speaks(2)
    with pytest.raises(AssertionError, match=r"there are 2 runs: .* of 'outer', .* of 'speaks'"):
        only_run()


def test_assertions_about_how_a_run_ended(client: LocalClient) -> None:
    speaks(1)
    state = run_state(breaks)
    good, bad = only_run(speaks), only_run(breaks)
    assert_completed(good)
    assert_failed(bad, "nothing here")
    assert_failed(state)
    with pytest.raises(AssertionError, match=r"it ended in Failed\(.*not Completed. Its log ends with:(.|\n)*about to"):
        assert_completed(bad)
    with pytest.raises(AssertionError, match="not Failed"):
        assert_failed(good)
    with pytest.raises(AssertionError, match=r"'another' is not in its message: .*nothing here"):
        assert_failed(bad.id, "another")


def test_assertions_about_the_states_of_flows_and_tasks(client: LocalClient) -> None:
    speaks(1)
    run = only_run()
    assert_states(run, ["Pending", "Running", "Completed"])
    (task_run,) = task_runs_of(run)
    assert_states(task_run, ["Pending", "Running", "Completed"])
    assert [state.name for state in states_of(task_run.id)] == ["Pending", "Running", "Completed"]
    with pytest.raises(
        AssertionError, match=r"its states were \['Pending', 'Running', 'Completed'\], not \['Running'\]"
    ):
        assert_states(run, ["Running"])
