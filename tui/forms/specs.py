"""Which rows a form has: one for each field that is in sight, with the control that it needs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.cells import cell_len

from flowtui.tui.forms.fields import Kind, Path
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.nodes import Group, Leaf, Node, Presence, Union
from flowtui.tui.forms.words import is_kept, label_of
from flowtui.tui.text import safe

__all__ = ["Layout", "Mode", "Sight", "Spec", "layout_for", "specs_of"]

Mode = Literal["group", "union", "kept", "choices", "line", "lines"]
_LABEL_MOST = 24
_NARROW = 72


@dataclass(frozen=True, slots=True)
class Spec:
    """One row as it should be."""

    node: Node
    depth: int
    mode: Mode
    is_open: bool

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it another row when it changes."""
        return (self.node.field.path, self.mode)


@dataclass(slots=True)
class Sight:
    """What the reader has opened and is about to change: the state of the view, not of the form."""

    open: set[Path] = field(default_factory=set)
    """Groups whose fields are shown."""
    lines: set[Path] = field(default_factory=set)
    """Texts that get several lines although they have one yet."""
    replacing: set[Path] = field(default_factory=set)
    """Stored secrets that are typed anew."""

    def forget(self, path: Path) -> None:
        """Show a field as at first."""
        self.lines.discard(path)
        self.replacing.discard(path)

    def open_given(self, form: Form) -> None:
        """Open the groups in which something has to be filled in, or was."""
        self.open |= {group.field.path for group in _groups(form.root) if group.presence is Presence.GIVEN}


def specs_of(form: Form, sight: Sight) -> list[Spec]:
    """The rows of a form, in order."""
    return list(_below(form.root, 0, sight))


def _below(node: Node, depth: int, sight: Sight) -> Iterator[Spec]:
    if isinstance(node, Group):
        for child in node.children.values():
            yield from _with(child, depth, sight)
    elif isinstance(node, Union):
        variant = node.variants[node.chosen]
        yield from _below(variant, depth, sight) if isinstance(variant, Group) else _with(variant, depth, sight)


def _with(node: Node, depth: int, sight: Sight) -> Iterator[Spec]:
    """A node's own row, and those below it."""
    is_open = isinstance(node, Union) or node.field.path in sight.open
    yield Spec(node, depth, _mode(node, sight), is_open)
    if is_open:
        yield from _below(node, depth + 1, sight)


def _mode(node: Node, sight: Sight) -> Mode:
    if isinstance(node, Group):
        return "group"
    if isinstance(node, Union):
        return "union"
    path, control = node.field.path, node.control
    if is_kept(node) and path not in sight.replacing:
        return "kept"
    if control.kind in (Kind.BOOLEAN, Kind.CHOICE, Kind.CONST):
        return "choices"
    if control.kind in (Kind.LIST, Kind.PAIRS, Kind.JSON) or path in sight.lines:
        return "lines"
    text = node.value if node.presence is Presence.GIVEN else node.field.default
    several = control.kind is Kind.TEXT and not control.secret and isinstance(text, str) and "\n" in text
    return "lines" if several else "line"


def _groups(node: Node) -> Iterator[Group]:
    if isinstance(node, Leaf):
        return
    for child in node.children.values() if isinstance(node, Group) else node.variants:
        if isinstance(child, Group):
            yield child
        yield from _groups(child)


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of a form's columns, in cells. `kind` 0 leaves the second column out."""

    label: int
    kind: int

    @property
    def left(self) -> int:
        """Where the controls begin."""
        return 2 + self.label + 2 + (self.kind + 1 if self.kind else 0)


def layout_for(specs: list[Spec], width: int, least: int = 8) -> Layout:
    """The columns for these rows in `width` cells; the names get at least `least`."""
    longest = max((2 * spec.depth + cell_len(safe(label_of(spec.node))) for spec in specs), default=0)
    most = _LABEL_MOST if width >= _NARROW else max(width // 3, 14)
    return Layout(max(least, min(longest, most)), 11 if width >= _NARROW else 0)
