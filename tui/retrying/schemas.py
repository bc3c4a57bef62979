"""JSON schemas for what has none: the inputs of a task, guessed from their values. Pure."""

from collections.abc import Mapping
from typing import Any

__all__ = ["schema_of_values"]


def schema_of_values(values: Mapping[str, Any], looks: Mapping[str, str]) -> dict[str, Any]:
    """A schema with a field for each value, of the value's kind; those of which only a look is known take any JSON."""
    fields = {name: _schema_of(value) for name, value in values.items()}
    others = {
        name: {"description": f"It was {look}. What is given here takes its place."}
        for name, look in looks.items()
        if name not in fields
    }
    return {"type": "object", "properties": {**fields, **others}}


def _schema_of(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list() if value and all(isinstance(item, str) for item in value):
            return {"type": "array", "items": {"type": "string"}}
        case _:
            return {}
