"""`flowtui worker`: the processes that serve work pools."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.tui.cli.find import find_work_pool, find_worker
from flowtui.tui.cli.output import Cell, Output, narrate, print_facts, print_json
from flowtui.tui.cli.pool_tables import heard, limit_text, print_workers, status_cell

__all__ = ["app"]

app = App(name="worker", help="Start, list, inspect and forget the processes that serve work pools.")
app.command("flowtui.tui.cli.worker_start:start", name="start", help="Serve a work pool from here, until Ctrl+C.")

Pool = Annotated[str | None, Parameter(name=["--pool", "-p"])]


@app.command
def ls(*, pool: Pool = None, limit: int = 200, output: Output = "table") -> int:
    """List the workers: those online first, then those heard of last.

    Parameters
    ----------
    pool
        Only those of this work pool.
    limit
        How many to show.
    """
    client = current_client()
    name = None if pool is None else find_work_pool(client, pool).name
    found = client.list_workers(name)[:limit]
    if output == "json":
        print_json([wire.worker_json(one) for one in found])
        return 0
    print_workers(found, empty=f"No workers. Start one with: flowtui worker start --pool {name or 'POOL'}")
    return 0


@app.command
def inspect(name: str, /, *, pool: Pool = None, output: Output = "table") -> int:
    """Show everything about a worker.

    Parameters
    ----------
    name
        Its name or its id.
    pool
        Its work pool, where several have a worker of that name.
    """
    found = find_worker(current_client(), name, pool)
    if output == "json":
        print_json(wire.worker_json(found))
        return 0
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.name),
        ("status", status_cell(found)),
        ("pool", found.pool_name),
        ("type", found.type),
        ("queues", ", ".join(found.queues) or "all"),
        ("limit", limit_text(found.slots)),
        ("running", str(found.running)),
        ("heard of", f"{heard(found)}, says so every {found.heartbeat_seconds:g} s"),
        ("started", wire.instant(found.started) or ""),
        ("stopped", wire.instant(found.stopped) or ""),
        ("process", f"{found.host}:{found.pid}"),
        ("version", found.version or ""),
    ]
    print_facts((name, value) for name, value in facts if (value.text if isinstance(value, Cell) else value))
    return 0


@app.command
def delete(
    name: str,
    /,
    *,
    pool: Pool = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
) -> int:
    """Forget a worker that is not online.

    Parameters
    ----------
    name
        Its name or its id.
    pool
        Its work pool, where several have a worker of that name.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = find_worker(client, name, pool)
    if not yes and not confirmed(f"Forget worker {found.name} of work pool {found.pool_name}?"):
        return 1
    client.delete_worker(found.pool_name, found.name)
    narrate(f"Worker {found.name} of work pool {found.pool_name} is forgotten.")
    return 0
