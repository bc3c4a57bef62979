"""Looking through a whole log: what to look for, and where it was found so far. Pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flowtui.engine.model import LogLine

__all__ = ["ERRORS", "Finder", "Hits", "finder"]


@dataclass(frozen=True, slots=True)
class Finder:
    """What a line must have to be found. `pattern` marks the place in the text; None when it is not about text."""

    words: str
    matches: Callable[[LogLine], bool]
    pattern: re.Pattern[str] | None = None


ERRORS = Finder("errors", lambda line: line.level >= 40)


def finder(words: str) -> Finder:
    """Look for a regular expression; capitals matter only when it has some. What is none is looked for as it is."""
    flags = 0 if any(letter.isupper() for letter in words) else re.IGNORECASE
    try:
        pattern = re.compile(words, flags)
    except re.error:
        pattern = re.compile(re.escape(words), flags)
    return Finder(words, lambda line: pattern.search(line.message) is not None, pattern)


@dataclass(slots=True)
class Hits:
    """The numbers of the lines found, in order, among the first `scanned` lines."""

    finder: Finder
    numbers: list[int] = field(default_factory=list)
    scanned: int = 0

    def look_at(self, start: int, lines: Sequence[LogLine]) -> None:
        """Look at the next lines; those before `scanned` were looked at already."""
        matches = self.finder.matches
        skip = max(self.scanned - start, 0)
        for number, line in enumerate(lines[skip:], start + skip):
            if matches(line):
                self.numbers.append(number)
        self.scanned = max(self.scanned, start + len(lines))

    def after(self, line: int) -> int | None:
        """The next one after a line, from the start again behind the last."""
        if not self.numbers:
            return None
        at = bisect_right(self.numbers, line)
        return self.numbers[at % len(self.numbers)]

    def before(self, line: int) -> int | None:
        """The last one before a line, from the end again before the first."""
        if not self.numbers:
            return None
        return self.numbers[bisect_left(self.numbers, line) - 1]

    def position(self, line: int) -> int | None:
        """Which one this line is, from 1; None when it is none."""
        at = bisect_left(self.numbers, line)
        return at + 1 if at < len(self.numbers) and self.numbers[at] == line else None
