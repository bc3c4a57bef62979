"""Ask a person at a terminal: for one of several, for a text, for yes or no. Questions go to stderr."""

import sys
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.output import clean, narrate

__all__ = ["Asker", "TerminalAsker", "can_ask"]

T = TypeVar("T")


def can_ask() -> bool:
    """Whether there is somebody to be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class Asker(Protocol):
    """Who answers. Ctrl+C and the end of input raise `KeyboardInterrupt`."""

    def say(self, line: str) -> None: ...

    def choose(self, question: str, choices: Sequence[str], default: int | None = None) -> int:
        """The number, from 0, of the one that was chosen."""
        ...

    def text(self, question: str, read: Callable[[str], T], default: str | None = None) -> T:
        """What `read` makes of the answer; asked again while it raises `UsageError`."""
        ...

    def yes(self, question: str, *, default: bool) -> bool: ...


class TerminalAsker:
    """The person at this process's terminal."""

    def say(self, line: str) -> None:
        narrate(line)

    def choose(self, question: str, choices: Sequence[str], default: int | None = None) -> int:
        if len(choices) == 1:
            return 0
        narrate(question)
        for number, choice in enumerate(choices, start=1):
            narrate(f"  {number:>2}  {choice}")

        def read(answer: str) -> int:
            if answer.isdecimal() and 1 <= int(answer) <= len(choices):
                return int(answer) - 1
            meant = [number for number, choice in enumerate(choices) if answer and choice.startswith(answer)]
            if len(meant) == 1:
                return meant[0]
            raise UsageError(f"{answer!r} is none of them; give a number from 1 to {len(choices)}.")

        return self.text("Number", read, None if default is None else str(default + 1))

    def text(self, question: str, read: Callable[[str], T], default: str | None = None) -> T:
        while True:
            answer = _answer(f"{question}{f' [{default}]' if default else ''}: ") or default or ""
            try:
                return read(answer)
            except UsageError as error:
                narrate(str(error))

    def yes(self, question: str, *, default: bool) -> bool:
        def read(answer: str) -> bool:
            known = {"y": True, "yes": True, "n": False, "no": False}.get(answer.lower())
            if known is None:
                raise UsageError("Answer y or n.")
            return known

        return self.text(f"{question} (y/n)", read, "y" if default else "n")


def _answer(prompt: str) -> str:
    print(clean(prompt.rstrip()), end=" ", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line.strip()
