"""Parameters: the schema of a signature, and sentences about values that do not fit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from flowtui import Flow, flow
from flowtui.engine.deployments.parameters import check_parameters, parameter_problems, parameter_schema
from flowtui.engine.errors import ParameterError


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Limits(BaseModel):
    rows: int = Field(10_000, gt=0)
    dry_run: bool = False


@dataclass
class Point:
    x: float
    y: float


class Opaque:
    pass


OPAQUE = Opaque()


@flow
def load(
    source: str,
    day: date,
    limits: Limits = Limits(),  # noqa: B008 - as people write it
    color: Color = Color.RED,
    target: Literal["duckdb", "postgres"] = "duckdb",
    repos: list[str] | None = None,
    share: Annotated[float, Field(ge=0, le=1)] = 0.5,
    thing: Opaque | None = None,
) -> None:
    """Load it.

    Args:
        source: Where it comes from,
            as a host name.
        day (date): Which day.
    """


def test_the_schema_has_the_shape_that_the_field_knows() -> None:
    schema = parameter_schema(load)

    assert (schema["title"], schema["type"], schema["required"]) == ("Parameters", "object", ["source", "day"])
    assert list(schema["properties"]) == ["source", "day", "limits", "color", "target", "repos", "share", "thing"]
    assert [part["position"] for part in schema["properties"].values()] == list(range(8))
    properties = schema["properties"]
    assert properties["source"] == {
        "type": "string",
        "title": "source",
        "position": 0,
        "description": "Where it comes from, as a host name.",
    }
    assert properties["day"]["format"] == "date"
    assert properties["day"]["description"] == "Which day."
    assert properties["limits"]["$ref"] == "#/definitions/Limits"
    assert properties["limits"]["default"] == {"rows": 10_000, "dry_run": False}
    assert properties["color"]["default"] == "red"
    assert properties["repos"]["default"] is None
    assert properties["share"]["maximum"] == 1
    assert set(properties["thing"]) == {"title", "position", "default"}
    assert schema["definitions"]["Limits"]["properties"]["rows"]["exclusiveMinimum"] == 0
    assert "additionalProperties" not in schema


def test_a_sphinx_docstring_describes_too() -> None:
    @flow
    def f(a: int) -> None:
        """Do.

        :param int a: the number
        """

    assert parameter_schema(f)["properties"]["a"]["description"] == "the number"


def test_a_field_as_default_is_read_as_its_constraints() -> None:
    @flow
    def f(a: int = Field(3, gt=0), b: int = Field(gt=0)) -> None: ...

    schema = parameter_schema(f)
    assert schema["required"] == ["b"]
    assert (schema["properties"]["a"]["default"], schema["properties"]["a"]["exclusiveMinimum"]) == (3, 0)


def test_what_json_cannot_hold_is_no_default() -> None:
    @flow
    def f(a: float = float("nan"), b: Any = OPAQUE, c: timedelta = timedelta(hours=1)) -> None: ...

    properties = parameter_schema(f)["properties"]
    assert ["default" in properties[name] for name in "abc"] == [False, False, True]


def test_further_keywords_are_allowed_where_the_function_takes_them() -> None:
    @flow
    def f(a: int, *rest: int, **more: Any) -> None: ...

    schema = parameter_schema(f)
    assert list(schema["properties"]) == ["a"]
    check_parameters(schema, {"a": 1, "anything": 2})


def test_an_annotation_that_means_nothing_accepts_anything() -> None:
    def plain(a, b: "NotThere", c: int): ...  # type: ignore[no-untyped-def,name-defined]  # noqa: F821

    schema = parameter_schema(Flow(plain))
    check_parameters(schema, {"a": object, "b": 2, "c": 3})


GOOD = {"source": "x", "day": "2026-11-20"}
BAD = [
    ({}, "Parameter source is missing. Parameter day is missing."),
    ({**GOOD, "sorce": "x"}, "Parameter sorce is not known; did you mean source?"),
    ({**GOOD, "source": 3}, "Parameter source must be text, not 3."),
    ({**GOOD, "day": "soon"}, "Parameter day must be a date such as 2026-01-31, not 'soon'."),
    ({**GOOD, "limits": {"rows": "ten"}}, "Parameter limits.rows must be a whole number, not 'ten'."),
    ({**GOOD, "limits": {"rows": 0}}, "Parameter limits.rows must be more than 0, not 0."),
    ({**GOOD, "limits": 3}, "Parameter limits must be an object, not 3."),
    ({**GOOD, "color": "green"}, "Parameter color must be one of \"red\", \"blue\", not 'green'."),
    ({**GOOD, "target": "oracle"}, "Parameter target must be one of"),
    ({**GOOD, "repos": "a"}, "Parameter repos must be a list, not 'a'."),
    ({**GOOD, "repos": ["a", 2]}, "Parameter repos[1] must be text, not 2."),
    ({**GOOD, "share": 1.5}, "Parameter share must be at most 1, not 1.5."),
    ({**GOOD, "share": True}, "Parameter share must be a number, not true."),
    ({**GOOD, "source": "x" * 0, "share": None}, "Parameter share must be a number, not null."),
]  # fmt: skip


@pytest.mark.parametrize(("values", "words"), BAD)
def test_each_bad_parameter_gets_a_sentence(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(load, values)
    assert words.replace('"', "'") in str(caught.value).replace('"', "'")


def test_what_fits_passes() -> None:
    check_parameters(load, {**GOOD, "limits": {"dry_run": True}, "color": "blue", "repos": ["a"], "thing": {"any": 1}})


def test_a_deployment_may_leave_required_parameters_to_the_run() -> None:
    schema = parameter_schema(load)
    assert parameter_problems(schema, {"source": "x"}, partial=True) == {}
    assert set(parameter_problems(schema, {"source": 1}, partial=True)) == {"source"}


def test_a_schema_that_knows_nothing_accepts_everything() -> None:
    check_parameters({}, {"a": 1})


def test_a_long_value_is_cut_in_the_sentence() -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(load, {**GOOD, "day": "x" * 10_000})
    assert len(str(caught.value)) < 200


TYPES: list[tuple[Any, Callable[[], st.SearchStrategy[Any]]]] = [
    (int, lambda: st.integers() | st.floats(allow_nan=False) | st.booleans() | st.text(max_size=3) | st.none()),
    (float, lambda: st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()),
    (str, lambda: st.text(max_size=5) | st.integers() | st.none()),
    (bool, lambda: st.booleans() | st.integers(0, 2) | st.none()),
    (list[int], lambda: st.lists(st.integers() | st.booleans() | st.none(), max_size=3) | st.integers()),
    (dict[str, int], lambda: st.dictionaries(st.text(max_size=2), st.integers() | st.none(), max_size=2) | st.none()),
    (int | None, lambda: st.integers() | st.none() | st.text(max_size=2)),
    (tuple[int, str], lambda: st.tuples(st.integers(), st.text(max_size=2)).map(list) | st.lists(st.integers())),
    (Annotated[int, Field(ge=2, lt=9, multiple_of=2)], lambda: st.integers(0, 12)),
    (Annotated[str, Field(min_length=2, max_length=3, pattern="^a")], lambda: st.text("ab", max_size=5)),
    (Literal["a", 1, None], lambda: st.sampled_from(["a", "b", 1, 2, None])),
    (Limits, lambda: st.fixed_dictionaries({}, optional={"rows": st.integers(-1, 2), "dry_run": st.booleans()})),
    (Point, lambda: st.fixed_dictionaries({}, optional={"x": st.floats(0, 1), "y": st.floats(0, 1) | st.none()})),
    (list[Limits | int], lambda: st.lists(st.integers() | st.just({"rows": 1}) | st.just({"rows": "x"}), max_size=3)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), TYPES, ids=[str(kind) for kind, _ in TYPES])
def test_values_are_judged_as_pydantic_judges_their_json(
    kind: Any, values: Callable[[], st.SearchStrategy[Any]]
) -> None:
    """The schema check against pydantic itself, strictly: what either accepts the other accepts."""
    adapter = TypeAdapter(kind)
    schema = adapter.json_schema(ref_template="#/definitions/{model}")
    schema = {"properties": {"x": schema}, "required": ["x"], "definitions": schema.pop("$defs", {})}

    @given(value=values())
    def agree(value: Any) -> None:
        import json

        try:
            adapter.validate_json(json.dumps(value), strict=True)
            fits = True
        except ValidationError:
            fits = False
        # A whole number may be written 3.0: JSON knows one kind of number.
        if isinstance(value, float) and value.is_integer() and kind in (int, int | None):
            return
        assert (not parameter_problems(schema, {"x": value})) is fits

    agree()


@flow
def times(at: datetime, day: date) -> None: ...


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T10:00", "2026-11-20T10:00:00Z", "2026-11-20 10:00+02:00"])
def test_a_time_may_be_written_in_the_usual_ways(text: str) -> None:
    check_parameters(times, {"at": text, "day": "2026-11-20"})
