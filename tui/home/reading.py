"""What Home shows, read in a handful of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from flowtui.engine.model import FlowRun, HourTally
from flowtui.engine.query import Query
from flowtui.engine.states import TERMINAL, StateType
from flowtui.tui.home.window import DAY, LATEST, Window

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["HomePage", "read_home", "read_latest"]

_RECENT: Final = timedelta(hours=24)
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class HomePage:
    """All that is on it."""

    tallies: tuple["HourTally", ...]
    needs: tuple["FlowRun", ...]
    next: tuple["FlowRun", ...]
    running: tuple["FlowRun", ...]
    latest: tuple["FlowRun", ...]


def read_home(client: "Client", now: datetime, window: Window = DAY) -> HomePage:
    """What Home shows, in a handful of queries."""
    ended = (StateType.FAILED, StateType.CRASHED)
    bad = client.list_flow_runs(Query.of(states=ended, since=now - _RECENT), limit=_MOST).items
    waiting = client.list_flow_runs(Query.of(states=(StateType.PAUSED,)), limit=_MOST).items
    late = client.list_flow_runs(Query.of(states=(StateType.SCHEDULED,), state_names=("Late",)), limit=_MOST).items
    return HomePage(
        client.run_tallies(window.start(now)),
        tuple(sorted([*waiting, *late, *_unsettled(client, bad)], key=lambda run: run.started_or_due, reverse=True)),
        _soonest(client, now),
        _running(client),
        read_latest(client),
    )


def read_latest(client: "Client") -> tuple[FlowRun, ...]:
    """The runs that have ended, the newest first."""
    return client.list_flow_runs(Query.of(states=TERMINAL), limit=LATEST).items


def _unsettled(client: "Client", bad: Sequence[FlowRun]) -> list[FlowRun]:
    """Runs that ended badly, the newest first, unless their flow has completed since: then nobody needs to look. What
    a subflow's failure means is said by the run that called it."""
    bad = [run for run in bad if run.parent_task_run_id is None]
    newest: dict[str, datetime] = {}
    for run in bad:
        newest.setdefault(run.flow_name, run.started_or_due)
    settled = client.completed_since(newest)
    return [run for run in bad if run.flow_name not in settled]


def _soonest(client: "Client", now: datetime) -> tuple[FlowRun, ...]:
    """The next run of each deployment, soonest first.

    Lists come newest first, so the near ones are asked for apart: a deployment that is due each minute must not hide
    them, nor be hidden.
    """
    due = Query.of(states=(StateType.SCHEDULED,), since=now)
    near = client.list_flow_runs(due & Query.of(until=now + timedelta(hours=1)), limit=200).items
    far = client.list_flow_runs(due, limit=500).items
    soonest: dict[str, FlowRun] = {}
    for run in sorted({run.id: run for run in (*far, *near)}.values(), key=lambda run: run.started_or_due):
        soonest.setdefault(run.deployment_id or run.id, run)
    return tuple(soonest.values())[:_MOST]


def _running(client: "Client") -> tuple[FlowRun, ...]:
    """What runs now, or is about to."""
    kinds = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
    return client.list_flow_runs(Query.of(states=kinds), limit=_MOST).items
