"""`flowtui task`: serve tasks, so that runs which are left to task workers take place here."""

import os
from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine.errors import UsageError

__all__ = ["app"]

app = App(name="task", help="Serve tasks that run in the background.")


@app.command
def serve(
    *entrypoints: str,
    module: Annotated[list[str] | None, Parameter(name=["--module", "-m"], negative="", consume_multiple=False)] = None,
    limit: int = 10,
) -> int:
    """Carry out what task.delay() leaves, until Ctrl+C.

    Parameters
    ----------
    entrypoints
        The tasks: path/file.py:task, package.module.task, or a file alone for all of its tasks.
    module
        Serve all tasks of this module; may be given several times.
    limit
        How many run at once; 0 for any number.
    """
    if not entrypoints and not module:
        raise UsageError("Say which tasks: flowtui task serve path/file.py:task, or --module package.module.")
    from flowtui.engine.background.finding import tasks_at, tasks_of_module  # noqa: PLC0415 - 60 ms, with the engine
    from flowtui.engine.background.worker import TaskWorker  # noqa: PLC0415

    here = os.getcwd()
    found = [task for entrypoint in entrypoints for task in tasks_at(entrypoint, here)]
    found += [task for name in module or () for task in tasks_of_module(name, here)]
    TaskWorker(*found, limit=limit or None).run()
    return 0
