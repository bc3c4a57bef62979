"""The keys and words of what can be done to runs: all that the line of keys has to know, quick to load."""

from typing import Final, NamedTuple

__all__ = ["VERB_KEYS", "VerbKey"]


class VerbKey(NamedTuple):
    """`word` is what the bar of keys calls it."""

    key: str
    word: str


VERB_KEYS: Final = {
    "cancel": VerbKey("c", "cancel"),
    "retry": VerbKey("R", "retry"),
    "again-with": VerbKey("r", "run again…"),
    "again": VerbKey("a", "run again"),
    "pause": VerbKey("p", "pause"),
    "resume": VerbKey("g", "go on"),
    "suspend": VerbKey("z", "suspend"),
    "set-state": VerbKey("s", "set state"),
    "tag": VerbKey("t", "tags"),
    "delete": VerbKey("d", "delete"),
}
"""By the id of the verb, in the order of the menu."""
