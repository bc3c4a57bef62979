"""The list of flows: those of the folder, then files that cannot be read, then those the store alone knows. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowtui.engine.deployments.finder import FoundFlow
from flowtui.engine.deployments.surveying import BadFile, Survey
from flowtui.engine.overviews import FlowFigures

__all__ = ["FlowRow", "rows_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """A flow, or a file that speaks of flows and cannot be read."""

    id: str
    name: str
    found: FoundFlow | None = None
    """Where it stands in the folder."""
    figures: FlowFigures | None = None
    """What the store knows of it."""
    bad: BadFile | None = None


def rows_of(survey: Survey, figures: Iterable[FlowFigures]) -> tuple[FlowRow, ...]:
    """Two flows of one name share what the store knows of that name."""
    known = {one.name: one for one in figures}
    here = [
        FlowRow(id=flow.entrypoint, name=flow.name, found=flow, figures=known.get(flow.name)) for flow in survey.flows
    ]
    bad = [FlowRow(id=f"bad:{one.file}", name=one.file, bad=one) for one in survey.bad]
    names = {row.name for row in here}
    elsewhere = [one for one in known.values() if one.name not in names]
    return (*here, *bad, *(FlowRow(id=f"store:{one.name}", name=one.name, figures=one) for one in elsewhere))
