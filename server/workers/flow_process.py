"""What the process of a flow run does: the functions that the worker's jobs name."""

import os
import sys
from typing import Final

from flowtui.engine.log_output import keep_console_quiet
from flowtui.engine.runs.cancelled import call_cancellation_hooks
from flowtui.engine.runs.execute import execute_flow_run

__all__ = ["CALL_HOOKS", "CARRY_OUT", "EXECUTE", "call_hooks", "carry_out", "execute"]

_HERE: Final = "flowtui.server.workers.flow_process"
CARRY_OUT: Final = f"{_HERE}:carry_out"
"""How a job names `carry_out`; the others likewise."""
CALL_HOOKS: Final = f"{_HERE}:call_hooks"
EXECUTE: Final = f"{_HERE}:execute"

_CANNOT_BE_EXECUTED: Final = 126
_NOT_FOUND: Final = 127


def carry_out(run_id: str, epoch: int, owner: str) -> int:
    """Run a claimed flow run in this process; answers with an exit code, 0 when its end is recorded."""
    # Its log lines are in the store already; printed, they would come back to the run's log as output.
    keep_console_quiet()
    return execute_flow_run(run_id, epoch, owner)


def call_hooks(run_id: str) -> int:
    """Call the `on_cancellation` hooks of a run whose process was killed."""
    keep_console_quiet()
    return call_cancellation_hooks(run_id)


def execute(*command: str) -> int:
    """Become the command that is to carry the run out. The worker's own Python and its programs are found first."""
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    try:
        os.execvp(command[0], command)  # noqa: S606 - a pool's template is split as a shell does, and run without one
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _CANNOT_BE_EXECUTED
