"""The process of a flow of the folder: `python -m flowtui.tui.flows.child RUN ENTRYPOINT`, in that folder."""

import sys

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.log_output import keep_console_quiet
from flowtui.tui.cli.flow_run_execute import execute

__all__ = ["main"]


def main(run_id: str, entrypoint: str) -> int:
    """Take the run and carry it out; answers with an exit code."""
    keep_console_quiet()  # its lines are in the store, where the workstation reads them
    try:
        return execute(run_id, entrypoint=entrypoint)
    except FlowtuiError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
