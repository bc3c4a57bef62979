"""Retries: of tasks in their place, and of whole flows, which keep what had completed."""

import asyncio
import functools
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import pytest

from flowtui import Completed, Failed, State, exponential_backoff, flow, get_run_context, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.settings import current_settings, forget_settings
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.support import wait_until


class Flaky:
    """Fails so many times, then succeeds; counts its calls."""

    def __init__(self, failures: int) -> None:
        self.failures, self.calls = failures, 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise ValueError(f"failure {self.calls}")
        return self.calls


def as_task(flaky: Flaky, how: str, **options: Any) -> Callable[[], Any]:
    """A call of the flaky function as a task, sync or async, called or submitted."""

    @task(name="flaky", **options)
    def sync() -> int:
        return flaky()

    @task(name="flaky", **options)
    async def async_() -> int:
        return flaky()

    return {
        "called": sync,
        "submitted": lambda: sync.submit().result(),
        "async called": lambda: asyncio.run(async_()),
        "async submitted": lambda: async_.submit().result(),
    }[how]


every_way = pytest.mark.parametrize("how", ["called", "submitted", "async called", "async submitted"])


@every_way
def test_a_task_is_tried_again_until_it_succeeds(client: LocalClient, how: str) -> None:
    call = as_task(Flaky(2), how, retries=3)
    assert flow(name="outer")(call)() == 3
    made = tasks_of(client)["flaky-0"]
    assert (made.run_count, made.state.name) == (3, "Completed")
    assert names_of(client, made.id) == ["Pending", "Running", "Retrying", "Retrying", "Completed"]


@every_way
def test_a_task_is_tried_no_more_often_than_it_may(client: LocalClient, how: str) -> None:
    flaky = Flaky(9)
    call = as_task(flaky, how, retries=2)
    with pytest.raises(ValueError, match="failure 3"):
        flow(name="outer")(call)()
    assert flaky.calls == 3
    assert tasks_of(client)["flaky-0"].run_count == 3


@every_way
def test_a_retry_waits_visibly_for_as_long_as_was_asked_for(client: LocalClient, how: str) -> None:
    call = as_task(Flaky(2), how, retries=2, retry_delay_seconds=[0.002, 0.004])
    flow(name="outer")(call)()
    made = tasks_of(client)["flaky-0"]
    history = client.task_run_states(made.id)
    assert [state.name for state in history] == [
        *("Pending", "Running", "AwaitingRetry", "Retrying", "AwaitingRetry", "Retrying", "Completed")
    ]
    for waiting, running, delay in ((history[2], history[3], 0.002), (history[4], history[5], 0.004)):
        assert (running.timestamp - waiting.timestamp).total_seconds() >= delay
        assert waiting.details["scheduled_time"] <= running.timestamp.isoformat()
    assert history[2].message == "Task run encountered an exception: ValueError: failure 1"


def test_the_log_tells_of_each_retry(client: LocalClient) -> None:
    flow(name="outer")(as_task(Flaky(1), "called", retries=2))()
    lines = lines_of(client, only_run(client))
    told = "Task run encountered an exception: ValueError: failure 1 – retry 1 of 2 will start now"
    assert lines.count(told) == 1
    assert not any("Traceback" in line for line in lines), "only the last failure has its traceback"


def test_the_last_failure_has_its_traceback_in_the_log(client: LocalClient) -> None:
    with pytest.raises(ValueError, match="failure 2"):
        flow(name="outer")(as_task(Flaky(9), "called", retries=1))()
    lines = [line for line in lines_of(client, only_run(client)) if "Traceback" in line]
    assert any("ValueError: failure 2" in line and "failure 1" not in line for line in lines)


def test_a_delay_may_be_a_function_of_the_number_of_retries(client: LocalClient) -> None:
    asked: list[int] = []

    def delays(retries: int) -> list[float]:
        asked.append(retries)
        return [0.001] * retries

    assert task(name="flaky", retries=3, retry_delay_seconds=delays)(Flaky(3))() == 4
    assert set(asked) == {3}


def test_a_returned_failure_is_tried_again_too(client: LocalClient) -> None:
    answers = iter([Failed(message="not yet"), Completed(data=7)])

    @task(retries=2)
    def ask() -> State:
        return next(answers)

    assert ask() == 7


