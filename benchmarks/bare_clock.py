"""A Textual application that shows the time, and nothing else: what a screen that is alive costs at least."""

from datetime import datetime

from textual.app import App, ComposeResult
from textual.widgets import Static


class BareClock(App[None]):
    """One line, written anew each second."""

    def compose(self) -> ComposeResult:
        yield Static("00:00:00")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tell)

    def _tell(self) -> None:
        self.query_one(Static).update(f"{datetime.now():%H:%M:%S}")


if __name__ == "__main__":
    BareClock().run()
