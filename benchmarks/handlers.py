"""How long the event loop is held: every handler of the workstation, while keys open and use its screens.

python -m benchmarks.handlers

A handler that waits for something lets others in between; what counts is the longest piece without such a pause, as
CPU time of the loop's thread. Textual's own layout of a new screen is shown apart: it happens once for each screen. So
is Python's collector, which the workstation has wait for a second without a key; here no such second comes.
"""

import asyncio
import gc
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any, Final

from textual import _callback, app, message_pump, screen, timer
from textual.worker import Worker

from benchmarks.side_by_side import Row, fresh_home, show
from benchmarks.stores import client_on
from benchmarks.workstation import fill
from flowtui.tui.beat import Beat

SHOWN = 8
ROUNDS = 3
SCREENS = [*"123456"]
LISTS = [*"jjjjkkGg", "space", "space"]
RUN = ["enter", *"]]]]]]]]]", "escape"]
DIALOGS = ["w", "escape", "question_mark", "escape", "colon", *"runs st", "escape", "ctrl+p", *"pools", "escape"]


class Collector:
    """The seconds of Python's collector: of all its work so far, and of the longest piece."""

    def __init__(self) -> None:
        self.spent = self.longest = self._begun = 0.0
        gc.callbacks.append(self._called)

    def _called(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.thread_time()
        else:
            took = time.thread_time() - self._begun
            self.spent, self.longest = self.spent + took, max(self.longest, took)


COLLECTOR: Final = Collector()


class Pieces:
    """An awaitable driven a piece at a time; keeps the CPU seconds of the longest piece."""

    def __init__(self, inner: Awaitable[Any], worst: list[float]) -> None:
        self._inner, self._worst = inner.__await__(), worst

    def __await__(self) -> Generator[Any, Any, Any]:
        value: Any = None
        while True:
            begun = time.thread_time() - COLLECTOR.spent
            try:
                wanted = self._inner.send(value)
            except StopIteration as end:
                return end.value
            finally:
                self._worst[0] = max(self._worst[0], time.thread_time() - COLLECTOR.spent - begun)
            value = yield wanted


def watch(found: dict[str, float]) -> None:
    """Measure every handler from now on."""
    plain = _callback.invoke

    async def measured(name: str, inner: Awaitable[Any]) -> Any:
        worst = [0.0]
        try:
            return await Pieces(inner, worst)
        finally:
            found[name] = max(found[name], worst[0])

    async def invoke(callback: Callable[..., Any], *params: object) -> Any:
        return await measured(name_of(callback), plain(callback, *params))

    run = Worker._run_async

    async def run_worker(worker: Worker[Any]) -> Any:
        return await measured(name_of(worker._work), run(worker))

    strike = Beat._strike

    def struck(beat: Beat) -> None:
        begun, name = time.thread_time() - COLLECTOR.spent, name_of(beat._act)
        strike(beat)
        found[name] = max(found[name], time.thread_time() - COLLECTOR.spent - begun)

    Beat._strike = struck  # type: ignore[method-assign]
    for module in (message_pump, app, screen, timer):
        module.invoke = invoke  # type: ignore[attr-defined]
    Worker._run_async = run_worker  # type: ignore[method-assign]


def name_of(work: Any) -> str:
    """Where a handler, an action or a worker is defined."""
    while hasattr(work, "func"):
        work = work.func
    if asyncio.iscoroutine(work):
        frame = work.cr_frame
        return f"{frame.f_globals['__name__']}.{work.__qualname__}" if frame else work.__qualname__
    function = getattr(work, "__func__", work)
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', work)}"


async def use(pilot: Any) -> None:
    """Open every screen and use it."""
    for _ in range(ROUNDS):
        for key in SCREENS:
            await pilot.press(key)
            await pilot.pause(0.3)
            await pilot.press(*LISTS)
        await pilot.press("2")
        await pilot.pause(0.3)
        await pilot.press(*DIALOGS)
        await pilot.press(*RUN)


def main() -> None:
    from flowtui.tui.app import FlowtuiApp
    from flowtui.tui.collecting import Collecting
    from flowtui.tui.places import NEEDED_SOON

    found: dict[str, float] = defaultdict(float)
    with fresh_home() as home:
        client = client_on(home, f"sqlite:///{Path(home) / 'flowtui.db'}")
        fill(client)
        workstation = FlowtuiApp(client)

        async def run() -> None:
            async with workstation.run_test(size=(120, 36)) as pilot:
                while set(NEEDED_SOON) - set(sys.modules):  # as it is a second after the workstation was opened
                    await pilot.pause(0.05)
                gc.collect()
                Collecting().take_over()  # as the workstation does in a process of its own
                COLLECTOR.longest = 0.0
                watch(found)
                await use(pilot)

        asyncio.run(run())
        client.close()
    ours = {name: worst for name, worst in found.items() if name.startswith("flowtui.")}
    theirs = max((worst for name, worst in found.items() if not name.startswith("flowtui.")), default=0.0)
    slowest = sorted(ours.items(), key=lambda pair: -pair[1])
    rows = [Row(what=name, unit="ms", flowtui=worst * 1000, bar=16) for name, worst in slowest[:SHOWN]]
    rows.append(Row(what="Textual's own slowest", unit="ms", flowtui=theirs * 1000))
    rows.append(Row(what="Python's collector, the longest", unit="ms", flowtui=COLLECTOR.longest * 1000))
    show(f"the slowest of {len(ours)} handlers: CPU without a pause", rows)


if __name__ == "__main__":
    main()
