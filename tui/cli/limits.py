"""`flowtui concurrency-limit`: how many tasks with a tag run at once."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine.client.current import current_client
from flowtui.engine.shared_wire import tag_limit_json
from flowtui.engine.wire import instant
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table

__all__ = ["app"]

app = App(name="concurrency-limit", help="How many tasks with a tag run at once.")
_COLUMNS = (Column("TAG"), Column("LIMIT", right=True), Column("TAKEN", right=True), Column("UPDATED"), Column("ID"))


@app.command
def create(tag: str, concurrency_limit: int, /, *, output: Output = "table") -> int:
    """Limit how many tasks with a tag run at once; 0 lets none run. A limit that exists is changed.

    Parameters
    ----------
    tag
        The tag.
    concurrency_limit
        How many.
    """
    client = current_client()
    limit = client.save_limit("tag", tag, limit=concurrency_limit)
    if output == "json":
        print_json(tag_limit_json(limit, client.limit_holders(limit.id)))
    narrate(f"At most {limit.limit} task(s) with the tag {limit.name} run at once.")
    return 0


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List the limited tags.

    Parameters
    ----------
    limit
        How many to show.
    """
    client = current_client()
    found = client.list_limits("tag")[:limit]
    if output == "json":
        print_json([tag_limit_json(one, client.limit_holders(one.id)) for one in found])
        return 0
    rows = (
        (one.name, str(one.limit), f"{one.active_slots:g}", instant(one.updated) or "", Cell(one.id, "dim"))
        for one in found
    )
    print_table(_COLUMNS, rows, empty="No tag is limited. Limit one with: flowtui concurrency-limit create TAG LIMIT")
    return 0


@app.command
def inspect(tag: str, /, *, output: Output = "table") -> int:
    """Show the limit of a tag, and which tasks hold its slots.

    Parameters
    ----------
    tag
        The tag.
    """
    client = current_client()
    found = client.read_limit("tag", tag)
    holders = client.limit_holders(found.id)
    if output == "json":
        print_json(tag_limit_json(found, holders))
        return 0
    facts = (("id", found.id), ("tag", found.name), ("limit", str(found.limit)), ("taken", f"{found.active_slots:g}"))
    print_facts([*facts, ("updated", instant(found.updated) or "")])
    print()
    rows = ((one.holder, instant(one.acquired) or "", Cell(one.task_run_id or "", "dim")) for one in holders)
    columns = (Column("HELD BY"), Column("SINCE"), Column("TASK RUN"))
    print_table(columns, rows, empty="Nobody holds a slot.")
    return 0


@app.command
def reset(tag: str, /) -> int:
    """Take every slot of a tag back, whoever holds it.

    Parameters
    ----------
    tag
        The tag.
    """
    gone = current_client().reset_limit("tag", tag)
    narrate(f"The limit of tag {tag} is reset; {gone} task(s) held a slot.")
    return 0


@app.command
def delete(tag: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Limit a tag no more.

    Parameters
    ----------
    tag
        The tag.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = client.read_limit("tag", tag)
    if not yes and not confirmed(f"Limit tag {found.name} no more?"):
        return 1
    client.delete_limit("tag", found.name)
    narrate(f"Tag {found.name} is limited no more.")
    return 0
