"""Where two JSON values differ: by rules that hold for all of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.comparing.nested import nested_changes

keys = st.sampled_from("abc")
leaves = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(0, 1), st.sampled_from(["", "x"]))
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 2}, [("a", "changed", 1, 2)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, [("a.b[1]", "changed", 2, 3), ("a.b[2]", "new", None, 4)]),
        ({"a": None}, {}, [("a", "missing", None, None)]),
        ({"a": 1}, {"a": True}, [("a", "changed", 1, True)]),
        ({"a": [1]}, {"a": {"0": 1}}, [("a", "changed", [1], {"0": 1})]),
        (1, 1.0, []),
    ],
)
def test_each_place_that_differs_is_told_by_its_path(before: Any, after: Any, told: list[Any]) -> None:
    assert list(nested_changes(before, after)) == told


@given(values)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(nested_changes(value, value)) == []


@given(values, values)
def test_the_way_back_tells_the_same_places(before: Any, after: Any) -> None:
    other = {"new": "missing", "missing": "new", "changed": "changed", "same": "same"}
    there = {(path, change) for path, change, _, _ in nested_changes(before, after)}
    back = {(path, other[change]) for path, change, _, _ in nested_changes(after, before)}
    assert there == back
