"""How a screen looks, at five sizes: pictures of an app at rest, compared with those that were accepted.

A picture is taken when nothing is under way: no worker, no one-shot timer, no message on its way or being handled, and
twice the same strips. So nothing here waits for time, and a busy machine only takes longer.

`pictures` is a fixture. A test writes the script that leads to the state, and the app is then resized from one size to
the next, which is what people do to terminals, and costs a tenth of five starts:

    def test_home(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
        async def script(pilot: Pilot[Any]) -> None:
            await shows(pilot, "Needs you  4")

        pictures(app, script)

`pytest --snapshot-update` accepts how they look now.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from difflib import unified_diff
from html import unescape
from typing import Any, Final

from pytest_textual_snapshot import SVGImageExtension, normalize_svg
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input, TextArea
from textual.widgets._toast import Toast

from flowtui.tui.app import FlowtuiApp
from tests.tui.looks import screen_text, until

__all__ = ["SIZES", "Pictures", "Script", "opened", "settled"]

SIZES: Final = {"120x36": (120, 36), "220x60": (220, 60), "80x24": (80, 24), "60x16": (60, 16), "40x10": (40, 10)}
"""In the order in which an app is resized. The first is where the script runs."""
_PATIENCE: Final = 50.0
_CELL: Final = 12.2
"""The width of a cell in a picture."""
_STILL: Final = 3
"""How many looks in a row have to show the same."""

Script = Callable[[Pilot[Any]], Awaitable[object]]


class Pictures:
    """Called with an app and a script: compares the app with its accepted picture at each of the sizes."""

    def __init__(self, snapshot: SnapshotAssertion) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)

    def __call__(self, app: FlowtuiApp, script: Script, sizes: Sequence[str] = tuple(SIZES)) -> None:
        __tracebackhide__ = True
        drawn = asyncio.run(_drawn(app, script, sizes))
        troubles = [self._trouble(size, picture) for size, picture in drawn.items()]
        assert not any(troubles), "\n".join(filter(None, troubles))

    def _trouble(self, size: str, picture: str) -> str:
        """What differs from the accepted picture, in words; nothing when nothing does."""
        if self._snapshot(name=size) == picture:
            return ""
        accepted = list(self._snapshot.executions.values())[-1].recalled_data
        if accepted is None:
            return f"No picture has been accepted at {size}."
        lines = unified_diff(_lines_of(str(accepted)), _lines_of(picture), "accepted", "now", lineterm="", n=0)
        return f"The picture at {size} differs:\n" + ("\n".join(lines) or "only in colours or styles")


async def _drawn(app: FlowtuiApp, script: Script, sizes: Sequence[str]) -> dict[str, str]:
    app.animation_level = "none"
    drawn: dict[str, str] = {}
    async with app.run_test(size=SIZES[sizes[0]], notifications=True) as pilot:
        await opened(pilot)
        await script(pilot)
        for size in sizes:
            if app.size != SIZES[size]:
                await pilot.resize_terminal(*SIZES[size])
            await settled(pilot)
            drawn[size] = normalize_svg(app.export_screenshot(title=app.title, simplify=True))
    return drawn


async def opened(pilot: Pilot[Any]) -> None:
    """Wait until the store is open and the header knows what is in it."""
    app: Any = pilot.app
    await until(pilot, lambda: app.status.counts is not None and app.status.backends is not None)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing is under way in the app, and what it shows stays as it is."""
    app = pilot.app
    deadline = time.monotonic() + _PATIENCE
    still, last = 0, list[Strip]()
    while still < _STILL:
        assert time.monotonic() < deadline, f"not at rest: {', '.join(_under_way(app))}\n{screen_text(app)}"
        for field in app.screen.query("Input, TextArea").results(Input | TextArea):
            field.cursor_blink = False
        await pilot.pause(0.01 if any(_under_way(app)) else 0)
        if still == _STILL - 1 and not _is_told(app):
            still = 0
        strips = app.screen._compositor.render_strips(app.size)
        still = still + 1 if strips == last and not any(_under_way(app)) else 0
        last = strips


def _is_told(app: App[Any]) -> bool:
    """Whether the header says of the runs what is in the store, and the screen was told of every change."""
    if not isinstance(app, FlowtuiApp) or not app.is_open or app.status.link != "live":
        return True
    newest = app.client.changes(None)
    feed: Any = app._feed
    return app.status.counts == app.client.run_counts() and (not newest or feed._last == newest[-1].seq)


def _under_way(app: App[Any]) -> Iterator[str]:
    """What may still change the screen without a person."""
    screens = [screen for stack in app._screen_stacks.values() for screen in stack]
    for worker in app.workers:
        asks_a_person = worker._task is not None and _chain(worker._task)[-1:] == ["push_screen_wait"]
        if not worker.is_finished and not asks_a_person:
            yield f"worker {worker.name} {worker.group}"
    if isinstance(app, FlowtuiApp) and app._keys._under_way is not None:
        yield f"key {app._keys._under_way.key}"
    yield from (f"{task.get_name()}, which handles a message" for task in asyncio.all_tasks() if _handles(task))
    for node in (app, *(node for screen in screens for node in screen.walk_children(with_self=True))):
        yield from (f"timer {timer.name} of {node}" for timer in _pending(node))
        if node._next_callbacks or node._pending_message is not None or not node._message_queue.empty():
            yield f"message to {node}"
    if app.screen._callbacks or app.screen._layout_required or app.screen._dirty_widgets:
        yield f"drawing of {app.screen}"


def _handles(task: asyncio.Task[Any]) -> bool:
    """Whether a widget's task is in the midst of a message, and not waiting for the next."""
    names = _chain(task)
    return "_process_messages_loop" in names and "_get_message" not in names


def _chain(task: asyncio.Task[Any]) -> list[str]:
    """The functions in which a task waits, the innermost last."""
    names, awaited = list[str](), task.get_coro()
    while (code := getattr(awaited, "cr_code", None)) is not None:
        names.append(code.co_name)
        awaited = awaited.cr_await  # type: ignore[union-attr]
    return names


def _pending(node: DOMNode) -> Iterator[Timer]:
    """The timers of a node that go off once, and have not yet. A toast's is how long it is shown."""
    for timer in [] if isinstance(node, Toast) else list(node._timers):
        task = timer._task
        if timer._repeat == 0 and timer._active.is_set() and task is not None and not task.done():
            yield timer


def _lines_of(svg: str) -> list[str]:
    """The text of a picture, line by line."""
    lines: dict[float, str] = {}
    for x, y, words in re.findall(
        r'<text class="terminal-r[^>]*? x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg, re.DOTALL
    ):
        before = lines.get(float(y), "").ljust(round(float(x) / _CELL))
        lines[float(y)] = before + unescape(words).replace("\xa0", " ").rstrip("\n")
    return [line.rstrip() for _, line in sorted(lines.items())]
