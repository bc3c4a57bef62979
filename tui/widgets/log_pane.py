"""A log with its reading and its find line: fills a `LogView` from wherever pages of the log come from."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import tzinfo
from typing import ClassVar, Protocol

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import LogPage
from flowtui.tui.formats import count
from flowtui.tui.log_book import PAGE
from flowtui.tui.log_search import ERRORS, Finder, Hits, finder
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.paint import Span, palette_of, strip_of, width_of

__all__ = ["LogPane", "ReadLines"]

_GULP = 2000
"""Lines read at once to catch up; who is further behind jumps to the end and reads the rest when it is looked at."""
_SCAN = 5000


class ReadLines(Protocol):
    """Lines of the log from `start` on; a negative start counts from the end."""

    def __call__(self, start: int, limit: int) -> Awaitable[LogPage]: ...


class _LogBar(Widget):
    """How many lines, what is looked for, and whether the end is followed."""

    DEFAULT_CSS = "_LogBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Span] = []
        self._right: list[Span] = []

    def show(self, left: list[Span], right: list[Span]) -> None:
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        gap = max(width - 2 - width_of(self._left) - width_of(self._right) - 1, 1)
        spans = [("  ", ""), *self._left, (" " * gap, ""), *self._right, (" ", "")]
        return strip_of(spans, palette_of(self), self.rich_style, width)


class LogPane(Widget):
    """The view and a line below it. Give it a way to read with `open`; call `catch_up` when lines may have come."""

    DEFAULT_CSS = """
    LogPane { height: 1fr; layout: vertical; }
    LogPane LogView { height: 1fr; }
    LogPane #find { height: 1; display: none; }
    LogPane #find Static { width: 4; color: $accent; padding-left: 2; }
    LogPane.-finding #find { display: block; }
    LogPane.-finding _LogBar { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave_find", "back", show=False, id="log.leave-find")]

    def __init__(self, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.view = LogView(zone)
        self._bar = _LogBar()
        self._line = Input(classes="line", select_on_focus=False)
        self._read: ReadLines | None = None
        self._complain: Callable[[BaseException], None] = lambda _: None
        self._found: Hits | None = None
        self._errors: Hits | None = None
        self._of_task: Hits | None = None
        self._reading: set[int] = set()
        self._goal: tuple[Hits, int] | None = None

    def compose(self) -> ComposeResult:
        yield self.view
        with Horizontal(id="find"):
            yield Static("/")
            yield self._line
        yield self._bar

    def open(self, read: ReadLines, complain: Callable[[BaseException], None]) -> None:
        """Say where lines come from, and where complaints about that go."""
        self._read, self._complain = read, complain

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is told, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._complain(event.worker.error)

    # -- reading ----------------------------------------------------------------------------------------------------

    async def catch_up(self) -> None:
        """Read what has come in since the last time. Raises what reading raises."""
        if self._read is None:
            return
        view = self.view
        page = await (self._read(view.book.loaded_end, _GULP) if view.book.total else self._read(-1, 1))
        behind = page.total - page.start - len(page.lines)
        if (behind > 0 and view.following) or not view.book.total:
            page = await self._read(max(page.total // PAGE - 1, 0) * PAGE, 2 * PAGE + _GULP)
        view.take(page.start, page.lines, page.total)
        view.say("No line was logged." if not page.total else "")
        self._show_bar()
        if any(hits is not None and hits.scanned < view.book.total for hits in (self._found, self._errors)):
            self._scan()

    @on(LogView.Wanted)
    def _wanted(self, message: LogView.Wanted) -> None:
        message.stop()
        ranges = [pair for pair in message.ranges if pair[0] not in self._reading]
        if ranges and self._read is not None:
            self._reading.update(start for start, _ in ranges)
            self._fetch(self._read, ranges)

    @work(group="pages", exit_on_error=False)
    async def _fetch(self, read: ReadLines, ranges: Iterable[tuple[int, int]]) -> None:
        for start, limit in ranges:
            try:
                page = await read(start, limit)
                self.view.take(page.start, page.lines, page.total)
            except FlowtuiError as error:
                self._complain(error)
            finally:
                self._reading.discard(start)

    # -- looking for something -------------------------------------------------------------------------------------

    @on(LogView.FindAsked)
    def _find_asked(self) -> None:
        self.add_class("-finding")
        line = self._line
        line.value = self._found.finder.words if self._found is not None else ""
        line.focus()
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value
        if not words:
            self._found = None
        elif self._found is None or self._found.finder.words != words:
            self._found = Hits(finder(words))
        self.view.show_hits(self._found)
        self._scan()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_find()
        if self._found is not None:
            # The way back from the end: the newest match is the one most likely meant.
            self._seek(self._found, -1)

    def action_leave_find(self) -> None:
        """Close the line and look for nothing."""
        self._found = None
        self.view.show_hits(None)
        self._close_find()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.has_class("-finding") if action == "leave_find" else True

    @property
    def has_find(self) -> bool:
        """Whether something is being looked for."""
        return self._found is not None

    def forget_find(self) -> None:
        """Stop looking for it."""
        self._found = None
        self.view.show_hits(None)
        self._show_bar()

    def _close_find(self) -> None:
        self.remove_class("-finding")
        self.view.focus()
        self._show_bar()

    @on(LogView.HitAsked)
    def _hit_asked(self, message: LogView.HitAsked) -> None:
        message.stop()
        if message.kind == "error":
            self._errors = self._errors or Hits(ERRORS)
            self._seek(self._errors, message.direction)
        elif self._found is not None:
            self._seek(self._found, message.direction)

    def seek_task(self, task_run_id: str) -> None:
        """Go to the first line of a task run."""
        self._of_task = Hits(Finder("task", lambda line: line.task_run_id == task_run_id))
        self._seek(self._of_task, 0)

    def _seek(self, hits: Hits, direction: int) -> None:
        """Go to the next or previous hit (0: the first), once the log has been looked through."""
        self._goal = (hits, direction)
        self._scan()

    @work(group="scan", exclusive=True, exit_on_error=False)
    async def _scan(self) -> None:
        """Look through what was not looked at yet, then go where one wanted to go."""
        try:
            for hits in (self._found, self._errors, self._of_task):
                while hits is not None and self._read is not None and hits.scanned < self.view.book.total:
                    page = await self._read(hits.scanned, _SCAN)
                    if not page.lines:
                        break
                    hits.look_at(page.start, page.lines)
                    self._show_bar()
        except FlowtuiError as error:
            self._complain(error)
            return
        self._reach_goal()
        self._show_bar()

    def _reach_goal(self) -> None:
        goal, self._goal = self._goal, None
        if goal is None:
            return
        hits, direction = goal
        view = self.view
        if direction == 0:
            self._of_task = None
            if hits.numbers:
                view.move_to_line(hits.numbers[0])
            return
        here = view.book.total if view.following else view.cursor_line
        line = hits.after(here) if direction > 0 else hits.before(here)
        if line is not None:
            view.move_to_line(line)

    # -- the line below ---------------------------------------------------------------------------------------------

    @on(LogView.Moved)
    def _moved(self, message: LogView.Moved) -> None:
        message.stop()
        self._show_bar()

    def _show_bar(self) -> None:
        view = self.view
        total = view.book.total
        left: list[Span] = [(f"{count(total)} {'line' if total == 1 else 'lines'}", "faint")]
        if not view.following and total:
            left = [(f"line {count(view.cursor_line + 1)} of {count(total)}", "faint")]
        if self._found is not None:
            left.extend(_hits_words(self._found, view.cursor_line, f"   / {self._found.finder.words}"))
        if self._errors is not None:
            left.extend(_hits_words(self._errors, view.cursor_line, "   errors"))
        self._bar.show(left, _follow_words(view))


def _hits_words(hits: Hits, line: int, lead: str) -> list[Span]:
    here = hits.position(line)
    where = f"{here}/{count(len(hits.numbers))}" if here is not None else count(len(hits.numbers))
    return [(lead, "muted"), (f"  {where}", "strong" if hits.numbers else "late")]


def _follow_words(view: LogView) -> list[Span]:
    if view.following:
        return [("follow ", "faint"), ("●", "completed")]
    if view.unseen:
        return [(f" ⏸ {count(view.unseen)} new ", "bold base on-accent"), (" G follow", "faint")]
    return [("⏸", "paused"), ("  G follow", "faint")]
