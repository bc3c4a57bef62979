"""How a person wants lines to look: `{level} {message} {extra.id}`. Pure."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.model import LogLine
from flowtui.tui.log_text import level_word

__all__ = ["FIELDS", "Template", "field_text", "json_of", "read_template"]

FIELDS: Final = ("time", "level", "message", "logger", "task", "attempt", "function", "file", "line", "source", "extra")
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|([^{}]+)|([{}])")

Template = tuple[tuple[str, bool], ...]
"""Pieces: a text, or the name of a field (then True)."""


@lru_cache(64)
def read_template(text: str) -> Template:
    """Read a template. Raises `UsageError` for a field that there is not, or a brace without its other half."""
    pieces: list[tuple[str, bool]] = []
    for match in _PIECE.finditer(text):
        if match[3]:
            raise UsageError(f"In {text!r} a {match[3]} has no other half; write {match[3] * 2} for the character.")
        if match[0] in ("{{", "}}"):
            pieces.append((match[0][0], False))
        elif match[2]:
            pieces.append((match[2], False))
        else:
            name = match[1].strip()
            if name.partition(".")[0] not in FIELDS:
                raise UsageError(f"A line has no {name!r}; there are {', '.join(FIELDS)} and extra.NAME.")
            pieces.append((name, True))
    return tuple(pieces)


def field_text(line: LogLine, name: str, task: str = "") -> str:
    """What a field of a line says. `extra.a.b` looks in what the call gave, then in a message that is JSON."""
    head, _, rest = name.partition(".")
    if head == "extra":
        return _written(_found(line.extra, rest) if rest else line.extra) or (
            _written(_found(json_of(line.message), rest)) if rest else ""
        )
    file, _, number = (line.source or "").rpartition(":")
    return {
        "level": level_word(line.level),
        "message": line.message,
        "logger": line.logger,
        "task": task,
        "attempt": str(line.task_attempt or ""),
        "function": line.function or "",
        "file": re.split(r"[/\\]", file)[-1],
        "line": number,
        "source": line.source or "",
    }.get(head, "")


def _found(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@lru_cache(512)
def json_of(message: str) -> Any:
    """What a message says when it is a JSON object or list; None when it is neither."""
    text = message.strip()
    if len(text) < 2 or text[0] + text[-1] not in ("{}", "[]"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
