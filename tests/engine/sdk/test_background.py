"""Background tasks: left by one, carried out by another, with the value where it was asked for."""

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flowtui import BackgroundFuture, FlowtuiTaskRunner, allow_failure, flow, materialize, task, wait
from flowtui.engine.background.worker import TaskWorker
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import FailedRun, UpstreamFailed, UsageError
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Crashed
from tests.engine.sdk.asking import names_of, only_run, tasks_of


@task
def double(x: int) -> int:
    return 2 * x


@task
async def increment(x: int) -> int:
    return x + 1


@task
def kind(x: Any) -> Any:
    return {"kind": type(x), "value": x}


@task
def broken() -> None:
    raise ValueError("nothing fits")


@contextmanager
def serving(*tasks: Any, limit: int | None = 10) -> Iterator[TaskWorker]:
    """A task worker, for the length of the block."""
    worker = TaskWorker(*tasks, limit=limit)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(30)
        assert not thread.is_alive()


def kept_files() -> list[str]:
    folder = current_settings().storage / "parameters"
    return sorted(path.name for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def test_a_run_waits_for_a_task_worker_and_gives_its_value(client: LocalClient) -> None:
    future = double.delay(4)
    assert isinstance(future, BackgroundFuture)
    assert client.read_task_run(future.task_run_id).state.name == future.state.name == "Scheduled"
    with pytest.raises(TimeoutError):
        future.result(timeout=0.01)
    with serving(double):
        assert future.result(timeout=20) == 8
        assert double.apply_async([5]).result(timeout=20) == double.apply_async(kwargs={"x": 5}).result(20) == 10
    assert names_of(client, future.task_run_id) == ["Scheduled", "Pending", "Running", "Completed"]
    assert kept_files() == []


def test_the_store_never_holds_the_arguments(client: LocalClient) -> None:
    future = kind.delay({"password": "hunter-of-a-hundred"})
    client.flush()
    database = Path(str(client._db.url.database))
    written = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert future.task_run_id.encode() in written and b"hunter-of-a-hundred" not in written
    assert kept_files() == [future.task_run_id]


def test_any_value_comes_back_and_async_tasks_run_too(client: LocalClient) -> None:
    with serving(kind, increment):
        assert kind.delay((1, b"x")).result(timeout=20) == {"kind": tuple, "value": (1, b"x")}
        assert increment.delay(4).result(timeout=20) == 5


def test_a_failure_is_told_and_what_depends_on_it_does_not_start(client: LocalClient) -> None:
    with serving(broken, double, kind):
        failed = broken.delay()
        after, anyway = double.delay(failed), kind.delay(allow_failure(failed))
        with pytest.raises(FailedRun, match="nothing fits"):
            failed.result(timeout=20)
        with pytest.raises(UpstreamFailed, match="broken-0"):
            after.result(timeout=20)
        assert anyway.result(timeout=20)["kind"] is FailedRun
    assert client.read_task_run(after.task_run_id).state.name == "NotReady"
    assert kept_files() == []


def test_one_waits_for_another_without_taking_a_place(client: LocalClient) -> None:
    """With one place, whoever waited in it would wait for ever."""
    first = double.delay(1)
    last = double.delay(double.delay(first))
    with serving(double, limit=1):
        assert last.result(timeout=20) == 8
    edges = client.read_task_run(last.task_run_id).task_inputs
    assert [edge["input_type"] for edge in edges["x"]] == ["task_run"]


def test_wait_for_and_dependencies_are_edges(client: LocalClient) -> None:
    first = double.delay(1)
    second = double.apply_async([2], wait_for=[first], dependencies={"x": [first]})
    edges = client.read_task_run(second.task_run_id).task_inputs
    assert edges["wait_for"] == edges["x"] == [{"input_type": "task_run", "id": first.task_run_id}]
    with serving(double):
        assert wait([second, first], timeout=20).not_done == set()
    with pytest.raises(UsageError, match="dependencies"):
        double.apply_async([2], dependencies={"x": [3]})


def test_no_more_than_the_limit_run_at_once(client: LocalClient) -> None:
    lock, inside, most = threading.Lock(), [0], [0]
    meet = threading.Barrier(2)

    @task
    def enter(n: int) -> int:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        meet.wait(20)
        with lock:
            inside[0] -= 1
        return n

    futures = enter.map(range(6), deferred=True)
    with serving(enter, limit=2):
        assert futures.result(timeout=30) == list(range(6))
    assert most == [2]


def test_a_task_runner_leaves_them_from_within_a_flow(client: LocalClient) -> None:
    @flow(task_runner=FlowtuiTaskRunner)
    def doubling() -> list[int]:
        first = double.submit(1)
        return [double.submit(first).result(), *double.map([10, 20]).result(), double(3)]

    with serving(double):
        assert doubling() == [4, 20, 40, 6]
    run = only_run(client)
    assert run.stats.tasks == run.stats.done == 5
    assert {made.flow_run_id for made in tasks_of(client, run).values()} == {run.id}


def test_a_flow_that_is_tried_again_takes_over_what_it_had_left(client: LocalClient) -> None:
    tries = []

    @flow(retries=1)
    def doubling() -> int:
        value = double.delay(21).result(timeout=20)
        tries.append(value)
        if len(tries) == 1:
            raise ValueError
        return value

    with serving(double):
        assert doubling() == 42
    assert tries == [42, 42] and len(tasks_of(client, only_run(client))) == 1


def test_what_a_flow_left_goes_on_when_the_flow_ends(client: LocalClient) -> None:
    @flow
    def leaving() -> Any:
        double.delay(2)
        return Crashed()

    leaving(return_state=True)
    (made,) = tasks_of(client, only_run(client)).values()
    assert made.state.is_scheduled()
    with serving(double):
        double_left: BackgroundFuture[int] = BackgroundFuture(made)
        assert double_left.result(timeout=20) == 4


def test_a_future_can_be_sent_and_asked_elsewhere(client: LocalClient) -> None:
    future = double.delay(8)
    sent = pickle.loads(pickle.dumps(future))
    with serving(double):
        assert sent.result(timeout=20) == 16


def test_a_task_is_tried_again_as_in_a_flow(client: LocalClient) -> None:
    tries = []

    @task(retries=2)
    def flaky() -> int:
        tries.append(None)
        if len(tries) < 3:
            raise ValueError
        return len(tries)

    with serving(flaky):
        future = flaky.delay()
        assert future.result(timeout=20) == 3
    assert client.read_task_run(future.task_run_id).run_count == 3


def test_a_worker_that_is_stopped_ends_what_it_has_begun_and_leaves_the_rest(client: LocalClient) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @task
    def slow() -> str:
        begun.set()
        go_on.wait(20)
        return "done"

    first, second = slow.delay(), slow.delay()
    with serving(slow, limit=1) as worker:
        assert begun.wait(20)
        worker.stop()
        go_on.set()
    assert first.result(timeout=10) == "done"
    assert client.read_task_run(second.task_run_id).state.is_scheduled()


def test_an_argument_that_cannot_be_pickled_is_named_and_nothing_is_made(client: LocalClient) -> None:
    with pytest.raises(UsageError, match="argument 'x' is a lock"):
        kind.delay(threading.Lock())
    assert client.list_task_runs().items == () and kept_files() == []


def test_arguments_that_are_gone_crash_the_run_with_the_reason(client: LocalClient) -> None:
    future = double.delay(1)
    (current_settings().storage / "parameters" / future.task_run_id).unlink()
    with serving(double):
        future.wait(20)
    assert future.state.is_crashed() and "result storage" in str(future.state.message)


def test_what_it_makes_is_known(client: LocalClient) -> None:
    @materialize("s3://lake/left")
    def making() -> None: ...

    with serving(making):
        making.delay().wait(20)
    assert client.read_asset("s3://lake/left").outcome == "succeeded"


@pytest.mark.parametrize("wrong", [TaskWorker, lambda: TaskWorker(print), lambda: TaskWorker(double, limit=0)])
def test_a_worker_without_sense_is_refused(client: LocalClient, wrong: Any) -> None:
    with pytest.raises(UsageError):
        wrong()
