"""Lines of a log as records: all, those that are shown, or those that are selected."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from flowtui.tui.formats import count
from flowtui.tui.logs.export import COLUMNS, record_of, text_of
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.source import LogSource
from flowtui.tui.piping.records import Records, Row

__all__ = ["records_of_log"]

_AT_ONCE: Final = 2000


def records_of_log(source: LogSource, numbers: Sequence[int] | range, facts: RunFacts, what: str = "") -> Records:
    """The lines of these numbers, which grow. They are read in parts when they are wanted."""

    async def read() -> AsyncIterator[Sequence[Row]]:
        for at in range(0, len(numbers), _AT_ONCE):
            part = numbers[at : at + _AT_ONCE]
            whole = isinstance(part, range)
            lines = (await source.read(part[0], len(part))).lines if whole else await source.pick(part)
            yield [record_of(line, facts.tasks) for line in lines]

    lines = "line" if len(numbers) == 1 else "lines"
    return Records(
        title=f"{count(len(numbers))} {what}{lines} of {facts.title or 'the log'}",
        columns=COLUMNS,
        read=read,
        text=text_of,
        table="lines",
        env=facts.env,
        count=len(numbers),
    )
