"""The clock of a test: schedules, retries and expirations go by it, and nobody waits."""

import asyncio
import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from flowtui import flow, task
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.model import DeploymentSpec, NewFlowRun
from flowtui.engine.schedules import Cron
from flowtui.engine.states import Scheduled
from flowtui.testing import FakeClock, assert_states, harness, logs_of, only_run, runs_of, states_of, task_runs_of

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
SOON = timedelta(seconds=1)


def test_it_stands_until_it_is_moved() -> None:
    clock = FakeClock(NOON)
    first, second = clock(), clock()
    assert NOON < first < second < NOON + timedelta(milliseconds=1)
    clock.advance(hours=1, minutes=30)
    assert NOON + timedelta(hours=1.5) < clock() < NOON + timedelta(hours=1.5) + SOON
    assert clock.move_to("2024-03-02T00:00:00") == datetime(2024, 3, 2, tzinfo=UTC)
    assert repr(clock) == "<FakeClock at 2024-03-02T00:00:00+00:00>"


def test_it_never_goes_back() -> None:
    clock = FakeClock(NOON)
    with pytest.raises(UsageError, match="goes forward"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(UsageError, match="goes forward"):
        clock.move_to(NOON - timedelta(days=1))


def test_it_holds_within_the_harness_only() -> None:
    with harness(clock=FakeClock(NOON)):
        assert abs(utc_now() - NOON) < SOON
        with harness(clock=FakeClock("1999-12-31T23:59:59+01:00")):
            assert utc_now().year == 1999
        with harness():
            assert abs(utc_now() - datetime.now(UTC)) < timedelta(minutes=1)
        assert abs(utc_now() - NOON) < SOON
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_retries_wait_by_it_and_take_no_time() -> None:
    moments: list[datetime] = []

    @task(retries=3, retry_delay_seconds=[60, 3600, 86_400])
    def flaky() -> str:
        moments.append(utc_now())
        if len(moments) < 4:
            raise ConnectionError("down")
        return "up"

    @flow(retries=1, retry_delay_seconds=7200)
    def whole() -> str:
        answer = flaky()
        if len(states_of(only_run())) < 4:
            raise ValueError("once")
        return answer

    begun = time.monotonic()
    with harness(clock=FakeClock(NOON)):
        assert whole() == "up"
        run = only_run()
        assert_states(run, ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"])
        assert run.end_time is not None
        assert timedelta(0) < run.end_time - (NOON + timedelta(seconds=60 + 3600 + 86_400 + 7200)) < SOON
        (flaky_run,) = task_runs_of(run)
        names = ["Pending", "Running", *["AwaitingRetry", "Retrying"] * 3, "Completed"]
        assert [state.name for state in states_of(flaky_run)] == names
        assert any("86400 second(s) from now" in line for line in logs_of(flaky_run))
    waits = [round((later - earlier).total_seconds()) for earlier, later in itertools.pairwise(moments)]
    assert waits == [60, 3600, 86_400]
    assert time.monotonic() - begun < 30


def test_retries_of_async_tasks_wait_by_it_too() -> None:
    calls: list[int] = []

    @task(retries=1, retry_delay_seconds=100_000)
    async def flaky() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("down")
        return "up"

    @flow
    async def whole() -> str:
        return await flaky()

    with harness(clock=FakeClock(NOON)):
        assert asyncio.run(whole()) == "up"
        assert (only_run().end_time or NOON) - NOON > timedelta(days=1)


def test_schedules_make_their_runs_by_it_and_a_worker_is_given_those_that_are_due() -> None:
    every_night = Cron("0 3 * * *", timezone="UTC")
    spec = DeploymentSpec(
        name="nightly", flow_name="backup", entrypoint="b.py:backup", path=".", schedules=(every_night,)
    )
    clock = FakeClock(NOON)
    with harness(clock=clock) as store:
        store.client.save_deployment(spec)
        due = [run.expected_start_time for run in runs_of("backup")]
        assert due == [datetime(2024, 3, day, 3, tzinfo=UTC) for day in range(2, 9)]

        assert store.client.claim_flow_runs("local", "me", limit=10, lease_seconds=30) == ()
        clock.move_to("2024-03-02T03:00:01Z")
        (claim,) = store.client.claim_flow_runs("local", "me", limit=10, lease_seconds=30)
        assert claim.run.expected_start_time == due[0]

        clock.advance(days=1, hours=1)
        assert store.client.mark_late(timedelta(minutes=5)) == 1
        assert [run.id for run in store.client.reap_leases()] == [claim.run.id]  # nobody renewed it for a day


def test_a_run_that_is_due_later_is_not_late_before() -> None:
    clock = FakeClock(NOON)
    with harness(clock=clock) as store:
        run = store.client.create_flow_run(
            NewFlowRun(flow_name="f", name="one", state=Scheduled(NOON + timedelta(hours=1)))
        )
        assert store.client.mark_late(timedelta(seconds=15)) == 0
        clock.advance(hours=2)
        assert store.client.mark_late(timedelta(seconds=15)) == 1
        assert store.client.read_flow_run(run.id).state.name == "Late"


def test_cached_results_expire_by_it() -> None:
    calls: list[int] = []

    @task(cache_key_fn=lambda context, parameters: "one key", cache_expiration=timedelta(days=7))
    def costly() -> int:
        calls.append(1)
        return len(calls)

    clock = FakeClock(NOON)
    with harness(clock=clock):
        cached = flow(name="cached")(costly)
        assert [cached(), cached()] == [1, 1]
        clock.advance(days=6)
        assert cached() == 1
        clock.advance(days=2)
        assert cached() == 2


def test_threads_may_move_it_at_once() -> None:
    clock = FakeClock(NOON)
    threads = [threading.Thread(target=lambda: [clock.advance(seconds=1) for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timedelta(0) <= clock() - (NOON + timedelta(seconds=800)) < SOON
