"""Say what does not fit in a block's data: one sentence per field, and never a value that may be secret."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowtui.engine.errors import BlockError

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["BlockFieldError", "field_problems"]


class BlockFieldError(BlockError):
    """Fields of a block do not fit its type. `problems` holds a sentence for each dotted field name."""

    def __init__(self, title: str, problems: Mapping[str, str]) -> None:
        super().__init__(f"{title}: {' '.join(problems.values())}")
        self.problems = dict(problems)


def field_problems(error: "ValidationError") -> dict[str, str]:
    """`{"url": "url is required."}`, in the order of the fields; the first problem of each field counts."""
    problems: dict[str, str] = {}
    for entry in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in entry["loc"]) or "block"
        problems.setdefault(name, _sentence(name, entry["type"], entry["msg"], entry.get("ctx", {})))
    return problems


def _sentence(name: str, kind: str, said: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return f"{name} is required."
    if kind in ("literal_error", "enum"):
        return f"{name} must be {context.get('expected', 'one of the values of its type')}."
    if kind == "value_error":
        return f"{name}: {str(context.get('error', said)).rstrip('.')}."
    if kind == "model_type":  # pydantic names the class here, which means nothing to a reader of a form
        return f"{name} must be an object."
    said = said.removeprefix("Input ").rstrip(".")
    if said.startswith("should be "):
        return f"{name} must be {said.removeprefix('should be ')}."
    return f"{name}: {said[:1].lower()}{said[1:]}."
