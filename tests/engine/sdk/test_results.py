"""Kept results: small exact JSON beside the row, anything else in a file when that was asked for."""

import dataclasses
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MissingResult, UsageError
from flowtui.engine.results import exact_json, input_key
from flowtui.engine.results.store import read_back
from flowtui.engine.settings import Settings
from flowtui.engine.states import NO_DATA, Crashed, State
from tests.engine.caching.values import account, values
from tests.engine.sdk.asking import lines_of, only_run, tasks_of
from tests.engine.sdk.scripts import started
from tests.support import clean_environment, run_python, wait_until

whole = st.integers(-(2**63), 2**63 - 1)
leaves = st.none() | st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | st.text()
exact = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds all the way down; also -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other) and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))


@given(exact)
def test_what_is_exact_is_read_back_exactly(value: Any) -> None:
    import orjson

    text = exact_json(value)
    assert text is not None
    assert same(orjson.loads(text), value)


class Text(str):
    """A text of the user's own kind."""


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1: 2},
        {1, 2},
        b"x",
        math.nan,
        math.inf,
        2**63,
        -(2**63) - 1,
        object(),
        Text("x"),
        [Text("x")],
        {"a": (1,)},
        {Text("a"): 1},
        "\udcff",
        datetime(2026, 1, 1, tzinfo=UTC),
        True.__class__,
    ],
)
def test_what_would_come_back_as_something_else_is_not_exact(value: Any) -> None:
    assert exact_json(value) is None
    assert exact_json([value]) is None


def test_what_is_large_or_endless_is_not_kept_beside_a_row() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep, "x" * 40_000, list(range(5_000)), {"a": ["x" * 33_000]}):
        assert exact_json(value) is None
    assert input_key({"value": deep}) is None


parameters = st.dictionaries(st.text(), exact, min_size=1, max_size=3)


