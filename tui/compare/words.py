"""The sides of a difference, as people read them. Pure."""

import json
from typing import Any, Final

from flowtui.engine.comparing.differences import Change, Difference
from flowtui.tui.formats import duration

__all__ = ["GLYPHS", "both_words", "what_words"]

_COMMIT: Final = 10
"""Characters of a commit that are shown."""

GLYPHS: Final[dict[Change, str]] = {"changed": "~", "new": "+", "missing": "−", "same": "="}


def what_words(difference: Difference) -> str:
    return difference.what or "all of them"


def _words(difference: Difference, value: Any, *, there: bool) -> str:
    """One side: JSON of a parameter, else its text; a dash where the run has no such thing."""
    if not there:
        return "–"
    if difference.is_duration:
        return duration(float(value))
    if difference.section in ("parameters", "run") and difference.change != "same":
        return json.dumps(value, ensure_ascii=False) if not difference.what.startswith("tag ") else "yes"
    if difference.what == "commit":
        return str(value)[:_COMMIT]
    return "" if value is None else str(value)


def both_words(difference: Difference) -> tuple[str, str]:
    """Both sides, the older one first."""
    return (
        _words(difference, difference.before, there=difference.change != "new"),
        _words(difference, difference.after, there=difference.change != "missing"),
    )
