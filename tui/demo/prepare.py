"""Fill the demo's store: deploy its flows, run some of them for a first history, and start the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.deployments.deploy import deploy_file
from flowtui.engine.deployments.entrypoint import load_flow
from flowtui.engine.deployments.file import read_deployment_file
from flowtui.engine.errors import IllegalTransition
from flowtui.engine.model import Deployment
from flowtui.engine.query import Query, parse
from flowtui.engine.states import StateType

__all__ = ["HISTORY", "START", "prepare"]

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """A run to be made: of which deployment, with which parameters."""

    deployment: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    due: timedelta = timedelta(0)
    """How long ago it should have begun."""


HISTORY: Final = (
    Ask("exchange-rates/every-minute"),
    Ask("orders-etl/daily"),
    Ask("product-images/on-demand", {"count": 12}),
    Ask("invoice-check/morning", {"most": 2}),
    Ask("invoice-check/morning"),
    Ask("orders-etl/daily", {"day": "2026-01-06", "currency": "GBP"}),
    Ask("sensor-archive/backfill", {"days": 7, "pause": 0}),
    Ask("exchange-rates/every-minute"),
)
"""Short runs that are really carried out when the home is made, so that the screens have something to show."""

START: Final = (
    Ask("exchange-rates/every-minute"),
    Ask("sensor-archive/backfill"),
    Ask("product-images/on-demand"),
    Ask("orders-etl/daily"),
    Ask("monthly-close/evening"),
    Ask("invoice-check/morning"),
    Ask("shop-report/nightly"),
    Ask("restock/buyer"),
    Ask("label-printing/parcels", {"batch": 1}, timedelta(minutes=9)),
)
"""What is going on when the workstation opens. A flow that is still at it from last time is not started again."""
LATE: Final = (
    Ask("label-printing/parcels", {"batch": 2}, timedelta(minutes=6)),
    Ask("label-printing/parcels", {"batch": 3}, timedelta(minutes=3)),
)
"""More runs of a deployment that nobody works for."""

_OPEN: Final = (StateType.PENDING, StateType.RUNNING, StateType.PAUSED)


def prepare(client: Client, flows: Path, say: Say) -> None:
    """Deploy, make a history where there is none, and start what should be going on."""
    _make_places(client)
    deployed = {
        deployment.full_name: deployment
        for deployment in deploy_file(client, read_deployment_file(flows / "flowtui.yaml"))
    }
    say(f"Deployed {len(deployed)} flows from {flows}.")
    if not client.list_flow_runs(Query.of(states=(StateType.COMPLETED,)), limit=1).items:
        _make_history(client, deployed, HISTORY, say)
    started = [ask for ask in START if _start(client, deployed[ask.deployment], ask)]
    if any(ask.deployment == LATE[0].deployment for ask in started):
        for ask in LATE:
            _run(client, deployed[ask.deployment], ask)
    say(f"Started {len(started)} of them; the workstation runs them.")


def _make_places(client: Client) -> None:
    """A queue in which one run goes on at a time, and a pool without a worker."""
    if "nightly" not in {queue.name for queue in client.list_work_queues("local")}:
        client.create_work_queue("local", "nightly", description="what has time until morning", concurrency_limit=1)
    if "printer" not in {pool.name for pool in client.list_work_pools()}:
        client.create_work_pool("printer", description="the label printer; nobody has switched its worker on")


def _make_history(client: Client, deployed: Mapping[str, Deployment], asks: Sequence[Ask], say: Say) -> None:
    """Carry out short runs here, one after the other, as a worker would."""
    from flowtui.engine.log_output import keep_console_quiet  # noqa: PLC0415 - loads with the run machinery, at the first demo
    from flowtui.engine.runs.execute import run_again_here  # noqa: PLC0415 - as above

    keep_console_quiet()
    for ask in asks:
        deployment = deployed[ask.deployment]
        run = client.run_deployment(deployment.id, parameters=ask.parameters, created_by="demo")
        try:
            state = run_again_here(run, load_flow(deployment.entrypoint, deployment.path))
        except IllegalTransition:
            continue  # somebody else serves this store and was faster
        say(f"  {deployment.flow_name} · {run.name}: {state.name}")


def _start(client: Client, deployment: Deployment, ask: Ask) -> bool:
    """Create a run that is due now, unless one of the deployment is open or due already; what its schedule has planned
    does not count, or it would be a matter of the minute what is going on."""
    going_on = Query.of(deployment_id=deployment.id, states=_OPEN)
    due = parse("!is:auto") & Query.of(deployment_id=deployment.id, states=(StateType.SCHEDULED,), until=utc_now())
    if any(client.list_flow_runs(query, limit=1).items for query in (going_on, due)):
        return False
    _run(client, deployment, ask)
    return True


def _run(client: Client, deployment: Deployment, ask: Ask) -> None:
    at = utc_now() - ask.due if ask.due else None
    client.run_deployment(deployment.id, parameters=ask.parameters, scheduled_time=at, created_by="demo")
