"""`flowtui asset`: list and show what tasks have made outside."""

import json
from itertools import islice
from typing import Any

from cyclopts import App

from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound
from flowtui.engine.shared import AssetRecord
from flowtui.engine.shared_wire import asset_json
from flowtui.engine.wire import instant
from flowtui.tui.cli.find import nearest
from flowtui.tui.cli.output import Cell, Column, Output, print_facts, print_json, print_table
from flowtui.tui.cli.pages import every

__all__ = ["app"]

app = App(name="asset", help="List and show the assets that tasks make and read.")
_COLUMNS = (Column("KEY"), Column("MATERIALIZED"), Column("LAST"), Column("FROM", right=True), Column("TASK RUN"))


@app.command
def ls(*, limit: int = 100, output: Output = "table") -> int:
    """List the assets that tasks have made or read, by key.

    Parameters
    ----------
    limit
        How many to show.
    """
    found = list(islice(_all(current_client()), limit))
    if output == "json":
        print_json([asset_json(asset) for asset in found])
        return 0
    rows = (
        (
            asset.key,
            instant(asset.materialized) or "",
            asset.outcome or "only read",
            str(len(asset.upstream) or ""),
            Cell(asset.task_run_id or "", "dim"),
        )
        for asset in found
    )
    print_table(_COLUMNS, rows, empty="No assets.")
    return 0


@app.command
def inspect(key: str, /, *, output: Output = "table") -> int:
    """Show an asset: what is known of it, which run made it last, and from what.

    Parameters
    ----------
    key
        Its key, such as s3://lake/orders.
    """
    asset = _find(current_client(), key)
    if output == "json":
        print_json(asset_json(asset))
        return 0
    failed = asset.outcome == "failed"
    facts = (
        ("key", asset.key),
        *((name, _text(value)) for name, value in asset.properties.items()),
        ("materialized", instant(asset.materialized) or ""),
        ("by", asset.materialized_by or ""),
        ("flow run", asset.flow_run_id or ""),
        ("task run", asset.task_run_id or ""),
        ("last attempt", f"failed {instant(asset.attempted)}" if failed else asset.outcome or "never made, only read"),
        ("failed in", (asset.attempt_task_run_id or "") if failed else ""),
        ("metadata", _text(asset.metadata) if asset.metadata else ""),
        ("made from", ", ".join(asset.upstream)),
    )
    print_facts((name, value) for name, value in facts if value)
    return 0


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _all(client: Client) -> Any:
    return every(lambda after: client.list_assets(limit=200, after=after))


def _find(client: Client, key: str) -> AssetRecord:
    try:
        return client.read_asset(key)
    except NotFound:
        near = nearest(key, [asset.key for asset in _all(client)])
        raise NotFound("asset", key, f"Did you mean {near}?" if near else "List them with: flowtui asset ls") from None
