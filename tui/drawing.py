"""Drawing that asks widgets for what is drawn anew, and for nothing else; at once, where several change together.

Textual asks every widget on the screen for all of its lines whenever one cell has changed: a tick of the clock took as
long as it takes to put a whole table together. And from a widget to the terminal it is two messages and a timer, for
each of which a process that rests has to be woken.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

__all__ = ["LeanCompositor", "at_once", "repaint"]


@dataclass(frozen=True, slots=True)
class _Together:
    """What is drawn on a screen together."""

    screen: Screen[Any]
    widgets: set[Widget] = field(default_factory=set)


_TOGETHER: Final[ContextVar[_Together | None]] = ContextVar("together", default=None)


@contextmanager
def at_once(screen: Screen[Any]) -> Iterator[None]:
    """What `repaint` is asked for within is on the terminal at the end of it. Not to be awaited in. Where more is due
    on the screen, or the app draws nothing for now, `repaint` is as `refresh`: all is drawn together, before long."""
    busy = screen.app._batch_count or screen._layout_required or screen._dirty_widgets
    together = _Together(screen) if not busy else None
    token = _TOGETHER.set(together)
    try:
        yield
    finally:
        _TOGETHER.reset(token)
    if together is not None and together.widgets:
        screen._dirty_widgets.update(together.widgets)
        # What Textual's timer calls: it lays out anew first, when that is due. Nothing is drawn on a screen that nobody
        # sees; it stays due there.
        screen._on_timer_update()


def repaint(widget: Widget, *regions: Region) -> None:
    """Have a widget, or regions of it, painted anew: soon, or together with others `at_once`."""
    together = _TOGETHER.get()
    if together is None or widget not in together.screen._compositor.visible_widgets:
        widget.refresh(*regions)
        return
    widget._set_dirty(*regions)
    widget.clear_cached_dimensions()
    together.widgets.add(widget)


class LeanCompositor(Compositor):
    """A compositor that passes over widgets beside and behind the regions that are drawn, and over lines above and
    below them."""

    _wanted: tuple[Region, ...] = ()
    """What is drawn; nothing when Textual's one region around all of it has to do."""

    def render_partial_update(self) -> ChopsUpdate | None:
        self._wanted = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._wanted = ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders()
            return
        wanted = [part for part in map(crop.intersection, self._wanted or (crop,)) if part]
        for widget, (region, clip) in self.visible_widgets.items():  # from the front to the back
            if not wanted:
                return
            seen = region.intersection(clip).intersection(crop)
            drawn = [part for part in map(seen.intersection, wanted) if part]
            if drawn:
                wanted = [part for part in wanted if not seen.contains_region(part)]
                lines = Region.from_union(drawn)
                rows = Region(region.x, lines.y, region.width, lines.height).intersection(clip)
                yield rows, rows, widget.render_lines(rows.translate((-region.x, -region.y)))
