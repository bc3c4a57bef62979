"""Ways to look at an app from a test: what stands on its screen, and waiting until something does."""

import time
from collections.abc import Callable
from typing import Any

from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot

__all__ = ["screen_text", "shows", "until"]


def screen_text(app: App[Any]) -> str:
    """The screen as a person sees it, line by line."""
    visible_screen_stack.set(app._background_screens)  # else a dialog is drawn on nothing, and keeps that
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text.rstrip() for strip in strips[: app.size.height])


async def until(pilot: Pilot[Any], condition: Callable[[], object], timeout: float = 50.0) -> None:
    """Let the app work until a condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        await pilot.pause(0.01)
        assert time.monotonic() < deadline, f"still not, after {timeout:g} s:\n{screen_text(pilot.app)}"


async def shows(pilot: Pilot[Any], *words: str, timeout: float = 50.0) -> str:
    """Wait until all these words are on the screen; answers with the screen."""
    await until(pilot, lambda: all(word in screen_text(pilot.app) for word in words), timeout)
    return screen_text(pilot.app)
