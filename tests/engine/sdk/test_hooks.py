"""Hooks: called when a run enters a state, sync or async; whatever they raise is one line of the log and no more."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from flowtui import Completed, Failed, State, flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.model import LogLine
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.engine.sdk.scripts import started, when_running

FLOW_EVENTS = ["on_completion", "on_failure", "on_cancellation", "on_crashed", "on_running"]
TASK_EVENTS = ["on_completion", "on_failure", "on_running"]


class Told:
    """Notes what its hooks were called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, str]] = []

    def sync(self, event: str) -> Any:
        def hook(whose: Any, run: Any, state: State) -> None:
            self.calls.append((event, whose.name, run.name, state.name))

        return hook

    def async_(self, event: str) -> Any:
        async def hook(whose: Any, run: Any, state: State) -> None:
            await asyncio.sleep(0)
            self.calls.append((event, whose.name, run.name, state.name))

        return hook

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(event, state) for event, _, _, state in self.calls]


def raising(value: Any) -> Any:
    """A function that returns the value, or raises it."""

    def give() -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    async def agive() -> Any:
        return give()

    return give, agive


OUTCOMES = {
    "a value": (7, [("on_running", "Running"), ("on_completion", "Completed")]),
    "an exception": (ValueError("no rows"), [("on_running", "Running"), ("on_failure", "Failed")]),
    "a failed state": (Failed(message="no"), [("on_running", "Running"), ("on_failure", "Failed")]),
    "a named state": (Completed(name="Skipped"), [("on_running", "Running"), ("on_completion", "Skipped")]),
}


@pytest.mark.parametrize(("outcome", "expected"), OUTCOMES.values(), ids=OUTCOMES)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("how", ["sync", "async_"])
@pytest.mark.parametrize("what", ["flow", "task", "submitted"])
def test_the_hooks_of_a_state_are_called_when_it_is_entered(
    client: LocalClient, outcome: Any, expected: Any, is_async: bool, how: str, what: str
) -> None:
    told = Told()
    give = raising(outcome)[is_async]
    events = FLOW_EVENTS if what == "flow" else TASK_EVENTS
    hooks = {event: [getattr(told, how)(event)] for event in events}
    if what == "flow":
        made = flow(name="it", flow_run_name="it-0", **hooks)(give)
        state = asyncio.run(made(return_state=True)) if is_async else made(return_state=True)
    else:
        one = task(name="it", **hooks)(give)

        @flow
        def outer() -> State:
            if what == "submitted":
                return one.submit(return_state=True)
            return asyncio.run(one(return_state=True)) if is_async else one(return_state=True)

        state = outer(return_state=True)
    assert told.events == expected, state
    assert {call[1:3] for call in told.calls} == {("it", "it-0")}


def test_hooks_are_called_in_their_order_and_decorators_add_to_the_list(client: LocalClient) -> None:
    order: list[str] = []

    def first(*_: Any) -> None:
        order.append("first")

    @flow(on_completion=[first])
    def outer() -> None:
        inner()

    @outer.on_completion
    def second(*_: Any) -> None:
        order.append("second")

    @task
    def inner() -> None: ...

    @inner.on_running
    @inner.on_completion
    async def of_the_task(made: Any, run: Any, state: State) -> None:
        order.append(f"task {state.name}")

    outer()
    assert order == ["task Running", "task Completed", "first", "second"]
    assert second.__name__ == "second"


def test_a_copy_keeps_the_hooks_unless_it_has_others(client: LocalClient) -> None:
    told = Told()
    one = task(name="one", on_completion=[told.sync("old")])(lambda: 1)
    one.on_completion(told.sync("decorated"))
    one.with_options(name="two")()
    one.with_options(name="three", on_completion=[told.sync("new")])()
    assert [call[:2] for call in told.calls] == [("old", "two"), ("decorated", "two"), ("new", "three")]
    two = one.with_options(name="two")
    two.on_completion(told.sync("later"))
    told.calls.clear()
    one()
    assert "later" not in [call[0] for call in told.calls]


def test_a_failure_that_is_tried_again_is_no_failure_yet(client: LocalClient) -> None:
    told = Told()
    attempts = iter([1, 2, 3])

    @task(retries=2, on_failure=[told.sync("task failed")], on_running=[told.sync("task runs")])
    def flaky() -> None:
        raise ValueError

    @flow(
        retries=1,
        on_failure=[told.sync("flow failed")],
        on_running=[told.sync("flow runs")],
        on_completion=[told.sync("flow completed")],
    )
    def outer() -> None:
        if next(attempts) == 1:
            flaky()

    outer()
    assert told.events == [
        ("flow runs", "Running"),
        ("task runs", "Running"),
        ("task runs", "Retrying"),
        ("task runs", "Retrying"),
        ("task failed", "Failed"),
        ("flow runs", "Retrying"),
        ("flow completed", "Completed"),
    ]


