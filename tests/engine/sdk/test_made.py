"""Whose value an argument is, also when it is a part of what a task gave, or lies deep in what is passed on."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import TaskRun
from flowtui.engine.runs.made import Made
from flowtui.engine.states import Completed
from tests.engine.sdk.asking import only_run, tasks_of
from tests.engine.store.made import a_task


@dataclass
class Order:
    rows: Any
    note: str = ""


@dataclass(slots=True)
class Slim:
    rows: Any


class Model(BaseModel):
    rows: Any


@task
def use(value: Any) -> int:
    return 1


def makers(client: LocalClient, name: str = "use-0") -> dict[str, list[str]]:
    """The names of the tasks that made each argument."""
    tasks = tasks_of(client, only_run(client))
    names = {one.id: one.name for one in tasks.values()}
    return {key: [names[edge["id"]] for edge in edges] for key, edges in tasks[name].task_inputs.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: {"rows": [value, value]},
        lambda value: [[[{"deep": value}]]][0],
        lambda value: Order(rows=[value]),
        lambda value: Slim(rows=value),
        lambda value: Model(rows=value),
        lambda value: (1, "x", {"y": (value,)}),
    ],
    ids=["a dictionary of lists", "deep", "a dataclass", "one with slots", "a model", "tuples"],
)
def test_a_value_is_found_within_what_was_made_anew_around_it(client: LocalClient, wrap: Any) -> None:
    @task
    def load() -> list[int]:
        return [1, 2]

    @flow
    def outer() -> None:
        use(wrap(load()))

    outer()
    assert makers(client) == {"value": ["load-0"]}


def test_results_that_are_gathered_are_edges_to_each(client: LocalClient) -> None:
    @task
    def load(n: int) -> dict[str, int]:
        return {"n": n}

    @flow
    def outer() -> None:
        futures = [load.submit(n) for n in range(3)]
        use({"all": [future.result() for future in futures]})

    outer()
    assert makers(client) == {"value": ["load-0", "load-1", "load-2"]}


def test_a_part_of_what_a_task_gave_is_an_edge_to_it(client: LocalClient) -> None:
    @task
    def split() -> tuple[list[int], dict[str, Any]]:
        return [1, 2], {"rows": [{"id": 1}, {"id": 2}]}

    @flow
    def outer() -> None:
        first, second = split()
        use(first)
        use([row for row in second["rows"] if row["id"] == 2])

    outer()
    assert makers(client) == makers(client, "use-1") == {"value": ["split-0"]}


class Large:
    """What is no JSON, and is kept alive by nobody but the user."""


def test_what_comes_in_a_tuple_is_an_edge_each_however_large(client: LocalClient) -> None:
    @task
    def split() -> tuple[Large, Large]:
        return Large(), Large()

    @flow
    def outer() -> None:
        train, test = split()
        use([train])
        use(test)

    outer()
    assert makers(client) == makers(client, "use-1") == {"value": ["split-0"]}


def test_who_made_a_value_counts_before_who_only_passed_it_on(client: LocalClient) -> None:
    @task
    def load() -> dict[str, int]:
        return {"n": 1}

    @task
    def gather(value: Any) -> list[Any]:
        return [value]

    @flow
    def outer() -> None:
        value = load()
        gather(value)
        use(value)

    outer()
    assert makers(client) == {"value": ["load-0"]}


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers() | st.text(max_size=3) | st.builds(list),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=1), inner, max_size=3),
    max_leaves=12,
)


def all_of(value: Any, depth: int = 0) -> list[Any]:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [value, *(part for item in inner if depth < 4 for part in all_of(item, depth + 1))]


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_edges_go_to_those_whose_values_are_there_and_to_nobody_else(results: list[Any], data: Any) -> None:
    made, runs = Made(), []
    for result in results:
        run = a_task(state=Completed(data=result), result="…")
        runs.append(run)
        made.note(run)
    picked = data.draw(st.lists(st.sampled_from([part for result in results for part in all_of(result)]), max_size=4))
    given_value = {"x": picked, "new": [[]]}
    found = {edge["id"] for edges in made.edges({"value": given_value}, {}).values() for edge in edges}
    there = {id(part) for part in all_of(given_value) if isinstance(part, list | dict)}
    assert found == {run.id for run, result in zip(runs, results, strict=True) if there & held(result)}


def held(result: Any) -> set[int]:
    return {id(part) for part in all_of(result) if isinstance(part, list | dict)}


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    made = Made()
    runs: list[TaskRun] = []
    for n in range(600):
        runs.append(a_task(state=Completed(data=[[n], {"n": [n]}]), result="…"))
        made.note(runs[-1])
    assert (len(made._makers), len(made._parts)) == (256, 256 * 3)
    assert made.edges({"value": runs[0].state.data[0]}, {}) == {}
    assert made.edges({"value": runs[-1].state.data[1]["n"]}, {}) == {
        "value": [{"input_type": "task_run", "id": runs[-1].id}]
    }
