"""Views of lists: a filter, an order and columns under a name. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.listing import NEWEST, RunSort
from flowtui.engine.query_reading import read_terms
from flowtui.engine.query_terms import nearest
from flowtui.tui.lists.columns import Shown, read_shown
from flowtui.tui.views.kinds import KINDS, ListKind, kind_of

__all__ = ["ALL", "DEFAULT_VIEWS", "View", "all_of", "default_views", "find_view", "merged", "view_from", "view_json"]

_MOST_NAME: Final = 40
_KEYS: Final = frozenset({"name", "list", "filter", "sort", "columns"})


@dataclass(frozen=True, slots=True)
class View:
    """What a list shows, and how. `of` names the list."""

    name: str
    query: str = ""
    sort: RunSort = NEWEST
    columns: tuple[Shown, ...] = ()
    """Those that were chosen, in their order; none for the usual ones. Some may be of another version of flowtui."""
    of: str = "runs"

    @property
    def kind(self) -> ListKind:
        """The list that it is a view of."""
        return KINDS[self.of]

    def laid_out_as(self, other: "View") -> "View":
        """This filter in the order and the columns of another."""
        return replace(self, sort=other.sort, columns=other.columns)


def all_of(of: str) -> View:
    """The view of a list that leaves nothing out."""
    return View("all", sort=KINDS[of].usual, of=of)


def default_views(of: str) -> tuple[View, ...]:
    """What there is before anything was saved; a view that was saved under one of the names takes its place."""
    usual = all_of(of)
    return (usual, *(replace(usual, name=name, query=query) for name, query in usual.kind.views))


ALL: Final = all_of("runs")
DEFAULT_VIEWS: Final = default_views("runs")
"""Those of the list of runs."""


def view_json(view: View) -> dict[str, Any]:
    """As it is kept and shared; what is as usual is left out."""
    made: dict[str, Any] = {"name": view.name, "filter": view.query}
    if view.of != ALL.of:
        made["list"] = view.of
    if view.sort != view.kind.usual:
        made["sort"] = str(view.sort)
    if view.columns:
        made["columns"] = [str(column) for column in view.columns]
    return made


def view_from(value: Any) -> View:
    """Read what `view_json` made, or a person wrote; its columns may be such as there are not. Raises `UsageError` that
    names the view."""
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise UsageError("A view is a mapping with a name: {name: late, filter: 'is:late'}.")
    name = checked_name(value["name"])
    try:
        if more := sorted(str(key) for key in value.keys() - _KEYS):
            raise UsageError(f"there is no {more[0]!r} in it; it has name, filter, list, sort and columns")
        kind = kind_of(str(value.get("list") or ALL.of))
        query, sort, columns = value.get("filter") or "", value.get("sort") or str(kind.usual), value.get("columns")
        if not isinstance(query, str) or not isinstance(sort, str):
            raise UsageError("filter and sort are text")
        if columns is not None and (not isinstance(columns, list) or not columns):
            raise UsageError("columns are a list of names")
        read_terms(query, kind.vocabulary)
        chosen = {one.key: one for one in (read_shown(str(column)) for column in columns or ())}
        return View(name, query, kind.sort_of(sort), tuple(chosen.values()), kind.name)
    except UsageError as error:
        raise UsageError(f"The view {name!r}: {error}") from error


def checked_name(name: str) -> str:
    """A name that can be typed after `:view`. Raises `UsageError`."""
    name = " ".join(name.split())
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise UsageError(f"A view needs a name of at most {_MOST_NAME} letters.")
    return name


def merged(saved: Iterable[View], of: str) -> tuple[View, ...]:
    """The default views of a list and those that were saved, each name once: a saved one stands where the default one
    stood."""
    views = {view.name.lower(): view for view in default_views(of)}
    views.update((view.name.lower(), view) for view in saved if view.of == of)
    return tuple(views.values())


def find_view(views: Iterable[View], name: str) -> View:
    """By name or by the beginning of one. Raises `UsageError`."""
    known, wanted = tuple(views), " ".join(name.split()).lower()
    exact = [view for view in known if view.name.lower() == wanted]
    begins = exact or [view for view in known if view.name.lower().startswith(wanted)]
    if not begins or not wanted:
        names = tuple(dict.fromkeys(view.name for view in known))
        near = nearest(wanted, [name.lower() for name in names])
        hint = f"did you mean {near}?" if near else f"there are {', '.join(names)}."
        raise UsageError(f"There is no view {name!r} – {hint}")
    return begins[0]