def test_hooks_belong_to_the_run(client: LocalClient) -> None:
    """Their lines are lines of its log, and the run that they get is in the new state."""

    @task(on_completion=[lambda made, run, state: get_run_logger().info("task hook: %s", run.state.name)])
    def inner() -> None: ...

    @flow(on_completion=[lambda made, run, state: get_run_logger().info("flow hook: %s", run.state.name)])
    def outer() -> None:
        inner()

    outer()
    run = only_run(client)
    lines: list[LogLine] = list(client.read_logs(run.id).lines)
    by_message = {line.message: line for line in lines}
    assert by_message["task hook: Completed"].task_run_id == tasks_of(client, run)["inner-0"].id
    assert by_message["flow hook: Completed"].task_run_id is None


class Broken(Exception):
    pass


@pytest.mark.parametrize("error", [Broken("no\nchannel"), SystemExit(3)])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_hook_that_raises_is_one_line_and_hurts_nothing(
    client: LocalClient, error: BaseException, is_async: bool
) -> None:
    told = Told()

    def notify(*_: Any) -> None:
        raise error

    async def anotify(*_: Any) -> None:
        raise error

    broken = anotify if is_async else notify
    events = {event: [broken, told.sync(event)] for event in ("on_running", "on_completion")}

    @flow(**events)
    def outer() -> int:
        return task(name="inner", **events)(lambda: 7)()

    assert outer() == 7
    assert [event for event, _ in told.events] == ["on_running", "on_running", "on_completion", "on_completion"]
    run = only_run(client)
    assert names_of(client, run.id) == ["Pending", "Running", "Completed"]
    told_lines = [line for line in lines_of(client, run) if "raised" in line]
    assert len(told_lines) == 4
    assert all("\n" not in line and f"{type(error).__name__}" in line for line in told_lines)
    assert f"Hook {broken.__name__!r} (on_completion) raised" in told_lines[-1]
    assert Path(__file__).name in told_lines[-1]
    assert "the run stays Completed." in told_lines[-1]


def test_an_interrupt_in_a_hook_passes_and_the_run_stays_as_it_ended(client: LocalClient) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flow(name="outer", on_completion=[interrupted])(lambda: 1)()
    assert only_run(client).state.name == "Completed"


@pytest.mark.parametrize("event", FLOW_EVENTS)
@pytest.mark.parametrize("hooks", ["notify", 4, print, ["notify"], [None]])
def test_what_is_no_list_of_functions_is_refused(event: str, hooks: Any) -> None:
    with pytest.raises(UsageError, match=event):
        flow(**{event: hooks})(lambda: 1)
    if event in TASK_EVENTS:
        with pytest.raises(UsageError, match=event):
            task(**{event: hooks})(lambda: 1)


def test_no_hooks_are_no_hooks(client: LocalClient) -> None:
    assert flow(on_completion=[], on_failure=None)(lambda: 1)() == 1


def test_a_result_of_the_cache_is_a_completion(client: LocalClient) -> None:
    told = Told()
    one = task(name="one", cache_key_fn=lambda *_: "k", on_completion=[told.sync("done")])(lambda: 1)
    one()
    one()
    assert told.events == [("done", "Completed"), ("done", "Cached")]


# -- ends from outside ----------------------------------------------------------------------------------------------

SCRIPT = """
import sys, time
from flowtui import flow

def say(event):
    def hook(flow, run, state):
        print(event, state.name, flush=True)
    return hook

@flow(on_crashed=[say("crashed")], on_cancellation=[say("cancelled")], on_failure=[say("failed")])
def main():
    print("inside", flush=True)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        time.sleep(0.01)

main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_script_that_is_interrupted_runs_its_on_crashed_hooks(
    client: LocalClient, tmp_path: Path, number: signal.Signals
) -> None:
    with started(tmp_path, SCRIPT) as process:
        when_running(process, client)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert out == "crashed Crashed\n", err
    assert process.returncode == -number


def test_a_cancelled_script_runs_its_on_cancellation_hooks(client: LocalClient, tmp_path: Path) -> None:
    from flowtui.engine.states import Cancelling

    with started(tmp_path, SCRIPT) as process:
        run = when_running(process, client)
        client.set_flow_run_state(run.id, Cancelling())
        out, err = process.communicate(timeout=20)
    assert out == "cancelled Cancelled\n", err


def test_what_leaves_by_the_exit_has_crashed(client: LocalClient) -> None:
    told = Told()

    @flow(on_crashed=[told.sync("crashed")])
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        leave()
    assert told.events == [("crashed", "Crashed")]
