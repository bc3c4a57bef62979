"""Drawing that asks widgets for what is drawn anew, and for nothing else.

Textual asks every widget on the screen for all of its lines whenever one cell has changed: a tick of the clock took as
long as it takes to put a whole table together.
"""

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

__all__ = ["LeanCompositor"]


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
