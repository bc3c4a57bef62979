"""Task workers from Python: `from flowtui.task_worker import serve`."""

from flowtui.engine.background.worker import TaskWorker, serve

__all__ = ["TaskWorker", "serve"]
