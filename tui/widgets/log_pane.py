"""A log with all that is done to it: reads from a `LogSource`, filters, looks for things, and shows where it is."""

import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input, Static

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.log_tests import LogTest
from flowtui.engine.model import LogPage
from flowtui.tui.formats import count
from flowtui.tui.log_book import PAGE
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.filter_words import completed_words, read_filter
from flowtui.tui.logs.filters import FilterSet
from flowtui.tui.logs.histogram import Histogram
from flowtui.tui.logs.scanning import Goal, Scanner
from flowtui.tui.logs.sifting import Sifting
from flowtui.tui.logs.source import LogSource
from flowtui.tui.logs.times import zone_label
from flowtui.tui.widgets.log_bar import TOO_SLOW, LogBar, follow_words, hits_words, lines_words
from flowtui.tui.widgets.log_filters import FilterChips, FilterPanel
from flowtui.tui.widgets.log_histogram import LogHistogram
from flowtui.tui.widgets.log_keys import LogKeys
from flowtui.tui.widgets.log_record import RecordPanel
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.paint import Span

__all__ = ["LogPane"]

_GULP: Final = 2000
"""Lines read at once to catch up; who is further behind jumps to the end and reads the rest when it is looked at."""
_PART: Final = 40_000
"""Lines counted at once."""
_PATIENCE: Final = 0.25
"""Seconds between two looks at a filter while the log is still being looked through."""
_SIDE: Final = 100
"""Columns from which on the panel of a line stands beside the log."""
_TESTS: Final = {"errors": LogTest(level=40), "warnings": LogTest(level=30)}


