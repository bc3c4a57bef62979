"""Which parameters are secret, by the schema that a deployment or a flow has for them. Pure."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["hidden", "open_values"]

_DOTS: Final = "••••"


def open_values(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not secret, and hold nothing that is."""
    kinds = schema.get("properties")
    kinds = kinds if isinstance(kinds, Mapping) else {}
    return {name: value for name, value in given.items() if not _has_secret(kinds.get(name), schema, frozenset())}


def hidden(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """All of them, with dots for those that are secret."""
    return {**dict.fromkeys(given, _DOTS), **open_values(given, schema)}


def _has_secret(part: Any, schema: Mapping[str, Any], within: frozenset[str]) -> bool:
    """Whether a part of a schema, or what it refers to, is marked as secret; `within` are the references on the way."""
    if isinstance(part, list):
        return any(_has_secret(each, schema, within) for each in part)
    if not isinstance(part, Mapping):
        return False
    if part.get("writeOnly") is True or part.get("format") == "password":
        return True
    reference = part.get("$ref")
    if isinstance(reference, str) and reference not in within:
        target: Any = schema
        for step in reference.removeprefix("#/").split("/"):
            target = target.get(step) if isinstance(target, Mapping) else None
        if _has_secret(target, schema, within | {reference}):
            return True
    return any(_has_secret(each, schema, within) for each in part.values())
