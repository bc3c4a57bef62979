"""The keys that mean the same on every list."""

from textual.binding import Binding, BindingType

__all__ = ["list_bindings"]


def list_bindings(place: str, *, marks: bool = True, attention: bool = True, sort: str = "o") -> list[BindingType]:
    """The bindings of a `ListScreen`. `sort` is the key that asks for an order; where another thing has `o`, it is `O`,
    which turns the order round elsewhere."""
    looking = [Binding("a", "attention", "attention", id=f"{place}.attention")] if attention else []
    marking = [Binding("A", "mark_all", "mark all that match", show=False, id=f"{place}.mark-all")] if marks else []
    turning = Binding("O", "sort_turned", "sort the other way round", show=False, id=f"{place}.sort-turned")
    return [
        Binding("f", "filter", "filter", id=f"{place}.filter"),
        *looking,
        Binding("slash", "find", "find", show=False, id=f"{place}.find"),
        Binding("n", "find_next(1)", "find the next", show=False, id=f"{place}.find-next"),
        Binding("N", "find_next(-1)", "find the one before", show=False, id=f"{place}.find-previous"),
        *marking,
        Binding(sort, "sort", "sort", show=False, id=f"{place}.sort"),
        *([turning] if sort != "O" else []),
        Binding("C", "columns", "columns", id=f"{place}.columns"),
        Binding("V", "views", "views", show=False, id=f"{place}.views"),
        *(
            Binding(f"alt+{digit}", f"view({digit})", f"view {digit}", show=False, id=f"{place}.view-{digit}")
            for digit in range(1, 10)
        ),
        Binding("escape", "back", "back", show=False, id=f"{place}.back"),
    ]
