"""Which part of a run's time a chart shows, in parts of the whole, so that it holds while the whole grows. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from flowtui.tui.timeline import Scale

__all__ = ["WHOLE", "Window"]

_CLOSEST: Final = 1 / 4096


@dataclass(frozen=True, slots=True)
class Window:
    """From `left` on, `width` of the whole (0 … 1)."""

    left: float = 0.0
    width: float = 1.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off."""
        return self.width >= 1.0

    def scale(self, whole: Scale) -> Scale:
        """The span of time that is shown of the whole one."""
        if self.is_whole:
            return whole
        return Scale(whole.start + timedelta(seconds=whole.seconds * self.left), whole.seconds * self.width)

    def zoomed(self, factor: float, around: float = 0.5) -> "Window":
        """With `factor` times the width; `around` (0 … 1 of the whole) stays where it is when it is in sight, and is
        brought to the middle when it is not."""
        width = min(max(self.width * factor, _CLOSEST), 1.0)
        at = (around - self.left) / self.width
        left = around - (at if 0 <= at <= 1 else 0.5) * width
        return Window(min(max(left, 0.0), 1.0 - width), width)

    def moved(self, parts: float) -> "Window":
        """Moved by so many widths of its own, not beyond the ends."""
        return replace(self, left=min(max(self.left + parts * self.width, 0.0), 1.0 - self.width))


WHOLE: Final = Window()
