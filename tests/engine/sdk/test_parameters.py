"""Parameters: bound, coerced and checked by their annotations, before anything is recorded."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pydantic
import pytest

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import ParameterError, ReservedArgument
from tests.engine.sdk.asking import only_run


class Window(pydantic.BaseModel):
    begin: date
    days: int = 1


def test_parameters_are_coerced_to_their_annotations(client: LocalClient) -> None:
    @flow
    def give(n: int, day: date, names: list[str], window: Window) -> Any:
        return [type(n), day, names, window]

    given: Any = ("3", "2026-11-20", ("a", "b"), {"begin": "2026-01-01"})
    assert give(*given) == [int, date(2026, 11, 20), ["a", "b"], Window(begin=date(2026, 1, 1))]
    assert only_run(client).parameters == {
        "n": 3,
        "day": "2026-11-20",
        "names": ["a", "b"],
        "window": {"begin": "2026-01-01", "days": 1},
    }


def test_parameters_that_do_not_fit_are_a_sentence_each_and_no_run(client: LocalClient) -> None:
    @flow
    def load(n: int, names: list[str]) -> None: ...

    with pytest.raises(ParameterError) as caught:
        load("many", [1])  # type: ignore[call-overload]
    sentence = str(caught.value)
    assert sentence.startswith("The parameters do not fit Flow 'load'. n: Input should be a valid integer")
    assert "(given: 'many')." in sentence
    assert "names.0: Input should be a valid string" in sentence
    assert client.list_flow_runs().items == ()


def test_without_validation_parameters_stay_as_they_are(client: LocalClient) -> None:
    @flow(validate_parameters=False)
    def give(n: int) -> Any:
        return n

    assert give("3") == "3"  # type: ignore[call-overload]


def test_a_parameter_without_an_annotation_is_anything(client: LocalClient) -> None:
    @flow
    def give(thing, n: int = 1):  # type: ignore[no-untyped-def]
        return thing

    thing = object()
    assert give(thing, "2") is thing


def test_a_default_need_not_fit_its_annotation(client: LocalClient) -> None:
    """`day: date = None` is how many people write it."""

    @flow
    def give(n: int = None, day: date = "today") -> Any:  # type: ignore[assignment]  # noqa: RUF013
        return [n, day]

    assert give() == [None, "today"]
    assert give(day="2026-11-20") == [None, date(2026, 11, 20)]  # type: ignore[call-overload]
    with pytest.raises(ParameterError, match="n: Input should be a valid integer"):
        give("x")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "name", ["json", "schema", "copy", "dict", "validate", "model_config", "model_fields", "_hidden"]
)
def test_a_parameter_may_have_any_name(client: LocalClient, name: str) -> None:
    """Also those that the checking library uses itself."""
    space: dict[str, Any] = {}
    exec(f"def give({name}: int) -> int:\n    return {name}", space)
    assert flow(space["give"])(**{name: 3}) == 3


def test_an_annotation_that_cannot_be_resolved_is_not_checked(client: LocalClient) -> None:
    @flow
    def give(thing: "Nowhere", n: int) -> Any:  # type: ignore[name-defined]  # noqa: F821
        return [thing, n]

    assert give("x", "2")[0] == "x"


@dataclass
class Point:
    x: int
    y: int


def test_a_dataclass_is_checked_and_made(client: LocalClient) -> None:
    @flow
    def give(point: Point) -> Point:
        return point

    assert give({"x": "1", "y": 2}) == Point(1, 2)  # type: ignore[call-overload]


def test_all_kinds_of_parameters_are_bound(client: LocalClient) -> None:
    @flow
    def give(a: int, /, b: int, *rest: int, c: int = 3, **more: int) -> Any:
        return [a, b, rest, c, more]

    assert give(1, 2, 4, 5, c=6, d=7) == [1, 2, (4, 5), 6, {"d": 7}]
    assert only_run(client).parameters == {"a": 1, "b": 2, "rest": [4, 5], "c": 6, "more": {"d": 7}}


@pytest.mark.parametrize(
    ("args", "kwargs", "problem"),
    [
        ((), {}, "missing a required argument: 'a'"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1,), {"c": 2}, "got an unexpected keyword argument 'c'"),
        ((1,), {"a": 2}, "multiple values for argument 'a'"),
    ],
)
def test_arguments_that_do_not_fit_are_told_what_fits(
    client: LocalClient, args: tuple[int, ...], kwargs: dict[str, int], problem: str
) -> None:
    def function(a: int, b: int = 2) -> None: ...

    for made in (flow(function), task(function)):
        with pytest.raises(ParameterError) as caught:
            made(*args, **kwargs)
        assert problem in str(caught.value)
        assert str(caught.value).endswith("It takes (a: int, b: int = 2).")
        assert isinstance(caught.value, TypeError)
    assert client.list_flow_runs().items == ()


@pytest.mark.parametrize("name", ["return_state", "wait_for"])
def test_a_parameter_with_a_name_that_flowtui_uses_is_refused(name: str) -> None:
    space: dict[str, Any] = {}
    exec(f"def give({name}): ...", space)
    for make in (flow, task):
        with pytest.raises(ReservedArgument, match=f"has a parameter named '{name}', which flowtui uses itself"):
            make(space["give"])


def test_a_task_takes_its_arguments_unchecked(client: LocalClient) -> None:
    """Tasks are called by flows, and pass on what they are given."""

    @task
    def give(n: int) -> Any:
        return n

    assert give("3") == "3"  # type: ignore[call-overload]


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, {1, 2}, b"bytes", 2**70, "\udcff", object])
def test_parameters_that_no_json_can_hold_are_shown_all_the_same(client: LocalClient, value: Any) -> None:
    flow(lambda value: None)(value)
    assert "value" in only_run(client).parameters


def test_a_list_that_holds_itself_is_a_parameter_too(client: LocalClient) -> None:
    endless: list[Any] = [1]
    endless.append(endless)

    @task
    def count(items) -> int:  # type: ignore[no-untyped-def]
        return len(items)

    assert flow(count.fn)(endless) == count(endless) == 2
