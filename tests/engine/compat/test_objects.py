"""What programs of Prefect 2 and 3 expect of states, futures and runs, where flowtui's have other names."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flowtui import State, StateType, Task, TaskFuture, compat, flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.compat import second
from flowtui.engine.errors import FailedRun, NotFound
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.settings import forget_settings
from flowtui.engine.states import AwaitingRetry, Cancelled, Completed, Failed
from flowtui.testing import logs_of, only_run
from tests.support import wait_until


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    compat.install()
    yield
    compat.uninstall()


def test_details_of_a_state_are_attributes() -> None:
    details: Any = AwaitingRetry(message="soon", details={"cache_key": "k"}).state_details  # type: ignore[attr-defined]
    assert details.cache_key == "k"
    assert isinstance(details.scheduled_time, datetime)
    assert details.pause_key is None


def test_a_state_may_be_made_of_its_type_alone() -> None:
    state = State(type="FAILED", message="m")  # type: ignore[call-arg, arg-type]
    assert (state.name, state.is_failed()) == ("Failed", True)
    assert State(type=StateType.COMPLETED, name="Skipped").name == "Skipped"
    assert State[int] is State  # type: ignore[misc]


def test_blocks_of_programs_make_themselves_ready_and_need_no_registration(client: LocalClient) -> None:
    from prefect.blocks.core import Block
    from prefect.blocks.system import Secret

    class Prepared(Block):
        host: str
        _address: str = ""

        def block_initialization(self) -> None:
            self._address = f"https://{self.host}"

    assert Prepared.register_type_and_schema() is None
    Prepared(host="h").save("one")
    assert Prepared.load("one")._address == "https://h"
    assert Secret[str](value="x").get() == "x"


def test_the_settings_that_programs_look_at_are_flowtui_s(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_UI_URL

    assert (PREFECT_API_URL.value(), PREFECT_UI_URL.value(), PREFECT_HOME.value()) == (None, None, home)
    monkeypatch.setenv("FLOWTUI_API_URL", "http://host:4200/api")
    forget_settings()
    assert (PREFECT_API_URL.value(), PREFECT_UI_URL.value()) == ("http://host:4200/api", "http://host:4200")


def test_results_are_asked_for_as_over_the_years() -> None:
    state: Any = Completed(data=3)
    assert state.result() == state.result(fetch=False) == state.result(retry_result_failure=False) == 3
    assert asyncio.run(state.aresult()) == 3


def test_async_code_of_a_program_awaits_results_and_flowtui_itself_does_not(client: LocalClient) -> None:
    from prefect.states import get_state_exception, raise_state_exception

    @task
    async def breaks() -> None:
        raise ValueError("no")

    @flow
    async def asks() -> list[Any]:
        state: Any = await breaks(return_state=True)
        good: Any = Completed(data=3)
        with pytest.raises(ValueError, match="no"):
            await raise_state_exception(state)
        return [await good.result(), str(await get_state_exception(state)), await raise_state_exception(good)]

    assert asyncio.run(asks()) == [3, "no", None]
    assert isinstance(get_state_exception(Failed(message="f")), FailedRun)
    with pytest.raises(FailedRun):
        raise_state_exception(Failed(message="f"))
    with pytest.raises(ValueError, match="has no exception"):
        get_state_exception(Completed())


def test_waiting_for_a_future_answers_its_state(client: LocalClient) -> None:
    @flow
    def waits() -> str:
        future: Any = task(lambda: 1).submit()
        state = future.wait()
        assert state is future.get_state()
        return str(state.name)

    assert waits() == "Completed"


def test_loggers_of_runs_are_made_from_runs(client: LocalClient) -> None:
    from prefect.context import get_run_context
    from prefect.logging.loggers import flow_run_logger, task_run_logger

    @task
    def inner() -> None:
        task_run_logger(get_run_context().task_run).info("of the task")

    @flow
    def outer() -> None:
        flow_run_logger(get_run_context().flow_run, outer).info("of the flow")
        inner()

    outer()
    assert {"of the task", "of the flow"} <= set(logs_of(only_run()))


def test_tags_contexts_are_asked_for_tags() -> None:
    from prefect import tags
    from prefect.context import TagsContext

    with tags("a", "b"):
        assert TagsContext.get().current_tags == {"a", "b"}


def test_a_deployment_is_started_and_waited_for(client: LocalClient) -> None:
    """Nobody works here, so the run is ended by the test."""
    from threading import Thread

    from prefect.deployments import run_deployment
    from prefect.flow_runs import wait_for_flow_run

    client.save_deployment(DeploymentSpec(name="d", flow_name="f", entrypoint="f.py:f", path="."))
    begun = run_deployment("f/d", parameters={}, timeout=0, tags=["x"], flow_run_name="named")
    assert (begun.state.name, begun.name, begun.tags) == ("Scheduled", "named", ("x",))

    def ends() -> None:
        wait_until(lambda: len(client.list_flow_runs().items) == 2)
        for run in client.list_flow_runs().items:
            client.set_flow_run_state(run.id, Cancelled(message="by the test"), force=True)

    ending = Thread(target=ends)
    ending.start()
    ended = run_deployment(name="f/d", timeout=30)
    ending.join()
    assert ended.state.is_cancelled()
    assert asyncio.run(wait_for_flow_run(begun.id, timeout=30)).state.is_cancelled()
    with pytest.raises(NotFound):
        run_deployment("f/none")


def test_waiting_for_a_run_ends_when_the_time_is_up(client: LocalClient) -> None:
    from prefect.deployments import arun_deployment
    from prefect.exceptions import FlowRunWaitTimeout
    from prefect.flow_runs import wait_for_flow_run

    client.save_deployment(DeploymentSpec(name="d", flow_name="f", entrypoint="f.py:f", path="."))
    begun = asyncio.run(arun_deployment("f/d", timeout=0))
    with pytest.raises(FlowRunWaitTimeout, match="has not ended within"):
        asyncio.run(wait_for_flow_run(begun.id, timeout=0.01))


@pytest.mark.parametrize(
    ("source", "is_old"),
    [
        ("future = await fetch.submit(1)", True),
        ("futures = await module.fetch.map([1])", True),
        ("future = await fetch.with_options(name='other').submit(1)", True),
        ("future = await other.submit(1)", True),
        ("await asyncio.gather(*[fetch.submit(n) for n in range(3)])", True),
        ("await gather(fetch.submit(1), fetch.submit(2))", True),
        ("await state.result(fetch=True)", True),
        ("future = fetch.submit(1)\n    value = future.result()", False),
        ("await fetch(1)", False),
        ("results = await asyncio.gather(*[fetch(n) for n in range(3)])", False),
        ("answer = await client.submit(1)", False),
        ("answers = await pool.map(fetch.fn, [1])", False),
        ("a syntax error", False),
    ],
)
def test_a_script_of_prefect_2_is_known_by_what_it_awaits(source: str, is_old: bool) -> None:
    script = f"""
