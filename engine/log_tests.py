"""What lines of a log are asked for: tests on single lines, and what a scan of many answers. Pure.

A scan answers with one byte a line (1 it is so, 0 it is not), because a million of them are still only a megabyte, and
are combined, counted and searched at the speed of memory.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import and_, attrgetter
from typing import Any, Final

from flowtui.engine.clock import to_micros
from flowtui.engine.model import LogLine

__all__ = ["LogMarks", "LogTally", "LogTest", "Moment", "asked_of", "mark_lines", "marked", "needed_text", "pattern_of"]

Ask = Callable[[Any], bool]
"""Whether the value of one field of a line will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTest:
    """What a line must be like, all of it; what is left out is not asked."""

    pattern: str = ""
    """A regular expression that is found in the message; capitals matter only when it has some. What is no regular
    expression is looked for as it is."""
    level: int = 0
    """The lowest level, as in the standard library."""
    loggers: tuple[str, ...] = ()
    """Names of loggers; those below them count too."""
    task_runs: tuple[str, ...] = ()
    """Ids of task runs."""
    flow_runs: tuple[str, ...] = ()
    """Ids of flow runs: for a log that was merged from several."""
    task_attempt: int = 0
    """The attempt of the task run that wrote it, from 1; 0 asks nothing."""
    function: str = ""
    """The name of the function that wrote the line."""
    file: str = ""
    """The file of that function."""
    since: datetime | None = None
    until: datetime | None = None
    """Lines before this instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMarks:
    """What tests said of the lines `start`, `start + 1`, …: a byte a line for each test, 1 or 0."""

    start: int
    masks: tuple[bytes, ...]
    total: int
    """Lines that the log has by now."""

    @property
    def stop(self) -> int:
        """The number after the last line that was looked at."""
        return self.start + (len(self.masks[0]) if self.masks else 0)


@dataclass(slots=True)
class Moment:
    """What was written in one step of time."""

    lines: int = 0
    warnings: int = 0
    errors: int = 0
    first: int = 0
    """The number of its first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTally:
    """How many lines were written when, among the lines `start` … `stop - 1`."""

    start: int
    stop: int
    total: int
    moments: Mapping[int, Moment] = field(default_factory=dict)
    """By the number of the step of time, counted from 1970."""
    loggers: Mapping[str, int] = field(default_factory=dict)
    """How many lines each logger wrote."""


@lru_cache(256)
def pattern_of(words: str) -> re.Pattern[str]:
    """A regular expression; capitals matter only when it has some. What is none is looked for as it is."""
    flags = 0 if any(letter.isupper() for letter in re.sub(r"\\.", "", words)) else re.IGNORECASE
    try:
        return re.compile(words, flags)
    except (re.error, OverflowError, RecursionError):
        return re.compile(re.escape(words), flags)


def asked_of(test: LogTest) -> dict[str, Ask]:
    """What is asked of which field of a line; timestamps are asked in microseconds since 1970."""
    asked: dict[str, Ask] = {}
    if test.level:
        asked["level"] = lambda level: level >= test.level
    if test.since is not None or test.until is not None:
        asked["timestamp"] = _between(test.since, test.until)
    if test.loggers:
        asked["logger"] = _of_loggers(test.loggers)
    for name, wanted in (("task_run_id", test.task_runs), ("flow_run_id", test.flow_runs)):
        if wanted:
            asked[name] = frozenset(wanted).__contains__
    if test.task_attempt:
        asked["task_attempt"] = lambda attempt: attempt == test.task_attempt
    if test.function:
        asked["function"] = lambda function: function == test.function
    if test.file:
        start = f"{test.file}:"
        asked["source"] = lambda source: source is not None and source.startswith(start)
    if test.pattern:
        search = pattern_of(test.pattern).search
        asked["message"] = lambda message: search(message) is not None
    return asked


def _between(since: datetime | None, until: datetime | None) -> Ask:
    low = to_micros(since) if since is not None else None
    high = to_micros(until) if until is not None else None
    return lambda stamp: (low is None or stamp >= low) and (high is None or stamp < high)


def _of_loggers(names: Sequence[str]) -> Ask:
    whole, below = frozenset(names), tuple(f"{name}." for name in names)
    return lambda logger: logger in whole or logger.startswith(below)


def marked(asked: Mapping[str, Ask], count: int, column: Callable[[str], Iterable[Any]]) -> bytes:
    """A byte for each of `count` lines. `column` answers with the values of a field, in the order of the lines."""
    masks = [bytes(map(ask, column(name))) for name, ask in asked.items()]
    if not masks:
        return b"\1" * count
    first, *rest = masks
    for mask in rest:
        first = bytes(map(and_, first, mask))
    return first


def mark_lines(test: LogTest, lines: Sequence[LogLine]) -> bytes:
    """A byte for each of these lines."""

    def column(name: str) -> Iterable[Any]:
        values = map(attrgetter(name), lines)
        return map(to_micros, values) if name == "timestamp" else values

    return marked(asked_of(test), len(lines), column)


_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-,:;=/@#%&'<>!~`")
_AFTER_ONE: Final = frozenset("*?{")
_SPECIAL: Final = re.compile(r"\(\?(?!:)")
"""Groups that are more than brackets: flags, conditions, what stands before or behind."""
_QUANTIFIER: Final = re.compile(r"\{\d*,?\d*\}")
_CODES: Final = frozenset("xuUN0123456789")
"""What follows a backslash when the characters behind it are a code, and no text."""


def needed_text(words: str) -> str:
    """Plain characters that any text in which the pattern is found must hold; empty when that is not easily said.

    What stands in groups and classes does not count, and with alternatives outside of groups nothing does.
    """
    if pattern_of(words).pattern != words:
        return _plain_part(words)
    if _SPECIAL.search(words):
        return ""
    best = run = ""
    at = depth = 0
    while at < len(words):
        letter, following = words[at], words[at + 1 : at + 2]
        if (letter == "|" and not depth) or (letter == "\\" and following in _CODES):
            return ""
        if not depth and letter in _PLAIN and (not following or following not in _AFTER_ONE):
            run += letter
            at += 1
            continue
        best, run = max(best, run, key=len), ""
        depth += (letter == "(") - (letter == ")")
        at = _behind(words, at)
    return max(best, run, key=len)


def _behind(words: str, at: int) -> int:
    """Where the pattern goes on behind what is no plain character."""
    if words[at] == "\\":
        return at + 2
    if words[at] == "[":
        at += 2 if words[at + 1 : at + 2] == "^" else 1
        at += words[at : at + 1] == "]"
        while words[at : at + 1] not in ("]", ""):
            at += 2 if words[at] == "\\" else 1
        return at + 1
    quantifier = _QUANTIFIER.match(words, at)
    return quantifier.end() if quantifier else at + 1


def _plain_part(words: str) -> str:
    """The longest run of plain characters of words that are looked for as they are."""
    return max(re.split(r"[^A-Za-z0-9 _,:;=/@#%&'<>!~`-]", words), key=len)
