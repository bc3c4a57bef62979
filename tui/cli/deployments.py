"""`flowtui deployment`: list, inspect, run, pause and delete deployments."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.schedules.words import describe
from flowtui.tui.cli.find import find_deployment
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table
from flowtui.tui.cli.pages import every

if TYPE_CHECKING:
    from flowtui.engine.model import Deployment

__all__ = ["app"]

app = App(name="deployment", help="List, inspect, run, pause and delete deployments.")
app.command("flowtui.tui.cli.deployment_run:run", name="run", help="Start a run of a deployment.")
app.command(
    "flowtui.tui.cli.deployment_schedules:app",
    name="schedule",
    help="When it runs: add, list, switch and preview schedules.",
)


_NONE = "No deployments. Make one with: flowtui deploy file.py:flow -n NAME"


@app.command
def ls(
    *names: str,
    flow: Annotated[list[str] | None, Parameter(name=["--flow", "-f"], negative="")] = None,
    tag: Annotated[list[str] | None, Parameter(name=["--tag", "-t"], negative="")] = None,
    pool: Annotated[str | None, Parameter(name=["--pool", "-p"])] = None,
    paused: bool | None = None,
    limit: int = 200,
    output: Output = "table",
) -> int:
    """List deployments, by name.

    Parameters
    ----------
    names
        Only those: flow/name, name, or patterns such as etl/*.
    flow
        Only those of these flows; patterns too.
    tag
        Only those with all of these tags.
    pool
        Only those of this work pool.
    paused
        Only those that are paused, or with --no-paused that are not.
    limit
        How many to show.
    """
    client = current_client()

    def wanted(one: "Deployment") -> bool:
        return (
            (not names or any(fnmatchcase(one.full_name if "/" in name else one.name, name) for name in names))
            and (not flow or any(fnmatchcase(one.flow_name, pattern) for pattern in flow))
            and set(tag or ()) <= set(one.tags)
            and pool in (None, one.work_pool_name)
            and paused in (None, one.paused)
        )

    found = list(islice(filter(wanted, every(lambda after: client.list_deployments(after=after))), limit))
    if output == "json":
        print_json([wire.deployment_json(deployment) for deployment in found])
        return 0
    rows = (
        (
            deployment.full_name,
            _schedules(deployment),
            _next(deployment),
            deployment.work_pool_name or "served",
            ", ".join(deployment.tags),
            Cell(deployment.entrypoint, "dim"),
        )
        for deployment in found
    )
    columns = (
        Column("NAME"),
        Column("SCHEDULE"),
        Column("NEXT", right=True),
        Column("POOL", wide_only=100),
        Column("TAGS"),
        Column("ENTRYPOINT", wide_only=120),
    )
    restricted = bool(names or flow or tag or pool) or paused is not None
    nothing = (
        "No such deployments." if restricted else "No deployments. Make one with: flowtui deploy file.py:flow -n NAME"
    )
    print_table(columns, rows, empty=nothing)
    return 0


def _schedules(deployment: "Deployment") -> Cell:
    if deployment.paused:
        return Cell("⏸ paused", "yellow")
    active = [describe(schedule.schedule) for schedule in deployment.schedules if schedule.active]
    off = len(deployment.schedules) - len(active)
    return Cell(", ".join([*active, *([f"{off} off"] if off else [])]))


def _next(deployment: "Deployment") -> str:
    from flowtui.tui import formats  # noqa: PLC0415 - only for people

    now = utc_now()
    active = [schedule.schedule for schedule in deployment.schedules if schedule.active and not deployment.paused]
    fires = [fire for schedule in active for fire in schedule.next_fires(now, 1, hash_id=deployment.id)]
    return formats.until(min(fires), now) if fires else ""


@app.command
def inspect(deployment: str, /, *, output: Output = "table") -> int:
    """Show everything about a deployment.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    """
    found = find_deployment(current_client(), deployment)
    if output == "json":
        print_json(wire.deployment_json(found))
        return 0
    facts: list[tuple[str, Cell | str]] = [
        ("id", found.id),
        ("name", found.full_name),
        ("description", (found.description or "").strip()),
        ("version", found.version or ""),
        ("schedule", _schedules(found)),
        ("next", _next(found)),
        ("entrypoint", found.entrypoint),
        ("path", found.path),
        ("pool", _pool(found)),
        ("tags", ", ".join(found.tags)),
        ("updated", wire.instant(found.updated) or ""),
    ]
    print_facts((name, value) for name, value in facts if (value.text if isinstance(value, Cell) else value))
    _print_parameters(found)
    return 0


def _print_parameters(deployment: "Deployment") -> None:
    from flowtui.engine.deployments.schema_check import expected  # noqa: PLC0415 - only for people

    schema = deployment.parameter_openapi_schema
    required = schema.get("required", ())
    rows = []
    for name, part in schema.get("properties", {}).items():
        given = deployment.parameters.get(name, part.get("default"))
        absent = name not in deployment.parameters and "default" not in part
        value = ("required" if name in required else "") if absent else repr(given)
        rows.append((name, expected(part, schema), value, part.get("description", "")))
    if rows:
        print()
        print_table((Column("PARAMETER"), Column("TYPE"), Column("VALUE"), Column("ABOUT")), rows, empty="")


@app.command
def pause(deployment: str, /, *, output: Output = "table") -> int:
    """Stop scheduling runs of a deployment.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    """
    return _set_paused(current_client(), deployment, True, output)


@app.command
def resume(deployment: str, /, *, output: Output = "table") -> int:
    """Schedule runs of a deployment again.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    """
    return _set_paused(current_client(), deployment, False, output)


def _set_paused(client: Client, name: str, paused: bool, output: str) -> int:
    found = find_deployment(client, name)
    client.set_deployment_paused(found.id, paused)
    if output == "json":
        print_json(wire.deployment_json(client.read_deployment(found.id)))
    narrate(f"Deployment {found.full_name} is {'paused' if paused else 'running on its schedules again'}.")
    return 0


@app.command
def delete(
    deployment: str | None = None,
    /,
    *,
    by_id: Annotated[str | None, Parameter(name=["--id"])] = None,
    every_one: Annotated[bool, Parameter(name=["--all"], negative="")] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
) -> int:
    """Delete a deployment. Its runs and their logs stay.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    by_id
        Its id, instead of its name.
    every_one
        Delete all deployments.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    if [deployment is not None, by_id is not None, every_one].count(True) != 1:
        raise UsageError("Name one deployment, or give --id, or --all.")
    named = deployment or by_id
    if named is not None:
        found = [find_deployment(client, named)]
    else:
        found = list(every(lambda after: client.list_deployments(after=after)))
    what = f"deployment {found[0].full_name}" if len(found) == 1 else f"all {len(found)} deployments"
    if found and not yes and not confirmed(f"Delete {what}?"):
        return 1
    for one in found:
        client.delete_deployment(one.id)
        narrate(f"Deployment {one.full_name} is deleted.")
    return 0


def _pool(found: "Deployment") -> str:
    if found.work_pool_name is None:
        return "none: a process of its own serves it"
    return f"{found.work_pool_name}, queue {found.work_queue_name}"


@app.command
def versions(deployment: str, /, *, limit: int = 20, output: Output = "table") -> int:
    """List what a deployment was at each of its changes, newest first.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    limit
        How many to show.
    """
    client = current_client()
    found = find_deployment(client, deployment)
    kept = client.list_deployment_versions(found.id, limit=limit)
    if output == "json":
        print_json([wire.deployment_version_json(version) for version in kept])
        return 0
    rows = (
        (
            str(version.number),
            version.version or "",
            wire.instant(version.created) or "",
            "the first" if version.number == 1 else ", ".join(version.changed),
            Cell(_commit(version.info), "dim"),
        )
        for version in kept
    )
    columns = (Column("NO", right=True), Column("VERSION"), Column("WHEN"), Column("CHANGED"), Column("COMMIT"))
    print_table(columns, rows, empty=f"{found.full_name} has not been deployed since versions are kept.")
    return 0


def _commit(info: Mapping[str, Any]) -> str:
    """`1a2b3c4d5e6f on main, with changes: what was done`."""
    if not info.get("commit_sha"):
        return ""
    branch = f" on {info['branch']}" if info.get("branch") else ""
    dirty = ", with changes" if info.get("dirty") else ""
    return f"{str(info['commit_sha'])[:12]}{branch}{dirty}: {info.get('message', '')}"