def test_a_crash_is_not_tried_again(client: LocalClient) -> None:
    calls: list[int] = []

    @task(retries=3)
    def leave() -> None:
        calls.append(1)
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        leave()
    assert len(calls) == 1
    assert tasks_of(client)["leave-0"].state.message == "Execution was aborted by a Python system exit call (code 3)."


# -- flows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [False, True])
def test_a_flow_is_tried_again_until_it_succeeds(client: LocalClient, is_async: bool) -> None:
    flaky = Flaky(2)

    @flow(name="outer", retries=2, retry_delay_seconds=0.002)
    def sync() -> int:
        return flaky()

    @flow(name="outer", retries=2, retry_delay_seconds=0.002)
    async def async_() -> int:
        return flaky()

    assert (asyncio.run(async_()) if is_async else sync()) == 3
    run = only_run(client)
    assert run.run_count == 3
    wait = ["AwaitingRetry", "Retrying"]
    assert names_of(client, run.id) == ["Pending", "Running", *wait, *wait, "Completed"]


def test_a_flow_is_tried_again_also_when_the_stores_clock_is_behind(client: LocalClient) -> None:
    """A database on another machine has a clock of its own."""
    client._db.now = lambda connection: time.time_ns() // 1000 - 15_000  # type: ignore[method-assign]
    assert flow(name="outer", retries=1)(Flaky(1))() == 2
    assert only_run(client).state.is_completed()


def test_a_flow_that_never_succeeds_raises_its_last_failure(client: LocalClient) -> None:
    with pytest.raises(ValueError, match="failure 2"):
        flow(name="outer", retries=1)(Flaky(9))()
    assert only_run(client).run_count == 2


@pytest.mark.parametrize("how", ["call", "submit", "map"])
@pytest.mark.parametrize("value", [{"rows": [1, 2]}, (1, 2), object], ids=["json", "a tuple", "a class"])
def test_a_retried_flow_keeps_what_had_completed(client: LocalClient, how: str, value: Any) -> None:
    """Any value, because it is the same process."""
    done: list[int] = []
    flaky = Flaky(2)

    @task
    def load(n: int) -> Any:
        done.append(n)
        return value

    @flow(retries=3)
    def outer() -> Any:
        values = {
            "call": lambda: [load(1), load(2)],
            "submit": lambda: [load.submit(1).result(), load.submit(2).result()],
            "map": lambda: load.map([1, 2]).result(),
        }[how]()
        task(name="flaky")(flaky)()
        return values

    assert outer() == [value, value]
    assert sorted(done) == [1, 2]
    run = only_run(client)
    tasks = tasks_of(client, run)
    assert list(tasks) == ["load-0", "load-1", "flaky-0"]
    assert (tasks["load-0"].run_count, tasks["flaky-0"].run_count) == (1, 3)
    assert (run.stats.tasks, run.stats.done, run.stats.failed) == (3, 3, 0)


def test_a_retried_flow_repeats_what_is_called_with_other_arguments(client: LocalClient) -> None:
    seen: list[int] = []
    attempts = iter([1, 2])

    @task
    def note(n: int) -> int:
        seen.append(n)
        return n

    @flow(retries=1)
    def outer() -> int:
        attempt = next(attempts)
        value = note(attempt)
        if attempt == 1:
            raise ValueError
        return value

    assert outer() == 2
    assert seen == [1, 2]
    made = tasks_of(client)["note-0"]
    assert (made.result, made.run_count) == ("2", 2)
    assert names_of(client, made.id) == ["Pending", "Running", "Completed", "Running", "Completed"]


def test_a_retried_flow_repeats_what_refreshes_its_cache(client: LocalClient) -> None:
    seen: list[int] = []
    flaky = Flaky(1)

    @task(refresh_cache=True)
    def note() -> None:
        seen.append(1)

    @flow(retries=1)
    def outer() -> None:
        note()
        flaky()

    outer()
    assert len(seen) == 2


def test_a_retried_flow_tries_its_failed_tasks_again_under_the_same_record(client: LocalClient) -> None:
    call = as_task(Flaky(1), "called")

    flow(retries=1)(call)()
    (made,) = tasks_of(client).values()
    assert (made.state.name, made.run_count, made.flow_run_run_count) == ("Completed", 2, 2)


