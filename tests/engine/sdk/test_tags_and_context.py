"""Tags of the surrounding block, and what code can ask about the run that it belongs to."""

import asyncio

import pytest

from flowtui import flow, get_run_context, tags, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.context import FlowRunContext, TaskRunContext
from flowtui.engine.errors import MissingContext
from tests.engine.sdk.asking import only_run, runs_of, tasks_of


@task(tags=["own"])
def work() -> None: ...


def test_runs_carry_the_tags_of_the_blocks_around_them(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        work()
        with tags("inner"):
            work()
            work.submit().wait()
        work()

    with tags("prod", "eu") as now:
        assert now == {"prod", "eu"}
        with tags("eu", "more"):
            outer()
    run = only_run(client)
    assert run.tags == ("eu", "more", "prod")
    carried = [one.tags for one in tasks_of(client, run).values()]
    plain, inner = ("eu", "more", "own", "prod"), ("eu", "inner", "more", "own", "prod")
    assert carried == [plain, inner, inner, plain]


def test_without_tags_there_are_none(client: LocalClient) -> None:
    flow(lambda: None)()
    assert only_run(client).tags == ()


def test_subflows_carry_them_too(client: LocalClient) -> None:
    inner = flow(name="inner")(lambda: None)
    with tags("prod"):
        flow(name="outer")(inner)()
    assert runs_of(client, "inner")[0].tags == ("prod",)


def test_code_in_a_run_can_ask_what_it_belongs_to(client: LocalClient) -> None:
    seen: list[FlowRunContext | TaskRunContext] = []

    @task
    def ask(n: int) -> None:
        seen.append(get_run_context())

    @flow
    async def outer(a: int) -> None:
        seen.append(get_run_context())
        ask(1)
        ask.submit(2).wait()
        seen.append(get_run_context())

    asyncio.run(outer(7))
    first, called, submitted, last = seen
    assert isinstance(first, FlowRunContext)
    assert isinstance(called, TaskRunContext)
    assert isinstance(submitted, TaskRunContext)
    assert (first.parameters, first.flow, first.handle.run_id) == ({"a": 7}, outer, only_run(client).id)
    assert (called.parameters, submitted.parameters) == ({"n": 1}, {"n": 2})
    assert (called.task_run.name, called.task_run.state.name) == ("ask-0", "Running")
    assert last is first


def test_outside_any_run_there_is_nothing_to_ask() -> None:
    with pytest.raises(MissingContext, match="was not called by a flow or a task"):
        get_run_context()
