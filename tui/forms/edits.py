"""What typing, choosing and clearing make of a form."""

from datetime import datetime, tzinfo
from typing import Final

from flowtui.tui.forms.fields import MISSING, Kind, Path
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.nodes import Leaf, Node, Union
from flowtui.tui.forms.reading import Unreadable, read
from flowtui.tui.forms.words import choice_values

__all__ = ["can_be_nothing", "with_nothing", "with_pick", "with_text"]

_CAN_BE_EMPTY: Final = (Kind.TEXT, Kind.LIST, Kind.PAIRS)


def with_text(form: Form, leaf: Leaf, text: str, now: datetime, zone: tzinfo | None) -> Form:
    """The form after a text was typed. An emptied field is not given, unless that would bring a default back."""
    path, default = leaf.field.path, leaf.field.default
    if not text and (leaf.control.kind not in _CAN_BE_EMPTY or default is MISSING or default is None):
        return form.give_nothing(path)
    try:
        value = read(leaf.control, text, now, zone)
    except Unreadable as problem:
        return form.give_unreadable(path, text, str(problem))
    return form.give_nothing(path) if value is MISSING else form.give(path, value)


def with_pick(form: Form, path: Path, number: int) -> Form:
    """The form after a choice, or the variant of a union, was picked by its number."""
    node = form.node(path)
    if isinstance(node, Union):
        return form.choose(path, number)
    assert isinstance(node, Leaf), "a group has nothing to choose from"
    return form.give(path, choice_values(node.control)[number])


def with_nothing(form: Form, path: Path) -> Form:
    """The form with null for a field; a text that cannot be null becomes the empty text."""
    return form.give_null(path) if form.node(path).field.nullable else form.give(path, "")


def can_be_nothing(node: Node) -> bool:
    """Whether `with_nothing` makes sense."""
    return node.field.nullable or (isinstance(node, Leaf) and node.control.kind is Kind.TEXT and not node.field.secret)
