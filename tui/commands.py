"""The `:` line: a noun goes to a screen, what follows is its filter. Pure; the app carries commands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flowtui.engine.errors import UsageError
from flowtui.engine.query import parse
from flowtui.engine.query_completion import completions
from flowtui.tui.keys import RESOURCES

__all__ = ["Command", "complete", "complete_term", "parse_command"]

_VERBS: Final[Mapping[str, Literal["quit", "help", "radar"]]] = {
    "q": "quit", "quit": "quit", "exit": "quit", "help": "help", "keys": "help", "?": "help", "radar": "radar",
}  # fmt: skip
_NOUNS: Final = {noun: resource.mode for resource in RESOURCES for noun in resource.nouns}
_FIRST: Final = ("view", "radar", "logs", "profile", "quit", "help")
_WORDS: Final = tuple(dict.fromkeys([*(r.mode for r in RESOURCES), *_FIRST, *_NOUNS, *_VERBS]))


@dataclass(frozen=True, slots=True)
class Command:
    """What a line asks for. `argument` is a filter for a list, or the name of a run or a profile."""

    verb: Literal["show", "view", "open-run", "open-logs", "quit", "help", "radar", "profile"]
    mode: str = ""
    argument: str = ""


def parse_command(line: str) -> Command | None:
    """Read a line; None when it is empty. Raises `UsageError` for a word that means nothing."""
    word, _, rest = line.strip().removeprefix(":").strip().partition(" ")
    word, rest = word.lower(), rest.strip()
    if not word:
        return None
    verb = _VERBS.get(word)
    if verb is not None:
        return Command(verb)
    if word in ("view", "views") and rest:
        return Command("view", argument=rest)
    if word in ("profile", "profiles"):
        if not rest:
            raise UsageError("Say which profile; flowtui profile ls lists them, and tab completes their names.")
        return Command("profile", argument=rest)
    if word == "logs":
        if not rest:
            raise UsageError("Say whose logs: the names or the ids of runs, with spaces between them.")
        return Command("open-logs", argument=rest)
    mode = _NOUNS.get(word)
    if mode is None:
        near = [candidate for candidate in _WORDS if candidate.startswith(word[:2])]
        hint = f" Did you mean {near[0]!r}?" if near else f" Try one of {', '.join(r.mode for r in RESOURCES)}, quit."
        raise UsageError(f"There is no command {word!r}.{hint}")
    if word == "run" and rest:
        return Command("open-run", argument=rest)
    if mode == "runs":
        parse(rest)  # a filter that makes no sense is refused here, while the line is still open
    return Command("show", mode, rest)


def complete(line: str, profiles: Sequence[str] = ()) -> str | None:
    """The line with the word at its end completed; None when nothing fits. `profiles` are the names of all."""
    head, space, last = line.rpartition(" ")
    if not space:
        return _first(_WORDS, last.lower())
    if head.lower() in ("profile", "profiles"):
        whole = next((name for name in profiles if name.startswith(last) and name != last), None)
        return f"{head} {whole}" if whole else None
    if _NOUNS.get(head.split(" ")[0].lower()) != "runs":
        return None
    whole = complete_term(last)
    return f"{head} {whole}" if whole else None


def complete_term(token: str) -> str | None:
    """One term of a filter, completed: its field, or a word that the field knows."""
    return next(iter(completions(token)), None) if token else None


def _first(words: "tuple[str, ...] | list[str]", start: str) -> str | None:
    return next((word for word in words if start and word.startswith(start) and word != start), None)
