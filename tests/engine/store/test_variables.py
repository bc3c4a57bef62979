"""Variables: JSON values by name."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError, VariableError
from tests.engine.store.databases import Place

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=10)
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.text(max_size=5), items, max_size=3),
    max_leaves=8,
)


def test_a_variable_is_read_as_it_was_set(store_client: LocalClient) -> None:
    kept = store_client.set_variable("team", {"name": "data", "size": 4}, tags=["b", "a", "a"])
    assert store_client.find_variable("team") == kept
    assert (kept.name, kept.value, kept.tags) == ("team", {"name": "data", "size": 4}, ("a", "b"))
    assert store_client.find_variable("other") is None


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(value=JSON)
def test_any_json_value_comes_back(store_client: LocalClient, value: Any) -> None:
    assert store_client.set_variable("any", value, overwrite=True).value == value


def test_a_name_is_taken_until_it_is_overwritten(store_client: LocalClient) -> None:
    first = store_client.set_variable("mode", "slow", tags=["ops"])
    with pytest.raises(VariableError, match=r"already a variable 'mode'. Set it with overwrite=True"):
        store_client.set_variable("mode", "fast")
    second = store_client.set_variable("mode", "fast", overwrite=True)
    assert (second.id, second.value, second.tags) == (first.id, "fast", ("ops",))
    assert store_client.set_variable("mode", "fast", tags=[], overwrite=True).tags == ()


def test_a_variable_is_deleted_once(store_client: LocalClient) -> None:
    store_client.set_variable("gone", 1)
    assert store_client.delete_variable("gone")
    assert not store_client.delete_variable("gone")
    assert store_client.find_variable("gone") is None


@pytest.mark.parametrize("name", ["", "Upper", "with space", "dot.ted", "x" * 256, "naïve", "a/b", "a\n"])
def test_a_name_that_no_variable_can_have_is_refused(store_client: LocalClient, name: str) -> None:
    with pytest.raises(VariableError, match="cannot name a variable"):
        store_client.set_variable(name, 1)


def test_a_value_may_be_as_long_as_5000_characters_of_json(store_client: LocalClient) -> None:
    assert store_client.set_variable("long", "x" * 4998).value == "x" * 4998
    with pytest.raises(VariableError, match=r"is 5001 characters of JSON; 5000 is the most"):
        store_client.set_variable("longer", "x" * 4999)


@pytest.mark.parametrize("value", [object(), {1, 2}, "\udce9", math.nan, [math.inf], {1: 2}, utc_now()])
def test_a_value_that_is_no_json_is_refused(store_client: LocalClient, value: Any) -> None:
    with pytest.raises(VariableError, match="cannot be kept as JSON"):
        store_client.set_variable("bad", value)


def test_tags_are_a_list_of_texts(store_client: LocalClient) -> None:
    with pytest.raises(VariableError, match="give a list of texts"):
        store_client.set_variable("bad", 1, tags="prod")


def test_variables_are_listed_by_name_in_pages(store_client: LocalClient) -> None:
    for name in ("c", "a", "b"):
        store_client.set_variable(name, name)
    page = store_client.list_variables(limit=2)
    rest = store_client.list_variables(limit=2, after=page.next)
    assert [item.name for item in (*page.items, *rest.items)] == ["a", "b", "c"]
    assert rest.next is None
    with pytest.raises(UsageError, match="no cursor"):
        store_client.list_variables(after="nonsense")


def test_whoever_watches_hears_of_a_variable(store_client: LocalClient) -> None:
    variable = store_client.set_variable("seen", 1)
    store_client.set_variable("seen", 2, overwrite=True)
    store_client.delete_variable("seen")
    changes = [change for change in store_client.changes(0) if change.kind == "variable"]
    assert [(change.name, change.subject_id) for change in changes] == [
        ("created", variable.id),
        ("updated", variable.id),
        ("deleted", variable.id),
    ]


def test_other_processes_see_it_at_once(place: Place) -> None:
    place.open().set_variable("shared", [1, 2])
    found = place.open().find_variable("shared")
    assert found is not None
    assert found.value == [1, 2]
