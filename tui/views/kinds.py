"""The lists that have views: what can be asked of each, its orders, and the views it begins with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.engine.listing import NEWEST, SORTS, RunSort
from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_lists import BLOCKS, DEPLOYMENTS, FLOWS, POOLS
from flowtui.engine.query_terms import nearest
from flowtui.engine.query_vocabulary import Vocabulary

__all__ = ["KINDS", "ListKind", "kind_of"]

_ATTENTION: Final = ("needs attention", "needs:attention")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """One list. `name` is that of its screen."""

    name: str
    vocabulary: Vocabulary
    sorts: Mapping[str, str]
    """What it can be sorted by, with a word about it."""
    usual: RunSort
    """The order that it has when nobody asked for another."""
    falling: frozenset[str] = frozenset()
    """What is sorted the greatest first, unless somebody turns it round."""
    views: tuple[tuple[str, str], ...] = ()
    """Names and filters of the views that are there before any was saved, besides `all`."""

    def first_sort(self, name: str) -> RunSort:
        """The way round in which people want something sorted first."""
        return RunSort(name, name in self.falling)

    def sort_of(self, text: str) -> RunSort:
        """The sort that `-next` or `name` stands for. Raises `UsageError`."""
        name = text.removeprefix("-")
        if name not in self.sorts:
            near = nearest(name, self.sorts)
            hint = f"did you mean {near}?" if near else f"use one of {', '.join(self.sorts)}."
            raise UsageError(f"{self.vocabulary.noun.capitalize()} are not sorted by {name!r} – {hint}")
        return RunSort(name, text.startswith("-"))


_ALL: Final = (
    ListKind(
        name="runs",
        vocabulary=RUNS,
        sorts={name: sort.about for name, sort in SORTS.items()},
        usual=NEWEST,
        falling=frozenset(SORTS) - {"name", "flow", "state", "deployment", "pool", "queue", "worker"},
        views=(
            _ATTENTION,
            ("running", "is:live"),
            ("late", "is:late"),
            ("failed today", "state:failed,crashed since:today"),
        ),
    ),
    ListKind(
        name="deployments",
        vocabulary=DEPLOYMENTS,
        sorts={
            "name": "by flow and name",
            "next": "what runs soonest",
            "last": "what ran longest ago",
            "state": "what ended badly first",
            "pool": "by who serves it",
        },
        usual=RunSort("name", descending=False),
        views=(_ATTENTION, ("next hour", "next<1h"), ("paused", "is:paused"), ("unserved", "is:unserved")),
    ),
    ListKind(
        name="flows",
        vocabulary=FLOWS,
        sorts={
            "place": "by file and line, those of this folder first",
            "name": "by name",
            "last": "what ran longest ago",
            "state": "what ended badly first",
            "usual": "what takes least",
            "runs": "what has run least",
        },
        usual=RunSort("place", descending=False),
        views=(_ATTENTION, ("not deployed", "is:undeployed"), ("never ran", "is:never")),
    ),
    ListKind(
        name="pools",
        vocabulary=POOLS,
        sorts={
            "name": "by name",
            "status": "what hands out nothing first",
            "type": "by type",
            "workers": "fewest workers first",
            "active": "fewest runs under way first",
            "waiting": "fewest waiting runs first",
        },
        usual=RunSort("name", descending=False),
        views=(_ATTENTION, ("waiting", "waiting>0")),
    ),
    ListKind(
        name="blocks",
        vocabulary=BLOCKS,
        sorts={"name": "by name", "type": "by type and name", "saved": "what was saved longest ago"},
        usual=RunSort("name", descending=False),
    ),
)
KINDS: Final[Mapping[str, ListKind]] = {kind.name: kind for kind in _ALL}
"""All lists by the names of their screens."""


def kind_of(name: str) -> ListKind:
    """The list of a name. Raises `UsageError`."""
    kind = KINDS.get(name.lower())
    if kind is None:
        near = nearest(name.lower(), KINDS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(KINDS)}."
        raise UsageError(f"There is no list {name!r} – {hint}")
    return kind
