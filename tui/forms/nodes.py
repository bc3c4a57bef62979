"""The nodes of a form: a leaf has one control, a group holds fields, a union is one of several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from flowtui.tui.forms.checks import problem_of, required_sentence
from flowtui.tui.forms.fields import MISSING, Field, Kind, Path, as_json
from flowtui.tui.forms.json_text import same
from flowtui.tui.forms.reading import fits

__all__ = [
    "Group",
    "Leaf",
    "Node",
    "Presence",
    "Union",
    "build",
    "changes_of",
    "data_of",
    "effective_of",
    "problems_of",
]


class Presence(Enum):
    """Whether a place has a value of its own."""

    ABSENT = "not given"
    NULL = "null"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field with one control."""

    field: Field
    presence: Presence = Presence.ABSENT
    value: Any = None
    """When it is given."""
    raw: bool = False
    """Shown as JSON text, because the field's own control could not show the value exactly."""
    unreadable: tuple[str, str] | None = None
    """A text that stands for no value, and why; the value is then what it was before."""

    @property
    def control(self) -> Field:
        """The field as it is shown."""
        return as_json(self.field) if self.raw else self.field


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A field that holds fields."""

    field: Field
    presence: Presence = Presence.ABSENT
    children: Mapping[str, "Node"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """A field that is one of several."""

    field: Field
    presence: Presence = Presence.ABSENT
    chosen: int = 0
    variants: tuple["Node", ...]


Node = Leaf | Group | Union


# -- building ----------------------------------------------------------------------------------------------------------


def build(place: Field, value: Any = MISSING, *, begins: bool = True) -> Node:
    """The node of a field that holds `value`. MISSING: as the field begins, or with nothing when `begins` is False."""
    if value is MISSING and begins:
        value = place.initial
    shown = place.default if value is MISSING else value
    if shown is MISSING or shown is None or _suits(place, shown):
        if place.kind is Kind.OBJECT:
            return _build_group(place, value, begins)
        if place.kind is Kind.UNION:
            return _build_union(place, value, begins)
    raw = shown is not MISSING and shown is not None and not _suits(place, shown)
    given = None if value is MISSING else value
    return Leaf(field=place, presence=_presence(value), value=given, raw=raw)


def _suits(place: Field, value: Any) -> bool:
    """Whether the field's own control, or controls, can show a value."""
    if place.kind is Kind.OBJECT:
        return isinstance(value, dict)
    if place.kind is Kind.UNION:
        return any(_suits(variant, value) for variant in place.fields)
    return fits(place, value)


def _presence(value: Any) -> Presence:
    if value is MISSING:
        return Presence.ABSENT
    return Presence.NULL if value is None else Presence.GIVEN


def _build_group(place: Field, value: Any, begins: bool) -> Group:
    shown = place.default if value is MISSING else value
    held: Mapping[str, Any] = shown if isinstance(shown, dict) else {}
    as_it_begins = value is MISSING
    children: dict[str, Node] = {}
    for child in place.fields:
        given = MISSING if as_it_begins else held.get(child.key, MISSING)
        children[child.key] = build(child, given, begins=as_it_begins)
    for key in held.keys() - children.keys():
        extra = Field(key=key, path=(*place.path, key), kind=Kind.JSON, initial=held[key] if as_it_begins else MISSING)
        children[key] = build(extra, held[key])
    return Group(field=place, presence=_presence_of_holder(place, value, begins), children=children)


def _build_union(place: Field, value: Any, begins: bool) -> Union:
    shown = place.default if value is MISSING else value
    chosen = 0
    if shown is not MISSING and shown is not None:
        suiting = [number for number, variant in enumerate(place.fields) if _suits(variant, shown)]
        valid = [number for number in suiting if problem_of(place.fields[number], shown) is None]
        chosen = (valid or suiting)[0]
    variants = []
    for number, variant in enumerate(place.fields):
        at_hand = number == chosen and shown is not None and shown is not MISSING
        begin = replace(variant, initial=shown) if at_hand and value is MISSING else variant
        variants.append(build(begin, value if at_hand else MISSING))
    return Union(
        field=place, presence=_presence_of_holder(place, value, begins), chosen=chosen, variants=tuple(variants)
    )


def _presence_of_holder(place: Field, value: Any, begins: bool) -> Presence:
    """A required object of an empty form is there from the start: its own fields say what they need."""
    if value is MISSING and begins and place.required and place.default is MISSING:
        return Presence.GIVEN
    return _presence(value)


# -- reading off -------------------------------------------------------------------------------------------------------


def data_of(node: Node) -> Any:
    """The JSON value that was given; MISSING when none was."""
    if node.presence is Presence.ABSENT:
        return MISSING
    if node.presence is Presence.NULL:
        return None
    match node:
        case Leaf():
            return node.value
        case Group():
            values = {key: data_of(child) for key, child in node.children.items()}
            return {key: value for key, value in values.items() if value is not MISSING}
        case Union():
            return data_of(node.variants[node.chosen])


def effective_of(node: Node) -> Any:
    """The JSON value that counts: what was given, else the default; MISSING when there is neither."""
    if node.presence is Presence.ABSENT:
        return node.field.default
    if node.presence is Presence.NULL:
        return None
    match node:
        case Leaf():
            return node.value
        case Group():
            values = {key: effective_of(child) for key, child in node.children.items()}
            return {key: value for key, value in values.items() if value is not MISSING}
        case Union():
            return effective_of(node.variants[node.chosen])


def changes_of(node: Node) -> int:
    """How many fields differ from what they begin with."""
    if isinstance(node, Group) and node.presence is Presence.GIVEN:
        within = sum(map(changes_of, node.children.values()))
        if within or not node.field.path:
            return within
        if node.field.baseline is MISSING:
            return 0 if node.field.required else 1
    if isinstance(node, Union) and node.presence is Presence.GIVEN and node.field.baseline is MISSING:
        within = changes_of(node.variants[node.chosen])
        return within or (0 if node.field.required or data_of(node) is MISSING else 1)
    unread = isinstance(node, Leaf) and node.unreadable is not None
    return 1 if unread or not same(effective_of(node), node.field.baseline) else 0


def problems_of(node: Node) -> Iterator[tuple[Path, str]]:
    """Path and sentence of each field that does not fit."""
    if isinstance(node, Leaf) and node.unreadable is not None:
        yield node.field.path, node.unreadable[1]
    elif node.presence is Presence.GIVEN and isinstance(node, Group):
        for child in node.children.values():
            yield from problems_of(child)
    elif node.presence is Presence.GIVEN and isinstance(node, Union):
        yield from problems_of(node.variants[node.chosen])
    elif node.presence is Presence.ABSENT:
        if node.field.required and node.field.default is MISSING:
            yield node.field.path, required_sentence()
    else:
        sentence = problem_of(node.field, data_of(node))
        if sentence is not None:
            yield node.field.path, sentence
