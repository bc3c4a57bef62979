"""The fields of one mapping of a deployment file, each read as what it has to be."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowtui.engine.deployments.tree import Tree
from flowtui.engine.errors import DeploymentFileError

__all__ = ["Fields"]

_TYPING_ERROR = 0.75
"""How like a known key one has to be that was probably meant."""


class Fields:
    """A mapping whose keys are known. Null counts as not given.

    While placeholders are still `open`, a value that needs one to be known counts as not given either; a text is then
    what was written, braces and all.
    """

    def __init__(
        self,
        tree: Tree,
        shown: str,
        where: str,
        known: Sequence[str],
        *,
        open: bool = False,  # noqa: A002
        more: bool = False,
    ) -> None:
        """`where` is the mapping's place in the file, such as `deployments[0]`.

        Raises for an unknown key; with `more`, only for one that is nearly a known one, and keeps the `others`.
        """
        self.tree, self.shown, self.where, self.known, self.open = tree, shown, where, known, open
        if tree.fields is None:
            problem = f"must be a mapping of keys to values, not {_kind(tree.value)}."
            raise DeploymentFileError(shown, tree.line, where or None, problem)
        self.others: list[str] = []
        for key, value in tree.fields.items():
            if key in known:
                continue
            if not more or difflib.get_close_matches(key, known, n=1, cutoff=_TYPING_ERROR):
                raise DeploymentFileError(shown, value.line, self.named(key), _unknown(key, known))
            self.others.append(key)

    def named(self, key: str) -> str:
        """The key with its place, `deployments[0].name`."""
        return f"{self.where}.{key}" if self.where else key

    def place(self, tree: Tree) -> str:
        """`flowtui.yaml:12`."""
        return f"{self.shown}:{tree.line}"

    def refuse(self, key: str, problem: str) -> DeploymentFileError:
        """The error for a key, at its line."""
        tree = self.get(key) or self.tree
        return DeploymentFileError(self.shown, tree.line, self.named(key), problem)

    def get(self, key: str) -> Tree | None:
        """The value of a key, or None when it is not given."""
        tree = (self.tree.fields or {}).get(key)
        return None if tree is None or tree.value is None else tree

    def settled(self, key: str) -> Tree | None:
        """`get`, without a text that is still open."""
        tree = self.get(key)
        return None if tree is not None and self.open and "{{" in (tree.text or "") else tree

    def text(self, key: str) -> str | None:
        """A scalar as it was written."""
        tree = self.get(key)
        if tree is None:
            return None
        if tree.text is None:
            raise self.refuse(key, f"must be text, not {_kind(tree.value)}.")
        return tree.text

    def required(self, key: str) -> str:
        """A text that must be there."""
        text = self.text(key)
        if not text:
            raise self.refuse(key, "is missing.")
        return text

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false; as text too, which is what an environment variable gives."""
        tree = self.settled(key)
        if tree is None:
            return default
        value = {"true": True, "false": False}.get(str(tree.value).lower(), tree.value)
        if not isinstance(value, bool):
            raise self.refuse(key, f"must be true or false, not {tree.value!r}.")
        return value

    def number(self, key: str, *, least: int) -> int | None:
        """A whole number."""
        tree = self.settled(key)
        if tree is None:
            return None
        text = tree.text or ""
        if not text.removeprefix("-").isdecimal() or int(text) < least:
            raise self.refuse(key, f"must be a whole number, {least} or more, not {tree.value!r}.")
        return int(text)

    def items(self, key: str) -> tuple[Tree, ...]:
        """A list."""
        tree = self.settled(key)
        if tree is None:
            return ()
        if tree.items is None:
            raise self.refuse(key, f"must be a list, not {_kind(tree.value)}.")
        return tree.items

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        texts = []
        for item in self.items(key):
            if item.text is None:
                raise DeploymentFileError(self.shown, item.line, self.named(key), "must be a list of texts.")
            texts.append(item.text)
        return tuple(dict.fromkeys(texts))

    def json(self, key: str) -> dict[str, Any]:
        """An object of any JSON values."""
        tree = self.settled(key)
        if tree is None:
            return {}
        if tree.fields is None:
            raise self.refuse(key, f"must be a mapping of names to values, not {_kind(tree.value)}.")
        value: dict[str, Any] = tree.value
        return value

    def mapping(self, key: str, known: Sequence[str]) -> "Fields | None":
        """A mapping with known keys."""
        tree = self.settled(key)
        return None if tree is None else Fields(tree, self.shown, self.named(key), known, open=self.open)

    def mappings(self, key: str, known: Sequence[str]) -> Iterable["Fields"]:
        """A list of mappings with known keys."""
        for number, item in enumerate(self.items(key)):
            if not (self.open and "{{" in (item.text or "")):
                yield Fields(item, self.shown, f"{self.named(key)}[{number}]", known, open=self.open)


def _unknown(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(known)}."
    return f"there is no such key. {hint}"


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"{value!r}"
