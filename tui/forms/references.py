"""What a place of a schema comes to once its references are followed, and whether it may be null."""

from collections.abc import Mapping
from typing import Any

__all__ = ["References", "union_word"]

Schema = Mapping[str, Any]


class References:
    """Follows the references of one schema, but none that is `within` the ones followed already."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def resolve(self, schema: Schema, within: tuple[str, ...]) -> tuple[Schema | None, tuple[str, ...]]:
        """Follow references and a lone `allOf`; None where they lead nowhere, or round in a circle."""
        for _ in range(20):
            parts = schema.get("allOf")
            reference = schema.get("$ref")
            if isinstance(reference, str):
                target = self._target(reference)
                if target is None or reference in within:
                    return None, within
                schema, within = {**target, **_without(schema, "$ref")}, (*within, reference)
            elif isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], Mapping):
                schema = {**parts[0], **_without(schema, "allOf")}
            elif parts is not None or "not" in schema or "if" in schema:
                return None, within
            else:
                return schema, within
        return None, within

    def _target(self, reference: str) -> Schema | None:
        if not reference.startswith("#/"):
            return None
        target: Any = self._root
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        return target if isinstance(target, Mapping) else None

    def without_null(self, schema: Schema, within: tuple[str, ...]) -> tuple[Schema | None, bool, tuple[str, ...]]:
        """The schema without the possibility of null, and whether there was one."""
        word = union_word(schema)
        if word is not None:
            variants = schema[word]
            real = [variant for variant in variants if not _is_null(variant)]
            nullable = len(real) < len(variants)
            if len(real) == 1 and isinstance(real[0], Mapping):
                inner, within = self.resolve(real[0], within)
                if inner is None:
                    return None, nullable, within
                inner, deeper, within = self.without_null(inner, within)
                merged = None if inner is None else {**inner, **_without(schema, word)}
                return merged, nullable or deeper, within
            return {**schema, word: real}, nullable, within
        kinds = schema.get("type")
        if isinstance(kinds, list):
            real_kinds = [kind for kind in kinds if kind != "null"]
            if len(real_kinds) == 1:
                return {**schema, "type": real_kinds[0]}, len(real_kinds) < len(kinds), within
            split = [{**_without(schema, "default"), "type": kind} for kind in real_kinds]
            return {**_without(schema, "type"), "anyOf": split}, len(real_kinds) < len(kinds), within
        choices = schema.get("enum")
        if isinstance(choices, list) and len(choices) > 1 and None in choices:
            return {**schema, "enum": [choice for choice in choices if choice is not None]}, True, within
        return schema, False, within


def union_word(schema: Schema) -> str | None:
    return next((word for word in ("anyOf", "oneOf") if isinstance(schema.get(word), list) and schema[word]), None)


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (
        schema.get("type") == "null" or ("const" in schema and schema["const"] is None)
    )


def _without(schema: Schema, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}
