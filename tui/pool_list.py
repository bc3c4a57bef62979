"""The list of work pools: what a filter reads in it, and in which orders it comes. Pure."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from flowtui.engine.pools import WorkPool
from flowtui.engine.query_lists import POOLS
from flowtui.engine.query_rows import Reading

__all__ = ["ORDERS", "READING"]

_STATUS: Final = {"PAUSED": 0, "NOT_READY": 1, "READY": 2}
_WORDS: Final = {"PAUSED": "paused", "NOT_READY": "unserved", "READY": "ready"}

ORDERS: Final[dict[str, Callable[[WorkPool], Any]]] = {
    "name": lambda pool: pool.name.lower(),
    "status": lambda pool: _STATUS[pool.status],
    "type": lambda pool: pool.type,
    "workers": lambda pool: pool.workers,
    "active": lambda pool: pool.active,
    "waiting": lambda pool: pool.waiting,
}
"""What the list can be sorted by."""


def _is_full(pool: WorkPool) -> bool:
    return pool.concurrency_limit is not None and pool.active >= pool.concurrency_limit


def _words(pool: WorkPool) -> Iterable[str]:
    """The words of `is:` that hold."""
    yield _WORDS[pool.status]
    if _is_full(pool):
        yield "full"


def _needs(pool: WorkPool) -> Iterable[str]:
    return ("attention",) if pool.status != "READY" or (pool.waiting and _is_full(pool)) else ()


READING: Final[Reading[WorkPool]] = Reading(
    vocabulary=POOLS,
    texts={
        "name": lambda pool: (pool.name,),
        "type": lambda pool: (pool.type,),
        "is": _words,
        "needs": _needs,
        "about": lambda pool: (pool.description, pool.paused_note),
    },
    numbers={
        "workers": lambda pool: pool.workers,
        "active": lambda pool: pool.active,
        "waiting": lambda pool: pool.waiting,
        "limit": lambda pool: pool.concurrency_limit,
    },
    moments={"created": lambda pool: pool.created},
)
"""What a filter reads in a row."""
