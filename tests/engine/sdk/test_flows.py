"""Flows: called as the functions that they are, and recorded as runs."""

import asyncio
from typing import Any

import pytest

from flowtui import Flow, State, flow
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from tests.engine.sdk.asking import names_of, only_run, runs_of, tasks_of


def test_a_flow_returns_what_its_function_returns(client: LocalClient) -> None:
    @flow
    def add(a: int, b: int = 2) -> int:
        return a + b

    assert add(1) == 3
    run = only_run(client)
    assert (run.flow_name, run.state.name, run.result) == ("add", "Completed", "3")
    assert (run.parameters, run.run_count) == ({"a": 1, "b": 2}, 1)
    assert names_of(client, run.id) == ["Pending", "Running", "Completed"]
    assert (run.owner, run.lease_until) == (None, None)
    assert run.start_time is not None
    assert run.end_time is not None
    assert run.created <= run.end_time


def test_an_async_flow_returns_what_its_function_returns(client: LocalClient) -> None:
    @flow
    async def add(a: int, b: int = 2) -> int:
        await asyncio.sleep(0)
        return a + b

    assert asyncio.run(add(1)) == 3
    assert names_of(client, only_run(client).id) == ["Pending", "Running", "Completed"]


def test_a_flow_raises_what_its_function_raises(client: LocalClient) -> None:
    @flow
    def fail() -> None:
        raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        fail()
    run = only_run(client)
    assert str(run.state) == "Failed('Flow run encountered an exception: ValueError: no rows')"


def test_an_async_flow_raises_what_its_function_raises(client: LocalClient) -> None:
    @flow
    async def fail() -> None:
        raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        asyncio.run(fail())
    assert only_run(client).state.is_failed()


@pytest.mark.parametrize("value", [None, 7, "text", [1, {"a": None}]])
def test_with_return_state_the_state_is_returned(client: LocalClient, value: Any) -> None:
    @flow
    def give() -> Any:
        return value

    state = give(return_state=True)
    assert isinstance(state, State)
    assert state.is_completed()
    assert state.result() == value


def test_with_return_state_nothing_is_raised(client: LocalClient) -> None:
    @flow
    async def fail() -> None:
        raise ValueError("no rows")

    state = asyncio.run(fail(return_state=True))
    assert state.is_failed()
    assert isinstance(state.result(raise_on_failure=False), ValueError)


def test_async_flows_run_side_by_side_on_one_loop(client: LocalClient) -> None:
    @flow
    async def wait(number: int, event: asyncio.Event) -> int:
        """All are inside at the same time, or nobody comes out."""
        inside.append(number)
        if len(inside) == 3:
            event.set()
        await event.wait()
        return number

    inside: list[int] = []

    async def main() -> list[int]:
        event = asyncio.Event()
        return await asyncio.gather(*(wait(number, event) for number in range(3)))

    assert asyncio.run(main()) == [0, 1, 2]
    assert [run.state.name for run in runs_of(client, "wait")] == ["Completed"] * 3


def test_what_is_no_json_is_shown_as_text_and_not_kept(client: LocalClient) -> None:
    @flow
    def give(thing: object) -> object:
        return thing

    thing = object()
    assert give(thing) is thing
    run = only_run(client)
    assert (run.result, run.parameters) == (None, {"thing": repr(thing)})


def test_a_result_is_not_kept_when_that_is_switched_off(client: LocalClient) -> None:
    assert flow(persist_result=False)(lambda: 1)() == 1
    assert only_run(client).result is None


# -- names ----------------------------------------------------------------------------------------------------------


def test_a_flow_is_named_after_its_function_with_dashes(client: LocalClient) -> None:
    @flow
    def load_all_users() -> None:
        """Loads them."""

    assert (load_all_users.name, load_all_users.description) == ("load-all-users", "Loads them.")
    assert (load_all_users.__name__, load_all_users.__doc__) == ("load_all_users", "Loads them.")
    assert flow(lambda: 1).name == "unknown-lambda"


