"""`flowtui worker start`: serve a work pool from here."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flowtui.engine.errors import UsageError

__all__ = ["start"]


def start(
    *,
    pool: Annotated[str, Parameter(name=["--pool", "-p"])] = "local",
    type_: Annotated[str | None, Parameter(name=["--type", "-t"])] = None,
    name: Annotated[str | None, Parameter(name=["--name", "-n"])] = None,
    work_queue: Annotated[list[str] | None, Parameter(name=["--work-queue", "--queue", "-q"], negative="")] = None,
    limit: Annotated[int | None, Parameter(name=["--limit", "-l"])] = None,
    run_once: Annotated[bool, Parameter(negative="")] = False,
    create_pool_if_not_found: Annotated[bool, Parameter(negative="")] = False,
    base_job_template: Path | None = None,
    with_healthcheck: Annotated[bool, Parameter(negative="")] = False,
    healthcheck_host: str = "127.0.0.1",
    healthcheck_port: int = 8080,
) -> int:
    """Serve a work pool from here: take its due runs and have them carried out, until Ctrl+C.

    The exit code is 0; with --run-once it is 1 when a run did not complete.

    Parameters
    ----------
    pool
        The work pool whose runs to take.
    type_
        What runs are carried out in, when that is to be checked, or for a pool that is created: process, or what an
        installed package offers.
    name
        What to call this worker. Default: its type, this machine's name, and its process.
    work_queue
        Take runs from this queue only; may be given several times.
    limit
        How many runs to carry out at once. Default: four for each processor, at least eight.
    run_once
        Take what is due now, wait until that has ended, and end.
    create_pool_if_not_found
        Create the work pool when there is none of that name.
    base_job_template
        A JSON file: the base job template of a pool that is created.
    with_healthcheck
        Answer GET /health: 200 while the store was reached within three heartbeats, else 503.
    healthcheck_host
        The address to answer at. Anything but 127.0.0.1 lets other machines ask.
    healthcheck_port
        The port to answer at; 0 takes a free one.
    """
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - help need not pay for what runs flows
    from flowtui.server.worker_start import HealthAddress, StartRequest, start_worker  # noqa: PLC0415 - as above
    from flowtui.server.workers.options import WorkerOptions  # noqa: PLC0415 - as above

    if limit is not None and limit < 1:
        raise UsageError(f"--limit is {limit}; a worker carries out at least one run at once.")
    if name is not None and not name.strip():
        raise UsageError("--name is empty; leave it out to have a name chosen.")
    options = WorkerOptions(name=name, queues=tuple(work_queue or ()), run_once=run_once)
    if limit is not None:
        options = replace(options, slots=limit)
    request = StartRequest(
        pool=pool,
        type=type_,
        options=options,
        create_pool=create_pool_if_not_found,
        base_job_template=base_job_template,
        health=HealthAddress(host=healthcheck_host, port=healthcheck_port) if with_healthcheck else None,
    )
    return start_worker(current_settings(), request)
