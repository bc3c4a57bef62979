"""What lines of a log are asked for: tests on single lines, and what a scan of many answers. Pure.

A scan answers with one byte a line (1 it is so, 0 it is not), because a million of them are still only a megabyte, and
are combined, counted and searched at the speed of memory.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import and_, attrgetter
from typing import Any, Final

from flowtui.engine.clock import to_micros
from flowtui.engine.log_patterns import pattern_of, quick_length
from flowtui.engine.model import LogLine

__all__ = ["Asks", "LogMarks", "LogTally", "LogTest", "Moment", "asked_of", "mark_lines", "marked", "may_take_long"]

Ask = Callable[[Any], bool]
"""Whether the value of one field of a line will do."""
Asks = Callable[[Iterable[Any]], bytes]
"""A byte for each of the values of a field: 1 when it will do. That of a pattern raises `TakesTooLong`."""
_SECONDS: Final = 0.5
"""What a pattern may take of the processor for the lines of one chunk: a hundred times what is usual."""


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
    slow: tuple[int, ...] = ()
    """Which of the tests took too long: nothing is said by their masks."""

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


def asked_of(test: LogTest) -> dict[str, Asks]:
    """What is asked of which field of a line; timestamps are asked in microseconds since 1970."""
    asked: dict[str, Asks] = {}
    if test.level:
        asked["level"] = _each(lambda level: level >= test.level)
    if test.since is not None or test.until is not None:
        asked["timestamp"] = _each(_between(test.since, test.until))
    if test.loggers:
        asked["logger"] = _each(_of_loggers(test.loggers))
    for name, wanted in (("task_run_id", test.task_runs), ("flow_run_id", test.flow_runs)):
        if wanted:
            asked[name] = _each(frozenset(wanted).__contains__)
    if test.task_attempt:
        asked["task_attempt"] = _each(lambda attempt: attempt == test.task_attempt)
    if test.function:
        asked["function"] = _each(lambda function: function == test.function)
    if test.file:
        start = f"{test.file}:"
        asked["source"] = _each(lambda source: source is not None and source.startswith(start))
    if test.pattern:
        asked["message"] = partial(_found_in, test.pattern)
    return asked


def _each(ask: Ask) -> Asks:
    return lambda values: bytes(map(ask, values))


def _found_in(words: str, messages: Iterable[str]) -> bytes:
    pattern, quick = pattern_of(words), quick_length(words)
    if quick is not None:
        messages = list(messages)
        if max(map(len, messages), default=0) > quick:
            from flowtui.engine.patient_search import find_each  # noqa: PLC0415 - 5 ms that few expressions need

            return find_each(pattern.pattern, int(pattern.flags & re.IGNORECASE), messages, _SECONDS)
    search = pattern.search
    return bytes([search(message) is not None for message in messages])


def may_take_long(test: LogTest, lines: Sequence[LogLine]) -> bool:
    """Whether somebody who must not wait should have these lines looked at elsewhere."""
    quick = quick_length(test.pattern) if test.pattern else None
    return quick is not None and any(len(line.message) > quick for line in lines)


def _between(since: datetime | None, until: datetime | None) -> Ask:
    low = to_micros(since) if since is not None else None
    high = to_micros(until) if until is not None else None
    return lambda stamp: (low is None or stamp >= low) and (high is None or stamp < high)


def _of_loggers(names: Sequence[str]) -> Ask:
    whole, below = frozenset(names), tuple(f"{name}." for name in names)
    return lambda logger: logger in whole or logger.startswith(below)


def marked(asked: Mapping[str, Asks], count: int, column: Callable[[str], Iterable[Any]]) -> bytes:
    """A byte for each of `count` lines. `column` answers with the values of a field, in the order of the lines.

    Raises `TakesTooLong`.
    """
    masks = [asks(column(name)) for name, asks in asked.items()]
    if not masks:
        return b"\1" * count
    first, *rest = masks
    for mask in rest:
        first = bytes(map(and_, first, mask))
    return first


def mark_lines(test: LogTest, lines: Sequence[LogLine]) -> bytes:
    """A byte for each of these lines. Raises `TakesTooLong`."""

    def column(name: str) -> Iterable[Any]:
        values = map(attrgetter(name), lines)
        return map(to_micros, values) if name == "timestamp" else values

    return marked(asked_of(test), len(lines), column)
