"""Call the `on_cancellation` hooks of a run in the place of its process, which was killed before it could."""

import logging
from typing import Any

from flowtui.engine.client.current import current_client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.log_output import set_up_logging
from flowtui.engine.logs import flow_run_logger, say
from flowtui.engine.runs.drivers import drive
from flowtui.engine.runs.execute import load_flow_of
from flowtui.engine.runs.hook_steps import hook_steps
from flowtui.engine.states import State

__all__ = ["call_cancellation_hooks"]


def _nothing() -> None:
    """What is called for `Call`, which hooks do not yield."""


class _Saying:
    """Effects of steps that only ask and log."""

    timeout = None

    def __init__(self, run_id: str, name: str) -> None:
        self._logger = flow_run_logger(run_id, name)

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        say(self._logger, level, message, error)

    def propose(self, state: State, result: str | None) -> Any:
        raise AssertionError("hooks propose nothing")

    def save(self, run: Any) -> Any:
        raise AssertionError("hooks save nothing")


def call_cancellation_hooks(run_id: str) -> int:
    """Load the flow of a cancelled run and call its hooks in this process. Answers an exit code: 1 when it cannot be
    loaded, which its log says."""
    client = current_client()
    set_up_logging()
    run = client.read_flow_run(run_id)
    saying = _Saying(run.id, run.name)
    try:
        flow = load_flow_of(run)
        if flow.hooks:
            drive(hook_steps(flow.hooks, (flow, run), run.state), saying, _nothing)
    except FlowtuiError as error:
        saying.log(logging.ERROR, f"Its hooks for a cancelled run cannot be called: {error}", None)
        return 1
    finally:
        client.flush()
    return 0
