"""What a worker of a widget or a dialog did not expect is told: Textual tells the node that started it, nobody else."""

from typing import TYPE_CHECKING, cast

from textual.worker import Worker, WorkerState

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["TellsTrouble"]


class TellsTrouble:
    """For classes with workers, beside their Textual class."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error is told on the screen and kept in the log."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            cast("FlowtuiApp", event.worker.node.app).notify_error(event.worker.error)
