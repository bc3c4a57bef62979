"""`flowtui work-pool`: where runs of deployments wait for a worker."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.errors import UsageError
from flowtui.engine.pools import WorkPool
from flowtui.tui.cli.find import find_work_pool
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table
from flowtui.tui.cli.pool_tables import (
    ahead,
    limit_text,
    print_holders,
    print_workers,
    show_waiting,
    slots_text,
    status_cell,
)

__all__ = ["app"]

app = App(name="work-pool", help="Where runs of deployments wait for a worker.")

Type = Annotated[str, Parameter(name=["--type", "-t"])]
Template = Annotated[Path | None, Parameter(name=["--base-job-template"])]
Limit = Annotated[int | None, Parameter(name=["--concurrency-limit"])]


@app.command
def create(
    name: str,
    /,
    *,
    type_: Type = "process",
    base_job_template: Template = None,
    description: str | None = None,
    concurrency_limit: Limit = None,
    paused: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    output: Output = "table",
) -> int:
    """Make a work pool, with a queue of the name default.

    Parameters
    ----------
    name
        Its name.
    type_
        What its workers run flows in, such as process.
    base_job_template
        A JSON file with job_configuration and variables; without it, the pool uses that of its type.
    description
        What it is for.
    concurrency_limit
        How many of its runs may be under way at once.
    paused
        Hand out no run until it is resumed.
    overwrite
        When there is one of that name, make it the same.
    """
    made = current_client().create_work_pool(
        name,
        type=type_,
        description=description,
        base_job_template=_template(base_job_template),
        concurrency_limit=concurrency_limit,
        paused=paused,
        overwrite=overwrite,
    )
    words = f"Work pool {made.name} is there. Serve it with: flowtui worker start --pool {made.name}"
    return _done(made, words, output)


def _template(path: Path | None) -> Any:
    """The JSON of a file. Raises `UsageError`."""
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The base job template {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The base job template {path} is no JSON: {error}.") from error


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List the work pools, by name.

    Parameters
    ----------
    limit
        How many to show.
    """
    found = current_client().list_work_pools()[:limit]
    if output == "json":
        print_json([wire.work_pool_json(pool) for pool in found])
        return 0
    rows = (
        (
            status_cell(one),
            one.name,
            one.type,
            str(one.workers),
            slots_text(one),
            str(one.waiting),
            one.description or "",
        )
        for one in found
    )
    columns = (
        Column("STATUS"),
        Column("NAME"),
        Column("TYPE"),
        Column("WORKERS", right=True),
        Column("ACTIVE", right=True),
        Column("WAITING", right=True),
        Column("DESCRIPTION", wide_only=80),
    )
    print_table(columns, rows, empty="No work pools. Make one with: flowtui work-pool create NAME")
    return 0


@app.command
def inspect(name: str, /, *, output: Output = "table") -> int:
    """Show a work pool with its queues and workers.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    found = find_work_pool(client, name)
    if output == "json":
        print_json(wire.work_pool_json(found))
        return 0
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.name),
        ("type", found.type),
        ("description", found.description or ""),
        ("status", status_cell(found)),
        ("paused since", wire.instant(found.paused_since) or ""),
        ("note", found.paused_note or ""),
        ("active", slots_text(found)),
        ("waiting", str(found.waiting)),
        ("limit", limit_text(found.concurrency_limit)),
        ("job template", "its own" if found.base_job_template is not None else f"that of the type {found.type}"),
        ("created", wire.instant(found.created) or ""),
        ("updated", wire.instant(found.updated) or ""),
    ]
    print_facts((name, value) for name, value in facts if (value.text if isinstance(value, Cell) else value))
    print()
    queues = client.list_work_queues(found.name)
    rows = (
        (status_cell(one), one.name, str(one.priority), slots_text(one), str(one.waiting), str(one.workers))
        for one in queues
    )
    columns = (
        Column("STATUS"),
        Column("QUEUE"),
        Column("PRIORITY", right=True),
        Column("ACTIVE", right=True),
        Column("WAITING", right=True),
        Column("WORKERS", right=True),
    )
    print_table(columns, rows, empty="It has no queue.")
    print()
    print_workers(
        client.list_workers(found.name),
        empty=f"No worker has served it yet. Start one with: flowtui worker start --pool {found.name}",
    )
    return 0


@app.command
def update(
    name: str,
    /,
    *,
    base_job_template: Template = None,
    description: str | None = None,
    concurrency_limit: Limit = None,
    output: Output = "table",
) -> int:
    """Change a work pool.

    Parameters
    ----------
    name
        Its name or its id.
    base_job_template
        A JSON file with job_configuration and variables.
    description
        What it is for.
    concurrency_limit
        How many of its runs may be under way at once.
    """
    given = {
        "base_job_template": _template(base_job_template),
        "description": description,
        "concurrency_limit": concurrency_limit,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes:
        raise UsageError("There is nothing to change; give --description, --concurrency-limit or --base-job-template.")
    client = current_client()
    changed = client.update_work_pool(find_work_pool(client, name).id, changes)
    return _done(changed, f"Work pool {changed.name} is changed.", output)


@app.command
def delete(name: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Delete a work pool with its queues.

    Parameters
    ----------
    name
        Its name or its id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = find_work_pool(client, name)
    if not yes and not confirmed(f"Delete work pool {found.name} with its queues?"):
        return 1
    client.delete_work_pool(found.name)
    narrate(f"Work pool {found.name} is deleted.")
    return 0


@app.command
def pause(name: str, /, *, note: str | None = None, output: Output = "table") -> int:
    """Hand out none of a pool's runs; those under way go on.

    Parameters
    ----------
    name
        Its name or its id.
    note
        Why, for whoever asks why a run waits.
    """
    client = current_client()
    changed = client.pause_work_pool(find_work_pool(client, name).name, paused=True, note=note)
    return _done(changed, f"Work pool {changed.name} is paused; runs that are under way go on.", output)


@app.command
def resume(name: str, /, *, output: Output = "table") -> int:
    """Hand out a pool's runs again.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    changed = client.pause_work_pool(find_work_pool(client, name).name, paused=False)
    return _done(changed, f"Work pool {changed.name} hands out runs again.", output)


