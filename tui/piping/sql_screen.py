"""`;`: questions in SQL about records, answered in a table."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flowtui.engine.errors import FlowtuiError
from flowtui.tui.formats import count, duration
from flowtui.tui.piping.command_input import CommandInput
from flowtui.tui.piping.kept import NamedCommand
from flowtui.tui.piping.records import Records, Row, records_of_rows
from flowtui.tui.piping.sql import Answer, SqlTable
from flowtui.tui.text import safe
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.key_bar import KeyBar
from flowtui.tui.widgets.rows import Cell, ItemRows
from flowtui.tui.widgets.telling import TellsTrouble
from flowtui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["SqlScreen"]

_MOST = 1_000_000
"""Rows that are taken in: a gigabyte or so."""
_WIDEST = 60
_LOOKED_AT = 200
"""Rows of an answer that say how wide columns are."""


class SqlScreen(TellsTrouble, ModalScreen[None]):
    """Takes the records in first, then answers. Given a question, it is answered as soon as they are in."""

    DEFAULT_CSS = """
    SqlScreen { align: left bottom; }
    SqlScreen #sql { height: 70%; min-height: 8; width: 100%; background: $surface; border-top: solid $accent; }
    SqlScreen #sql-title { height: auto; max-height: 2; padding: 0 2; color: $muted; }
    SqlScreen.-short #sql-title { max-height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SqlScreen #sql-line { height: 1; }
    SqlScreen #sql-line Static { width: 4; padding-left: 2; color: $accent; }
    SqlScreen #sql-line Input { width: 1fr; background: $surface; }
    SqlScreen #sql-answer { height: 1fr; }
    SqlScreen VirtualTable { background: $surface; }
    SqlScreen #sql-status { height: auto; max-height: 4; padding-left: 2; color: $muted; }
    SqlScreen.-failed #sql-status { color: $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("s", "keep", "keep as …", id="sql.keep"),
        Binding("vertical_line", "app.pipe", "pipe on", id="sql.pipe"),  # what is the app's does not reach a dialog
        Binding("i,semicolon", "edit", "another question", id="sql.edit"),
    ]

    def __init__(self, records: Records, *, question: str = "") -> None:
        super().__init__()
        self.records = records
        self._first = question
        self._table: SqlTable | None = None
        self._question = ""
        self._answer: Answer | None = None

    @property
    def workstation(self) -> "FlowtuiApp":
        """The app, by its own type."""
        return cast("FlowtuiApp", self.app)

    def compose(self) -> ComposeResult:
        records = self.records
        with Vertical(id="sql"):
            columns = ", ".join(records.columns)
            yield Static(safe(f"{records.title}   table {records.table}: {columns}"), id="sql-title", markup=False)
            with Horizontal(id="sql-line"):
                yield Static(";")
                yield CommandInput(
                    self.workstation.piping.kept.last("sql"),
                    value=self._first,
                    placeholder=f"select … from {records.table}",  # noqa: S608 - a hint
                )
            yield Container(id="sql-answer")
            yield Static("", id="sql-status", markup=False)
            yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(CommandInput).focus()
        self._take_in()

    def on_unmount(self) -> None:
        if self._table is not None:
            self._table.close()

    @work(group="sql", exit_on_error=False)
    async def _take_in(self) -> None:
        """Read the records into the table."""
        table = SqlTable(self.records.table, self.records.columns)
        try:
            async for rows in self.records.read():
                await asyncio.to_thread(table.add, rows)
                self._say(f"{count(table.count)} rows taken in …")
                if table.count >= _MOST:
                    break
        except FlowtuiError as error:
            self.workstation.notify_error(error)
        self._table = table
        cut = ", which are not all" if table.count >= _MOST else ""
        self._say(f"{count(table.count)} {'row' if table.count == 1 else 'rows'}{cut}. Ask with select …")
        if self._first:
            self._ask(self._first)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._ask(event.value.strip())

    @work(group="ask", exclusive=True, exit_on_error=False)
    async def _ask(self, question: str) -> None:
        table = self._table
        if table is None:
            self._first = question  # asked once the rows are in
            return
        self.workstation.piping.remember("sql", question)
        try:
            answer = await asyncio.to_thread(table.ask, question)
        except FlowtuiError as error:
            self.add_class("-failed")
            self._say(str(error))
            return
        self.remove_class("-failed")
        self._question, self._answer = question, answer
        await self._show(answer)
        more, number = "the first " if answer.more else "", len(answer.rows)
        self._say(f"{more}{count(number)} {'row' if number == 1 else 'rows'} in {duration(answer.seconds)}")
        self.refresh_bindings()

    async def _show(self, answer: Answer) -> None:
        box = self.query_one("#sql-answer")
        await box.remove_children()
        if not answer.columns:
            return
        table = VirtualTable(_columns(answer), _rows(answer), markable=False, empty="No row.")
        await box.mount(table)
        table.focus()

    def _say(self, words: str) -> None:
        self.query_one("#sql-status", Static).update(safe(words))

    def pipe_records(self) -> Records | None:
        """The answer, to be piped on."""
        answer = self._answer
        if answer is None or not answer.columns:
            return None
        rows: list[Row] = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        title = f"{count(len(rows))} rows of {self._question}"
        return records_of_rows(title, rows, lambda row: "\t".join(_text(row[name]) for name in answer.columns))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._answer is not None if action == "keep" else True

    @work(group="keep", exit_on_error=False)
    async def action_keep(self) -> None:
        """Keep the question under a name."""
        await self.workstation.piping.keep(NamedCommand(name="", kind="sql", command=self._question))

    def action_edit(self) -> None:
        """Ask something else."""
        self.query_one(CommandInput).focus()

    @on(CommandInput.Below)
    def _go_below(self) -> None:
        for table in self.query(VirtualTable):
            table.focus()

    def action_leave(self) -> None:
        """Close."""
        self.workers.cancel_node(self)
        self.dismiss(None)


def _columns(answer: Answer) -> list[Column]:
    columns = []
    for at, name in enumerate(answer.columns):
        values = [row[at] for row in answer.rows[:_LOOKED_AT]]
        widest = max([len(name), *(len(_text(value)) for value in values)])
        numbers = bool(values) and all(isinstance(value, (int, float, type(None))) for value in values)
        width = min(max(widest, 3), _WIDEST)
        share = 1 if at == len(answer.columns) - 1 and not numbers else 0
        columns.append(Column(safe(name), width, share=share, align="right" if numbers else "left"))
    return columns


def _rows(answer: Answer) -> ItemRows[tuple[int, tuple[Any, ...]]]:
    def cells(pair: tuple[int, tuple[Any, ...]]) -> list[Cell]:
        return [[(_text(value), "faint" if value is None else "text")] for value in pair[1]]

    return ItemRows(list(enumerate(answer.rows)), lambda pair: str(pair[0]), cells)


def _text(value: Any) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
