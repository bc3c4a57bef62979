"""Read a YAML file into values that know their line, within limits that no honest file meets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml  # 39 ms: this module is imported by commands that read a file, and by nothing else

from flowtui.engine.errors import DeploymentFileError

__all__ = ["Tree", "read_tree"]

MOST_BYTES = 1_000_000
MOST_ALIASES = 100
DEEPEST = 50
MOST_VALUES = 100_000
"""After aliases are followed: ten lines of ten aliases each stand for ten thousand million values."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A value of the file, its line (from 1), and its parts."""

    value: Any
    """The JSON value; dates are ISO 8601 text."""
    line: int
    text: str | None = None
    """A scalar as it was written: `1.10` is a version, not a number."""
    fields: dict[str, "Tree"] | None = None
    items: tuple["Tree", ...] | None = None


def read_tree(path: Path, shown: str) -> Tree:
    """The content of a YAML file. Raises `DeploymentFileError`, which calls the file `shown`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DeploymentFileError(shown, None, None, f"the file cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise DeploymentFileError(shown, None, None, f"the file is larger than {MOST_BYTES:,} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DeploymentFileError(shown, line, None, "the file is not UTF-8 text.") from error
    try:
        _check_limits(text, shown)
        loader = yaml.CSafeLoader(text)
        try:
            node = loader.get_single_node()
            return _Walk(loader, shown).tree(node) if node is not None else Tree(value=None, line=1)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _syntax_error(error, shown) from error


def _check_limits(text: str, shown: str) -> None:
    """Look at the bare events, which cost no memory, before anything is built from them."""
    aliases = depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEEPEST:
            raise DeploymentFileError(shown, _line(event), None, f"values are nested deeper than {DEEPEST} levels.")
        if aliases > MOST_ALIASES:
            raise DeploymentFileError(shown, _line(event), None, f"there are more than {MOST_ALIASES} aliases.")


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None


class _Walk:
    """From nodes to trees. Aliased nodes become one shared tree."""

    def __init__(self, loader: yaml.CSafeLoader, shown: str) -> None:
        self.loader, self.shown = loader, shown
        self.done: dict[int, Tree] = {}
        self.sizes: dict[int, int] = {}
        self.open: set[int] = set()

    def tree(self, node: yaml.Node) -> Tree:
        known = self.done.get(id(node))
        if known is not None:
            return known
        if id(node) in self.open:
            raise self.refuse(node, "an alias contains itself.")
        self.open.add(id(node))
        built, size = self.build(node)
        if size > MOST_VALUES:
            raise self.refuse(node, f"the aliases stand for more than {MOST_VALUES:,} values.")
        self.open.discard(id(node))
        self.done[id(node)], self.sizes[id(node)] = built, size
        return built

    def build(self, node: yaml.Node) -> tuple[Tree, int]:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return Tree(value=self.scalar(node), line=line, text=node.value), 1
        if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise self.refuse(node, f"the tag {node.tag} is not known.")
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.tree(item) for item in node.value)
            size = 1 + sum(self.sizes[id(item)] for item in node.value)
            return Tree(value=[item.value for item in items], line=line, items=items), size
        assert isinstance(node, yaml.MappingNode)
        fields: dict[str, Tree] = {}
        size = 1
        for key, value in self.pairs(node):
            fields[key] = self.tree(value)
            size += self.sizes[id(value)]
        return Tree(value={key: field.value for key, field in fields.items()}, line=line, fields=fields), size

    def pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
        """The pairs of a mapping: those that `<<` brings first, so that its own win."""
        own: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not isinstance(source, yaml.MappingNode):
                        raise self.refuse(key, "<< takes a mapping, or a list of mappings.")
                    yield from self.pairs(source)
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise self.refuse(key, "a key must be plain text.")
            if key.value in own:
                raise DeploymentFileError(self.shown, key.start_mark.line + 1, key.value, "the key is given twice.")
            own[key.value] = value
        yield from own.items()

    def scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            value = self.loader.construct_object(node)
        except ValueError as error:  # 2026-13-45 looks like a date
            raise self.refuse(
                node, f"{node.value!r} cannot be read: {error}. Put it in quotes if it is text."
            ) from error
        if isinstance(value, date):
            return value.isoformat()
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise self.refuse(node, f"{node.value!r} has no counterpart in JSON.") from error
        return value

    def refuse(self, node: yaml.Node, problem: str) -> DeploymentFileError:
        return DeploymentFileError(self.shown, node.start_mark.line + 1, None, problem)


_WORDS = {
    "mapping values are not allowed": "a second ':' on one line; put text that holds ': ' in quotes",
    "did not find expected key": "expected a key with the indentation of its neighbours",
    "could not find expected ':'": "expected ':' after the key",
    "did not find expected '-' indicator": "expected '-' with the indentation of the items before",
    "did not find expected ',' or ']'": "expected ',' or ']' to go on with the list",
    "did not find expected ',' or '}'": "expected ',' or '}' to go on with the mapping",
    "cannot start any token": "a character that nothing can begin with; indent with spaces, never with tabs",
    "found undefined alias": "an alias (*name) whose anchor (&name) does not stand before it",
    "found undefined tag handle": "a tag (!…) that is not known; put the text in quotes",
    "could not determine a constructor": "a tag (!…) that is not known; put the text in quotes",
    "unexpected end of stream": "expected a closing quote before the end of the file",
    "expected a single document": "expected the end of the file: one document (---) only",
}


def _syntax_error(error: yaml.YAMLError, shown: str) -> DeploymentFileError:
    """Say where, and what was expected."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = " ".join(str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    said = said or str(error).splitlines()[0]
    plain = next((words for part, words in _WORDS.items() if part in said), said)
    return DeploymentFileError(shown, mark.line + 1 if mark else None, None, f"this is not YAML: {plain}.")
