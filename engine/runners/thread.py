"""The default task runner: submitted tasks run in threads."""

from flowtui.engine.runners.pool import PoolTaskRunner
from flowtui.engine.settings import current_settings

__all__ = ["ConcurrentTaskRunner", "ThreadPoolTaskRunner"]


class ThreadPoolTaskRunner(PoolTaskRunner):
    """Runs submitted tasks in threads, at most `max_workers` at once (default: as many as its tasks need, or
    the setting `tasks_runner_thread_pool_max_workers`).

    Raises `UsageError` when `max_workers` is less than 1.
    """

    def duplicate(self) -> "ThreadPoolTaskRunner":
        return ThreadPoolTaskRunner(self.max_workers or current_settings().tasks_runner_thread_pool_max_workers)


ConcurrentTaskRunner = ThreadPoolTaskRunner
"""The name that this runner has had in the field before."""
