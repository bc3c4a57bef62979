"""Tests of flows: `from flowtui.testing import harness, FakeClock, assert_completed, logs_of`."""

import sys
from typing import TYPE_CHECKING

from flowtui.engine.logs import disable_run_logger
from flowtui.engine.testing.asking import (
    assert_completed,
    assert_failed,
    assert_states,
    logs_of,
    only_run,
    run_state,
    runs_of,
    states_of,
    task_runs_of,
)
from flowtui.engine.testing.clock import FakeClock
from flowtui.engine.testing.harness import Harness, harness

# As a plugin of pytest, which looks for the fixtures here; whoever does not run pytest need not have it.
if TYPE_CHECKING or "pytest" in sys.modules:
    from flowtui.engine.testing.fixtures import flowtui_clock, flowtui_store  # noqa: F401

__all__ = [
    "FakeClock",
    "Harness",
    "assert_completed",
    "assert_failed",
    "assert_states",
    "disable_run_logger",
    "harness",
    "logs_of",
    "only_run",
    "run_state",
    "runs_of",
    "states_of",
    "task_runs_of",
]