def test_a_task_that_is_interrupted_while_it_waits_for_its_retry_has_crashed(client: LocalClient) -> None:
    """By itself too, where no flow run could end it."""

    @task(retries=1, retry_delay_seconds=20)
    def load() -> None:
        raise ValueError("no rows")

    def interrupt() -> None:
        wait_until(lambda: [one for one in client.list_task_runs().items if one.state.is_scheduled()])
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        load()
    thread.join()
    made = tasks_of(client)["load-0"]
    assert (made.state.name, made.state.message) == ("Crashed", "Execution was aborted by an interrupt signal.")


def test_a_task_whose_value_breaks_what_is_done_with_it_still_ends(client: LocalClient) -> None:
    """Keeping a value calls the user's own code, which may do anything."""

    class Hostile:
        def __reduce__(self) -> NoReturn:
            raise KeyboardInterrupt

    def make() -> Hostile:
        return Hostile()

    with pytest.raises(KeyboardInterrupt):
        task(name="give", persist_result=True)(make)()
    assert tasks_of(client)["give-0"].state.is_crashed()


# -- conditions and jitter --------------------------------------------------------------------------------------------


def no_more(made: Any, run: Any, state: State) -> bool:
    return "failure 1" in str(state.message)


class Condition:
    def __call__(self, made: Any, run: Any, state: State) -> bool:
        return no_more(made, run, state)

    async def later(self, made: Any, run: Any, state: State) -> bool:
        await asyncio.sleep(0)
        return no_more(made, run, state)


def with_a_limit(limit: str, made: Any, run: Any, state: State) -> bool:
    return limit in str(state.message)


CONDITIONS: dict[str, Any] = {
    "a function": no_more,
    "a lambda": lambda made, run, state: "failure 1" in str(state.message),
    "a partial": functools.partial(with_a_limit, "failure 1"),
    "an object": Condition(),
    "a method": Condition().__call__,
    "an async method": Condition().later,
    "an async partial": functools.partial(Condition().later),
    "something true": lambda made, run, state: [1] if no_more(made, run, state) else [],
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
@every_way
def test_a_task_is_tried_again_only_while_its_condition_says_so(client: LocalClient, how: str, condition: Any) -> None:
    flaky = Flaky(9)
    with pytest.raises(ValueError, match="failure 2"):
        flow(name="outer")(as_task(flaky, how, retries=5, retry_condition_fn=condition))()
    assert flaky.calls == 2
    lines = lines_of(client, only_run(client))
    assert sum("says that it is not to be tried again" in line for line in lines) == 1
    mine = [line.message for line in client.read_logs(only_run(client).id).lines if line.task_run_id is not None]
    (told,) = [line for line in mine if line.startswith("Encountered exception")]
    assert "ValueError: failure 2" in told


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_flow_is_tried_again_only_while_its_condition_says_so(
    client: LocalClient, is_async: bool, condition: Any
) -> None:
    flaky = Flaky(9)

    async def aflaky() -> int:
        return flaky()

    made = flow(name="outer", retries=5, retry_condition_fn=condition)(aflaky if is_async else flaky)
    with pytest.raises(ValueError, match="failure 2"):
        asyncio.run(made()) if is_async else made()
    assert only_run(client).run_count == 2


def test_a_condition_gets_the_task_its_run_and_the_failure(client: LocalClient) -> None:
    seen: list[Any] = []

    def condition(made: Any, run: Any, state: State) -> bool:
        seen.append((made.name, run.name, state.name, str(state.data), get_run_context().task_run.id == run.id))  # type: ignore[union-attr]
        return False

    with pytest.raises(ValueError, match="failure 1"):
        flow(name="outer")(task(name="flaky", retries=1, retry_condition_fn=condition)(Flaky(9)))()
    assert seen == [("flaky", "flaky-0", "Failed", "failure 1", True)]


def test_a_condition_that_raises_is_one_line_and_no_retry(client: LocalClient) -> None:
    def condition(*_: Any) -> bool:
        raise KeyError("x")

    flaky = Flaky(9)
    with pytest.raises(ValueError, match="failure 1"):
        flow(name="outer")(task(name="flaky", retries=3, retry_condition_fn=condition)(flaky))()
    assert flaky.calls == 1
    (line,) = [line for line in lines_of(client, only_run(client)) if line.startswith("Retry condition")]
    assert line.startswith("Retry condition 'condition' raised KeyError: 'x' (")
    assert line.endswith("; it is not tried again.")


@pytest.mark.parametrize("make", [flow, task])
@pytest.mark.parametrize(
    "arguments",
    [
        {"retry_jitter_factor": -0.1},
        {"retry_jitter_factor": "much"},
        {"retry_jitter_factor": float("inf")},
        {"retry_condition_fn": "never"},
        {"retry_delay_seconds": [1, -1]},
        {"retry_delay_seconds": [1] * 51},
    ],
)
def test_a_retry_that_makes_no_sense_is_refused(make: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(arguments))} of 'load'"):
        make(name="load", retries=2, **arguments)(lambda: 1)


