"""The model of forms: no schema makes it fail, and no value is lost or changed on its way through a form."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Optional
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from flowtui.engine.blocks.registry import block_types
from flowtui.tui.forms.fields import MISSING, Kind
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.json_text import JsonProblem, dumps, loads, same
from flowtui.tui.forms.nodes import Group, Leaf, Node, Presence, Union
from flowtui.tui.forms.reading import Unreadable, fits, iso_duration, read, show

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)

# -- schemas and values of every kind --------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c", "limits", "since", "x.y", "", "*", "é", "\x1b[31m", "$ref"])
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", " ", "null", "1", "-0", "1e3", "true", "today", "2026-02-30", "2026-11-19", "10m", "PT5M", "a: b", "a\nb",
     "\n", "\r\n", "\t", "\x1b]0;x\x07", "\u202e", "********", "[1]", '"', "yes", "\ud800"]
)  # fmt: skip
NUMBERS = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0, -0.0, 1.0, 1e300, 2**70])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
JUNK = st.sampled_from([True, False, None, 7, "string", [], {"type": 5}, {"enum": []}, {"anyOf": []}, {"$ref": 3},
                        {"$ref": "#/definitions/nowhere"}, {"$ref": "elsewhere.json"}, {"type": ["string", "null"]},
                        {"type": []}, {"properties": []}, {"required": 5, "type": "object", "properties": {"a": {}}},
                        {"minLength": "x", "type": "string"}, {"pattern": "(", "type": "string"},
                        {"not": {}}, {"allOf": [{}, {}]}, {"allOf": [{"type": "integer"}]}, {"enum": 3},
                        {"minimum": "x", "type": "integer"}, {"multipleOf": 0, "type": "number"}])  # fmt: skip
DEFINITIONS = {
    "Tree": {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/definitions/Tree"}}},
    "Level": {"enum": ["low", "high"]},
}
FORMATS = st.sampled_from(["date", "date-time", "time", "duration", "password", "uuid", "uri", "odd"])
SIMPLE = st.sampled_from(["integer", "number", "boolean", "null"])
MORE = {
    "default": JSON,
    "title": st.text(max_size=5),
    "description": st.text(max_size=5),
    "writeOnly": st.booleans(),
}


def simple_schemas() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("string")}, optional={"format": FORMATS, "minLength": st.integers(0, 3)}
        ),
        st.fixed_dictionaries({"type": SIMPLE}, optional={"minimum": st.integers(-3, 3)}),
        st.fixed_dictionaries({"enum": st.lists(JSON, min_size=1, max_size=4)}),
        st.fixed_dictionaries({"const": JSON}),
        st.sampled_from([{"$ref": "#/definitions/Tree"}, {"$ref": "#/definitions/Level"}, {}]),
        JUNK,
    )


def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 2)}),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(KEYS, inner, max_size=3)},
            optional={"required": st.lists(KEYS, max_size=2), **MORE},
        ),
        st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}, optional=MORE),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3)}),
        st.builds(
            lambda node, more: {**node, **more} if isinstance(node, dict) else node,
            inner,
            st.fixed_dictionaries({}, optional=MORE),
        ),
    )


SCHEMAS = st.builds(
    lambda properties, required, secrets: {
        "type": "object",
        "properties": properties,
        "required": required,
        "secret_fields": secrets,
        "definitions": DEFINITIONS,
    },
    st.dictionaries(KEYS, st.recursive(simple_schemas(), wider, max_leaves=6), max_size=4),
    st.lists(KEYS, max_size=3),
    st.lists(KEYS, max_size=2),
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


def leaves(node: Node) -> list[Leaf]:
    """Every leaf, also those of variants that are not chosen."""
    match node:
        case Leaf():
            return [node]
        case Group():
            return [leaf for child in node.children.values() for leaf in leaves(child)]
        case Union():
            return [leaf for variant in node.variants for leaf in leaves(variant)]


# -- nothing is lost ---------------------------------------------------------------------------------------------------


@given(SCHEMAS, OBJECTS)
@example({"properties": {"a": {"type": "object", "properties": {}, "default": {"b": 1}}}}, {"a": {}})
@example({"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "number"}]}}}, {"a": 1.0})
@example({"properties": {"a": {"type": "object", "properties": {"b": {}}}}, "required": ["a"]}, {})
@example({"properties": {"a": {"type": "array", "items": {"type": "string"}}}}, {"a": ["", "x"]})
def test_what_goes_into_a_form_comes_out_of_it(schema: Any, data: dict[str, Any]) -> None:
    assert same(Form.of(schema, data).data(), data)


@given(SCHEMAS, OBJECTS)
def test_what_each_control_shows_it_gives_back(schema: Any, data: dict[str, Any]) -> None:
    """So a field that is only looked at, or edited and edited back, holds what it held."""
    form = Form.of(schema, data)
    for leaf in leaves(form.root):
        if leaf.presence is not Presence.GIVEN:
            continue
        if leaf.control.kind in (Kind.BOOLEAN, Kind.CHOICE, Kind.CONST):
            assert fits(leaf.control, leaf.value)
        else:
            text = show(leaf.control, leaf.value)
            assert same(read(leaf.control, text, NOW), leaf.value)


@given(SCHEMAS, OBJECTS, OBJECTS)
def test_going_to_the_json_view_and_back_changes_nothing(
    schema: Any, data: dict[str, Any], defaults: dict[str, Any]
) -> None:
    form = Form.of(schema, data, defaults=defaults)
    again = form.with_data(loads(form.text()))
    assert same(again.effective(), form.effective())
    assert set(again.data()) == set(form.data())
    assert again.changes == form.changes


@given(SCHEMAS, OBJECTS, OBJECTS)
def test_an_edit_in_the_json_view_is_what_the_form_then_holds(
    schema: Any, data: dict[str, Any], edited: dict[str, Any]
) -> None:
    """What is taken out of the text is not given any more, and what is put in is given."""
    form = Form.of(schema, data).with_data(edited)
    assert set(form.data()) <= set(edited)
    held = {**form.effective(), **form.data()}
    assert all(same(held[key], value) for key, value in edited.items())


@given(SCHEMAS, OBJECTS)
def test_an_untouched_form_gives_nothing_and_counts_no_change(schema: Any, defaults: dict[str, Any]) -> None:
    form = Form.of(schema, defaults=defaults)
    given = form.data()
    assert all(isinstance(form.node((key,)), Group | Union) for key in given)  # required objects hold their fields
    assert form.changes == 0
    assert all(same(form.effective()[key], value) for key, value in defaults.items())


@given(SCHEMAS, OBJECTS, st.data())
def test_a_value_that_is_given_to_any_field_stands_there_and_nowhere_else(
    schema: Any, data: dict[str, Any], draw: st.DataObject
) -> None:
    form = Form.of(schema, data)
    own = [leaf for leaf in leaves(form.root) if len(leaf.field.path) == 1]
    if not own:
        return
    leaf = draw.draw(st.sampled_from(own))
    value = draw.draw(JSON)
    key = leaf.field.key
    changed = form.give(leaf.field.path, value)
    assert same(changed.data(), {**data, key: value})
    assert same(changed.give_nothing(leaf.field.path).data(), {name: data[name] for name in data if name != key})
    assert same(form.data(), data)


@given(SCHEMAS, OBJECTS)
def test_problems_never_break_and_point_at_fields(schema: Any, data: dict[str, Any]) -> None:
    form = Form.of(schema, data)
    for path, sentence in form.problems().items():
        assert form.node(path).field.path == path
        assert sentence.endswith((".", "?"))


@given(JSON)
def test_json_text_is_exact_and_shows_everything(value: Any) -> None:
    for indent in (None, 2):
        text = dumps(value, indent)
        assert same(loads(text), value)
        assert all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b" 2}', "line 2, column 6"),
        ('{"a": 1, "a": 2}', 'The key "a" stands twice'),
        ("NaN", "NaN is no JSON value"),
        ("[-Infinity]", "-Infinity is no JSON value"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 5000, "cannot be read"),
        ("", "line 1, column 1"),
    ],
)
def test_what_is_no_json_is_told_where(text: str, words: str) -> None:
    with pytest.raises(JsonProblem, match=words.replace("(", r"\(")):
        loads(text)


def test_same_is_strict_about_types() -> None:
    values = [0, 0.0, -0.0, False, None, "", [], {}, 1, 1.0, True, "1", [1], [1.0], {"a": 1}, {"a": True}]
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            assert same(one, other) is (i == j)


# -- kinds -------------------------------------------------------------------------------------------------------------


class Limits(BaseModel):
    """How much."""

    rows: int = 10_000
    dry_run: bool = True


class Node_(BaseModel):
    value: int = 0
    next: Optional["Node_"] = None


class Everything(BaseModel):
    source: str
    destination: Literal["snowflake", "duckdb", "postgres"] = "duckdb"
    level: Literal["low", 1, None] = None
    since: date = date(2026, 11, 19)
    at: datetime | None = None
    rows: int = Field(10, ge=1, description="How many rows.")
    ratio: float = 0.5
    flag: bool
    limits: Limits = Limits()
    maybe: Limits | None = None
    tags: list[str] = []
    counts: dict[str, int] = {}
    either: int | str = 3
    choice: Limits | list[int] | None = None
    tree: Node_ = Node_()
    anything: Any = None
    fixed: Literal["v1"] = "v1"
    grid: list[list[int]] = [[1]]
    key: UUID | None = None


@pytest.fixture
def everything() -> Form:
    return Form.of(Everything.model_json_schema())


def test_each_type_gets_the_control_that_suits_it(everything: Form) -> None:
    kinds = {key: node.field.kind for key, node in everything.root.children.items()}
    assert kinds == {
        "source": Kind.TEXT, "destination": Kind.CHOICE, "level": Kind.CHOICE, "since": Kind.DATE, "at": Kind.DATETIME,
        "rows": Kind.INTEGER, "ratio": Kind.NUMBER, "flag": Kind.BOOLEAN, "limits": Kind.OBJECT, "maybe": Kind.OBJECT,
        "tags": Kind.LIST, "counts": Kind.PAIRS, "either": Kind.UNION, "choice": Kind.UNION, "tree": Kind.OBJECT,
        "anything": Kind.JSON, "fixed": Kind.CONST, "grid": Kind.JSON, "key": Kind.TEXT,
    }  # fmt: skip
    nullable = {key for key, node in everything.root.children.items() if node.field.nullable}
    assert nullable == {"level", "at", "maybe", "choice", "key"}
    level = everything.node(("level",)).field
    assert level.choices == ("low", 1)


def test_required_fields_are_asked_for(everything: Form) -> None:
    assert everything.problems() == {("source",): "This is required.", ("flag",): "This is required."}
    assert everything.give(("source",), "x").give(("flag",), False).problems() == {}


def test_a_type_that_holds_itself_ends_in_json_text(everything: Form) -> None:
    assert everything.node(("tree", "value")).field.kind is Kind.INTEGER
    assert everything.node(("tree", "next")).field.kind is Kind.JSON


def test_changes_are_counted_against_the_defaults(everything: Form) -> None:
    form = everything.give(("rows",), 20)
    assert form.changes == 1
    assert form.give(("rows",), 10).changes == 0
    assert form.give(("rows",), 10).data() == {"rows": 10}
    form = form.give(("limits", "rows"), 5)
    assert form.data() == {"rows": 20, "limits": {"rows": 5, "dry_run": True}}
    assert form.changes == 2
    assert form.reset(("limits",)).reset(("rows",)).changes == 0
    assert form.reset(("limits", "rows")).changes == 1


def test_the_deployment_s_parameters_are_the_defaults_of_its_form() -> None:
    form = Form.of(Everything.model_json_schema(), defaults={"source": "api", "limits": {"rows": 7}, "odd": [1]})
    assert form.node(("source",)).field.default == "api"
    assert form.effective()["limits"] == {"rows": 7}
    assert form.effective()["odd"] == [1]
    assert set(form.problems()) == {("flag",)}
    changed = form.give(("limits", "dry_run"), False)
    assert changed.data() == {"limits": {"rows": 7, "dry_run": False}}
    assert changed.changes == 1


def test_not_given_null_and_a_value_are_three_things(everything: Form) -> None:
    path = ("maybe",)
    assert "maybe" not in everything.data()
    assert everything.give_null(path).data() == {"maybe": None}
    assert everything.give_null(path).changes == 0  # null is its default
    given = everything.give((*path, "rows"), 1)
    assert given.data() == {"maybe": {"rows": 1}}
    assert given.changes == 1
    assert given.give_null(path).data() == {"maybe": None}
    assert given.reset(path).data() == {}
    null = everything.give_null(("rows",))
    assert null.problems()[("rows",)].startswith("Must be a whole number, not null")


def test_a_union_keeps_what_was_given_for_each_variant(everything: Form) -> None:
    form = everything.give(("either", 0), 5)
    assert form.data() == {"either": 5}
    form = form.give(("either", 1), "five")
    assert form.choose(("either",), 1).data() == {"either": "five"}
    assert form.choose(("either",), 1).choose(("either",), 0).data() == {"either": 5}


def test_a_value_opens_the_variant_that_it_fits(everything: Form) -> None:
    schema = Everything.model_json_schema()
    for value, chosen in ((3, 0), ("three", 1)):
        node = Form.of(schema, {"either": value}).node(("either",))
        assert isinstance(node, Union)
        assert node.chosen == chosen
    node = Form.of(schema, {"choice": [1, 2]}).node(("choice",))
    assert isinstance(node, Union)
    assert node.variants[node.chosen].field.kind is Kind.LIST


def test_a_text_that_stands_for_nothing_keeps_the_value_and_says_why(everything: Form) -> None:
    form = everything.give(("rows",), 20).give_unreadable(("rows",), "2x", "This must be a whole number.")
    assert form.data() == {"rows": 20}
    assert form.problems()[("rows",)] == "This must be a whole number."
    assert form.unreadable() == ("rows",)
    assert form.give(("rows",), 3).unreadable() is None


def test_what_does_not_fit_is_said_below_its_field(everything: Form) -> None:
    form = everything.give(("source",), "x").give(("flag",), True)
    form = form.give(("rows",), 0).give(("since",), "2026-02-30").give(("grid",), [["a"]]).give(("level",), "mid")
    assert form.problems() == {
        ("level",): "Must be one of 'low', 1, null, not 'mid'.",
        ("since",): "Must be a date such as 2026-01-31, not '2026-02-30'.",
        ("rows",): "Must be at least 1, not 0.",
        ("grid",): "[0][0] must be a whole number, not 'a'.",
    }


def test_what_is_wrong_with_a_secret_is_said_without_it() -> None:
    schema = {
        "properties": {
            "pin": {"type": "string", "format": "password", "pattern": "^[0-9]+$"},
            "number": {"type": "integer", "writeOnly": True},
        }
    }
    problems = Form.of(schema, {"pin": "sesame", "number": "sesame"}).problems()
    assert set(problems) == {("pin",), ("number",)}
    assert "sesame" not in repr(problems)


def test_the_fields_of_built_in_blocks() -> None:
    forms = {kind.slug: Form.of(kind.schema) for kind in block_types() if kind.slug in ("secret", "webhook")}
    value = forms["secret"].node(("value",)).field
    assert (value.kind, value.secret, value.required) == (Kind.TEXT, True, True)
    hook = {key: (node.field.kind, node.field.secret) for key, node in forms["webhook"].root.children.items()}
    assert hook == {
        "method": (Kind.CHOICE, False), "url": (Kind.TEXT, True), "headers": (Kind.PAIRS, False),
        "allow_private_urls": (Kind.BOOLEAN, False), "verify": (Kind.BOOLEAN, False),
    }  # fmt: skip
    headers = forms["webhook"].node(("headers",)).field
    assert headers.item is not None
    assert headers.item.secret


# -- texts -------------------------------------------------------------------------------------------------------------


def field_of(schema: dict[str, Any]) -> Any:
    return Form.of({"properties": {"x": schema}}).node(("x",)).field


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "", ""),
        ({"type": "string"}, " a ", " a "),
        ({"type": "integer"}, " 10_000 ", 10_000),
        ({"type": "integer"}, "-0", 0),
        ({"type": "integer"}, " ", MISSING),
        ({"type": "number"}, "1", 1),
        ({"type": "number"}, "1.0", 1.0),
        ({"type": "number"}, ".5e1", 5.0),
        ({"type": "string", "format": "date"}, "yesterday", "2026-11-19"),
        ({"type": "string", "format": "date"}, "2026-01-02", "2026-01-02"),
        ({"type": "string", "format": "date"}, "monday", "2026-11-23"),
        ({"type": "string", "format": "date-time"}, "tomorrow 9:00", "2026-11-21T09:00:00+00:00"),
        ({"type": "string", "format": "date-time"}, "14:00", "2026-11-21T14:00:00+00:00"),
        ({"type": "string", "format": "date-time"}, "in 10m", "2026-11-20T14:12:31+00:00"),
        ({"type": "string", "format": "time"}, "9:30", "09:30:00"),
        ({"type": "string", "format": "duration"}, "1h30m", "PT1H30M"),
        ({"type": "string", "format": "duration"}, "2 days", "P2D"),
        ({"type": "string", "format": "duration"}, "P1DT2H", "P1DT2H"),
        ({"type": "array", "items": {"type": "string"}}, "a\n\n b", ["a", " b"]),
        ({"type": "array", "items": {"type": "integer"}}, "1\n 2", [1, 2]),
        ({"type": "array", "items": {"enum": ["x", 2]}}, "2\nx", [2, "x"]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "a: b: c\nd:", {"a": "b: c", "d": ""}),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "a: 1.5", {"a": 1.5}),
        ({}, '{"a": [1.0]}', {"a": [1.0]}),
    ],
)
def test_what_a_text_stands_for(schema: dict[str, Any], text: str, value: Any) -> None:
    found = read(field_of(schema), text, NOW, UTC)
    assert found is MISSING if value is MISSING else same(found, value)


@pytest.mark.parametrize(
    ("schema", "text", "words"),
    [
        ({"type": "integer"}, "1.5", "a whole number"),
        ({"type": "integer"}, "ten", "a whole number"),
        ({"type": "integer"}, "1" * 4001, "too long"),
        ({"type": "number"}, "nan", "a number"),
        ({"type": "number"}, "1e999", "too large"),
        ({"type": "string", "format": "date"}, "2026-02-30", "a date such as"),
        ({"type": "string", "format": "date-time"}, "soon", "a time such as 14:30"),
        ({"type": "string", "format": "time"}, "25:00", "a time of day"),
        ({"type": "string", "format": "duration"}, "a while", "This is no duration; write"),
        ({"type": "array", "items": {"type": "integer"}}, "1\nx", "In the line 'x': this must be a whole number"),
        ({"type": "array", "items": {"enum": ["x"]}}, "y", "must be one of x"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "a", "no colon in 'a'"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "a: 1\na: 2", "stands on two lines"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "a:", "has no value"),
        ({}, "{", "This is no JSON: line 1"),
    ],
)
def test_what_stands_for_nothing_is_answered_with_a_sentence(schema: dict[str, Any], text: str, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(field_of(schema), text, NOW, UTC)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@given(st.timedeltas(min_value=timedelta(0)))
def test_durations_are_written_as_pydantic_reads_them(length: timedelta) -> None:
    read_by_pydantic = TypeAdapter(timedelta).validate_json(json.dumps(iso_duration(length)))
    assert abs(read_by_pydantic - length) <= timedelta(microseconds=100)


@pytest.mark.parametrize(("text", "seconds"), [("PT0S", 0), ("PT1.5S", 1.5), ("P1DT1H1M1S", 90_061), ("P3D", 259_200)])
def test_durations_in_iso(text: str, seconds: float) -> None:
    assert iso_duration(timedelta(seconds=seconds)) == text
