"""`serve`: run one's own deployments in this process's children, on the local store."""

from importlib import import_module
from typing import Any

from flowtui.engine.both_ways import in_async_code
from flowtui.engine.deployments.from_code import RunnerDeployment, left_out
from flowtui.engine.errors import UsageError

__all__ = ["aserve", "serve"]


async def aserve(
    *deployments: RunnerDeployment,
    pause_on_shutdown: bool = True,
    print_starting_message: bool = True,
    limit: int | None = None,
    webserver: bool = False,
) -> None:
    """`serve` for async code."""
    _check(deployments, limit)
    if left_out("serve"):
        return
    # The engine knows no server; this one is what a user's script is, for as long as it serves.
    server = import_module("flowtui.server.serving")
    await server.serve(
        deployments, pause_on_shutdown=pause_on_shutdown, print_starting_message=print_starting_message, limit=limit
    )


def serve(
    *deployments: RunnerDeployment,
    pause_on_shutdown: bool = True,
    print_starting_message: bool = True,
    limit: int | None = None,
    webserver: bool = False,
) -> Any:
    """Keep the deployments and run what is due of them, each run in a process of its own, until Ctrl+C or SIGTERM.

    `limit` is how many run at once. Runs that are under way then are ended and recorded; a second Ctrl+C does not wait
    for them. With `pause_on_shutdown` the deployments are paused meanwhile, so that nothing is planned that nobody
    runs; serving them again resumes what was paused so. Schedules are planned by this process too, where no server
    does. There is no `webserver`: `flowtui` shows what goes on. Awaited in async code.

    Raises `UsageError` for no deployments and for a limit that lets nothing run.
    """
    serving = aserve(
        *deployments,
        pause_on_shutdown=pause_on_shutdown,
        print_starting_message=print_starting_message,
        limit=limit,
        webserver=webserver,
    )
    if in_async_code():
        return serving
    import asyncio  # noqa: PLC0415 - 40 ms that only serving pays

    return asyncio.run(serving)


def _check(deployments: tuple[RunnerDeployment, ...], limit: int | None) -> None:
    if not deployments:
        raise UsageError("serve() was given no deployments; make them with flow.to_deployment(name).")
    for one in deployments:
        if not isinstance(one, RunnerDeployment):
            raise UsageError(f"serve() takes deployments, not {one!r}; make them with flow.to_deployment(name).")
    if limit is not None and limit < 1:
        raise UsageError(f"limit is {limit}; it is the number of runs that are carried out at once, 1 or more.")
