"""The columns that the list of work pools may have. Pure."""

from typing import Final

from flowtui.engine.pools import WorkPool
from flowtui.tui.formats import count
from flowtui.tui.lists.columns import At, ListColumn, ListColumns, number, text, when
from flowtui.tui.pool_cells import STATUS_SPANS, slot_spans, waiting_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.rows import Cell

__all__ = ["COLUMNS"]


def _workers(pool: WorkPool, _: At) -> list[Span]:
    return [(count(pool.workers), "text" if pool.workers else "late")]


def _about(pool: WorkPool) -> str:
    return f"⏸ {pool.paused_note}" if pool.paused_note else (pool.description or "")


def _free(pool: WorkPool, _: At) -> Cell:
    """Slots that are left; nothing where there is no limit."""
    if pool.concurrency_limit is None:
        return ""
    left = max(pool.concurrency_limit - pool.active, 0)
    return [(count(left), "text" if left else "late")]


COLUMNS: Final[ListColumns[WorkPool, At]] = ListColumns(
    (
        ListColumn(
            "status",
            "how it is doing",
            Column("STATUS", 12),
            lambda pool, _: [STATUS_SPANS[pool.status]],
            "status",
        ),
        ListColumn(
            "name", "its name", Column("POOL", 12, share=2, most=32), lambda pool, _: [(pool.name, "strong")], "name"
        ),
        ListColumn(
            "type", "what carries its runs out", Column("TYPE", 10, rank=3), text(lambda pool: pool.type), "type"
        ),
        ListColumn(
            "workers", "workers that are online", Column("WORKERS", 7, align="right", rank=1), _workers, "workers"
        ),
        ListColumn(
            "active",
            "runs under way",
            Column("ACTIVE", 8, align="right"),
            lambda pool, _: slot_spans(pool.active, pool.concurrency_limit),
            "active",
        ),
        ListColumn(
            "waiting",
            "runs that wait",
            Column("WAITING", 7, align="right"),
            lambda pool, _: waiting_spans(pool.waiting),
            "waiting",
        ),
        ListColumn("about", "about it, or its pause", Column("ABOUT", 10, share=3, rank=4), text(_about)),
        ListColumn(
            "limit",
            "how many runs at once",
            Column("LIMIT", 7, align="right"),
            number(lambda pool: pool.concurrency_limit),
        ),
        ListColumn("free", "slots that are left", Column("FREE", 7, align="right"), _free),
        ListColumn(
            "paused",
            "since when it is paused",
            Column("PAUSED", 12, align="right"),
            when(lambda pool: pool.paused_since),
        ),
        ListColumn(
            "created", "when it was made", Column("CREATED", 12, align="right"), when(lambda pool: pool.created)
        ),
        ListColumn(
            "updated", "when it was changed last", Column("UPDATED", 12, align="right"), when(lambda pool: pool.updated)
        ),
        ListColumn("id", "its id", Column("ID", 36), text(lambda pool: pool.id)),
    ),
    first=7,
)
"""What the list of work pools may show."""
