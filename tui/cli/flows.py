"""`flowtui flow`: list flows, and serve one."""

from itertools import islice

from cyclopts import App

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.tui.cli.output import Cell, Column, Output, print_json, print_table
from flowtui.tui.cli.pages import every

__all__ = ["app"]

app = App(name="flow", help="List flows, and serve one.")
app.command("flowtui.tui.cli.flow_serve:serve", name="serve", help="Keep a deployment of a flow, and run what is due.")


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List the flows that were ever run or deployed.

    Parameters
    ----------
    limit
        How many to show.
    """
    client = current_client()
    found = list(islice(every(lambda after: client.list_flows(after=after)), limit))
    if output == "json":
        print_json([wire.flow_json(flow) for flow in found])
        return 0
    rows = ((flow.name, wire.instant(flow.created) or "", Cell(flow.id, "dim")) for flow in found)
    print_table((Column("NAME"), Column("SINCE"), Column("ID")), rows, empty="No flows. Run one, or deploy one.")
    return 0