import asyncio, module
from asyncio import gather
from prefect import flow, task

@task
async def fetch(n): ...

other = fetch.with_options(name="other")
pool = make_a_pool()

@flow
async def main(client, state):
    {source}
"""
    assert second.is_of_the_second(script) is is_old


@pytest.fixture
def speaking(installed: None) -> Iterator[None]:
    """The futures of Prefect 2, for one test: taken back before what was installed is, not after."""
    with pytest.MonkeyPatch.context() as patch:
        for kind, name in ((Task, "_submit"), (Task, "map"), (State, "result")):
            patch.setattr(kind, name, vars(kind)[name])
        patch.setattr(Task, "_speaks_the_second", False, raising=False)
        second.speak_the_second()
        yield


@pytest.mark.usefixtures("speaking")
def test_async_code_of_prefect_2_awaits_its_futures(client: LocalClient) -> None:
    @task
    async def double(n: int) -> int:
        get_run_logger().info("doubling")
        return 2 * n

    @task
    async def breaks() -> None:
        raise ValueError("no")

    @flow
    async def old() -> list[Any]:
        one: Any = await double.submit(1)
        assert isinstance(one, TaskFuture)
        two: Any = await double.submit(one)
        mapped: Any = await double.map([5, 6])
        state = await two.wait()
        failed: Any = await breaks.submit()
        error = await failed.result(raise_on_failure=False)
        return [
            await one.result(),
            await state.result(fetch=True),
            [await future.result() for future in mapped],
            str(error),
        ]

    assert asyncio.run(old()) == [2, 4, [10, 12], "no"]


@pytest.mark.usefixtures("speaking")
def test_sync_code_of_prefect_2_has_its_values_at_once(client: LocalClient) -> None:
    @task
    async def double(n: int) -> int:
        return 2 * n

    @flow
    def old() -> Any:
        future: Any = double.submit(4)
        return future.wait().name, future.result(), double.map([1, 2]).result()

    assert old() == ("Completed", 8, [2, 4])
