"""`flowtui work-queue`: the lines of runs within a work pool."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.pools import DEFAULT_POOL, WorkQueue
from flowtui.tui import formats
from flowtui.tui.cli.find import find_work_pool, find_work_queue
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table
from flowtui.tui.cli.pool_tables import (
    ahead,
    limit_text,
    print_holders,
    show_waiting,
    slots_text,
    status_cell,
)

__all__ = ["app"]

app = App(name="work-queue", help="The lines of runs within a work pool, and which comes first.")

Pool = Annotated[str | None, Parameter(name=["--pool", "-p"])]
Priority = Annotated[int | None, Parameter(name=["--priority", "-q"])]
Limit = Annotated[int | None, Parameter(name=["--limit", "-l", "--concurrency-limit"])]


@app.command
def create(
    name: str,
    /,
    *,
    pool: Annotated[str, Parameter(name=["--pool", "-p"])] = DEFAULT_POOL,
    priority: Priority = None,
    limit: Limit = None,
    description: str | None = None,
    paused: Annotated[bool, Parameter(negative="")] = False,
    output: Output = "table",
) -> int:
    """Make a queue in a work pool.

    Parameters
    ----------
    name
        Its name.
    pool
        The work pool.
    priority
        1 comes first. Without one, it comes after all others.
    limit
        How many of its runs may be under way at once.
    description
        What it is for.
    paused
        Hand out no run until it is resumed.
    """
    client = current_client()
    place = find_work_pool(client, pool)
    made = client.create_work_queue(
        place.name, name, description=description, priority=priority, concurrency_limit=limit, paused=paused
    )
    return _done(
        made, f"Queue {made.name} of work pool {made.pool_name} is made, with priority {made.priority}.", output
    )


@app.command
def ls(*, pool: Pool = None, limit: int = 200, output: Output = "table") -> int:
    """List the queues by pool and priority: the first of a pool is served first.

    Parameters
    ----------
    pool
        Only those of this work pool.
    limit
        How many to show.
    """
    client = current_client()
    found = client.list_work_queues(None if pool is None else find_work_pool(client, pool).name)[:limit]
    if output == "json":
        print_json([wire.work_queue_json(queue) for queue in found])
        return 0
    rows = (
        (
            status_cell(one),
            one.pool_name,
            one.name,
            str(one.priority),
            slots_text(one),
            str(one.waiting),
            str(one.workers),
            one.description or "",
        )
        for one in found
    )
    columns = (
        Column("STATUS"),
        Column("POOL"),
        Column("QUEUE"),
        Column("PRIORITY", right=True),
        Column("ACTIVE", right=True),
        Column("WAITING", right=True),
        Column("WORKERS", right=True),
        Column("DESCRIPTION", wide_only=90),
    )
    print_table(columns, rows, empty="No queues. Make one with: flowtui work-queue create NAME --pool POOL")
    return 0


@app.command
def inspect(name: str, /, *, pool: Pool = None, output: Output = "table") -> int:
    """Show everything about a queue.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    """
    found = find_work_queue(current_client(), name, pool)
    if output == "json":
        print_json(wire.work_queue_json(found))
        return 0
    polled = f"{formats.ago(found.last_polled, utc_now())} ago" if found.last_polled else "never"
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.name),
        ("pool", found.pool_name),
        ("description", found.description or ""),
        ("status", status_cell(found)),
        ("paused since", wire.instant(found.paused_since) or ""),
        ("note", found.paused_note or ""),
        ("priority", str(found.priority)),
        ("active", slots_text(found)),
        ("waiting", str(found.waiting)),
        ("limit", limit_text(found.concurrency_limit)),
        ("workers", str(found.workers)),
        ("last polled", polled),
        ("created", wire.instant(found.created) or ""),
        ("updated", wire.instant(found.updated) or ""),
    ]
    print_facts((name, value) for name, value in facts if (value.text if isinstance(value, Cell) else value))
    return 0


@app.command
def update(
    name: str,
    /,
    *,
    pool: Pool = None,
    priority: Priority = None,
    limit: Limit = None,
    description: str | None = None,
    output: Output = "table",
) -> int:
    """Change a queue.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    priority
        1 comes first.
    limit
        How many of its runs may be under way at once.
    description
        What it is for.
    """
    given = {"priority": priority, "concurrency_limit": limit, "description": description}
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise UsageError("There is nothing to change; give --priority, --limit or --description.")
    client = current_client()
    found = find_work_queue(client, name, pool)
    changed = client.update_work_queue(found.pool_name, found.name, changes)
    return _done(changed, f"{_the(changed)} is changed.", output)


@app.command
def delete(
    name: str,
    /,
    *,
    pool: Pool = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
) -> int:
    """Delete a queue.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = find_work_queue(client, name, pool)
    if not yes and not confirmed(f"Delete queue {found.name} of work pool {found.pool_name}?"):
        return 1
    client.delete_work_queue(found.pool_name, found.name)
    narrate(f"{_the(found)} is deleted.")
    return 0


