"""The commands of the `:` line: their words, what each does, what follows it. Pure; `obeying.py` carries them out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from flowtui.engine.errors import UsageError
from flowtui.engine.query_reading import QueryError, read_terms
from flowtui.engine.query_terms import nearest
from flowtui.tui.keys import RESOURCES
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import View, find_view

__all__ = ["COMMANDS", "Command", "Known", "Word", "parse_command", "word_of", "wrong_in"]

Verb = Literal["show", "view", "open-run", "open-logs", "profile", "theme", "act"]
Takes = Literal["", "query", "view", "profile", "theme", "run", "runs"]


@dataclass(frozen=True, slots=True)
class Command:
    """What a line asks for. `argument` is a filter for a list, a name, or the action of an app."""

    verb: Verb
    mode: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One command. `names` are the words for it, the usual one first."""

    names: tuple[str, ...]
    about: str
    verb: Verb
    target: str = ""
    """The screen that is shown, or the action that is carried out."""
    takes: Takes = ""
    """What may follow."""
    needs: str = ""
    """What to say when nothing follows, where something has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is to choose among."""

    themes: Collection[str] = ()
    profiles: Collection[str] = ()
    views: Sequence[View] = field(default_factory=tuple)


_PLACES: Final[Mapping[str, str]] = {
    "home": "what runs, what needs a person, what comes next",
    "runs": "the runs; a filter may follow: runs state:failed",
    "flows": "the flows of this folder; a filter may follow",
    "deployments": "the deployments; a filter may follow",
    "pools": "the work pools; a filter may follow",
    "blocks": "the blocks; a filter may follow",
}


def _places() -> Iterable[Word]:
    for resource in RESOURCES:
        takes: Takes = "query" if resource.mode in KINDS else ""
        about = _PLACES[resource.mode]
        yield Word(names=resource.nouns, about=about, verb="show", target=resource.mode, takes=takes)


def _act(action: str, about: str, *names: str) -> Word:
    return Word(names=names, about=about, verb="act", target=action)


COMMANDS: Final[tuple[Word, ...]] = (
    *_places(),
    Word(
        names=("view", "views"),
        about="a list in one of its views",
        verb="view",
        takes="view",
        needs="Say which view: V on a list shows those of that list.",
    ),
    Word(
        names=("open",),
        about="one run, by its name or the beginning of it or of its id",
        verb="open-run",
        takes="run",
        needs="Say which run: its name, or the beginning of its id.",
    ),
    Word(
        names=("logs",),
        about="the logs of one run or of several, by time",
        verb="open-logs",
        takes="runs",
        needs="Say whose logs: the names or the ids of runs, with spaces between them.",
    ),
    Word(
        names=("profile", "profiles"),
        about="the store or server of another profile",
        verb="profile",
        takes="profile",
        needs="Say which profile; flowtui profile ls lists them, and tab completes their names.",
    ),
    _act("app.all_servers", "how every server is doing, and the runs of all", "all", "@all", "servers"),
    _act("app.radar", "when all schedules fire", "radar"),
    _act("app.journal", "what was done from here", "journal"),
    _act("app.undo", "take back what was done last", "undo"),
    _act("app.toggle_zone", "local time or UTC", "zone", "utc"),
    Word(
        names=("theme", "colours", "colors"),
        about="other colours",
        verb="theme",
        takes="theme",
        needs="Say which: dark or light ones have names, such as flowtui-light.",
    ),
    _act("app.command_palette", "everything there is, by name", "palette"),
    _act("app.help", "the keys that work here", "keys", "help", "?"),
    _act("app.quit", "leave", "quit", "q", "exit"),
)
"""All of them, in the order in which they are offered."""
_BY_NAME: Final = {name: word for word in COMMANDS for name in word.names}


def word_of(name: str) -> Word | None:
    """The command of a word, however its letters are written."""
    return _BY_NAME.get(name.lower())


def parse_command(line: str, known: Known | None = None) -> Command | None:
    """Read a line; None when it is empty. Raises `UsageError` for what means nothing: a filter that makes no sense, or
    a name that is not among those `known`, is refused while the line is still open."""
    name, _, rest = line.strip().removeprefix(":").strip().partition(" ")
    rest = rest.strip()
    if not name:
        return None
    word = word_of(name)
    if word is None:
        raise UsageError(f"There is no command {name!r}. {_hint(name.lower())}")
    if name.lower() == "run" and rest:  # of one run, not of the list
        return Command("open-run", argument=rest)
    if word.needs and not rest:
        raise UsageError(word.needs)
    return _command(word, rest, known or Known())


def wrong_in(line: str, error: UsageError) -> tuple[int, int]:
    """The letters of a line that an error of `parse_command` is about: a term of the filter, what follows the command,
    or the command."""
    rest = line.lstrip().partition(" ")[2].strip()
    start = len(line) - len(line.lstrip())
    at = line.index(rest, start + 1) if rest else start
    if isinstance(error, QueryError):
        return at + error.start, at + error.end
    if rest and word_of(line.strip().removeprefix(":").split(" ")[0]) is not None:
        return at, at + len(rest)
    return start, start + len(line.strip().split(" ")[0])


def _command(word: Word, rest: str, known: Known) -> Command:
    match word.takes:
        case "query":
            read_terms(rest, KINDS[word.target].vocabulary)
        case "theme" if known.themes and rest not in known.themes:
            near = nearest(rest, known.themes)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(sorted(known.themes))}."
            raise UsageError(f"There is no theme {rest!r} – {hint}")
        case "view" if known.views:
            find_view(known.views, rest)
    if word.verb == "act":
        return Command("act", argument=word.target)
    return Command(word.verb, word.target, rest)


def _hint(name: str) -> str:
    usual = [word.names[0] for word in COMMANDS]
    near = nearest(name, usual) or nearest(name, _BY_NAME)
    near = near or next((other for other in usual if other.startswith(name[:2])), None)
    return f"Did you mean {near!r}?" if near else f"Try one of {', '.join(usual)}."
