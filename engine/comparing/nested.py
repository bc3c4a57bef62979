"""Where two JSON values differ, path by path. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from flowtui.engine.comparing.differences import Change

__all__ = ["nested_changes"]


def nested_changes(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Change, Any, Any]]:
    """`(path, change, before, after)` of each place at which they differ: `limits.rows`, `repos[2]`.

    What is of two kinds, such as a list and a text, differs as a whole.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _at(f"{path}.{key}" if path else str(key), before, after, key, key in before, key in after)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            yield from _at(f"{path}[{index}]", before, after, index, index < len(before), index < len(after))
    elif not _alike(before, after):
        yield path, "changed", before, after


def _at(
    path: str, before: Any, after: Any, key: Any, was: bool, is_there: bool
) -> Iterator[tuple[str, Change, Any, Any]]:
    if was and is_there:
        yield from nested_changes(before[key], after[key], path)
    elif was:
        yield path, "missing", before[key], None
    else:
        yield path, "new", None, after[key]


def _alike(before: Any, after: Any) -> bool:
    """JSON knows true and 1 apart, Python does not; 1 and 1.0 are the same number in both."""
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)
