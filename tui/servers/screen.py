"""`@all`: how every server is doing, and the runs of all as one list. Each is painted when it answers."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from flowtui.engine.client.read_only import only_reads
from flowtui.engine.errors import FlowtuiError, StoreError
from flowtui.engine.listing import NEWEST, QueryValue, RunSort
from flowtui.engine.model import FlowRun
from flowtui.engine.query_edits import toggled
from flowtui.engine.query_reading import QueryError
from flowtui.tui.acting.keys import ActsOnRuns, acting_bindings
from flowtui.tui.acting.place import Place
from flowtui.tui.acting.run_verbs import RUN_VERBS
from flowtui.tui.acting.target import Target, target_of
from flowtui.tui.acting.together import joined, left_alone
from flowtui.tui.completing import Wanted, state_values
from flowtui.tui.formats import count
from flowtui.tui.glance import read_glance
from flowtui.tui.live import News
from flowtui.tui.run_columns import COLUMNS, DEFAULT, Seen, cells_of, columns_of
from flowtui.tui.screens.action_menu import ActionMenuScreen
from flowtui.tui.screens.choice import Choice, ChoiceScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.servers.link import ServerLink
from flowtui.tui.servers.merging import Merged, Row
from flowtui.tui.servers.ordering import BY, SERVER, TITLES, first_sort
from flowtui.tui.servers.pane import ServersPane
from flowtui.tui.servers.reading import ServerReading, merged_of
from flowtui.tui.servers.rows import MergedRows
from flowtui.tui.servers.server_cells import Face, face_of
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.filter_bar import FilterBar
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.preview import RunPreview
from flowtui.tui.widgets.rows import Cell, is_gap
from flowtui.tui.widgets.virtual_table import VirtualTable

__all__ = ["AllServersScreen"]

_ATTENTION: Final = "needs:attention"
_GATHER: Final = 0.05
"""Seconds in which what several servers answer is shown together."""
_SETTLE: Final = 0.08
_PATIENCE: Final = 2.0
"""Seconds that reading on waits for the slowest."""
_COLUMNS: Final = (Column("SERVER", 10, share=2, most=20), *columns_of(DEFAULT))
_TITLES: Final = tuple(column.title for column in _COLUMNS)
_PAINT: Final = cells_of(DEFAULT)
_PULSE: Final = COLUMNS.pulse(DEFAULT)


class AllServersScreen(ActsOnRuns, ShellScreen):
    """It asks every server itself, also the one that the workstation is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *acting_bindings("all", "cancel", "retry"),
        Binding("f", "filter", "filter", id="all.filter"),
        Binding("a", "attention", "attention", id="all.attention"),
        Binding("tab", "app.focus_next", "servers", id="all.servers"),
        Binding("o", "sort", "sort", show=False, id="all.sort"),
        Binding("O", "sort_turned", "sort the other way round", show=False, id="all.sort-turned"),
        Binding("p", "preview", "preview", show=False, id="all.preview"),
        Binding("escape", "back", "back", id="all.back"),
    ]

    class LinkTold(Message):
        """A server's line learned something; without `news`, how the server is doing."""

        def __init__(self, link: ServerLink, news: News | None) -> None:
            super().__init__()
            self.link, self.news = link, news

    def __init__(self) -> None:
        super().__init__()
        self._readings: dict[str, ServerReading] = {}
        self._query = ""
        self._sort = NEWEST
        self._merged = Merged()
        self._changed: set[str] | None = set()
        self._soon: Timer | None = None
        self._settle: Timer | None = None
        self._reading_on = False
        self._shown: tuple[str, tuple[Span, ...]] | None = None
        """What the filter says."""
        self._filled = False
        """Every server that answers has done so for the filter that is on."""
        self._acted = False

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        yield FilterBar("runs of all servers up to now · f filter", self._values)
        yield ServersPane(id="servers")
        yield VirtualTable(_COLUMNS, empty="looking up the profiles …", id="runs")
        yield RunPreview(app.now, app.zone, id="preview")

    def on_mount(self) -> None:
        self._table.focus()
        self._table.set_sort(_TITLES.index(TITLES[NEWEST.name]))
        self._show_filter()
        self._connect()

    def on_unmount(self) -> None:
        if self._acted:
            self.workstation.acting.leave_others()
        self.workstation.servers.let_go(reading.link for reading in self._readings.values())

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#runs", VirtualTable)

    @property
    def _pane(self) -> ServersPane:
        return self.query_one(ServersPane)

    @property
    def _preview(self) -> RunPreview:
        return self.query_one(RunPreview)

    @property
    def query_text(self) -> str:
        """The filter that is on, as it was written."""
        return self._query

    # -- the servers --------------------------------------------------------------------------------------------------

    @work(group="connect", exit_on_error=False)
    async def _connect(self) -> None:
        """Begin with all at once."""
        app = self.workstation
        try:
            listed = await app.call(app.servers.all)
        except FlowtuiError as error:
            app.notify_error(error)
            self._table.show(
                MergedRows(Merged(), 0, lambda _: (), lambda _: None), empty="The profiles cannot be read."
            )
            return
        for server in listed:
            link = ServerLink(
                server.name,
                server.opener,
                self._hear,
                now=app.now,
                zone=lambda: app.zone,
                timer=app.servers.timer,
            )
            reading = ServerReading(link, role=server.role, address=server.address)
            reading.ask(self._query, self._sort)
            self._readings[server.name] = reading
            link.start()
        self._show_servers()
        self._show_soon(None)

    def _hear(self, link: ServerLink, news: News | None) -> None:
        """Called in the link's threads."""
        self.post_message(self.LinkTold(link, news))

    @on(LinkTold)
    def _told(self, message: LinkTold) -> None:
        reading = self._readings.get(message.link.name)
        if reading is None:
            return
        news = message.news
        if news is not None and news.changes is not None:
            reading.want({change.flow_run_id or change.subject_id for change in news.changes})
        if news is not None:
            self._read(reading)
        if self._is_seen:
            self._show_servers()

    def _read(self, reading: ServerReading) -> None:
        if not reading.busy and reading.is_wanted and self._is_seen:
            reading.busy = True
            self.run_worker(self._read_all(reading), group=f"read {reading.name}", exit_on_error=False)

    async def _read_all(self, reading: ServerReading) -> None:
        """Read what is wanted until nothing is. What the server does not answer is seen from its health."""
        try:
            while reading.is_wanted:
                changed = await reading.read()
                self._show_soon(None if changed is None else {f"{reading.name}/{run_id}" for run_id in changed})
                if changed is None:
                    await reading.reader.read_total()
                    self._show_soon(())
        except StoreError:
            pass
        except FlowtuiError as error:
            self.workstation.notify_error(error)
            if reading.reader.sort != NEWEST and not isinstance(
                error, QueryError
            ):  # one has too many to sort so: they are shown as they always can be
                self.set_sort(NEWEST)
        finally:
            reading.busy = False

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def _is_seen(self) -> bool:
        """Whether no other full screen lies over it; what is learned meanwhile waits."""
        return [one for one in self.app.screen_stack if isinstance(one, ShellScreen)][-1:] == [self]

    def on_screen_resume(self) -> None:
        for reading in self._readings.values():
            self._read(reading)
        self._show_servers()

    def _faces(self) -> list[Face]:
        now, zone = self.workstation.now(), self.workstation.zone
        return [face_of(one.name, one.role, one.address, one.link.facts, now, zone) for one in self._readings.values()]

    def _show_servers(self) -> None:
        self._pane.show(self._faces())
        self._show_filter()

    def _show_soon(self, changed: Iterable[str] | None) -> None:
        """Show what was read, together with what is read in the next blink. None: anything may be different."""
        if changed is None:
            self._changed = None
        elif self._changed is not None:
            self._changed.update(changed)
        if self._soon is None:
            self._soon = self.set_timer(_GATHER, self._show)

    def _show(self, *, moved: bool = False) -> None:
        if self._soon is not None:
            self._soon.stop()
        changed, self._changed, self._soon = self._changed, set(), None
        app = self.workstation
        self._merged = merged_of(list(self._readings.values()), self._sort, app.now(), app.zone)
        if self._still_filling() and self._table.cursor_index == self._table.top == 0:
            self._table.forget_place()  # nobody has chosen the row that happened to come first
        self._table.show(self._rows(), empty=self._nothing(), changed=changed or (), moved=moved)
        self._show_filter()
        self.offer_keys()
        if self._row is None:
            self._preview.show(None, app.zone)
        elif changed is None or self._row.id in changed:
            self._look_closer()

    def _still_filling(self) -> bool:
        """Whether a server may have answered just now for the first time, or still may."""
        now, zone = self.workstation.now(), self.workstation.zone
        waiting = [one for one in self._readings.values() if not one.has_read]
        if not waiting:
            before, self._filled = self._filled, True
            return not before
        return not self._filled and any(one.health(now, zone).kind != "unreachable" for one in waiting)

    def _rows(self) -> MergedRows:
        return MergedRows(self._merged, len(_COLUMNS), self._cells, lambda row: _PULSE(row.run, self._seen()))

    def _seen(self) -> Seen:
        return Seen(self.workstation.now(), self.workstation.zone, {})

    def _cells(self, row: Row) -> Sequence[Cell]:
        role = self._readings[row.server].role or "muted"
        return [[(row.server, role)], *_PAINT(row.run, self._seen())]

    @property
    def _row(self) -> Row | None:
        """The row under the cursor."""
        rows = self._table.rows
        return rows.get(self._table.cursor_id) if isinstance(rows, MergedRows) else None

    def _nothing(self) -> str:
        if not any(one.has_read for one in self._readings.values()):
            return "No server has answered yet."
        return "No run fits this filter.   esc clears it" if self._query else "No run yet, on any server."

    def _show_filter(self) -> None:
        shown = self._query, tuple(self._note())
        if shown != self._shown:
            self._shown = shown
            self.query_one(FilterBar).show(*shown)

    def _note(self) -> Iterable[Span]:
        """How many runs there are, and on how many servers that is known."""
        readings = self._readings.values()
        if not readings:
            return
        answering = sum(1 for face in self._pane.faces if face.health.answers)
        yield f"{answering} of {len(readings)} answer   ", "muted" if answering == len(readings) else "late"
        known = [one.reader.total for one in readings if one.reader.total is not None]
        guess = "" if all(total.exact for total in known) else "~"
        number = sum(total.number for total in known)
        yield f"{guess}{count(number)} run{'' if number == 1 else 's'}", "muted"
        if self._sort.name == SERVER and self._merged.behind:
            yield ", of each server the newest", "late"
        elif self._merged.is_cut:
            ends = "newest" if self._sort == NEWEST else "first"
            yield f", the {ends} {count(len(self._merged.rows))} here", "late"
        if marked := len(self._table.marks):
            yield f"   {count(marked)} marked", "accent"
        if len(readings) == 1:
            yield "   flowtui profile create adds more", "faint"

    def tick(self) -> None:
        """A second has passed: silence has become longer, and durations of what runs."""
        before = {face.name: face.health.answers for face in self._pane.faces}
        self._show_servers()
        if before != {face.name: face.health.answers for face in self._pane.faces}:
            self._show_soon(())  # a server that has gone quiet does not hold up the others' rows
        for reading in self._readings.values():
            self._read(reading)  # what failed for a moment
        self._table.beat()
        self._preview.tick()

    def zone_changed(self) -> None:
        self._show_servers()
        self._show()

    # -- reading on ---------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowsWanted)
    def _rows_wanted(self) -> None:
        if not self._reading_on:
            self._reading_on = True
            self._read_on()

    @work(group="more", exit_on_error=False)
    async def _read_on(self) -> None:
        """Read a page more of those that hold up the list, until what is wanted is there."""
        before = None
        try:
            while (wanted := self._table.wanted) is not None and self._merged.behind:
                if (wanted, self._merged) == before:
                    break
                before = wanted, self._merged
                readings = [self._readings[name] for name in self._merged.behind]
                tasks = [asyncio.ensure_future(reading.read_on()) for reading in readings]
                done, late = await asyncio.wait(tasks, timeout=_PATIENCE)
                for task in (*late, *done):
                    task.cancel() if task in late else task.exception()
                self._show(moved=True)
        finally:
            self._reading_on = False

    # -- preview ------------------------------------------------------------------------------------------------------

    @on(VirtualTable.RowHighlighted)
    def _highlighted(self) -> None:
        self.offer_keys()
        if self._settle is not None:
            self._settle.stop()
        self._settle = self.set_timer(_SETTLE, self._look_closer)

    @on(RunPreview.CameIntoSight)
    def _preview_shown(self) -> None:
        self._look_closer()

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _look_closer(self) -> None:
        row = self._row
        if row is None or not self._preview.display:
            return
        link = self._readings[row.server].link
        try:
            glance = await link.call(partial(read_glance, link.client, row.run))
        except FlowtuiError:
            return  # its health says why
        if self._table.cursor_id == row.id:
            self._preview.show(glance, self.workstation.zone)

    # -- acting -------------------------------------------------------------------------------------------------------

    @property
    def reads_only(self) -> bool:
        """Whether nothing can be changed on any server."""
        links = [one.link for one in self._readings.values() if one.link.is_open]
        return self.workstation.status.read_only and all(only_reads(link.writing) for link in links)

    def action_act(self, verb_id: str) -> None:
        """Do something to the marked runs or the one under the cursor, on their servers."""
        self.workstation.hold_keys(self.workstation.run_worker(self._act(verb_id), group="act", exit_on_error=False))

    def action_act_menu(self) -> None:
        """Show all that can be done to the marked runs or the one under the cursor."""
        self.workstation.hold_keys(self.workstation.run_worker(self._act(None), group="act", exit_on_error=False))

    async def _act(self, verb_id: str | None) -> None:
        """Which runs that are is fixed before anything is asked. It goes on when this screen is closed."""
        app, rows = self.workstation, [row_id for row_id in self._table.subjects if not is_gap(row_id)]
        self._acted = True
        targets, left = await self._targets(rows)
        if len(targets) == 1 and len({row_id.partition("/")[0] for row_id in rows}) == 1:
            ((server, target),) = targets.items()
            why = f"{server} is read-only" if self._is_locked(target) else ""
            if verb_id is None:
                app.act_menu(target, then=self._after(), why_not=why)
            elif why:
                app.tell(f"{RUN_VERBS[verb_id].word.capitalize()} {target.name}: {why}.")
            else:
                app.act(verb_id, target, then=self._after())
            return
        if verb_id is None and targets:
            verb_id = await app.push_screen_wait(ActionMenuScreen(joined(targets)))
        elif not targets and left:
            app.tell(f"Nothing is done. {'. '.join(left)}.")
        if verb_id is not None and targets and await app.acting.act_together(verb_id, targets, left):
            self._after()()

    def acted(self) -> None:
        self._table.clear_marks()

    async def _targets(self, row_ids: Iterable[str]) -> tuple[Mapping[str, Target], Sequence[str]]:
        """The runs as they are now, by server, and what is to be said of those that nothing can be done to. Of one
        server alone that only reads, the runs are answered as well."""
        wanted: dict[str, list[str]] = {}
        for row_id in row_ids:
            server, _, run_id = row_id.partition("/")
            wanted.setdefault(server, []).append(run_id)
        targets: dict[str, Target] = {}
        left: list[str] = []
        found = await asyncio.gather(*(self._target(server, tuple(ids)) for server, ids in wanted.items()))
        for (server, ids), target in zip(wanted.items(), found, strict=True):
            number = left_alone(len(ids))
            if isinstance(target, str):
                left.append(f"{server}: {number}, {target}")
                continue
            if gone := len(ids) - len(target.ids):
                left.append(f"{server}: {gone} of them gone meanwhile")
            locked = self._is_locked(target)
            if locked:
                left.append(f"{server}: {number}, the server is read-only")
            if target.ids and (not locked or len(wanted) == 1):
                targets[server] = target
        return targets, left

    def _is_locked(self, target: Target) -> bool:
        place = target.place
        return only_reads(place.client) if place is not None else self.workstation.status.read_only

    async def _target(self, server: str, run_ids: tuple[str, ...]) -> Target | str:
        """Runs of one server, or why nothing is done there. Of the one that the workstation is on they are like any."""
        app, reading = self.workstation, self._readings[server]
        if not reading.health(app.now(), app.zone).answers:
            return "it does not answer"
        try:
            link = reading.link
            if server == app.servers.here and app.is_open and app.client.address == link.client.address:
                return await app.call(target_of, app.client, run_ids)
            target = await link.call(target_of, link.client, run_ids)
        except FlowtuiError as error:
            return str(error).rstrip(".")
        return replace(target, place=Place(client=link.writing, call=link.call, profile=server))

    # -- keys ---------------------------------------------------------------------------------------------------------

    @on(VirtualTable.Marked)
    def _marks_changed(self) -> None:
        self._show_filter()
        self.offer_keys()

    def has_no_run(self) -> bool:
        return not len(self._table.rows)

    def run_in_hand(self) -> FlowRun | None:
        row = None if self._table.is_marking else self._row
        return None if row is None else row.run

    @on(VirtualTable.RowSelected)
    def _selected(self) -> None:
        row = self._row
        if row is not None:
            self.workstation.servers.go_to(row.server, row.run.id)

    @on(ServersPane.Chosen)
    def _chosen(self, message: ServersPane.Chosen) -> None:
        self.workstation.servers.go_to(message.name)

    @on(ServersPane.TryAgain)
    def _try_again(self, message: ServersPane.TryAgain) -> None:
        self._readings[message.name].link.try_again()

    def set_query(self, text: str) -> None:
        """Show the runs that a filter lets through, on every server."""
        if text.strip() != self._query:
            self._query = text.strip()
            self._ask()

    def set_sort(self, sort: RunSort) -> None:
        """Show the runs in another order."""
        if sort != self._sort:
            self._sort = sort
            self._table.set_sort(_TITLES.index(TITLES[sort.name]), descending=sort.descending)
            self._ask()

    def _ask(self) -> None:
        """Read the lists of all servers from their tops."""
        self._table.forget_place()
        self._filled = False
        for reading in self._readings.values():
            reading.ask(self._query, self._sort)
            self._read(reading)
        self._show_filter()

    def action_filter(self) -> None:
        """Write a filter."""
        self.query_one(FilterBar).open()

    def action_attention(self) -> None:
        """Show what a person has to look at, or what was shown before."""
        self.set_query(toggled(self._query, _ATTENTION))

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_sort(self) -> None:
        """Choose what the list is sorted by."""
        choices = [Choice(name, name, about, name == self._sort.name) for name, about in BY.items()]
        answer = await self.workstation.push_screen_wait(ChoiceScreen("Sort by", choices))
        if answer is not None:
            self._sort_by(answer[1])

    def action_sort_turned(self) -> None:
        """Turn the order round."""
        self.set_sort(RunSort(self._sort.name, not self._sort.descending))

    @on(VirtualTable.TitleClicked)
    def _title_clicked(self, message: VirtualTable.TitleClicked) -> None:
        title = _TITLES[message.column]
        for name in (name for name, shown in TITLES.items() if shown == title):
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        """Sort by a thing; by the same again, the other way round."""
        self.set_sort(first_sort(name)) if name != self._sort.name else self.action_sort_turned()

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-no-preview")
        self._look_closer()

    def action_back(self) -> None:
        """Take the marks away, then the filter, then leave."""
        if self._table.is_marking:
            self._table.clear_marks()
        elif self._query:
            self.set_query("")
        else:
            self.workstation.everywhere.leave()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.set_query(message.text)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._table.focus()

    async def _values(self, asked: Wanted) -> Sequence[QueryValue]:
        """Values for the filter that is being written, of all servers that answer in time."""
        if asked.field == "state":
            return state_values(None, asked.start)
        app = self.workstation
        links = [one.link for one in self._readings.values() if one.health(app.now(), app.zone).answers]
        calls = [
            asyncio.ensure_future(link.call(link.client.query_values, asked.field, asked.start, path=asked.path))
            for link in links
        ]
        if not calls:
            return ()
        done, late = await asyncio.wait(calls, timeout=_PATIENCE)
        for task in late:
            task.cancel()
        return _together(task.result() for task in done if task.exception() is None)


def _together(found: Iterable[Sequence[QueryValue]]) -> Sequence[QueryValue]:
    """The values of several servers, each once, the most frequent first."""
    values: dict[str, QueryValue] = {}
    for value in chain.from_iterable(found):
        known = values.get(value.text)
        number = None if value.count is None else value.count + ((known and known.count) or 0)
        values[value.text] = replace(value, count=number)
    return sorted(values.values(), key=lambda value: -(value.count or 0))
