"""How the lines of a log look: in which zone and way their times are, under which names, broken or moved, folded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo

from flowtui.tui.logs.template import Template
from flowtui.tui.logs.times import TimeMode, following_mode
from flowtui.tui.widgets.line_view import LineView
from flowtui.tui.widgets.log_paint import LogPaint

__all__ = ["LogLooks"]


class LogLooks(LineView):
    """A view of lines that are drawn by a `LogPaint`; what is asked for here makes another one, by `_paint_by`."""

    def __init__(self, zone: tzinfo | None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._paint = LogPaint(zone)

    @property
    def look(self) -> LogPaint:
        """How lines are drawn."""
        return self._paint

    def set_zone(self, zone: tzinfo | None) -> None:
        """Show times in another zone."""
        self._paint_by(replace(self._paint, zone=zone))

    def set_names(self, names: Mapping[str, str]) -> None:
        """The names of task runs by id; their lines begin with them."""
        self._paint_by(replace(self._paint, names=names))

    def set_sources(self, sources: Mapping[str, tuple[str, str]]) -> None:
        """The names of flow runs by id and their colours, in a log that is merged from several."""
        self._paint_by(replace(self._paint, sources=sources))

    def set_origin(self, origin: datetime | None) -> None:
        """When the run began."""
        self._paint_by(replace(self._paint, origin=origin))

    def set_template(self, template: Template) -> None:
        """What stands in a line."""
        self._paint_by(replace(self._paint, template=template))

    def _paint_by(self, paint: LogPaint) -> None:
        """Draw lines in another way."""
        raise NotImplementedError

    def action_pan(self, by: int) -> None:
        """Move long lines sideways."""
        if not self._paint.wrap:
            self._paint_by(replace(self._paint, pan=max(self._paint.pan + by, 0)))

    def action_wrap(self) -> None:
        """Break long lines at the width, or not."""
        self._paint_by(replace(self._paint, wrap=not self._paint.wrap, pan=0))

    def action_times(self) -> None:
        """Show times in the next way: by the clock, since the start, since the line before, not at all."""
        self.set_times(following_mode(self._paint.times))

    def set_times(self, mode: TimeMode) -> None:
        """How the time of a line is shown."""
        self._paint_by(replace(self._paint, times=mode))
        self._say_moved()

    def action_fold_all(self) -> None:
        """Fold or unfold all tracebacks."""
        self._paint_by(replace(self._paint, folds=not self._paint.folds, turned=frozenset()))

    def _say_moved(self) -> None:
        """What stands around the lines has to be brought up to date."""
        raise NotImplementedError
