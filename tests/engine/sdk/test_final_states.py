"""How a run ended, from what its function did: data, states, futures, exceptions."""

from typing import Any

import pytest

from flowtui import Cancelled, Completed, Failed, State, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import CancelledRun, FailedRun
from tests.engine.sdk.asking import only_run, tasks_of


@task
def half(n: int) -> float:
    return 1 / n


def test_a_returned_state_is_the_final_state(client: LocalClient) -> None:
    @flow
    def outer() -> State:
        return Completed(name="Skipped", message="nothing new", data=3)

    state = outer(return_state=True)
    assert (state.name, state.message, state.result()) == ("Skipped", "nothing new", 3)
    run = only_run(client)
    assert (run.state.name, run.state.message, run.state.type.value) == ("Skipped", "nothing new", "COMPLETED")


def test_a_returned_failure_is_raised(client: LocalClient) -> None:
    @flow
    def outer() -> State:
        return Failed(message="by hand")

    with pytest.raises(FailedRun, match="by hand"):
        outer()


def test_a_task_may_return_a_state_too(client: LocalClient) -> None:
    @task
    def skip() -> State:
        return Completed(name="Skipped", data=5)

    @flow
    def outer() -> Any:
        return skip()

    assert outer() == 5
    assert tasks_of(client)["skip-0"].state.name == "Skipped"


@pytest.mark.parametrize(
    ("numbers", "name", "message"),
    [([1, 2], "Completed", "All states completed."), ([1, 0, 0], "Failed", "2/3 states failed.")],
)
@pytest.mark.parametrize("collection", [list, tuple])
def test_returned_futures_are_counted(
    client: LocalClient, numbers: list[int], name: str, message: str, collection: Any
) -> None:
    @flow
    def outer() -> Any:
        return collection(half.map(numbers))

    state = outer(return_state=True)
    assert (state.name, state.message) == (name, message)
    assert [one.is_completed() for one in state.data] == [bool(number) for number in numbers]
    assert only_run(client).state.message == message


def test_the_futures_of_a_mapping_may_be_returned_as_they_are(client: LocalClient) -> None:
    assert flow(lambda: half.map([1, 0]))(return_state=True).message == "1/2 states failed."


def test_one_returned_future_decides(client: LocalClient) -> None:
    assert flow(lambda: half.submit(2))() == 0.5
    with pytest.raises(ZeroDivisionError):
        flow(lambda: half.submit(0))()


def test_futures_beside_data_are_data(client: LocalClient) -> None:
    state = flow(lambda: [half.submit(0), 1])(return_state=True)
    assert state.is_completed()
    assert state.data[0].is_failed()


def test_a_task_that_failed_does_not_fail_a_flow_that_goes_on(client: LocalClient) -> None:
    @flow
    def outer() -> str:
        half(0, return_state=True)
        half.submit(0).wait()
        return "fine"

    assert outer() == "fine"
    assert only_run(client).stats.failed == 2


def test_a_cancelled_state_among_others_cancels(client: LocalClient) -> None:
    with pytest.raises(CancelledRun, match="1/2 states cancelled"):
        flow(lambda: [Completed(), Cancelled()])()


def test_a_failure_that_depends_on_another_says_so(client: LocalClient) -> None:
    """A future that is not ready counts as not final."""
    state = flow(lambda: [half.submit(half.submit(0))])(return_state=True)
    assert (state.name, state.message) == ("Failed", "1/1 states are not final.")