def test_a_run_is_named_by_two_words_unless_it_is_told_otherwise(client: LocalClient) -> None:
    flow(lambda: 1)()
    assert len(only_run(client).name.split("-")) >= 2


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("load-{table}-{day:%A}", "load-users-Friday"),
        (lambda: "fixed", "fixed"),
        (lambda parameters: f"of {parameters['table']}", "of users"),
    ],
)
def test_a_run_is_named_by_a_template_or_a_function(client: LocalClient, template: Any, name: str) -> None:
    from datetime import date

    @flow(flow_run_name=template)
    def load(table: str, day: date = date(2026, 11, 20)) -> None: ...

    load("users")
    assert only_run(client).name == name


@pytest.mark.parametrize("template", ["load-{tabel}", "{}", "{tabel.name}", "{tabel[0]:>3}", "{table} {tabel!r}"])
def test_a_template_with_an_unknown_parameter_is_refused_when_the_function_is_decorated(template: str) -> None:
    with pytest.raises(UsageError, match=r"flow_run_name of 'load' is .*, but its parameters are: table\."):

        @flow(flow_run_name=template)
        def load(table: str) -> None: ...


def test_a_template_that_is_none_is_refused_when_the_function_is_decorated() -> None:
    with pytest.raises(UsageError, match=r"is 'load-\{table', which is no template"):
        flow(lambda table: None, flow_run_name="load-{table")


def test_a_template_that_cannot_be_filled_is_a_sentence_and_no_run(client: LocalClient) -> None:
    @flow(flow_run_name="load-{table.owner}")
    def load(table: str) -> None: ...

    with pytest.raises(UsageError, match=r"'load-\{table.owner\}' of flow 'load' cannot be filled.* are: table\."):
        load("users")
    assert client.list_flow_runs().items == ()


@pytest.mark.parametrize(
    "options",
    [
        {"log_prints": "yes"},
        {"persist_result": "no"},
        {"validate_parameters": "no"},
        {"cache_result_in_memory": 0},
        {"version": 3},
        {"description": 3},
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_by_name_when_the_function_is_decorated(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(UsageError, match=f"{name} of 'load' is"):

        @flow(**options)
        def load() -> None: ...


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a%", "a&b", "a>b", "<a"])
def test_a_name_that_stands_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        flow(name=name)(lambda: 1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"retries": -1},
        {"retries": "3"},
        {"retry_delay_seconds": -1},
        {"timeout_seconds": "soon"},
        {"timeout_seconds": -1},
        {"task_runner": 4},
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_where_the_flow_is_made(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        flow(**arguments)(lambda: 1)


def test_a_flow_needs_a_function() -> None:
    with pytest.raises(UsageError, match=r"@flow needs a function, not 'etl'\. With arguments, write @flow\(name=…\)"):
        flow("etl")  # type: ignore[call-overload]


# -- options --------------------------------------------------------------------------------------------------------


def test_a_copy_has_other_options_and_the_same_function(client: LocalClient) -> None:
    @flow(name="first", retries=2, timeout_seconds=5)
    def give() -> int:
        return 1

    other = give.with_options(name="second", retries=0)
    assert (other.name, other.retries, other.timeout_seconds) == ("second", 0, 5.0)
    assert (give.name, give.retries) == ("first", 2)
    assert other() == 1
    assert runs_of(client, "second")
    with pytest.raises(TypeError):
        give.with_options(retires=3)


def test_a_flow_without_a_decorator_is_a_flow_too(client: LocalClient) -> None:
    def give() -> int:
        return 1

    made = flow(give)
    assert isinstance(made, Flow)
    assert made() == 1
    assert made.fn() == 1
    assert len(client.list_flow_runs().items) == 1
    assert tasks_of(client) == {}


def test_a_run_keeps_the_version_of_its_flow(client: LocalClient) -> None:
    @flow
    def by_file() -> None: ...

    @flow(version="7")
    def given() -> None:
        by_file()

    given()
    versions = {run.flow_name: run.flow_version for run in client.list_flow_runs().items}
    assert versions == {"given": "7", "by-file": by_file.version}
    assert by_file.version and by_file.version != "7"
