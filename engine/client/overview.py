"""The part of the seam for whole screens. However many runs there are, each verb looks at a bounded number of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from flowtui.engine.overviews import DurationSample, FlowFigures

__all__ = ["Overviewing"]


class Overviewing(Protocol):
    """Verbs of `Client`."""

    def flow_figures(self, names: Sequence[str] = (), *, limit: int = 500) -> tuple[FlowFigures, ...]:
        """The flows of these names, else all of them, by name and at most `limit`."""
        ...

    def duration_sample(self, since: datetime, until: datetime, *, most: int = 2_000) -> DurationSample:
        """How long the runs took that started at or after `since` and before `until`; at most `most` of them. When
        there are more, the newest of each of 100 equal parts of the span."""
        ...

    def completed_since(self, moments: Mapping[str, datetime]) -> frozenset[str]:
        """Of these flows, by name, those of which a run has completed that started at or after the flow's moment."""
        ...
