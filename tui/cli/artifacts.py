"""`flowtui artifact`: list, show and delete what runs have made."""

import json
from itertools import islice
from typing import Annotated, Any

from cyclopts import App, Parameter

from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound
from flowtui.engine.ids import is_id
from flowtui.engine.shared import ArtifactFilter, ArtifactRecord
from flowtui.engine.shared_wire import artifact_json
from flowtui.engine.wire import instant
from flowtui.tui.cli.find import find_flow_run, nearest
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table
from flowtui.tui.cli.pages import every

__all__ = ["app"]

app = App(name="artifact", help="List, show and delete what runs have made.")
_COLUMNS = (Column("KEY"), Column("TYPE"), Column("UPDATED"), Column("VERSIONS", right=True), Column("ID"))


@app.command
def ls(
    *,
    limit: int = 100,
    all_: Annotated[bool, Parameter(name=["--all", "-a"], negative="")] = False,
    key: str | None = None,
    type_: Annotated[str | None, Parameter(name="--type")] = None,
    flow_run: str | None = None,
    output: Output = "table",
) -> int:
    """List the newest artifact of each key.

    Parameters
    ----------
    limit
        How many to show.
    all_
        Every version, also of artifacts without a key, newest first.
    key
        Only the versions of this key.
    type_
        Only those of this type, such as markdown or table.
    flow_run
        Only those that this run made: its id, the beginning of its id, or its name.
    """
    client = current_client()
    run_id = find_flow_run(client, flow_run).id if flow_run else None
    latest = not (all_ or key or run_id)
    where = ArtifactFilter(key=key, type=type_, flow_run_id=run_id, latest=latest)
    found = list(islice(_all(client, where), limit))
    if output == "json":
        print_json([artifact_json(artifact) for artifact in found])
        return 0
    rows = (
        (one.key or "", one.type, instant(one.updated) or "", str(one.versions or ""), Cell(one.id, "dim"))
        for one in found
    )
    print_table(_COLUMNS, rows, empty="No artifacts.")
    return 0


@app.command
def inspect(artifact: str, /, *, limit: int = 10, output: Output = "table") -> int:
    """Show an artifact with its data; of a key, the newest and a list of the versions before it.

    Parameters
    ----------
    artifact
        Its key or its id.
    limit
        How many versions to show.
    """
    found = _find(current_client(), artifact, limit)
    if output == "json":
        print_json([artifact_json(one) for one in found])
        return 0
    newest = found[0]
    facts = (
        ("id", newest.id),
        ("key", newest.key or ""),
        ("type", newest.type),
        ("description", newest.description or ""),
        ("flow run", newest.flow_run_id or ""),
        ("task run", newest.task_run_id or ""),
        ("created", instant(newest.created) or ""),
        ("updated", instant(newest.updated) or ""),
        ("data", newest.data if isinstance(newest.data, str) else json.dumps(newest.data, ensure_ascii=False)),
    )
    print_facts((name, value) for name, value in facts if value)
    if len(found) > 1:
        print()
        rows = ((instant(one.created) or "", one.description or "", Cell(one.id, "dim")) for one in found[1:])
        print_table((Column("BEFORE"), Column("DESCRIPTION"), Column("ID")), rows, empty="")
    return 0


@app.command
def delete(artifact: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Delete one artifact by its id, or every version of a key.

    Parameters
    ----------
    artifact
        Its key or its id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = _find(client, artifact, None)
    what = f"artifact {artifact}" if len(found) == 1 else f"all {len(found)} versions of artifact {artifact}"
    if not yes and not confirmed(f"Delete {what}?"):
        return 1
    for one in found:
        client.delete_artifact(one.id)
    narrate(f"Deleted {what}.")
    return 0


def _all(client: Client, where: ArtifactFilter) -> Any:
    return every(lambda after: client.list_artifacts(where, limit=200, after=after))


def _find(client: Client, text: str, limit: int | None) -> list[ArtifactRecord]:
    """By id the one; by key its versions, newest first. Raises `NotFound`."""
    if is_id(text):
        return [client.read_artifact(text)]
    found = list(islice(_all(client, ArtifactFilter(key=text)), limit))
    if found:
        return found
    near = nearest(text, [one.key or "" for one in _all(client, ArtifactFilter(latest=True))])
    raise NotFound("artifact", text, f"Did you mean {near!r}?" if near else "List them with: flowtui artifact ls")
