"""What becomes of a block's data: validated, secrets set apart, masked, rejoined."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.blocks.documents import MASK, join_secrets, mask, merge_masked, prepare, split_secrets, validate
from flowtui.engine.blocks.sentences import BlockFieldError
from flowtui.engine.errors import BlockError

KEYS = st.text(alphabet="ab.*/~0é ", max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
HOOK = {"secret_fields": ["url", "headers.*", "login.token", "keys.*", "value", "hosts.*.token"]}
DATA = st.fixed_dictionaries(
    {},
    optional={
        "url": VALUES,
        "headers": st.dictionaries(KEYS, VALUES, max_size=4) | SCALARS,
        "login": st.fixed_dictionaries({"user": SCALARS}, optional={"token": VALUES}),
        "keys": st.lists(VALUES, max_size=4),
        "value": VALUES,
        "hosts": st.lists(st.fixed_dictionaries({"host": SCALARS}, optional={"token": VALUES}), max_size=3),
        "other": VALUES,
    },
)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@given(DATA)
def test_splitting_and_joining_give_the_data_back(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    public, secrets = split_secrets(HOOK, data)
    assert repr(join_secrets(public, secrets)) == repr(before)
    assert data == before


@given(DATA, st.text(alphabet="xyz", min_size=12, max_size=12))
def test_no_secret_is_left_in_what_is_shown(data: dict[str, Any], word: str) -> None:
    data = data | {"url": word, "headers": {"a.b": word, "*": word}, "login": {"token": word}, "keys": [word, None]}
    shown = mask(HOOK, data)
    assert word not in repr(shown)
    assert shown["headers"] == {"a.b": MASK, "*": MASK}
    assert shown["keys"] == [MASK, None]


@given(DATA)
def test_giving_a_masked_block_back_changes_nothing(data: dict[str, Any]) -> None:
    public, secrets = split_secrets(HOOK, data)
    assert repr(merge_masked(secrets, public)) == repr(join_secrets(public, secrets))


def test_a_secret_that_is_null_stays_visible() -> None:
    assert split_secrets(HOOK, {"url": None, "keys": [None]}) == ({"url": None, "keys": [None]}, {})


def test_a_new_secret_replaces_and_a_masked_one_stays() -> None:
    _, secrets = prepare("webhook", {"url": "https://a.b/c", "headers": {"A": "1", "B": "2"}})
    public, merged = prepare("webhook", {"url": MASK, "headers": {"A": "new", "B": MASK}}, secrets)
    assert merged == {"/url": "https://a.b/c", "/headers/A": "new", "/headers/B": "2"}
    assert public["headers"] == {"A": MASK, "B": MASK}


def test_a_secret_that_was_taken_away_is_gone() -> None:
    _, secrets = prepare("webhook", {"url": "https://a.b/c", "headers": {"A": "1", "B": "2"}})
    _, merged = prepare("webhook", {"url": MASK, "headers": {"B": MASK}}, secrets)
    assert merged == {"/url": "https://a.b/c", "/headers/B": "2"}


@pytest.mark.parametrize("keys", [[MASK], [MASK, MASK, MASK], [MASK, "new"], ["new", MASK]])
def test_masks_in_a_list_that_changed_are_not_guessed(keys: list[str]) -> None:
    """Which of two stored keys the one asterisk stands for cannot be known."""
    _, secrets = split_secrets(HOOK, {"keys": ["first", "second"]})
    assert merge_masked(secrets, {"keys": keys}) == {"keys": keys}


def test_an_item_without_a_secret_may_join_a_list_of_items_with_secrets() -> None:
    _, secrets = split_secrets(HOOK, {"hosts": [{"host": "a", "token": "A"}, {"host": "b", "token": "B"}]})
    hosts = [{"host": "a2", "token": MASK}, {"host": "b", "token": MASK}, {"host": "c", "token": "C"}]
    assert [host["token"] for host in merge_masked(secrets, {"hosts": hosts})["hosts"]] == ["A", "B", "C"]
    assert merge_masked(secrets, {"hosts": hosts[1:]}) == {"hosts": hosts[1:]}


def test_a_mask_that_stands_for_nothing_is_refused() -> None:
    with pytest.raises(BlockFieldError) as caught:
        prepare("webhook", {"url": MASK, "headers": {"A": MASK}})
    assert set(caught.value.problems) == {"url", "headers.A"}
    assert "give its value" in caught.value.problems["url"]


def test_stored_secrets_are_opened_only_when_one_is_kept() -> None:
    """So that a block whose key was lost can be saved again with new secrets."""

    def lost() -> dict[str, Any]:
        raise BlockError("the key was lost")

    assert prepare("secret", {"value": "new"}, lost)[1] == {"/value": "new"}
    with pytest.raises(BlockError, match="the key was lost"):
        prepare("secret", {"value": MASK}, lost)


def test_defaults_are_filled_in_and_unknown_fields_kept() -> None:
    assert validate("webhook", {"url": "http://a.b", "note": [1, 1.5]}) == {
        "method": "POST",
        "url": "http://a.b",
        "headers": {},
        "allow_private_urls": True,
        "verify": True,
        "note": [1, 1.5],
    }


@given(VALUES)
def test_a_secret_holds_any_json_value_exactly(value: Any) -> None:
    assert repr(validate("secret", {"value": value})) == repr({"value": value})


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({}, {"url": "url is required."}),
        ({"url": "ftp://x"}, {"url": "url: give a whole address, beginning with http:// or https://."}),
        ({"url": "https://[broken"}, {"url": "url: give a whole address, beginning with http:// or https://."}),
        (
            {"url": "http://a.b", "method": "YELL", "verify": "maybe"},
            {
                "method": "method must be 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'.",
                "verify": "verify must be a valid boolean, unable to interpret input.",
            },
        ),
    ],
)
def test_each_field_that_does_not_fit_has_a_sentence(data: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(BlockFieldError) as caught:
        validate("webhook", data)
    assert caught.value.problems == problems
    assert str(caught.value) == "Webhook: " + " ".join(problems.values())


@pytest.mark.parametrize("value", ["tok3n-sesame", "ftp://tok3n-sesame", "https://tok3n-sesame:99999999/"])
def test_what_is_wrong_with_a_secret_is_said_without_the_secret(value: str) -> None:
    with pytest.raises(BlockError) as caught:
        validate("webhook", {"url": value})
    assert "sesame" not in str(caught.value)


def test_an_unknown_type_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(BlockError, match=r"There is no block type 'web-hook' here\. Did you mean 'webhook'\?"):
        validate("web-hook", {})
