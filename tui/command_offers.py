"""How a line of commands may go on: the commands themselves, then what may follow one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowtui.tui.commands import COMMANDS, Known, Word, word_of
from flowtui.tui.completing import Offer, Wanted, last_token, offers, wanted
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import View

__all__ = ["GoingOn", "going_on"]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The last `replaced` letters of the line may become one of the offers. `wanted` is what the list `of` may know
    besides; its values take the same place."""

    replaced: int
    offers: tuple[Offer, ...] = ()
    wanted: Wanted | None = None
    of: str = ""


def going_on(line: str, known: Known) -> GoingOn:
    """What is offered for a line."""
    name, space, rest = line.lstrip().partition(" ")
    if not space:
        return GoingOn(len(name), _words(name.lower()))
    word = word_of(name)
    if word is None:
        return GoingOn(0)
    match "run" if name.lower() == "run" else word.takes:
        case "query":
            token, vocabulary = last_token(rest), KINDS[word.target].vocabulary
            return GoingOn(len(token), offers(token, vocabulary), wanted(token, vocabulary), word.target)
        case "view":
            return GoingOn(len(rest), _views(known, rest.strip().lower()))
        case "theme":
            return GoingOn(len(rest), _names(sorted(known.themes), rest.strip()))
        case "profile":
            return GoingOn(len(rest), _names(known.profiles, rest.strip()))
        case "run":
            return GoingOn(len(rest), (), Wanted("name", rest, ""), "runs")
        case "runs":
            token = rest.rpartition(" ")[2]
            return GoingOn(len(token), (), Wanted("name", token, ""), "runs")
    return GoingOn(0)


def _words(start: str) -> tuple[Offer, ...]:
    """The commands that begin so, by the word that does."""
    found = [(word, _fitting(word, start)) for word in COMMANDS]
    return tuple(_offer(word, name) for word, name in found if name is not None and (name != start or word.takes))


def _fitting(word: Word, start: str) -> str | None:
    return next((name for name in word.names if name.startswith(start)), None)


def _offer(word: Word, name: str) -> Offer:
    """What takes something goes on after a space."""
    return Offer(f"{name} " if word.takes else name, name, word.about, is_open=bool(word.takes))


def _names(known: Iterable[str], start: str) -> tuple[Offer, ...]:
    return tuple(Offer(name, name) for name in known if start.lower() in name.lower() and name != start)


def _views(known: Known, start: str) -> tuple[Offer, ...]:
    fitting = [view for view in known.views if start in view.name.lower()]
    fitting.sort(key=lambda view: not view.name.lower().startswith(start))
    one_each = {
        view.name.lower(): view for view in reversed(fitting)
    }  # of one name, the first is the one that is shown
    shown = [view for view in fitting if one_each[view.name.lower()] is view and view.name.lower() != start]
    return tuple(Offer(view.name, view.name, _about(view)) for view in shown)


def _about(view: View) -> str:
    return f"{view.kind.vocabulary.noun}   {view.query or 'all'}"
