"""A task runner that runs each submitted task at once, in the thread that submits it."""

import sys

from flowtui.engine.runners.alone import BaseTaskRunner
from flowtui.engine.runners.protocol import Work

__all__ = ["SequentialTaskRunner"]


class SequentialTaskRunner(BaseTaskRunner):
    """Runs each submitted task before the next line: nothing runs side by side, which makes a flow easy to follow."""

    def duplicate(self) -> "SequentialTaskRunner":
        return SequentialTaskRunner()

    def start(self, work: Work) -> None:
        if work.is_async and _loop_runs():  # a second loop needs a thread of its own
            from flowtui.engine.runs.awaiting import beside  # noqa: PLC0415 - the run machinery loads with a run

            beside(work)
        else:
            work()


def _loop_runs() -> bool:
    asyncio = sys.modules.get("asyncio")  # whoever has not imported it runs no event loop
    return asyncio is not None and asyncio._get_running_loop() is not None