@app.command
def set_concurrency_limit(name: str, concurrency_limit: int, /, *, output: Output = "table") -> int:
    """Limit how many runs of a pool are under way at once; 0 lets none start.

    Parameters
    ----------
    name
        Its name or its id.
    concurrency_limit
        How many.
    """
    client = current_client()
    changed = client.update_work_pool(find_work_pool(client, name).id, {"concurrency_limit": concurrency_limit})
    return _done(
        changed, f"At most {concurrency_limit} run(s) of work pool {changed.name} are under way at once.", output
    )


@app.command
def clear_concurrency_limit(name: str, /, *, output: Output = "table") -> int:
    """Limit the runs of a pool no more.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    changed = client.update_work_pool(find_work_pool(client, name).id, {"concurrency_limit": None})
    return _done(changed, f"Work pool {changed.name} is limited no more.", output)


@app.command
def slots(name: str, /, *, limit: int = 200, output: Output = "table") -> int:
    """Show who holds the slots of a pool: its runs that are under way.

    Parameters
    ----------
    name
        Its name or its id.
    limit
        How many runs to show.
    """
    client = current_client()
    found = find_work_pool(client, name)
    holders = client.list_active_runs(pool=found.name, limit=limit)
    if output == "json":
        print_json({**wire.work_pool_json(found), "holders": [wire.flow_run_json(run) for run in holders]})
        return 0
    narrate(f"Work pool {found.name}: {found.active} active, limit {limit_text(found.concurrency_limit)}.")
    print_holders(holders)
    return 0


@app.command
def preview(name: str, /, *, hours: float = 1.0, limit: int = 200, output: Output = "table") -> int:
    """Show which runs of a pool are due, and which come next.

    Parameters
    ----------
    name
        Its name or its id.
    hours
        How far to look ahead.
    limit
        How many to show.
    """
    client = current_client()
    found = find_work_pool(client, name)
    runs = client.list_waiting_runs(found.name, until=ahead(hours), limit=limit)
    show_waiting(runs, output, empty=f"No run of work pool {found.name} is due within {hours:g} hour(s).")
    return 0


@app.command
def get_default_base_job_template(
    *,
    type_: Annotated[str, Parameter(name=["--type", "-t"])],
    file: Annotated[Path | None, Parameter(name=["--file", "-f"])] = None,
) -> int:
    """Print the base job template that pools of a type have when they are given none.

    Parameters
    ----------
    type_
        The type, such as process.
    file
        Write it into this file instead.
    """
    from flowtui.server.workers.types import default_template  # noqa: PLC0415 - 100 ms that only this command needs

    template = dict(default_template(type_))
    if file is None:
        print_json(template)
        return 0
    try:
        file.write_text(json.dumps(template, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The file {file} cannot be written: {error.strerror}.") from error
    narrate(f"The base job template of the type {type_} is in {file}.")
    return 0


def _done(pool: WorkPool, words: str, output: str) -> int:
    if output == "json":
        print_json(wire.work_pool_json(pool))
    narrate(words)
    return 0
