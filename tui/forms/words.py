"""What a form's rows say of their fields: choices, placeholders, summaries, hints."""

from typing import Any, Final

from flowtui.tui.forms.fields import MISSING, Field, Kind
from flowtui.tui.forms.json_text import same
from flowtui.tui.forms.nodes import Group, Leaf, Node, Presence, Union, changes_of, effective_of
from flowtui.tui.forms.reading import show
from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span, clip

__all__ = [
    "choice_values",
    "choice_words",
    "chosen_of",
    "hint_of",
    "is_kept",
    "is_untouched",
    "kind_of",
    "label_of",
    "placeholder_of",
    "summary_of",
    "text_of",
    "variant_words",
]

_MASK: Final = "********"
_LONGEST: Final = 24


def label_of(node: Node) -> str:
    """A field's name; within a union, whose own row has the name, a branch."""
    path = node.field.path
    if path and isinstance(path[-1], int):
        return "└"
    return node.field.key or '""'


def kind_of(node: Node) -> tuple[str, bool]:
    """The word for what a field holds, and whether it must be given."""
    field = node.control if isinstance(node, Leaf) else node.field
    within_union = bool(field.path) and isinstance(field.path[-1], int)
    return field.word, field.required and not within_union


def choice_values(field: Field) -> tuple[Any, ...]:
    """The values that a field's choices stand for, null at the end."""
    values = (True, False) if field.kind is Kind.BOOLEAN else field.choices
    return (*values, None) if field.nullable else values


def choice_words(field: Field) -> list[str]:
    """The words for `choice_values`."""
    words = ["null" if value is None else show(field, value) for value in choice_values(field)]
    return [word or '""' for word in words]


def chosen_of(node: Node) -> int | None:
    """The number of the choice that counts; None when none does."""
    if isinstance(node, Union):
        return node.chosen
    if isinstance(node, Group):
        return None
    value = effective_of(node)
    return next((number for number, one in enumerate(choice_values(node.control)) if same(one, value)), None)


def variant_words(union: Union) -> list[str]:
    """A word for each variant of a union."""
    return [_variant_word(field) for field in union.field.fields]


def _variant_word(field: Field) -> str:
    title, reference = field.schema.get("title"), field.schema.get("$ref")
    if field.kind in (Kind.OBJECT, Kind.JSON):
        if isinstance(title, str) and title:
            return title
        if isinstance(reference, str):
            return reference.rpartition("/")[2]
    return field.word


def is_kept(node: Node) -> bool:
    """Whether a field holds a stored secret that nobody here has seen."""
    return isinstance(node, Leaf) and node.unreadable is None and node.field.secret and same(effective_of(node), _MASK)


def is_untouched(node: Node) -> bool:
    """Whether a field is still as it began, so that what it shows is a default."""
    return node.presence is Presence.ABSENT or (
        node.field.initial is not MISSING and same(effective_of(node), node.field.initial)
    )


def text_of(leaf: Leaf) -> str:
    """The text that stands in a leaf's control."""
    if leaf.unreadable is not None:
        return leaf.unreadable[0]
    value = effective_of(leaf)
    if value is MISSING or value is None or is_kept(leaf):
        return ""
    return show(leaf.control, value)


def placeholder_of(leaf: Leaf) -> str:
    """What stands in an empty control."""
    if effective_of(leaf) is None:
        return "null"
    if leaf.control.kind is Kind.LIST:
        return "one on each line"
    if leaf.control.kind is Kind.PAIRS:
        return "key: value"
    return leaf.field.example


def summary_of(group: Group) -> list[Span]:
    """What a group holds, on one line: `rows 10,000 · dry_run yes`."""
    value = effective_of(group)
    if value is MISSING:
        return [("not given", "faint")]
    if not isinstance(value, dict):
        return [("null", "faint")]
    role = "muted" if group.presence is Presence.ABSENT else "text"
    spans: list[Span] = []
    for key, item in list(value.items())[:6]:
        spans.extend([(" · " if spans else "", "faint"), (f"{key} ", "faint"), (_short(group, key, item), role)])
    return spans or [("empty", "faint")]


def _short(group: Group, key: str, value: Any) -> str:
    child = group.children.get(key)
    if child is not None and child.field.secret:
        return "••••"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list):
        return f"[{len(value)}]"
    text = "null" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return clip(safe(text), _LONGEST)


def hint_of(node: Node) -> list[Span]:
    """What a field is for, and what it would be if nobody said anything."""
    field = node.field
    spans: list[Span] = [(field.description or _how(node), "text")]
    if field.baseline is not MISSING and not field.secret and changes_of(node):
        shown = "null" if field.baseline is None else show(field, field.baseline)
        spans.append((f"   default {clip(safe(shown), 40) or 'empty'}", "muted"))
    return spans


def _how(node: Node) -> str:
    match node.control.kind if isinstance(node, Leaf) else node.field.kind:
        case Kind.DATE:
            return "A date: 2026-11-19, today, yesterday, monday, 3 days ago."
        case Kind.DATETIME:
            return "A time: 14:30, tomorrow 9:00, in 10m, 2026-11-19 14:30."
        case Kind.DURATION:
            return "A duration: 90s, 10m, 1h30m, 2 days."
        case Kind.LIST:
            return "One item on each line."
        case Kind.PAIRS:
            return "One `key: value` on each line."
        case Kind.JSON:
            return "Any JSON value; text stands in quotes."
        case Kind.OBJECT:
            return "enter shows its fields."
    return ""
