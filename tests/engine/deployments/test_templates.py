"""Placeholders: what they are, what takes their place, and of what type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.references import lookup_with, only_environment
from flowtui.engine.deployments.templates import LATER, UNKNOWN, Placeholder, fill, fill_tree, placeholders_of
from flowtui.engine.deployments.tree import Tree
from flowtui.engine.errors import UsageError

OUTPUTS = {
    "image": "reg/etl:7",
    "build-image": {"image": "reg/etl:7", "tags": ["a", "b"], "number": 7, "on": True, "nothing": None},
}
ENV = {"STAGE": "prod", "N": "3", "NAME": "image", "BRACES": "{{ $STAGE }}"}
LOOKUP = lookup_with(None, ENV, OUTPUTS)


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{{ image }}", "reg/etl:7"),
        ("{{build-image.number}}", 7),
        ("  {{ build-image.on }}  ", True),
        ("{{ build-image.tags }}", ["a", "b"]),
        ("{{ build-image.tags[1] }}", "b"),
        ("{{ build-image.nothing }}", None),
        ("{{ $STAGE }}", "prod"),
        ("{{ $N }}", "3"),
        ("x-{{ build-image.number }}-{{ $STAGE }}", "x-7-prod"),
        ("tags: {{ build-image.tags }}", 'tags: ["a", "b"]'),
        ("x{{ nobody.image }}y", "xy"),
        ("x{{ build-image.nothing }}y", "xy"),
        ("{{ build-{{ $NAME }}.number }}", 7),
        ("{{ $BRACES }}", "{{ $STAGE }}"),
        ("a {{ $BRACES }}", "a {{ $STAGE }}"),
        ("{{ flow_run.name | upper }}", "{{ flow_run.name | upper }}"),
        ("{ {x} } {{}} }}", "{ {x} } {{}} }}"),
        ("{{ prefect.variables.x }} stays", "{{ prefect.variables.x }} stays"),
        ({"a": "{{ nobody.x }}", "b": ["{{ nobody.x }}", "{{ image }}"]}, {"b": ["reg/etl:7"]}),
        (7, 7),
    ],
)
def test_what_takes_the_place_of_a_placeholder(value: Any, filled: Any) -> None:
    assert fill(value, LOOKUP) == filled
    assert type(fill(value, LOOKUP)) is type(filled)


def test_a_value_that_is_an_unknown_placeholder_alone_is_not_given() -> None:
    assert fill("{{ nobody.x }}", LOOKUP) is UNKNOWN
    tree = fill_tree(Tree(value="{{ nobody.x }}", line=4, text="{{ nobody.x }}"), LOOKUP)
    assert (tree.value, tree.line) == (None, 4)


def test_the_kinds_of_placeholders() -> None:
    text = "{{ a.b }} {{ $C }} {{ prefect.variables.d }} {{ flowtui.blocks.secret.e.f }}"
    assert [(found.kind, found.name) for found in placeholders_of({"x": [text]})] == [
        ("output", "a.b"),
        ("environment", "C"),
        ("variable", "d"),
        ("block", "secret.e.f"),
    ]


def test_before_steps_are_run_only_the_environment_is_known() -> None:
    lookup = only_environment(ENV)
    text = "{{ $STAGE }} {{ $OTHER }} {{ image }} {{ prefect.variables.x }}"
    assert fill(text, lookup) == "prod {{ $OTHER }} {{ image }} {{ prefect.variables.x }}"


@given(st.text())
def test_text_without_placeholders_stays_as_it_is(text: str) -> None:
    def never(placeholder: Placeholder) -> Any:
        raise AssertionError(placeholder)

    if next(placeholders_of(text), None) is None:
        assert fill(text, never) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_what_is_left_for_later_is_left_in_every_place(value: Any) -> None:
    assert fill(value, lambda placeholder: LATER) == value


def test_variables_and_blocks_come_from_the_store(client: LocalClient) -> None:
    client.set_variable("limits", {"rows": 5})
    client.save_block("secret", "token", {"value": "s3cr3t"})
    client.save_block("json", "site", {"value": {"host": "h", "ports": [1, 2]}})
    client.save_block("webhook", "hook", {"url": "https://x.example/y", "method": "POST"})
    lookup = lookup_with(client, {}, {})

    assert fill("{{ prefect.variables.limits }}", lookup) == {"rows": 5}
    assert fill("a {{ flowtui.variables.limits }}", lookup) == 'a {"rows": 5}'
    assert fill("{{ prefect.blocks.secret.token }}", lookup) == "s3cr3t"
    assert fill("Bearer {{ flowtui.blocks.secret.token }}", lookup) == "Bearer s3cr3t"
    assert fill("{{ prefect.blocks.json.site.value.ports[1] }}", lookup) == 2
    assert fill("{{ prefect.blocks.json.site.host }}", lookup) == "h"
    assert fill("{{ prefect.blocks.webhook.hook.method }}", lookup) == "POST"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ prefect.variables.missing }}", "variable that does not exist. Set it with: flowtui variable set missing"),
        ("x {{ prefect.blocks.secret.missing }}", "block that does not exist"),
        ("{{ flowtui.blocks.secret }}", "is no block"),
        ("{{ prefect.blocks.secret.token.other }}", "has no other; it has value"),
    ],
)
def test_what_the_store_does_not_have_is_said(client: LocalClient, text: str, words: str) -> None:
    client.save_block("secret", "token", {"value": "s3cr3t"})
    with pytest.raises(UsageError, match=words):
        fill(text, lookup_with(client, {}, {}))
