"""Caching: by what a task recognises that it has done this before."""

from flowtui.engine.caching.keys import CacheKeyFn, task_input_hash

__all__ = ["CacheKeyFn", "task_input_hash"]
