"""By what the merged list is sorted: each server is asked for its runs in that order, and here they are compared by the
same keys. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flowtui.engine.listing import NEWEST, SORTS, RunSort
from flowtui.engine.model import FlowRun

__all__ = ["BY", "SERVER", "TITLES", "asked_as", "first_sort", "key_of"]

SERVER: Final = "server"
"""Each server's runs together: no server knows this order, and each is asked for its newest."""
BY: Final[Mapping[str, str]] = {
    **{name: SORTS[name].about for name in ("start", "dur", "state", "flow")},
    SERVER: "the server's name, the newest first",
}
"""What the list can be sorted by, in words."""
TITLES: Final[Mapping[str, str]] = {
    "start": "STARTED",
    "dur": "DURATION",
    "state": "STATE",
    "flow": "FLOW",
    SERVER: "SERVER",
}
"""The column that shows each."""
_FALLING: Final = frozenset({"start", "dur"})
_NOT_STARTED: Final = timedelta(microseconds=-1)


def first_sort(name: str) -> RunSort:
    """The way round in which people want something sorted first."""
    return RunSort(name, name in _FALLING)


def asked_as(sort: RunSort) -> RunSort:
    """The order in which each server is asked for its runs."""
    return NEWEST if sort.name == SERVER else sort


def key_of(sort: RunSort, now: datetime) -> Callable[[FlowRun], tuple[Any, str]]:
    """What runs are compared by, as the stores do it: text by its code points, equal ones by their ids."""
    match sort.name:
        case "dur":
            return lambda run: (_duration(run, now), run.id)
        case "state":
            return lambda run: (run.state.name, run.id)
        case "flow":
            return lambda run: (run.flow_name, run.id)
        case _:
            return lambda run: (run.started_or_due, run.id)


def _duration(run: FlowRun, now: datetime) -> timedelta:
    return _NOT_STARTED if run.start_time is None else (run.end_time or now) - run.start_time
