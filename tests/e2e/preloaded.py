"""A process that has flowtui loaded and forks for each command line, so that many scripts are run at little cost.

Reads one JSON object a line, `{"arguments", "folder", "environment", "out", "err"}`, and answers the exit code.
A child is a process like any that `flowtui` starts: its own `__main__`, environment, streams and exit.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any, Final

BESIDES: Final = (
    "cloudpickle",
    "coolname",
    "httpx",
    "sqlite3",
    "flowtui.engine.client.local",
    "flowtui.engine.compat.scripts",
    "flowtui.engine.runs.flow_run",
    "flowtui.engine.runs.generators",
    "flowtui.engine.runs.keeping",
    "flowtui.engine.runs.streams",
    "flowtui.engine.runs.submitting",
    "flowtui.tui.cli.app",
    "flowtui.tui.cli.run_prefect",
)
"""What every program needs sooner or later."""


def serve() -> "dict[str, Any] | None":
    """Fork for each request until there is no more; in a child, its request."""
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            return request
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


def become(request: "dict[str, Any]") -> None:
    """Take on what the request says."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for stream, path in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, stream)
        os.close(opened)
    sys.argv = ["flowtui", *request["arguments"]]


if __name__ == "__main__":
    from flowtui.__main__ import main
    from flowtui.engine.compat.modules import missing_names
    from flowtui.engine.settings import forget_settings

    missing_names()  # it looks every name up, and so loads their modules
    for module in BESIDES:
        import_module(module)
    mine = serve()
    if mine is not None:
        become(mine)
        forget_settings()
        sys.exit(main())
