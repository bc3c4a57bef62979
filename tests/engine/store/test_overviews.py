"""The figures of whole screens are those of a count by hand, and cost as much for many runs as for few."""

from datetime import timedelta

from flowtui.engine.client.local import LocalClient
from flowtui.engine.states import Completed, Failed, Running, Scheduled, State
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, new_run


def ended(client: LocalClient, clock: StoreClock, flow: str, ago: float, took: float, state: type[State]) -> str:
    """A run that began `ago` seconds before now."""
    start = clock.now - timedelta(seconds=ago)
    run = client.create_flow_run(new_run(flow_name=flow, state=Scheduled(start, timestamp=start)))
    client.set_flow_run_state(run.id, Running(timestamp=start), force=True)
    client.set_flow_run_state(run.id, state(timestamp=start + timedelta(seconds=took)), force=True)
    return run.id


def test_a_flow_at_a_glance(store_client: LocalClient, clock: StoreClock) -> None:
    for number, took in enumerate((10.0, 30.0, 20.0)):
        ended(store_client, clock, "etl", 1000 - number * 100, took, Completed)
    newest = ended(store_client, clock, "etl", 50, 5, Failed)
    store_client.create_flow_run(new_run(flow_name="etl", state=Scheduled(clock.now + timedelta(hours=1))))
    store_client.save_deployments([a_deployment(name="nightly"), a_deployment(flow_name="other", name="main")])
    etl, other = store_client.flow_figures()
    assert etl.last is not None
    assert (etl.name, etl.last.id, etl.runs, etl.more, etl.usual) == ("etl", newest, 5, False, 20.0)
    assert etl.deployments == ("nightly",)
    assert (other.name, other.last, other.runs, other.usual) == ("other", None, 0, None)
    assert store_client.flow_figures(("other",)) == (other,)
    assert store_client.flow_figures(limit=1) == (etl,)


def test_durations_are_those_of_the_runs_that_ended_within_the_span(
    store_client: LocalClient, clock: StoreClock
) -> None:
    old = ended(store_client, clock, "etl", 7200, 1, Completed)
    good = ended(store_client, clock, "etl", 600, 12.5, Completed)
    bad = ended(store_client, clock, "load", 300, 3, Failed)
    store_client.create_flow_run(new_run(state=Scheduled(clock.now)))
    hour = store_client.duration_sample(clock.now - timedelta(hours=1), clock.now + timedelta(seconds=1))
    assert [(point.run_id, point.flow_name, point.seconds) for point in hour.points] == [
        (good, "etl", 12.5),
        (bad, "load", 3.0),
    ]
    assert hour.complete
    assert store_client.duration_sample(clock.now - timedelta(hours=3), clock.now).points[0].run_id == old


def test_of_too_many_runs_each_part_of_the_span_has_its_newest(store_client: LocalClient, clock: StoreClock) -> None:
    for number in range(30):
        ended(store_client, clock, "etl", 10 + number * 60, 1, Completed)
    since = clock.now - timedelta(seconds=3000)
    sample = store_client.duration_sample(since, clock.now, most=20)
    assert not sample.complete
    spread = [(clock.now - point.start).total_seconds() for point in sample.points]
    assert len(spread) <= 100
    assert min(spread) < 100
    assert max(spread) > 1600


def test_a_flow_has_completed_since_when_a_run_that_started_then_or_later_has(
    store_client: LocalClient, clock: StoreClock
) -> None:
    for flow, ago, state in (
        ("etl", 100, Completed),
        ("etl", 50, Failed),
        ("load", 60, Failed),
        ("load", 30, Completed),
    ):
        ended(store_client, clock, flow, ago, 1, state)

    def since(**ago: float) -> frozenset[str]:
        return store_client.completed_since({flow: clock.now - timedelta(seconds=back) for flow, back in ago.items()})

    assert since(etl=100, load=60, nobody=900) == {"etl", "load"}
    assert since(etl=99, load=30) == {"load"}
    assert since(load=29) == since() == frozenset()
