"""What becomes of instants that nobody planned, or whose runs nobody started."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.engine.schedules import Cron
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
EVERY_TEN = Cron("*/10 * * * *")
AN_HOUR = 3600


def due(client: LocalClient, clock: StoreClock) -> list[str]:
    """The runs that wait and are due, as `HH:MM`."""
    runs = [run for run in client.list_flow_runs(limit=500).items if run.state.is_scheduled()]
    times = sorted(run.expected_start_time for run in runs if run.expected_start_time)
    return [f"{time:%H:%M}" for time in times if time <= clock.now]


def skipped(client: LocalClient) -> list[FlowRun]:
    return [run for run in client.list_flow_runs(limit=500).items if run.state.name == "Skipped"]


STANDSTILLS = [
    ("latest", ["15:00"]),
    ("all", ["13:50", "14:00", "14:10", "14:20", "14:30", "14:40", "14:50", "15:00"]),
    ("skip", ["15:00"]),
    ("within 25m", ["14:40", "14:50", "15:00"]),
    ("within 10s", []),
]


@pytest.mark.parametrize(("policy", "left"), STANDSTILLS)
def test_when_the_server_returns(store_client: LocalClient, clock: StoreClock, policy: str, left: list[str]) -> None:
    """Nobody planned anything after 13:50."""
    clock.now = NOON.replace(hour=13, minute=49)
    schedule = replace(EVERY_TEN, catch_up=policy, max_scheduled_runs=1)
    store_client.save_deployment(a_deployment(schedules=(schedule,)))
    clock.forward(31)
    assert len(store_client.claim_flow_runs("local", "w", limit=9, lease_seconds=2 * AN_HOUR)) == 1
    clock.now = NOON.replace(hour=15)
    store_client.materialise_schedules()
    assert due(store_client, clock) == [time for time in left if time != "13:50"]
    messages = [run.state.message or "" for run in store_client.list_flow_runs().items]
    assert sum("were left out" in message for message in messages) == (0 if policy == "all" else 1)


@pytest.mark.parametrize(("policy", "left"), STANDSTILLS)
def test_when_the_worker_returns(store_client: LocalClient, clock: StoreClock, policy: str, left: list[str]) -> None:
    """The server went on planning; nobody started anything from 13:45 to 15:00:30."""
    clock.now = NOON.replace(hour=13, minute=45)
    store_client.save_deployment(a_deployment(schedules=(replace(EVERY_TEN, catch_up=policy),)))
    clock.forward(75 * 60)
    store_client.mark_late(timedelta(seconds=15))
    ended = store_client.skip_missed()
    assert due(store_client, clock) == left
    assert ended == 8 - len(left) == len(skipped(store_client))
    assert store_client.skip_missed() == 0
    for run in skipped(store_client):
        assert run.state.is_cancelled()
        assert (run.state.message or "").startswith("Not run: ")
        assert f"catch_up: {policy})" in (run.state.message or "")


@pytest.mark.parametrize(("policy", "left"), STANDSTILLS)
def test_a_worker_that_is_quicker_than_the_service_takes_the_same_runs(
    store_client: LocalClient, clock: StoreClock, policy: str, left: list[str]
) -> None:
    clock.now = NOON.replace(hour=13, minute=45)
    store_client.save_deployment(a_deployment(schedules=(replace(EVERY_TEN, catch_up=policy),)))
    clock.forward(75 * 60)
    taken: list[str] = []
    while claims := store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30):
        taken += [f"{claim.run.expected_start_time:%H:%M}" for claim in claims]
    assert taken == left
    assert len(skipped(store_client)) == 8 - len(left)


def test_a_run_that_a_person_asked_for_is_never_skipped(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = clock.now.replace(minute=5)  # an hour later the last instant is then five minutes old
    saved = store_client.save_deployment(a_deployment(schedules=(replace(EVERY_TEN, catch_up="skip"),)))
    store_client.run_deployment(saved.id)
    clock.forward(AN_HOUR)
    store_client.skip_missed()
    assert Counter(run.state.name for run in store_client.list_flow_runs().items)["Scheduled"] >= 1
    (claim,) = store_client.claim_flow_runs("local", "w", limit=9, lease_seconds=30)
    assert not claim.run.auto_scheduled


def test_waiting_for_a_slot_is_not_being_missed(store_client: LocalClient, clock: StoreClock) -> None:
    """Only one may run at once: what queues up behind it was offered to a worker in time."""
    clock.now = NOON
    store_client.save_deployment(a_deployment(schedules=(EVERY_TEN,), concurrency_limit=1))
    clock.forward(600)
    assert len(store_client.claim_flow_runs("local", "w", limit=9, lease_seconds=AN_HOUR)) == 1
    for _ in range(3):
        clock.forward(600)
        assert store_client.claim_flow_runs("local", "w", limit=9, lease_seconds=AN_HOUR) == ()
    clock.forward(120)
    assert store_client.skip_missed() == 0
    assert {run.state.name for run in store_client.list_flow_runs().items} == {
        "Pending", "AwaitingConcurrencySlot", "Scheduled",
    }  # fmt: skip