@given(parameters, parameters)
def test_input_keys_are_the_same_for_the_same_inputs_only(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert input_key(one) == input_key(dict(reversed(one.items())))
    if input_key(one) == input_key(other):
        assert one == other


calls = st.dictionaries(st.text(max_size=3), values, min_size=1, max_size=3)


@given(calls, calls)
def test_input_keys_tell_all_kinds_of_data_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    """So that a retry knows the calls of tasks that take dates, tuples, dataclasses and models."""
    assert input_key(one) is not None
    assert (input_key(one) == input_key(other)) == (account(one) == account(other))


@dataclasses.dataclass
class Sized:
    """Looks like a table, and raises when it is looked at."""

    size: str = "large"
    loud: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name == "loud":
            raise RuntimeError("I will not be looked at")
        return object.__getattribute__(self, name)


class Unasked:
    """Must not be taken to pieces: nobody asked for that."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise AssertionError


@pytest.mark.parametrize(
    "value",
    [
        Unasked(),
        [Unasked()],
        Sized(),
        len,
        lambda: 1,
        (n for n in ()),
        list(range(5_000)),
        tuple(range(5_000)),
        b"x" * 10**7,
    ],
    ids=[
        "object",
        "object within",
        "object that raises",
        "function",
        "lambda",
        "generator",
        "long list",
        "long tuple",
        "large bytes",
    ],
)
def test_other_objects_and_large_values_have_no_input_key(value: Any) -> None:
    assert input_key({"value": value}) is None


def test_arrays_have_an_input_key_while_they_are_small() -> None:
    numpy = pytest.importorskip("numpy")
    assert input_key({"value": numpy.arange(100)}) == input_key({"value": numpy.arange(100)})
    assert input_key({"value": numpy.arange(100)}) != input_key({"value": numpy.arange(101)})
    assert input_key({"value": numpy.arange(10_000)}) is None


# -- persist_result -------------------------------------------------------------------------------------------------


@task
def give(value: Any) -> Any:
    return value


def files_of(settings: Settings) -> list[Path]:
    return [path for path in settings.storage.rglob("*") if path.is_file()]


def test_small_json_is_kept_without_being_asked_for_and_other_values_when_asked(
    client: LocalClient, settings: Settings
) -> None:
    @flow
    def outer() -> None:
        give({"rows": 3})
        give((1, 2))
        give.with_options(persist_result=True)((1, 2))
        give.with_options(persist_result=True)({"rows": 4})
        give.with_options(persist_result=False)(7)

    outer()
    tasks = tasks_of(client)
    assert [tasks[f"give-{n}"].result for n in range(5)] == ['{"rows":3}', None, None, '{"rows":4}', None]
    assert ["result" in tasks[f"give-{n}"].state.details for n in range(5)] == [False, False, True, False, False]
    told = tasks["give-2"].state.details["result"]
    assert read_back(told) == (1, 2)
    assert (told["preview"], told["serializer"]) == ("(1, 2)", "pickle")
    assert len(files_of(settings)) == 1


def test_a_result_that_was_not_kept_is_missing_for_other_processes(client: LocalClient) -> None:
    give((1, 2))
    client.flush()
    (run,) = client.list_task_runs().items
    with pytest.raises(MissingResult, match="persist_result=True keeps any value"):
        run.state.result()


def test_the_state_that_the_store_has_leads_to_the_value(client: LocalClient) -> None:
    give.with_options(persist_result=True)((1, 2))
    client.flush()
    (run,) = client.list_task_runs().items
    assert run.state.data is NO_DATA
    assert run.state.result() == (1, 2)


def test_a_kept_result_that_has_gone_is_missing_with_its_place(client: LocalClient, settings: Settings) -> None:
    give.with_options(persist_result=True)((1, 2))
    client.flush()
    (file,) = files_of(settings)
    file.unlink()
    (run,) = client.list_task_runs().items
    with pytest.raises(MissingResult, match=r"The run is Completed\. The result that was kept in file:.* is not there"):
        run.state.result()


def test_a_value_that_cannot_be_kept_is_one_line_and_nothing_is_lost(client: LocalClient) -> None:
    locks: list[Any] = []

    @task(persist_result=True)
    def make() -> Any:
        import threading

        locks.append(threading.Lock())
        return locks[0]

    @flow
    def outer() -> str:
        assert make() is locks[0]
        return "done"

    assert outer() == "done"
    run = only_run(client)
    lines = [line for line in lines_of(client, run) if "not kept" in line]
    assert lines == ["Its result is not kept: it is a lock and cannot be pickled (cannot pickle '_thread.lock' object)"]
    assert run.stats.warnings == 1


# -- where and how results are kept -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["folder", "URL", "memory"])
def test_a_result_is_kept_where_and_how_the_task_says(client: LocalClient, tmp_path: Path, where: str) -> None:
    storage = {
        "folder": tmp_path / "results",
        "URL": (tmp_path / "results").as_uri(),
        "memory": f"memory://{tmp_path.name}",
    }[where]
    made = give.with_options(result_storage=storage, result_serializer="json", result_storage_key="{parameters[value]}")

    @flow
    def outer() -> None:
        made("monday")

    outer()
    told = tasks_of(client)["give-0"].state.details["result"]
    assert (told["name"], told["serializer"], read_back(told)) == ("monday", "json", "monday")
    if where != "memory":
        assert (tmp_path / "results" / "monday").read_bytes().endswith(b'\n"monday"')


def test_the_name_of_the_file_is_made_of_the_run(client: LocalClient, tmp_path: Path) -> None:
    made = give.with_options(result_storage=tmp_path, result_storage_key="{flow_run.flow_name}/{task_run.name}.json")

    @flow(name="etl")
    def outer() -> None:
        made(1)

    outer()
    assert (tmp_path / "etl" / "give-0.json").is_file()


def test_a_name_that_cannot_be_made_is_one_line_and_the_task_completes(client: LocalClient, tmp_path: Path) -> None:
    made = give.with_options(result_storage=tmp_path, result_storage_key="{parameters[day]}")

    @flow
    def outer() -> None:
        made(1)

    outer()
    assert "Its result is not kept: its result_storage_key '{parameters[day]}' cannot be filled: 'day'" in lines_of(
        client, only_run(client)
    )


def test_storage_and_serializer_of_the_settings_are_used(
    client: LocalClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowtui.engine.settings import forget_settings

    monkeypatch.setenv("FLOWTUI_RESULTS_STORAGE", str(tmp_path / "results"))
    monkeypatch.setenv("FLOWTUI_RESULTS_SERIALIZER", "compressed/pickle")
    forget_settings()
    state = give.with_options(persist_result=True)((1,), return_state=True)
    assert state.details["result"]["address"] == (tmp_path / "results").as_uri()
    assert state.details["result"]["serializer"] == "compressed/pickle"
    assert read_back(state.details["result"]) == (1,)


def test_a_value_can_be_left_out_of_memory_and_is_read_when_it_is_needed(client: LocalClient) -> None:
    made = give.with_options(persist_result=True, cache_result_in_memory=False)

    @flow
    def outer() -> Any:
        future = made.submit((1, 2))
        state = made((3, 4), return_state=True)
        assert state.data is NO_DATA
        assert give(state) == (3, 4)
        assert give.submit(future).result() == (1, 2)
        return future.result(), state.result(), made((5,))

    assert outer() == ((1, 2), (3, 4), (5,))


def test_a_value_that_is_kept_nowhere_stays_in_memory(client: LocalClient) -> None:
    assert give.with_options(cache_result_in_memory=False)((1, 2)) == (1, 2)


def test_async_tasks_keep_results_far_away(client: LocalClient, tmp_path: Path) -> None:
    import asyncio

    @task(result_storage=f"memory://{tmp_path.name}", result_serializer="pickle")
    async def far(value: Any) -> Any:
        return value

    @flow(result_storage=f"memory://{tmp_path.name}/flows", persist_result=True)
    async def outer() -> Any:
        return await asyncio.gather(far((1,)), far((2,)))

    state = asyncio.run(outer(return_state=True))
    assert state.result() == [(1,), (2,)]
    assert read_back(state.details["result"]) == [(1,), (2,)]
    told = [run.state.details["result"] for run in tasks_of(client).values()]
    assert sorted(map(read_back, told)) == [(1,), (2,)]


# -- results of flows -------------------------------------------------------------------------------------------------


def test_a_flow_keeps_its_result_when_asked(client: LocalClient) -> None:
    @flow(persist_result=True)
    def outer() -> Any:
        return {1, 2}

    assert outer() == {1, 2}
    run = only_run(client)
    assert run.state.result() == {1, 2}
    assert run.state.details["result"]["preview"] == "{1, 2}"


def test_tasks_keep_what_their_flow_says_where_it_says_unless_they_say_otherwise(
    client: LocalClient, tmp_path: Path
) -> None:
    @flow(persist_result=True, result_storage=tmp_path / "flow", result_serializer="compressed/pickle")
    def outer() -> None:
        give((1,))
        give(2)
        give.with_options(persist_result=False)((3,))
        give.with_options(result_storage=tmp_path / "task", result_serializer="pickle")((4,))

    outer()
    tasks = tasks_of(client)
    told = [tasks[f"give-{n}"].state.details.get("result") for n in range(4)]
    assert [found and (found["address"], found["serializer"]) for found in told] == [
        ((tmp_path / "flow").as_uri(), "compressed/pickle"),
        None,  # small JSON stays beside its row
        None,
        ((tmp_path / "task").as_uri(), "pickle"),
    ]


def test_a_flows_result_can_be_left_out_of_memory(client: LocalClient) -> None:
    @flow(persist_result=True, result_serializer="json", cache_result_in_memory=False)
    def outer() -> Any:
        return {1, 2}

    state: State = outer(return_state=True)
    assert state.data is NO_DATA
    assert state.result() == {1, 2} == outer()


def test_a_subflow_whose_result_is_kept_elsewhere_is_not_run_again(client: LocalClient) -> None:
    calls: list[str] = []

    @flow(persist_result=True, cache_result_in_memory=False)
    def inner() -> Any:
        calls.append("inner")
        return (1, 2)

    @flow(retries=1)
    def outer() -> Any:
        calls.append("outer")
        found = inner()
        if calls.count("outer") == 1:
            raise RuntimeError("once")
        return found

    assert outer() == (1, 2)
    assert calls == ["outer", "inner", "outer"]


KILLED = """
import datetime, os, signal
from flowtui import flow, task

@task(persist_result=True)
def rows(day, kinds):
    print("rows", flush=True)
    return (day, kinds)

@flow
def main():
    found = rows(datetime.date(2026, 11, 20), {"a", "b"})
    if os.environ.get("HOW") == "killed":
        print("inside", flush=True)
        signal.pause()
    print(found[0].year, sorted(found[1]), flush=True)

if __name__ == "__main__":
    main()
"""


def test_a_task_of_a_killed_process_is_not_run_again_whatever_it_takes_and_gives(
    client: LocalClient, tmp_path: Path
) -> None:
    with started(tmp_path, KILLED, HOW="killed") as process:
        assert process.stdout is not None
        assert [process.stdout.readline(), process.stdout.readline()] == ["rows\n", "inside\n"]
        wait_until(lambda: [run.state.name for run in tasks_of(client).values()] == ["Completed"], what="the task")
        process.kill()
        process.wait()
    run = only_run(client)
    client.set_flow_run_state(run.id, Crashed(message="killed"), force=True)
    done = run_python(
        *("-m", "flowtui", "flow-run", "retry", run.id, "--entrypoint", f"{tmp_path / 'script.py'}:main"),
        env=clean_environment(PYTHONHASHSEED="7"),
    )
    assert [line for line in done.stdout.splitlines() if line in ("rows", "2026 ['a', 'b']")] == ["2026 ['a', 'b']"]


# -- what makes no sense ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"result_storage": 5}, r"task 'give': result_storage is 5; give a Path"),
        ({"result_serializer": "picle"}, r"result_serializer of task 'give': There is no serializer 'picle'"),
        ({"result_storage_key": " "}, r"result_storage_key of task 'give' is ' '; give a text or a template"),
        ({"persist_result": False, "result_serializer": "json"}, "says how results are kept, and persist_result=False"),
        ({"cache_expiration": 5}, r"cache_expiration of task 'give' is 5; give a timedelta"),
    ],
)
def test_a_wrong_argument_is_a_sentence_where_the_task_is_decorated(options: Any, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        task(**options)(give.fn)


def test_a_wrong_argument_of_a_flow_is_a_sentence_too() -> None:
    with pytest.raises(UsageError, match="flow 'give': result_storage is 5"):
        flow(result_storage=5)(give.fn)
