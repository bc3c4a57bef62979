"""JSON as text that can be shown and edited: exact both ways, and without characters that hide or move others."""

import json
import math
from typing import Any

__all__ = ["JsonProblem", "dumps", "loads", "same"]


class JsonProblem(ValueError):
    """A text is no JSON. The message is a sentence; `line` counts from 1."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.line = line


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON text of a value; whatever a terminal would hide or obey is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escaped, text))


def loads(text: str) -> Any:
    """The value of a JSON text. Raises `JsonProblem`, also for what would not come back as it was written:
    a key that stands twice in one object, NaN and Infinity."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        words = error.msg[:1].lower() + error.msg[1:]
        raise JsonProblem(
            f"This is no JSON: line {error.lineno}, column {error.colno}: {words}.", error.lineno
        ) from None
    except RecursionError:
        raise JsonProblem("This JSON is nested too deeply.") from None
    except JsonProblem:
        raise
    except ValueError as error:  # an integer of more than 4300 digits
        raise JsonProblem(f"This JSON cannot be read: {error}.") from None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same value: 1, 1.0 and true are three, and so are 0.0 and -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    return bool(one == other)


def _escaped(character: str) -> str:
    """Such characters stand only within strings, where an escape means the same; the layout's line breaks stay."""
    if character == "\n" or character.isprintable():
        return character
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _refuse_constant(word: str) -> Any:
    raise JsonProblem(f"{word} is no JSON value.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise JsonProblem(f"The key {json.dumps(twice)} stands twice in one object.")
    return found
