"""The run that this code is in: `from flowtui.runtime import flow_run, task_run, deployment`."""

from flowtui.engine.runtime import deployment, flow_run, task_run

__all__ = ["deployment", "flow_run", "task_run"]
