"""Contexts that are carried to other threads and other processes."""

import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flowtui import (
    FlowRunContext,
    TaskRunContext,
    flow,
    get_run_logger,
    hydrated_context,
    serialize_context,
    tags,
    task,
)
from flowtui.engine.client.local import LocalClient
from flowtui.engine.context import current_tags
from flowtui.engine.errors import MissingContext
from flowtui.runtime import flow_run, task_run
from tests.engine.sdk.asking import lines_of, only_run, tasks_of
from tests.support import run_python


@task
def work(n: int) -> int:
    return n + 1


def test_another_thread_joins_the_run(client: LocalClient) -> None:
    seen: list[Any] = []

    def elsewhere(context: Any) -> int:
        with hydrated_context(context):
            get_run_logger().info("from a thread")
            print("printed in a thread")
            seen.append((flow_run.id, sorted(current_tags())))
            return work.submit(1).result()

    @flow(log_prints=True)
    def outer() -> int:
        with tags("carried"), ThreadPoolExecutor(1) as pool:
            return pool.submit(elsewhere, serialize_context()).result() + work(5)

    assert outer() == 8
    run = only_run(client)
    assert seen == [(run.id, ["carried"])]
    assert {"from a thread", "printed in a thread"} <= set(lines_of(client, run))
    assert {name: one.tags for name, one in tasks_of(client, run).items()} == {
        "work-0": ("carried",),
        "work-1": ("carried",),
    }


def _say(context: Any, text: str) -> None:
    with hydrated_context(context):
        get_run_logger().info(text)


def test_lines_of_another_process_stand_after_those_that_came_before_it(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            pool.submit(_say, serialize_context(), "it has started").result()
            get_run_logger().info("before")  # and at once, so that nothing else has it written meanwhile
            pool.submit(_say, serialize_context(), "there").result()
        get_run_logger().info("after")

    outer()
    said = [line for line in lines_of(client, only_run(client)) if line in ("before", "there", "after")]
    assert said == ["before", "there", "after"]


def test_the_block_ends_with_what_was_there_before(client: LocalClient) -> None:
    contexts: list[Any] = []

    @task
    def inside() -> None:
        contexts.append(serialize_context())

    flow(name="around")(inside)()
    with hydrated_context(contexts[0]):
        assert TaskRunContext.get() is not None
        assert FlowRunContext.get() is not None
    assert (TaskRunContext.get(), FlowRunContext.get(), current_tags()) == (None, None, frozenset())
    with hydrated_context(None):
        assert FlowRunContext.get() is None


def test_outside_a_run_the_tags_are_carried(home: Path) -> None:
    with tags("a"):
        context = serialize_context()
    with hydrated_context(pickle.loads(pickle.dumps(context))):
        assert current_tags() == {"a"}
        with pytest.raises(MissingContext):
            get_run_logger()


PROGRAM = """
import multiprocessing, sys
from flowtui import FlowRunContext, flow, get_run_logger, hydrated_context, serialize_context, tags, task
from flowtui.runtime import flow_run, task_run

@task
def work(n):
    get_run_logger().info("working on %d", n)
    return n + 1

def elsewhere(context, n):
    with hydrated_context(context):
        get_run_logger().info("hello from process %d", n)
        assert FlowRunContext.get().flow.name == "whole"
        values = [work(n), *[future.result() for future in work.map([10, 20])]]
        return flow_run.name, flow_run.parameters, flow_run.tags, task_run.name, values

@task
def spreads(n):
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        context = serialize_context()
        return pool.starmap(elsewhere, [(context, 1), (context, 2)])

@flow(name="whole", flow_run_name="one")
def whole(n):
    return spreads(n)

if __name__ == "__main__":
    with tags("t"):
        for line in whole(3):
            print(line)
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_another_process_joins_the_run(client: LocalClient, tmp_path: Path, method: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)

    done = run_python(str(script), method)

    assert done.stdout.splitlines() == [
        "('one', {'n': 3}, ['t'], 'spreads-0', [2, 11, 21])",
        "('one', {'n': 3}, ['t'], 'spreads-0', [3, 11, 21])",
    ], done.stderr
    run = only_run(client)
    assert run.state.is_completed()
    tasks = tasks_of(client, run)
    assert len(tasks) == 7
    assert all(one.state.is_completed() and one.tags == ("t",) for one in tasks.values())
    lines = lines_of(client, run)
    assert sorted(line for line in lines if line.startswith("hello")) == [
        "hello from process 1",
        "hello from process 2",
    ]
    assert sum(line.startswith("working on") for line in lines) == 6


def test_what_is_carried_is_small_and_plain(client: LocalClient) -> None:
    """The function, the values and the task runner stay where they are."""
    sizes: list[int] = []

    @flow
    def outer(lock: Any, data: bytes) -> None:
        sizes.append(len(pickle.dumps(serialize_context())))

    outer(threading.Lock(), b"x" * 1_000_000)
    assert 0 < sizes[0] < 20_000


def test_an_executor_of_processes_can_carry_it(client: LocalClient) -> None:
    @flow
    def outer() -> str:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_where, serialize_context()).result()

    assert outer() == only_run(client).name


def _where(context: Any) -> str:
    with hydrated_context(context):
        assert task_run.id is None
        return str(flow_run.name)
