"""Placeholders of a deployment file: `{{ step.output }}`, `{{ $ENV }}`, `{{ flowtui.blocks.type.name.field }}`,
`{{ flowtui.variables.name }}`.

A value that is one placeholder and nothing else becomes what that stands for, whatever its type; within a longer text
it becomes text. What is filled in is not looked through again: a value may hold braces.
"""

import enum
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flowtui.engine.deployments.tree import Tree

__all__ = ["LATER", "UNKNOWN", "Lookup", "Placeholder", "fill", "fill_tree", "from_output", "placeholders_of", "reach"]

Kind = Literal["output", "environment", "variable", "block"]


class _Mark(enum.Enum):
    UNKNOWN = "unknown"
    LATER = "later"


UNKNOWN: Final = _Mark.UNKNOWN
"""What a lookup answers for a name that means nothing: within a longer text nothing takes its place, and a value that
is this placeholder alone is left out."""
LATER: Final = _Mark.LATER
"""What a lookup answers for a placeholder that stays as it is, to be filled by somebody else."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `{{ … }}` of a text."""

    whole: str
    """As it was written, with its braces."""
    kind: Kind
    name: str
    """`step.output`, `ENV`, `type.name.field` or the variable's name."""


Lookup = Callable[[Placeholder], Any]
"""What a placeholder stands for, or `UNKNOWN`, or `LATER`."""

_PATTERN: Final = re.compile(r"\{\{\s*(\$?\w[\w.\-\[\]]*)\s*\}\}")
_PREFIXES: Final[tuple[tuple[str, Kind], ...]] = (
    ("flowtui.blocks.", "block"),
    ("prefect.blocks.", "block"),
    ("flowtui.variables.", "variable"),
    ("prefect.variables.", "variable"),
    ("$", "environment"),
)
_MOST_ROUNDS: Final = 3
"""A placeholder within a placeholder within a placeholder."""


def placeholders_of(value: Any) -> Iterator[Placeholder]:
    """Every placeholder in a value, however deep."""
    if isinstance(value, str):
        yield from (_placeholder(match) for match in _PATTERN.finditer(value))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from placeholders_of(key)
            yield from placeholders_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from placeholders_of(part)


def _placeholder(match: "re.Match[str]") -> Placeholder:
    name = match[1]
    for prefix, kind in _PREFIXES:
        if name.startswith(prefix):
            return Placeholder(match[0], kind, name.removeprefix(prefix))
    return Placeholder(match[0], "output", name)


def fill(value: Any, lookup: Lookup) -> Any:
    """The JSON value with its placeholders filled; `UNKNOWN` for one that is an unknown placeholder alone.

    Keys and items whose value is unknown are left out of their mapping or list.
    """
    if isinstance(value, str):
        return _fill_text(value, lookup)
    if isinstance(value, Mapping):
        filled = {key: fill(part, lookup) for key, part in value.items()}
        return {key: part for key, part in filled.items() if part is not UNKNOWN}
    if isinstance(value, list | tuple):
        return [part for part in (fill(part, lookup) for part in value) if part is not UNKNOWN]
    return value


def _fill_text(text: str, lookup: Lookup) -> Any:
    if "{{" not in text:
        return text
    for _ in range(_MOST_ROUNDS):
        alone = _PATTERN.fullmatch(text.strip())
        if alone:
            found = lookup(_placeholder(alone))
            return text if found is LATER else found
        # `{{ flowtui.blocks.secret.{{ $NAME }} }}`: the inner one first, then the outer one that it completes.
        nested = text.count("{{") > len(_PATTERN.findall(text))
        text = _PATTERN.sub(lambda match: _as_text(lookup(_placeholder(match)), match[0]), text)
        if not nested:
            break
    return text


def _as_text(value: Any, whole: str) -> str:
    if value is LATER:
        return whole
    if value is UNKNOWN or value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def fill_tree(tree: Tree, lookup: Lookup) -> Tree:
    """`fill` for a value that knows its lines; an unknown placeholder alone becomes null, that is, not given."""
    done: dict[int, Tree] = {}  # what an alias names is one tree, and is filled once

    def filled(part: Tree) -> Tree:
        known = done.get(id(part))
        if known is None:
            known = done[id(part)] = _fill_part(part, lookup, filled)
        return known

    return filled(tree)


def _fill_part(tree: Tree, lookup: Lookup, filled: Callable[[Tree], Tree]) -> Tree:
    if tree.fields is not None:
        fields = {key: filled(part) for key, part in tree.fields.items()}
        return Tree(value={key: part.value for key, part in fields.items()}, line=tree.line, fields=fields)
    if tree.items is not None:
        items = tuple(filled(part) for part in tree.items)
        return Tree(value=[part.value for part in items], line=tree.line, items=items)
    if not isinstance(tree.value, str) or "{{" not in tree.value:
        return tree
    value = _fill_text(tree.value, lookup)
    return _tree_of(None if value is UNKNOWN else value, tree.line)


def _tree_of(value: Any, line: int) -> Tree:
    """A tree of a plain value, all of it on one line."""
    if isinstance(value, Mapping):
        fields = {str(key): _tree_of(part, line) for key, part in value.items()}
        return Tree(value=dict(value), line=line, fields=fields)
    if isinstance(value, list | tuple):
        return Tree(value=list(value), line=line, items=tuple(_tree_of(part, line) for part in value))
    text = None if value is None else value if isinstance(value, str) else json.dumps(value)
    return Tree(value=value, line=line, text=text)


def from_output(name: str, outputs: Mapping[str, Any]) -> Any:
    """`step.output` or `output` among what steps have given; `UNKNOWN` when there is no such thing."""
    return reach(outputs, name)


def reach(value: Any, path: str) -> Any:
    """The value at `a.0.b` or `a[0].b` within mappings and lists; `UNKNOWN` when there is none."""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part]
    for number, part in enumerate(parts):
        if isinstance(value, Mapping):
            rest = ".".join(parts[number:])
            if rest in value:  # a name that holds dots itself
                return value[rest]
            value = value.get(part, UNKNOWN)
        elif isinstance(value, list | tuple) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return UNKNOWN
        if value is UNKNOWN:
            return UNKNOWN
    return value
