"""Views of the list of runs: a filter, an order and columns under a name. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.listing import NEWEST, RunSort, sort_of
from flowtui.engine.query import parse
from flowtui.tui.run_columns import DEFAULT, Shown, shown_of

__all__ = ["ALL", "DEFAULT_VIEWS", "View", "find_view", "merged", "view_from", "view_json"]

_MOST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class View:
    """What a list shows, and how."""

    name: str
    query: str = ""
    sort: RunSort = NEWEST
    columns: tuple[Shown, ...] = DEFAULT

    def laid_out_as(self, other: "View") -> "View":
        """This filter in the order and the columns of another."""
        return replace(self, sort=other.sort, columns=other.columns)


ALL: Final = View("all")
DEFAULT_VIEWS: Final = (
    ALL,
    View("needs attention", "needs:attention"),
    View("running", "is:live"),
    View("late", "is:late"),
    View("failed today", "state:failed,crashed since:today"),
)
"""What there is before anything was saved; a view that was saved under one of the names takes its place."""


def view_json(view: View) -> dict[str, Any]:
    """As it is kept and shared; what is as usual is left out."""
    made: dict[str, Any] = {"name": view.name, "filter": view.query}
    if view.sort != NEWEST:
        made["sort"] = str(view.sort)
    if view.columns != DEFAULT:
        made["columns"] = [str(column) for column in view.columns]
    return made


def view_from(value: Any) -> View:
    """Read what `view_json` made, or a person wrote. Raises `UsageError` that names the view."""
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise UsageError("A view is a mapping with a name: {name: late, filter: 'is:late'}.")
    name = checked_name(value["name"])
    try:
        if more := sorted(str(key) for key in value.keys() - {"name", "filter", "sort", "columns"}):
            raise UsageError(f"there is no {more[0]!r} in it; it has name, filter, sort and columns")
        query, sort, columns = value.get("filter") or "", value.get("sort") or str(NEWEST), value.get("columns")
        if not isinstance(query, str) or not isinstance(sort, str):
            raise UsageError("filter and sort are text")
        if columns is not None and (not isinstance(columns, list) or not columns):
            raise UsageError("columns are a list of names")
        parse(query)
        chosen = tuple(shown_of(str(column)) for column in columns) if columns else DEFAULT
        return View(name, query, sort_of(sort), chosen)
    except UsageError as error:
        raise UsageError(f"The view {name!r}: {error}") from error


def checked_name(name: str) -> str:
    """A name that can be typed after `:view`. Raises `UsageError`."""
    name = " ".join(name.split())
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise UsageError(f"A view needs a name of at most {_MOST_NAME} letters.")
    return name


def merged(saved: Iterable[View]) -> tuple[View, ...]:
    """The default views and those that were saved, each name once: a saved one stands where the default one stood."""
    views = {view.name.lower(): view for view in DEFAULT_VIEWS}
    views.update((view.name.lower(), view) for view in saved)
    return tuple(views.values())


def find_view(views: Iterable[View], name: str) -> View:
    """By name or by the beginning of one. Raises `UsageError`."""
    known, wanted = tuple(views), " ".join(name.split()).lower()
    exact = [view for view in known if view.name.lower() == wanted]
    begins = exact or [view for view in known if view.name.lower().startswith(wanted)]
    if not begins or not wanted:
        raise UsageError(f"There is no view {name!r}; there are {', '.join(view.name for view in known)}.")
    return begins[0]
