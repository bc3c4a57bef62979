"""What the process of a flow run does: the function that the worker's jobs name."""

from typing import Final

from flowtui.engine.log_output import keep_console_quiet
from flowtui.engine.runs.execute import execute_flow_run

__all__ = ["TARGET", "carry_out"]

TARGET: Final = "flowtui.server.workers.flow_process:carry_out"
"""How a job names `carry_out`."""


def carry_out(run_id: str, epoch: int, owner: str) -> int:
    """Run a claimed flow run in this process; answers with an exit code, 0 when its end is recorded."""
    # Its log lines are in the store already; printed, they would come back to the run's log as output.
    keep_console_quiet()
    return execute_flow_run(run_id, epoch, owner)
