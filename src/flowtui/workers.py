"""Workers of your own: `from flowtui.workers import BaseWorker, FlowRunJob, JobResult`."""

from flowtui.server.workers.protocol import BaseWorker, FlowRunJob, JobResult, LaunchError, RunningJob, WorkerContext
from flowtui.server.workers.types import register_worker

__all__ = ["BaseWorker", "FlowRunJob", "JobResult", "LaunchError", "RunningJob", "WorkerContext", "register_worker"]
