"""A terminal that only counts what is written to it, for the benchmarks of the terminal's parts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.widget import Widget

from flowtui.tui.themes import THEMES

__all__ = ["CountingApp", "measure"]


class CountingDriver(HeadlessDriver):
    """Takes no input and counts characters of output, as UTF-8."""

    written = 0

    @property
    def is_headless(self) -> bool:
        """No: Textual would not even write."""
        return False

    def write(self, data: str) -> None:
        CountingDriver.written += len(data.encode())


class CountingApp(App[None]):
    """One widget, full screen; `ready` is when the first frame was painted."""

    def __init__(self, widget: Widget) -> None:
        super().__init__(driver_class=CountingDriver)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "flowtui"
        self.widget = widget
        self.ready = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()
        self.call_after_refresh(self.ready.set)

    @property
    def written(self) -> int:
        """Bytes written so far."""
        return CountingDriver.written

    async def painted(self) -> None:
        """Until what was asked for is on the screen."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()
        await asyncio.sleep(0.02)


def measure(app: CountingApp, script: Callable[[Any], Awaitable[None]]) -> float:
    """Run the script on the app; answers with the milliseconds until the first frame."""

    async def run() -> float:
        begun = time.perf_counter()
        task = asyncio.create_task(app.run_async(size=(120, 40)))
        await app.ready.wait()
        first = (time.perf_counter() - begun) * 1000
        await script(app)
        app.exit()
        await task
        return first

    return asyncio.run(run())
