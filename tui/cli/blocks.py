"""`flowtui block`: list, inspect and delete blocks, and list their types. Secrets stay masked."""

import json
from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.model import BlockDocument
from flowtui.tui.cli.find import nearest
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table

__all__ = ["app"]

app = App(name="block", help="List, inspect and delete blocks, and list their types.")
types = App(name="type", help="The kinds of blocks.")
app.command(types)


@types.command(name="ls")
def ls_types(*, output: Output = "table") -> int:
    """List the types of blocks."""
    found = current_client().list_block_types()
    if output == "json":
        print_json([wire.block_type_json(kind) for kind in found])
        return 0
    rows = ((kind.slug, kind.name, kind.description) for kind in found)
    print_table((Column("SLUG"), Column("NAME"), Column("FOR")), rows, empty="No types of blocks.")
    return 0


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List blocks, by type and name.

    Parameters
    ----------
    limit
        How many to show.
    """
    found = current_client().list_blocks()[:limit]
    if output == "json":
        print_json([wire.block_json(block) for block in found])
        return 0
    rows = (
        (f"{block.type_slug}/{block.name}", wire.instant(block.updated) or "", Cell(block.id, "dim")) for block in found
    )
    print_table(
        (Column("NAME"), Column("UPDATED"), Column("ID")), rows, empty="No blocks. Make one in the workstation."
    )
    return 0


@app.command
def inspect(block: str, /, *, output: Output = "table") -> int:
    """Show a block, secrets masked.

    Parameters
    ----------
    block
        Its type and name, such as secret/api-key, or its id.
    """
    found = _find(current_client(), block)
    if output == "json":
        print_json(wire.block_json(found))
        return 0
    values = (
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.data.items()
    )
    facts = (("id", found.id), ("type", found.type_slug), ("name", found.name))
    print_facts([*facts, ("updated", wire.instant(found.updated) or ""), *values])
    return 0


@app.command
def delete(block: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Delete a block.

    Parameters
    ----------
    block
        Its type and name, such as secret/api-key, or its id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = _find(client, block)
    name = f"{found.type_slug}/{found.name}"
    if not yes and not confirmed(f"Delete block {name}?"):
        return 1
    client.delete_block(found.id)
    narrate(f"Block {name} is deleted.")
    return 0


def _find(client: Client, text: str) -> BlockDocument:
    blocks = {f"{block.type_slug}/{block.name}": block for block in client.list_blocks()}
    found = [block for name, block in blocks.items() if text in (name, block.id, block.name)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{block.type_slug}/{block.name}" for block in found)
        raise UsageError(f"{text!r} may be any of {names}.")
    near = nearest(text, [*blocks, *(block.name for block in blocks.values())])
    raise NotFound("block", text, f"Did you mean {near!r}?" if near else "List them with: flowtui block ls")
