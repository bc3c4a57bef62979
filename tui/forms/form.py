"""A form's state: what was given for each field. A value; a change makes a new one.

What is not given stays apart from null, and from a value that equals the default. A value that a field's own control
could not give back exactly is kept as JSON text, so that `Form.of(schema, data).data()` is always `data`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flowtui.tui.forms.fields import Path
from flowtui.tui.forms.json_text import dumps, same
from flowtui.tui.forms.nodes import (
    Group,
    Leaf,
    Node,
    Presence,
    Union,
    build,
    changes_of,
    data_of,
    effective_of,
    problems_of,
)
from flowtui.tui.forms.schema import fields_of

__all__ = ["Form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """All fields of a schema, and what was given for each."""

    root: Group

    @classmethod
    def of(
        cls,
        schema: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
        *,
        defaults: Mapping[str, Any] | None = None,
    ) -> "Form":
        """The form of an object's schema, with `data` given; None makes an empty form, as a person begins it.

        `defaults` stand before the schema's own, by name.
        """
        field = fields_of(schema, defaults)
        return cls(root=_group(build(field) if data is None else build(field, dict(data))))

    # -- as a whole ---------------------------------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """What was given, and nothing else."""
        found: dict[str, Any] = data_of(self.root)
        return found

    def effective(self) -> dict[str, Any]:
        """What counts: what was given, and the defaults of the rest."""
        found: dict[str, Any] = effective_of(self.root)
        return found

    def text(self) -> str:
        """`effective` as JSON text, for the JSON view."""
        return dumps(self.effective(), indent=2)

    def with_data(self, data: Mapping[str, Any]) -> "Form":
        """The form after its JSON text was edited. What was not given and equals its default is still not given."""
        given = dict(data)
        for key, child in self.root.children.items():
            if child.presence is Presence.ABSENT and key in given and same(given[key], effective_of(child)):
                del given[key]
        return replace(self, root=_group(build(self.root.field, given)))

    @property
    def changes(self) -> int:
        """How many fields differ from their defaults."""
        return changes_of(self.root)

    def problems(self) -> dict[Path, str]:
        """A sentence for each field that does not fit, by path, in the order of the fields."""
        return dict(problems_of(self.root))

    def unreadable(self) -> Path | None:
        """The first field whose text stands for no value."""
        return next((leaf.field.path for leaf in self.leaves() if leaf.unreadable), None)

    def leaves(self) -> Iterator[Leaf]:
        """Every field with a control of its own, within unions only those of the chosen variant."""
        return _leaves(self.root)

    # -- one field ----------------------------------------------------------------------------------------------------

    def node(self, path: Path) -> Node:
        """The node at a path. Raises `KeyError` when there is none."""
        found: Node = self.root
        for step in path:
            found = _child(found, step)
        return found

    def give(self, path: Path, value: Any) -> "Form":
        """With a value for a field; None is null."""
        presence = Presence.NULL if value is None else Presence.GIVEN
        return self._change(path, lambda node: replace(_leaf(node), presence=presence, value=value, unreadable=None))

    def give_unreadable(self, path: Path, text: str, sentence: str) -> "Form":
        """With a text that stands for no value; the value stays what it was."""
        return self._change(path, lambda node: replace(_leaf(node), unreadable=(text, sentence)))

    def give_nothing(self, path: Path) -> "Form":
        """With no value for a field: as if it had not been given."""
        return self._change(
            path, lambda node: replace(_leaf(node), presence=Presence.ABSENT, value=None, unreadable=None)
        )

    def give_null(self, path: Path) -> "Form":
        """With null for a field, whatever it holds otherwise."""

        def null(node: Node) -> Node:
            cleared = replace(node, unreadable=None) if isinstance(node, Leaf) else node
            return replace(cleared, presence=Presence.NULL)

        return self._change(path, null)

    def choose(self, path: Path, variant: int) -> "Form":
        """With another variant of a union; what was given for the others is kept until the form closes."""

        def chosen(node: Node) -> Node:
            assert isinstance(node, Union)
            return replace(node, presence=Presence.GIVEN, chosen=variant)

        return self._change(path, chosen)

    def reset(self, path: Path) -> "Form":
        """With a field as it began."""
        return replace(self, root=_reset(self.root, path))

    def _change(self, path: Path, change: Callable[[Node], Node]) -> "Form":
        return replace(self, root=_group(_changed(self.root, path, change)))


def _group(node: Node) -> Group:
    assert isinstance(node, Group), "the fields of a form are those of an object"
    return node


def _leaf(node: Node) -> Leaf:
    assert isinstance(node, Leaf), "only a field with a control takes a value"
    return node


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case Group():
            for child in node.children.values():
                yield from _leaves(child)
        case Union():
            yield from _leaves(node.variants[node.chosen])


def _child(node: Node, step: str | int) -> Node:
    match node, step:
        case Group(), str():
            return node.children[step]
        case Union(), int():
            return node.variants[step]
    raise KeyError(step)


def _with_child(node: Node, step: str | int, child: Node) -> Node:
    match node, step:
        case Group(), str():
            return replace(node, children={**node.children, step: child})
        case Union(), int():
            variants = (*node.variants[:step], child, *node.variants[step + 1 :])
            return replace(node, variants=variants)
    raise KeyError(step)


def _changed(node: Node, path: Path, change: Callable[[Node], Node]) -> Node:
    """The node with a change below it. Whatever holds a value that was given is given itself."""
    if not path:
        return change(node)
    child = _changed(_child(node, path[0]), path[1:], change)
    return replace(_with_child(node, path[0], child), presence=Presence.GIVEN)


def _reset(node: Node, path: Path) -> Any:
    if not path:
        return build(node.field)
    return _with_child(node, path[0], _reset(_child(node, path[0]), path[1:]))