@app.command
def pause(name: str, /, *, pool: Pool = None, note: str | None = None, output: Output = "table") -> int:
    """Hand out none of a queue's runs; those under way go on.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    note
        Why, for whoever asks why a run waits.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    changed = client.pause_work_queue(found.pool_name, found.name, paused=True, note=note)
    return _done(changed, f"{_the(changed)} is paused; runs that are under way go on.", output)


@app.command
def resume(name: str, /, *, pool: Pool = None, output: Output = "table") -> int:
    """Hand out a queue's runs again.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    changed = client.pause_work_queue(found.pool_name, found.name, paused=False)
    return _done(changed, f"{_the(changed)} hands out runs again.", output)


@app.command
def set_concurrency_limit(name: str, limit: int, /, *, pool: Pool = None, output: Output = "table") -> int:
    """Limit how many runs of a queue are under way at once; 0 lets none start.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    limit
        How many.
    pool
        Its work pool, where several have a queue of that name.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    changed = client.update_work_queue(found.pool_name, found.name, {"concurrency_limit": limit})
    return _done(changed, f"{_the(changed)}: at most {limit} run(s) are under way at once.", output)


@app.command
def clear_concurrency_limit(name: str, /, *, pool: Pool = None, output: Output = "table") -> int:
    """Limit the runs of a queue no more.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    changed = client.update_work_queue(found.pool_name, found.name, {"concurrency_limit": None})
    return _done(changed, f"{_the(changed)} is limited no more.", output)


@app.command
def slots(name: str, /, *, pool: Pool = None, limit: int = 200, output: Output = "table") -> int:
    """Show who holds the slots of a queue: its runs that are under way.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    limit
        How many runs to show.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    holders = client.list_active_runs(pool=found.pool_name, queue=found.name, limit=limit)
    if output == "json":
        print_json({**wire.work_queue_json(found), "holders": [wire.flow_run_json(run) for run in holders]})
        return 0
    narrate(f"{_the(found)}: {found.active} active, limit {limit_text(found.concurrency_limit)}.")
    print_holders(holders)
    return 0


@app.command
def preview(name: str, /, *, pool: Pool = None, hours: float = 1.0, limit: int = 200, output: Output = "table") -> int:
    """Show which runs of a queue are due, and which come next.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    hours
        How far to look ahead.
    limit
        How many to show.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    runs = client.list_waiting_runs(found.pool_name, found.name, until=ahead(hours), limit=limit)
    show_waiting(runs, output, empty=f"No run of it is due within {hours:g} hour(s).")
    return 0


@app.command
def read_runs(name: str, /, *, pool: Pool = None, limit: int = 200, output: Output = "table") -> int:
    """Show the runs of a queue that are due and wait for a worker.

    Parameters
    ----------
    name
        Its name, pool/name, or its id.
    pool
        Its work pool, where several have a queue of that name.
    limit
        How many to show.
    """
    client = current_client()
    found = find_work_queue(client, name, pool)
    runs = client.list_waiting_runs(found.pool_name, found.name, until=utc_now(), limit=limit)
    show_waiting(runs, output, empty="No run of it waits.")
    return 0


def _the(queue: WorkQueue) -> str:
    return f"Queue {queue.name} of work pool {queue.pool_name}"


def _done(queue: WorkQueue, words: str, output: str) -> int:
    if output == "json":
        print_json(wire.work_queue_json(queue))
    narrate(words)
    return 0
