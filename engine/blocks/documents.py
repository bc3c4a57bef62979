"""What becomes of a block's data on its way to the store and back: validated, its secrets set apart, masked, rejoined.

Secrets travel as `{JSON pointer: value}`, so that any key can be pointed at: `{"/headers/X.Y": "…"}`.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from flowtui.engine.blocks.registry import find_class
from flowtui.engine.blocks.sentences import BlockFieldError

__all__ = ["MASK", "join_secrets", "mask", "merge_masked", "prepare", "split_secrets", "validate"]

MASK: Final = "********"
"""Stands for a secret wherever it is shown; given back, it means: as it was."""

_Path = tuple[str | int, ...]


def validate(type_slug: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as the type keeps it: defaults filled in, JSON values, secrets in the clear.

    Raises `BlockFieldError` (a `BlockError`) with one sentence for each field that does not fit, and `BlockError`
    when the type is unknown.
    """
    kind = find_class(type_slug)
    return kind.from_data(data).plain_data()


def prepare(
    type_slug: str,
    data: Mapping[str, Any],
    stored_secrets: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """From what was given to what is stored: (masked data, secrets). Raises `BlockError`.

    `stored_secrets` are those of the document that is about to be overwritten. A function is called only when the data
    says `********` somewhere: secrets that are all given anew must be savable even when the old ones do not open.
    """
    schema = find_class(type_slug).get_block_schema()
    merged = dict(data)
    if any(value == MASK for _, value in _secret_values(schema, data)):
        merged = merge_masked((stored_secrets() if callable(stored_secrets) else stored_secrets) or {}, data)
        _refuse_masks(schema, merged)
    return split_secrets(schema, validate(type_slug, merged))


def split_secrets(schema: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the secrets of `data` apart: (data with `********` in their places, {JSON pointer: secret}).

    A secret that is null stays where it is: that nothing is set is no secret.
    """
    public = copy.deepcopy(dict(data))
    secrets: dict[str, Any] = {}
    for path, value in _secret_values(schema, data):
        secrets[_pointer(path)] = value
        _put(public, path, MASK)
    return public, secrets


def join_secrets(public: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """Put secrets back into their places; the inverse of `split_secrets`. It needs no schema."""
    data = copy.deepcopy(dict(public))
    for pointer, value in secrets.items():
        _put(data, _path(pointer, data), copy.deepcopy(value))
    return data


def mask(schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as it may be shown."""
    return split_secrets(schema, data)[0]


def merge_masked(old_secrets: Mapping[str, Any], new_data: Mapping[str, Any]) -> dict[str, Any]:
    """The new data, with the stored secret in each place where it says `********`.

    In a list of which only some stored secrets are still masked nothing is put back: items have no names, so which is
    which cannot be known.
    """
    data = copy.deepcopy(dict(new_data))
    for pointer, value in old_secrets.items():
        path = _path(pointer, new_data)
        if path and _get(new_data, path) == MASK and _same_items(new_data, path, old_secrets):
            _put(data, path, copy.deepcopy(value))
    return data


# -- places within data ------------------------------------------------------------------------------------------------


def _secret_values(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[tuple[_Path, Any]]:
    """Each secret that is set, and where."""
    for dotted in schema.get("secret_fields", ()):
        for path in _matches(data, tuple(dotted.split(".")), ()):
            value = _get(data, path)
            if value is not None:
                yield path, value


def _matches(value: Any, pattern: tuple[str, ...], at: _Path) -> Iterator[_Path]:
    """The places in a value that a dotted name points at."""
    if not pattern:
        yield at
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(value, Mapping):
        for key in value if first == "*" else (first,):
            if key in value:
                yield from _matches(value[key], rest, (*at, key))
    elif isinstance(value, list) and first == "*":
        for index, item in enumerate(value):
            yield from _matches(item, rest, (*at, index))


def _refuse_masks(schema: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    places = [".".join(map(str, path)) for path, value in _secret_values(schema, data) if value == MASK]
    if places:
        sentences = {name: f"{name} is {MASK}, which stands for no stored secret; give its value." for name in places}
        raise BlockFieldError("The block was not saved", sentences)


def _same_items(data: Any, path: _Path, old_secrets: Mapping[str, Any]) -> bool:
    """Whether each list on the way to a place says `********` for exactly the items that have a stored secret there."""
    for depth in range(len(path)):
        items = _get(data, path[:depth])
        if isinstance(items, list):
            rest = path[depth + 1 :]
            masked = {index for index, item in enumerate(items) if _find(item, rest) == MASK}
            before, after = _pointer(path[:depth]) + "/", _pointer(rest)
            known = {index for index in range(len(items) + 1) if f"{before}{index}{after}" in old_secrets}
            if masked != known:
                return False
    return True


def _pointer(path: _Path) -> str:
    """RFC 6901: `/headers/X-Key`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _path(pointer: str, data: Any) -> _Path:
    """The steps of a pointer within `data`: keys of objects, numbers of list items. Empty when it leads nowhere."""
    steps: list[str | int] = []
    for text in pointer.split("/")[1:]:
        token = text.replace("~1", "/").replace("~0", "~")
        if isinstance(data, list) and token.isdigit() and int(token) < len(data):
            steps.append(int(token))
        elif isinstance(data, Mapping) and token in data:
            steps.append(token)
        else:
            return ()
        data = data[steps[-1]]
    return tuple(steps)


def _get(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _find(value: Any, path: Sequence[str | int]) -> Any:
    """`_get`, but None where the path leads nowhere."""
    try:
        return _get(value, path)
    except (KeyError, IndexError, TypeError):
        return None


def _put(value: Any, path: Sequence[str | int], new: Any) -> None:
    if path:
        _get(value, path[:-1])[path[-1]] = new