class LogPane(LogKeys):
    """Give it a source with `open`, tell it about the run with `tell`; call `catch_up` when lines may have come."""

    DEFAULT_CSS = """
    LogPane { height: 1fr; layout: vertical; }
    LogPane #log-body { height: 1fr; layout: vertical; }
    LogPane #log-body LogView { height: 1fr; width: 1fr; }
    LogPane #log-body RecordPanel { height: 1fr; border-top: solid $rule; }
    LogPane.-side #log-body { layout: horizontal; }
    LogPane.-side #log-body RecordPanel { height: 100%; width: 42%; border-top: none; border-left: solid $rule; }
    LogPane.-low LogHistogram { display: none; }
    LogPane #find { height: 1; display: none; }
    LogPane #find Static { width: 4; color: $accent; padding-left: 2; }
    LogPane #find Input { width: 1fr; height: 1; border: none; padding: 0; }
    LogPane #find #find-count { width: auto; padding: 0 2; color: $muted; }
    LogPane.-finding #find { display: block; }
    LogPane.-finding LogBar { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_find", "back", id="log.leave-find"),
        Binding("less_than_sign", "scrub(-1)", "earlier", show=False, id="log.earlier"),
        Binding("greater_than_sign", "scrub(1)", "later", show=False, id="log.later"),
        Binding("O", "same_function", "all lines of this function", show=False, id="log.function"),
    ]

    def __init__(self, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.view = LogView(zone)
        self.facts = RunFacts()
        self.histogram = Histogram()
        self._chips, self._strip, self._panel = FilterChips(), LogHistogram(), RecordPanel()
        self._filter_panel = FilterPanel(lambda text: completed_words(text, self.facts, self._loggers))
        self._bar = LogBar()
        self._line = Input(classes="line", select_on_focus=False)
        self._find_count = Static("", id="find-count", markup=False)
        self._source: LogSource | None = None
        self._complain: Callable[[BaseException], None] = lambda _: None
        self._scanner = Scanner()
        self._sifting = Sifting(self._scanner)
        self._loggers: dict[str, int] = {}
        self._seen = 0
        self._reading: set[tuple[int, int]] = set()
        self._goal: Goal | None = None
        self._scanning = self._counting = False
        self._sifted = 0.0
        self._newest: datetime | None = None

    def compose(self) -> ComposeResult:
        yield self._chips
        yield self._strip
        with Container(id="log-body"):
            yield self.view
            yield self._panel
        yield self._filter_panel
        with Horizontal(id="find"):
            yield Static("/")
            yield self._line
            yield self._find_count
        yield self._bar

    @property
    def filters(self) -> FilterSet:
        """What decides which lines are shown."""
        return self._sifting.filters

    @property
    def source(self) -> LogSource | None:
        """Where its lines come from."""
        return self._source

    def open(self, source: LogSource, complain: Callable[[BaseException], None]) -> None:
        """Say where lines come from, and where complaints about that go."""
        self._source, self._complain = source, complain

    def _say_trouble(self, error: BaseException) -> None:
        self._complain(error)

    def tell(self, facts: RunFacts) -> None:
        """What is known about the run by now."""
        if facts == self.facts:
            return
        if facts.tasks != self.facts.tasks:
            self.view.set_names(facts.tasks)
        self.facts = facts
        self.view.set_origin(min((run.started_or_due for run in facts.runs), default=None))

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _SIDE, "-side")
        self.set_class(self.size.height < 8, "-low")
        self.call_after_refresh(self._show_where)

    # -- reading ----------------------------------------------------------------------------------------------------

    async def catch_up(self) -> None:
        """Read what has come in since the last time. Raises what reading raises."""
        source, view = self._source, self.view
        if source is None:
            return
        known = view.line_total
        start = self._seen if view.numbers is not None else view.book.loaded_end
        page = await (source.read(start, _GULP) if known else source.read(-1, 1))
        behind = page.total - page.start - len(page.lines)
        if (behind > 0 and view.following) or not known:
            page = await source.read(max(page.total // PAGE - 1, 0) * PAGE, 2 * PAGE + _GULP)
        self._take_page(page)
        view.say(self._nothing(page.total))
        self._show_where()
        self._work_on()

    def _take_page(self, page: LogPage) -> None:
        """Lines at the end of the log."""
        self._scanner.kept(page.start, page.lines, page.total)
        self.histogram.add_lines(page.start, page.lines)
        self._seen = max(self._seen, page.start + len(page.lines))
        if page.lines:
            self._newest = page.lines[-1].timestamp
        if self.filters.active and self.view.numbers is not None:
            self._sift_page(page)
        elif self.view.numbers is None:
            self.view.take(page.start, page.lines, page.total)

    def _nothing(self, total: int) -> str:
        """What stands there instead of lines."""
        if not total:
            return "No line was logged."
        return "No line passes the filters; & shows them." if self.filters.active else ""

    @on(LogView.Wanted)
    def _wanted(self, message: LogView.Wanted) -> None:
        message.stop()
        among = id(message.numbers)
        ranges = [pair for pair in message.ranges if (pair[0], among) not in self._reading]
        if ranges and self._source is not None:
            self._reading.update((start, among) for start, _ in ranges)
            self._fetch(self._source, ranges, message.numbers)

    @work(group="pages", exit_on_error=False)
    async def _fetch(
        self, source: LogSource, ranges: Iterable[tuple[int, int]], numbers: "array[int] | None" = None
    ) -> None:
        for start, limit in ranges:
            try:
                if numbers is None:
                    page = await source.read(start, limit)
                    if self.view.numbers is None:
                        self.view.take(page.start, page.lines, page.total)
                else:
                    self.view.take_at(start, await source.pick(numbers[start : start + limit]), numbers)
            except FlowtuiError as error:
                self._complain(error)
            finally:
                self._reading.discard((start, id(numbers)))

    # -- looking through all of it ----------------------------------------------------------------------------------

    def _work_on(self) -> None:
        """Look through what was not looked at, and count it."""
        if not self._scanning and not self._scanner.is_complete:
            self._scanning = True
            self._scan()
        if not self._counting and self.histogram.done < self.view.line_total and self._strip.display:
            self._counting = True
            self._count_lines()

    @work(group="scan", exit_on_error=False)
    async def _scan(self) -> None:
        try:
            while self._source is not None and not self._scanner.is_complete:
                if not await self._scanner.look(self._source, self._near(), self._goal):
                    break
                self._looked()
        except FlowtuiError as error:
            self._goal = None
            self._complain(error)
        finally:
            self._scanning = False
        self._looked(whole=True)

    def _near(self) -> int:
        """From where on to look first: what is on the screen is in the middle of the first part."""
        here = self.view.line_total if self.view.following else self.view.cursor_line
        return max(here - _PART // 2, 0)

    def _looked(self, *, whole: bool = False) -> None:
        """More of the log was looked through."""
        self._drop_slow()
        self._reach_goal(whole=whole)
        if self.filters.active and (whole or time.monotonic() - self._sifted > _PATIENCE):
            self._sift()
        self._show_where()

    def _drop_slow(self) -> None:
        """Filters whose expression takes too long are taken away again, with a word on that."""
        slow = self._sifting.slow
        self.view.show_hits(self._scanner.marks("find"))
        if slow:
            kept = tuple(each for each in self.filters.filters if each not in slow)
            self.set_filters(replace(self.filters, filters=kept))
            words = f"{slow[0].words} {TOO_SLOW}."
            self._filter_panel.say(words, trouble=True)
            if not self._filter_panel.is_open:
                self._complain(UsageError(words))

    @work(group="count", exit_on_error=False)
    async def _count_lines(self) -> None:
        try:
            while self._source is not None and self.histogram.done < self.view.line_total:
                step = self.histogram.step
                tally = await self._source.tally(self.histogram.done, _PART, step / 1_000_000)
                if tally.stop <= tally.start:
                    break
                self.histogram.add(tally, step)
                for name, lines in tally.loggers.items():
                    self._loggers[name] = self._loggers.get(name, 0) + lines
                self._show_strip()
        except FlowtuiError as error:
            self._complain(error)
        finally:
            self._counting = False

    # -- finding ----------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Look for something."""
        self.add_class("-finding")
        line, found = self._line, self._scanner.marks("find")
        line.value = found.test.pattern if found is not None else ""
        self.screen.set_focus(line)  # at once: what is typed next is for it
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value:
            self.view.show_hits(self._scanner.ask("find", LogTest(pattern=event.value)))
        else:
            self._forget("find")
        self._show_where()
        self._work_on()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_find()
        # The way back from the end: the newest match is the one most likely meant.
        self._seek("find", -1)

    def _forget(self, what: str) -> None:
        self._scanner.forget(what)
        if what == "find":
            self.view.show_hits(None)

    def action_leave_find(self) -> None:
        """Close the line and look for nothing."""
        self._forget("find")
        self._close_find()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.has_class("-finding") if action == "leave_find" else True

    def step_back(self) -> bool:
        """Take back the selection, the panel of a line, or what is looked for. Answers whether there was any."""
        if self.view.selection is not None:
            self.view.action_select()
        elif self._panel.has_class("-open"):
            self.action_record()
        elif self._scanner.marks("find") is not None:
            self._forget("find")
            self._show_where()
        else:
            return False
        return True

    def _close_find(self) -> None:
        self.remove_class("-finding")
        self.view.focus()
        self._show_where()

    @on(LogView.HitAsked)
    def _hit_asked(self, message: LogView.HitAsked) -> None:
        message.stop()
        if message.kind in _TESTS:
            self._scanner.ask(message.kind, _TESTS[message.kind])
        self._seek(message.kind, message.direction)

    def seek_task(self, task_run_id: str) -> None:
        """Go to the first line of a task run."""
        marks = self._scanner.ask("task", LogTest(task_runs=(task_run_id,)))
        self._goal = Goal(marks, -1, 1)
        self._reach_goal()
        self._work_on()

    def _seek(self, what: str, direction: int) -> None:
        """Go to the next or previous hit, once enough of the log has been looked through."""
        marks = self._scanner.marks(what)
        if marks is None:
            return
        here = self.view.line_total if self.view.following else self.view.cursor_line
        self._goal = Goal(marks, here, direction)
        self._reach_goal()
        self._work_on()

    def _reach_goal(self, *, whole: bool = False) -> None:
        """Go where one wanted to go, when it is known where that is."""
        goal = self._goal
        if goal is None:
            return
        sure = goal.marks.is_complete if self.filters.active else goal.is_known
        if not (sure or whole) or (goal.marks is self._scanner.marks("task") and not self.view.line_total):
            return
        self._goal = None
        marks = self._sifting.among_shown(goal.marks)
        line = marks.after(goal.line) if goal.direction > 0 else marks.before(goal.line)
        if line is not None:
            self.view.move_to_line(line)
        if goal.marks is self._scanner.marks("task"):
            self._scanner.forget("task")

    # -- filters ----------------------------------------------------------------------------------------------------

    def set_filters(self, filters: FilterSet) -> None:
        """Show what these let through; the line under the cursor, or at the top, stays as near as it can."""
        self._sifting.use(filters)
        self._chips.show(filters)
        # What is not known yet would only empty the screen: the first look at the log is around what is on it.
        self._sifted = 0.0
        if self._sifting.is_settled:
            self._sift()
        self._show_filters()
        self._show_where()
        self._work_on()

    def _sift(self) -> None:
        """Find out anew which lines are shown."""
        self._sifted = time.monotonic()
        total = max(self._scanner.total, self.view.line_total)
        self.view.show_only(self._sifting.whole(total), total)
        self.view.say(self._nothing(total))

    def _sift_page(self, page: LogPage) -> None:
        """Lines were added: show those that pass."""
        numbers = self._sifting.more(page)
        if numbers is None:
            self.view.show_only(self._sifting.numbers, page.total)
        else:
            self.view.append(numbers, [page.lines[number - page.start] for number in numbers], page.total)

    def action_filters(self) -> None:
        """Write and switch filters."""
        self._show_filters()
        self._filter_panel.open()

    def action_same_function(self) -> None:
        """Show only what the function under the cursor has logged."""
        here = self.view.cursor_row
        if here is None:
            return
        line, row = here
        frame = row.frame if row is not None else None
        function = frame.function if frame is not None else line.function
        if not function:
            self.notify("This line is flowtui's own: no function of yours wrote it.", timeout=4, markup=False)
            return
        file = frame.file if frame is not None else (line.source or "").rpartition(":")[0]
        self.set_filters(self.filters.with_one("function", function, LogTest(function=function, file=file)))

    @on(FilterChips.Switched)
    def _chip_clicked(self, message: FilterChips.Switched) -> None:
        message.stop()
        self.set_filters(self.filters.switched(message.number))

    @on(FilterPanel.Typed)
    def _filter_typed(self, message: FilterPanel.Typed) -> None:
        message.stop()
        if isinstance(message, FilterPanel.Added):
            self._add_filter(message.text)
            return
        self._scanner.forget("typed")
        self._filter_panel.say("")
        if message.text.strip():
            try:
                asked = read_filter(message.text, self.facts)
            except UsageError:
                return  # it is still being typed
            if asked.context is None:
                self._scanner.ask("typed", asked.test)
                self._show_filters()
                self._work_on()

    def _add_filter(self, text: str) -> None:
        try:
            asked = read_filter(text, self.facts)
        except UsageError as error:
            self._filter_panel.say(str(error), trouble=True)
            return
        if asked.context is None and self._scanner.ask("typed", asked.test).is_slow:
            self._filter_panel.say(f"{asked.words} {TOO_SLOW}.", trouble=True)
            return
        self._filter_panel.clear()
        if asked.context is not None:
            self.set_filters(FilterSet(self.filters.filters, asked.context))
        else:
            self.set_filters(self.filters.with_one(asked.kind, asked.words, asked.test))

    @on(FilterPanel.Changed)
    def _filter_changed(self, message: FilterPanel.Changed) -> None:
        message.stop()
        filters = self.filters
        changed = {
            "switch": filters.switched(message.number),
            "remove": filters.without(message.number),
            "all": filters.all_switched(),
        }
        self.set_filters(changed[message.what])

    @on(FilterPanel.Left)
    def _filters_left(self, message: FilterPanel.Left) -> None:
        message.stop()
        self._scanner.forget("typed")
        self.view.focus()

    def _show_filters(self) -> None:
        """Bring the panel up to date: how many lines each filter lets through."""
        if not self._filter_panel.is_open and not self.filters.filters:
            return
        self._filter_panel.show(self.filters, self._sifting.counts)
        typed = self._scanner.marks("typed")
        if typed is not None and typed.is_slow:
            self._filter_panel.say(TOO_SLOW, trouble=True)
        elif typed is not None:
            self._filter_panel.say(f"{count(typed.count)} lines" + ("" if typed.is_complete else " …"))

    # -- a line, and where it is ------------------------------------------------------------------------------------

    def action_record(self) -> None:
        """Show everything about the line under the cursor, or no longer."""
        self._panel.toggle_class("-open")
        if not self._panel.has_class("-open"):
            self.view.focus()
        self._show_where()

    def action_scrub(self, direction: int) -> None:
        """Go to the next or previous moment at which something was logged."""
        here = self.view.line_total if self.view.following else self.view.cursor_line
        line = self._strip.step(here, direction)
        if line is not None:
            self.view.move_to_line(line)

    @on(LogHistogram.Scrubbed)
    def _scrubbed(self, message: LogHistogram.Scrubbed) -> None:
        message.stop()
        self.view.move_to_line(message.line)
        self.view.focus()

    @on(LogView.Moved)
    def _moved(self, message: LogView.Moved) -> None:
        message.stop()
        self._show_where()

    def _show_strip(self) -> None:
        here = self.view.cursor_row
        if self._strip.display:
            self._strip.show(self.histogram, here[0] if here is not None else None)

    def _show_where(self) -> None:
        """Bring all that stands around the lines up to date."""
        view, scanner = self.view, self._scanner
        find, errors, warnings = scanner.marks("find"), scanner.marks("errors"), scanner.marks("warnings")
        left = lines_words(view, self.filters)
        for marks, lead in ((find, ""), (errors, "   errors"), (warnings, "   warnings")):
            if marks is not None:
                words = lead or f"   / {marks.test.pattern}"
                left.extend(hits_words(self._sifting.among_shown(marks), view.cursor_line, words))
        here = view.cursor_row
        line = here[0] if here is not None else None
        right: list[Span] = [(zone_label(view.look.times, self._newest, view.look.zone), "faint")]
        right.append(("   ", ""))
        self._bar.show(left, [*right, *follow_words(view)])
        if self.has_class("-finding"):
            told = "".join(text for text, _ in hits_words(find, view.cursor_line, "")) if find is not None else ""
            self._find_count.update(told.strip())
        gutter = [
            (marks, role) for marks, role in ((find, "accent"), (errors, "error"), (warnings, "warning")) if marks
        ]
        view.show_gutter(gutter)
        self._show_filters()
        self._show_strip()
        if self._panel.has_class("-open"):
            self._panel.show_line(line, self.facts, view.look.zone)
