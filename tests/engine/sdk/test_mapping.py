"""`.map`: over lists in step, over what futures give, and refused in a sentence when that makes no sense."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui import Completed, allow_failure, flow, quote, task, unmapped
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MappingError, MappingLengthMismatch, MappingMissingIterable
from flowtui.engine.mapping import each_call
from tests.engine.sdk.asking import only_run, tasks_of


@task
def pair(a: Any, b: Any = 0) -> list[Any]:
    return [a, b]


def mapped(*args: Any, **kwargs: Any) -> Any:
    return flow(name="outer")(lambda: pair.map(*args, **kwargs).result())()


@pytest.mark.parametrize(
    ("args", "kwargs", "values"),
    [
        (([1, 2],), {}, [[1, 0], [2, 0]]),
        (([1, 2], [3, 4]), {}, [[1, 3], [2, 4]]),
        (([1, 2],), {"b": 5}, [[1, 5], [2, 5]]),
        (([1, 2], "xy"), {}, [[1, "xy"], [2, "xy"]]),
        (([1, 2], b"xy"), {}, [[1, b"xy"], [2, b"xy"]]),
        (([1, 2], unmapped([3, 4])), {}, [[1, [3, 4]], [2, [3, 4]]]),
        ((range(2), {"x": 1, "y": 2}), {}, [[0, "x"], [1, "y"]]),
        (((n for n in (1, 2)),), {}, [[1, 0], [2, 0]]),
        (([],), {}, []),
        ((unmapped("x"), [1]), {}, [["x", 1]]),
    ],
)
def test_arguments_are_walked_in_step_or_repeated(
    client: LocalClient, args: tuple[Any, ...], kwargs: dict[str, Any], values: list[Any]
) -> None:
    assert mapped(*args, **kwargs) == values
    assert len(tasks_of(client, only_run(client))) == len(values)


def test_lists_of_different_lengths_are_refused(client: LocalClient) -> None:
    with pytest.raises(MappingError, match=r"task 'pair'\.map.* a has 2, b has 3\. Wrap what is not mapped"):
        mapped([1, 2], [1, 2, 3])


def test_nothing_to_map_over_is_refused(client: LocalClient) -> None:
    with pytest.raises(MappingError, match="nothing to map over: none of a, b is a list or another iterable"):
        mapped(1, "text")


def test_what_a_future_gives_is_mapped_over(client: LocalClient) -> None:
    @task
    def numbers() -> list[int]:
        return [1, 2, 3]

    @flow
    def outer() -> list[list[Any]]:
        return pair.map(numbers.submit(), unmapped(numbers.submit())).result()

    assert outer() == [[n, [1, 2, 3]] for n in (1, 2, 3)]


def test_a_mapping_is_mapped_over_future_by_future(client: LocalClient) -> None:
    @flow
    def outer() -> list[list[Any]]:
        return pair.map(pair.map([1, 2])).result()

    assert outer() == [[[1, 0], 0], [[2, 0], 0]]
    tasks = tasks_of(client, only_run(client))
    edges = tasks["pair-3"].task_inputs["a"]
    assert edges == [{"input_type": "task_run", "id": tasks["pair-1"].id}]


def test_a_mapping_waits_for_what_it_was_told_to(client: LocalClient) -> None:
    order: list[str] = []

    @task
    def note(text: str) -> None:
        order.append(text)

    @flow
    def outer() -> None:
        first = note.submit("first")
        note.map(["a", "b"], wait_for=[first]).wait()

    outer()
    assert order[0] == "first"
    assert sorted(order[1:]) == ["a", "b"]


def test_one_that_fails_leaves_the_others(client: LocalClient) -> None:
    @task
    def half(n: int) -> float:
        return 1 / n

    @flow
    def outer() -> list[str]:
        futures = half.map([1, 0, 2])
        futures.wait()
        with pytest.raises(ZeroDivisionError):
            futures.result()
        assert isinstance(futures.result(raise_on_failure=False)[1], ZeroDivisionError)
        return [future.state.name for future in futures]

    assert outer() == ["Completed", "Failed", "Completed"]


# -- shapes -----------------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d")
SINGLE: dict[str, Any] = {"text": "xyz", "bytes": b"xyz", "a number": 7, "None": None, "unmapped": unmapped([1, 2, 3])}
KINDS: dict[str, Callable[[list[int]], Any]] = {
    "list": list,
    "tuple": tuple,
    "generator": lambda items: (item for item in items),
    "keys": lambda items: dict.fromkeys(items).keys(),
    "dictionary": dict.fromkeys,
    "marked": lambda items: allow_failure(list(items)),
    "a state": lambda items: Completed(data=list(items)),
}

shapes = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(
            st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 5)),
            st.tuples(st.sampled_from(sorted(SINGLE)), st.none()),
        )
        for name in NAMES
    },
)


@given(shapes)
def test_every_shape_of_arguments_is_walked_in_step_or_refused(shape: dict[str, tuple[str, int | None]]) -> None:
    lengths = {name: length for name, (_, length) in shape.items() if length is not None}
    items = {name: [10 * length + n for n in range(length)] for name, length in lengths.items()}
    given_ = {name: KINDS[kind](items[name]) if name in items else SINGLE[kind] for name, (kind, _) in shape.items()}
    if not lengths:
        with pytest.raises(MappingMissingIterable):
            each_call(given_, "it")
        return
    if len(set(lengths.values())) > 1:
        with pytest.raises(MappingLengthMismatch) as refused:
            each_call(given_, "it")
        assert refused.value.lengths == lengths
        return
    calls = each_call(given_, "it")
    assert len(calls) == next(iter(lengths.values()))
    for number, call in enumerate(calls):
        assert set(call) == set(shape)
        for name, (kind, length) in shape.items():
            if length is None:
                assert call[name] == ([1, 2, 3] if kind == "unmapped" else SINGLE[kind])
            else:
                expected = items[name][number]
                assert call[name] == (allow_failure(expected) if kind == "marked" else expected)


def test_what_is_quoted_is_repeated(client: LocalClient) -> None:
    assert mapped([1, 2], quote([3, 4, 5])) == [[1, [3, 4, 5]], [2, [3, 4, 5]]]


def test_a_task_without_arguments_cannot_be_mapped(client: LocalClient) -> None:
    with pytest.raises(MappingMissingIterable, match=r"it takes no arguments\. To call it once, use \.submit"):
        flow(name="outer")(lambda: task(name="none")(lambda: 1).map())()