def waits_of(client: LocalClient, run_id: str) -> list[float]:
    """The seconds that each retry was put off by."""
    client.flush()
    states = client.flow_run_states(run_id) or client.task_run_states(run_id)
    waits = [state for state in states if state.name == "AwaitingRetry"]
    return [
        (datetime.fromisoformat(state.details["scheduled_time"]) - state.timestamp).total_seconds() for state in waits
    ]


@pytest.mark.parametrize("what", ["task", "flow"])
def test_jitter_spreads_the_delays(client: LocalClient, what: str) -> None:
    make: Any = task if what == "task" else flow
    made = make(name="flaky", retries=8, retry_delay_seconds=0.002, retry_jitter_factor=10)(Flaky(8))
    assert made() == 9
    client.flush()
    run_id = client.list_task_runs().items[0].id if what == "task" else only_run(client).id
    waits = waits_of(client, run_id)
    assert len(waits) == 8
    assert max(waits) <= 0.022
    assert max(waits) > 0.0025, "eight draws from 0 to 11 times the delay are not all near the delay"


@pytest.mark.parametrize(
    "delay", [[0.001, 0.04], lambda retries: [0.001, 0.04], exponential_backoff(0.02)], ids=["list", "call", "backoff"]
)
def test_a_flow_has_the_same_choice_of_delays(client: LocalClient, delay: Any) -> None:
    assert flow(name="outer", retries=3, retry_delay_seconds=delay)(Flaky(3))() == 4
    waits = waits_of(client, only_run(client).id)
    expected = [0.02, 0.04, 0.08] if "exponential" in getattr(delay, "__qualname__", "") else [0.001, 0.04, 0.04]
    assert waits == pytest.approx(expected, abs=0.01)


# -- settings ---------------------------------------------------------------------------------------------------------


def test_who_says_nothing_about_retries_has_those_of_the_settings(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, loud = task(name="silent")(Flaky(2)), task(name="loud", retries=0)(Flaky(2))
    backing_off = task(name="backing", retry_delay_seconds=exponential_backoff(0.03))(Flaky(2))
    whole = flow(name="whole")(Flaky(1))
    for name, value in {
        "TASKS_DEFAULT_RETRIES": "2",
        "TASKS_DEFAULT_RETRY_DELAY_SECONDS": "0.03",
        "FLOWS_DEFAULT_RETRIES": "1",
    }.items():
        monkeypatch.setenv(f"FLOWTUI_{name}", value)
    forget_settings()
    assert silent() == 3
    with pytest.raises(ValueError, match="failure 1"):
        loud()
    assert backing_off() == 3
    assert whole() == 2
    assert waits_of(client, tasks_of(client)["silent-0"].id) == pytest.approx([0.03, 0.03], abs=0.01)
    assert waits_of(client, tasks_of(client)["backing-0"].id) == pytest.approx([0.03, 0.06], abs=0.01)
    assert silent.with_options(name="copy").retries == 2


@pytest.mark.parametrize("value", ["-1", "many", "1.5"])
def test_a_setting_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FLOWTUI_TASKS_DEFAULT_RETRIES", value)
    forget_settings()
    with pytest.raises(UsageError, match=f"FLOWTUI_TASKS_DEFAULT_RETRIES is '{value}'; give a whole number"):
        current_settings()
