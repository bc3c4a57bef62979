"""A deployment in its list, in words, and what its page says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from flowtui.engine.model import Deployment, DeploymentSchedule, FlowRun
from flowtui.engine.schedules.words import describe
from flowtui.tui.formats import moment, until
from flowtui.tui.forms.fields import MISSING
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.nodes import Node
from flowtui.tui.forms.reading import show
from flowtui.tui.forms.words import kind_of
from flowtui.tui.run_cells import duration_spans, started_spans, state_spans
from flowtui.tui.widgets.columns import Column
from flowtui.tui.widgets.paint import Span, Spans
from flowtui.tui.widgets.rows import Cell

__all__ = [
    "RECENT_COLUMNS",
    "DeploymentRow",
    "facts_of",
    "pool_words",
    "recent_cells",
    "schedule_words",
]

RECENT_COLUMNS: Final = (
    Column("STATE", 13),
    Column("RUN", 14, share=2, most=28),
    Column("STARTED", 12, align="right", rank=1),
    Column("DURATION", 8, align="right"),
)
FIRES: Final = 5
"""How many of a schedule's next instants its page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRow:
    """A deployment, when it runs next, and how it ran last."""

    deployment: Deployment
    fires: tuple[datetime, ...] = ()
    """When its schedules fire next, soonest first."""
    last: FlowRun | None = None
    workers: int | None = None
    """How many workers of its pool are online; None when it is in no pool."""

    @property
    def next(self) -> datetime | None:
        return self.fires[0] if self.fires else None


def pool_words(deployment: Deployment) -> str:
    """What follows the word "pool": `local · queue default`."""
    if deployment.work_pool_name is None:
        return "none: a process of its own serves it"
    return f"{deployment.work_pool_name} · queue {deployment.work_queue_name}"


def schedule_words(deployment: Deployment) -> str:
    """`daily at 02:00 UTC`, and how many schedules there are besides."""
    active = [schedule for schedule in deployment.schedules if schedule.active]
    if not deployment.schedules:
        return "on demand"
    if not active:
        return "schedule off"
    more = f"  +{len(active) - 1}" if len(active) > 1 else ""
    return f"{describe(active[0].schedule)}{more}"


def recent_cells(run: FlowRun, now: datetime, zone: tzinfo | None) -> list[Cell]:
    """One cell for each of `RECENT_COLUMNS`."""
    return [
        state_spans(run.state),
        [(run.name, "strong")],
        started_spans(run, now, zone),
        duration_spans(run, now),
    ]


# -- the page of one deployment ----------------------------------------------------------------------------------------


def facts_of(
    deployment: Deployment, fires: Mapping[str, Sequence[datetime]], now: datetime, zone: tzinfo | None
) -> list[Spans]:
    """What there is to know, line by line. `fires` holds the next instants of each schedule, by its id."""
    lines: list[Spans] = []
    if deployment.description:
        lines.extend([[(line, "text")] for line in deployment.description.strip().split("\n")])
        lines.append([])
    lines.extend(_about(deployment, now, zone))
    lines.extend([[], [("Parameters", "muted")], *_parameters(deployment)])
    lines.extend([[], [("Schedules", "muted")]])
    for schedule in deployment.schedules:
        lines.extend(_schedule(schedule, fires.get(schedule.id, ()), now, zone, paused=deployment.paused))
    if not deployment.schedules:
        lines.append([("none; r runs it at once", "faint")])
    return lines


def _about(deployment: Deployment, now: datetime, zone: tzinfo | None) -> list[Spans]:
    facts = [
        ("code", deployment.entrypoint),
        ("folder", deployment.path),
        ("pool", pool_words(deployment)),
        ("tags", " ".join(deployment.tags)),
        ("version", deployment.version or ""),
        ("updated", moment(deployment.updated, now, zone)),
    ]
    return [[(f"{name:<10}", "faint"), (value, "text")] for name, value in facts if value]


def _parameters(deployment: Deployment) -> list[Spans]:
    form = Form.of(deployment.parameter_openapi_schema, defaults=deployment.parameters)
    nodes = list(form.root.children.values())
    width = max((len(node.field.key) for node in nodes), default=0)
    lines = [_parameter(node, min(width, 24), node.field.key in deployment.parameters) for node in nodes]
    return lines or [[("none", "faint")]]


def _parameter(node: Node, width: int, given: bool) -> Spans:
    """`source   string *   api.example.com`; what the deployment itself gives stands out."""
    field = node.field
    word, _ = kind_of(node)
    name: list[Span] = [(f"{field.key:<{width}}  ", "text"), (f"{word:<9} ", "faint")]
    if field.default is MISSING:
        return [*name, ("required", "accent") if field.required else ("not given", "faint")]
    return [*name, (_value(node, field.default), "strong" if given else "muted")]


def _value(node: Node, value: Any) -> str:
    if node.field.secret:
        return "••••"
    return "null" if value is None else show(node.field, value).replace("\n", ", ")


def _schedule(
    schedule: DeploymentSchedule, fires: Sequence[datetime], now: datetime, zone: tzinfo | None, *, paused: bool
) -> list[Spans]:
    off = paused or not schedule.active
    words = describe(schedule.schedule)
    if off:
        return [[("⏸ ", "paused"), (words, "muted"), ("   paused" if paused else "   off", "paused")]]
    instants: list[Spans] = [
        [(f"    {fire.astimezone(zone):%a %b %d %H:%M}", "muted"), (f"   {until(fire, now)}", "faint")]
        for fire in fires[:FIRES]
    ]
    return [[("◷ ", "scheduled"), (words, "text")], *instants]
