"""`flowtui server`: serve the store without a terminal, and see who does."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.tui.cli.output import Column, Output, narrate, print_json, print_table

__all__ = ["app"]

app = App(name="server", help="Run flows and schedules without a terminal, and see who does.")


@app.command
def start(
    *,
    host: Annotated[str, Parameter(name="--host")] = "127.0.0.1",
    port: Annotated[int, Parameter(name="--port")] = 4200,
) -> int:
    """Run schedules and flows, and answer the HTTP API, until Ctrl+C.

    Parameters
    ----------
    host
        The address to listen on. Anything but 127.0.0.1 lets other machines in.
    port
        The port to listen on; 0 takes a free one.
    """
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - 300 ms of web framework that help need not pay
    from flowtui.server.backend import run  # noqa: PLC0415 - as above

    return run(current_settings(), host=host, port=port)


@app.command
def status(*, output: Output = "table") -> int:
    """Show who serves this store. The exit code is 1 when nobody does."""
    from flowtui.engine import wire  # noqa: PLC0415 - opens the store, 300 ms that starting a server need not pay twice
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - as above
    from flowtui.engine.clock import utc_now  # noqa: PLC0415 - as above
    from flowtui.tui import formats  # noqa: PLC0415 - as above

    client = current_client()
    found = client.list_backends()
    if output == "json":
        print_json([wire.backend_json(backend) for backend in found])
    else:
        now = utc_now()
        rows = (
            (
                "in a workstation" if backend.kind == "embedded" else "server",
                backend.url or "",
                f"{backend.host}:{backend.pid}",
                formats.ago(backend.started, now),
            )
            for backend in found
        )
        columns = (Column("KIND"), Column("API"), Column("PROCESS"), Column("UP", right=True))
        print_table(columns, rows, empty=f"Nobody serves {client.address}. Open flowtui, or: flowtui server start")
    if output == "json" and not found:
        narrate(f"Nobody serves {client.address}.")
    return 0 if found else 1
