"""What a planner decides: which instants become runs, which of those missed, and when it looks again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules import CatchUp, Cron, Interval, RRule, Schedule
from flowtui.engine.schedules.catch_up import GRACE, MOST_CAUGHT_UP, catch_up_from, left_out
from flowtui.engine.schedules.planning import Plan, newest_fires, plan
from flowtui.engine.schedules.reach import Reach

NOW = datetime(2026, 6, 3, 12, 0, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def planned(schedule: Schedule, since: datetime | None = None, waiting: int = 0, **reach: object) -> Plan:
    return plan(
        schedule,
        planned_until=since,
        waiting=waiting,
        now=NOW,
        reach=Reach(**reach),
        hash_id="any",  # type: ignore[arg-type]
    )


# -- ahead ------------------------------------------------------------------------------------------------------------


def test_a_new_schedule_is_planned_from_now_to_the_horizon() -> None:
    found = planned(Cron("0 3 * * *"))
    assert [fire.day for fire in found.instants] == [4, 5, 6, 7, 8, 9, 10]
    assert found.planned_until == found.instants[-1]
    assert found.next_plan == datetime(2026, 6, 4, 3, tzinfo=UTC)  # when the eighth comes within seven days


def test_where_there_is_no_more_room_it_looks_again_when_half_of_them_have_started() -> None:
    found = planned(Cron("* * * * *"))
    assert len(found.instants) == 10
    assert found.next_plan == found.instants[5]
    assert planned(Cron("* * * * *", max_scheduled_runs=2)).instants == found.instants[:2]
    topped_up = planned(Cron("* * * * *"), since=NOW + 5 * MINUTE, waiting=5)
    assert len(topped_up.instants) == 5
    assert topped_up.instants[0] == datetime(2026, 6, 3, 12, 6, tzinfo=UTC)


def test_a_schedule_that_has_come_to_its_end_is_not_looked_at_again() -> None:
    found = planned(RRule("FREQ=DAILY;UNTIL=20260605T000000Z"))
    assert (len(found.instants), found.next_plan) == (2, None)
    assert planned(RRule("FREQ=DAILY;UNTIL=20260605T000000Z"), since=NOW + 5 * DAY).next_plan is None


@settings(max_examples=100)
@given(
    schedule=st.sampled_from(
        [Cron("* * * * * *"), Cron("*/7 * * * *"), Interval("1h30m"), Cron("0 3 * * 1"), Interval(1)]
    ),
    most=st.integers(1, 20),
    steps=st.lists(st.integers(1, 5000), min_size=1, max_size=8),
)
def test_looking_when_told_to_makes_every_instant_once(schedule: Schedule, most: int, steps: list[int]) -> None:
    """Runs start when they are due; the planner looks at any time after it was told to, up to the grace later."""
    now, until, made = NOW, None, list[datetime]()
    for lag in steps:
        waiting = sum(fire > now for fire in made)
        found = plan(
            schedule, planned_until=until, waiting=waiting, now=now, reach=Reach(per_schedule=most), hash_id="x"
        )
        made += found.instants
        until = found.planned_until
        assert found.next_plan is not None and found.next_plan > now
        assert sum(fire > now for fire in made) <= most
        now = found.next_plan + timedelta(seconds=lag % GRACE.seconds)
    assert made == schedule.next_fires(NOW, len(made))


# -- what was missed --------------------------------------------------------------------------------------------------

MISSED = [
    ("latest", [3]),
    ("all", [1, 2, 3]),
    ("skip", []),
    ("within 34h", [2, 3]),
    ("within 1h", []),
]


@pytest.mark.parametrize(("policy", "days"), MISSED)
def test_three_days_without_a_server(policy: str, days: list[int]) -> None:
    found = planned(Cron("0 3 * * *", catch_up=policy), since=datetime(2026, 5, 31, 12, tzinfo=UTC), horizon=HOUR)
    assert [fire.day for fire in found.instants] == days
    assert (found.note is None) is (policy == "all")
    assert found.note is None or f"were left out (catch_up: {catch_up_from(policy)})" in found.note


@pytest.mark.parametrize("policy", ["latest", "skip", "all", "within 5s"])
def test_a_restart_misses_nothing(policy: str) -> None:
    """What is no older than the grace is planned, whatever the policy; `within` says its own."""
    found = planned(Interval(10, catch_up=policy), since=NOW - 41 * timedelta(seconds=1), horizon=timedelta(0))
    assert len(found.instants) == (1 if policy == "within 5s" else 5)


def test_all_of_every_second_of_three_days_is_a_hundred() -> None:
    found = planned(Cron("* * * * * *", catch_up="all"), since=NOW - 3 * DAY, horizon=timedelta(0))
    assert len(found.instants) == MOST_CAUGHT_UP
    assert found.instants[-1] == NOW
    assert found.note is not None and "left out (catch_up: all)" in found.note


ANY = st.sampled_from(
    [
        Cron("* * * * * *"), Cron("* 9 * * 1 *"), Cron("*/7 * * * *"), Cron("0 0 1 1 *"), Interval("1h30m"),
        Interval(1.5),
        RRule("FREQ=MINUTELY;INTERVAL=7;BYHOUR=3"), RRule("FREQ=DAILY;UNTIL=20260602"),
    ]
)  # fmt: skip


@settings(max_examples=100)
@given(schedule=ANY, back=st.integers(0, 20_000), n=st.sampled_from([1, 3, 100]))
def test_the_newest_instants_are_found_from_the_end(schedule: Schedule, back: int, n: int) -> None:
    after = NOW - timedelta(seconds=back)
    assert newest_fires(schedule, after, NOW, n, "x") == schedule.fires_between(after, NOW, 10**6)[-n:]


POLICIES = st.sampled_from(["all", "latest", "skip"]).map(CatchUp) | st.integers(1, 10**6).map(
    lambda seconds: CatchUp("within", timedelta(seconds=seconds))
)


@settings(max_examples=200)
@given(policy=POLICIES, ages=st.sets(st.integers(0, 300), max_size=60), scale=st.sampled_from([1, 60, 3600]))
def test_what_is_left_out_is_old_and_never_the_newest_of_latest(policy: CatchUp, ages: set[int], scale: int) -> None:
    due = sorted(NOW - timedelta(seconds=age * scale) for age in ages)
    out = left_out(policy, due, NOW)
    run = [instant for instant in due if instant not in out]
    assert len([instant for instant in run if NOW - instant > policy.tolerance]) <= MOST_CAUGHT_UP
    match policy.policy:
        case "all":
            assert run == due[-max(len(run), MOST_CAUGHT_UP) :]
        case "latest":
            assert due == [] or run[-1] == due[-1]
            assert all(NOW - instant <= GRACE for instant in run[:-1])
        case _:
            assert run == [instant for instant in due if NOW - instant <= policy.tolerance]
    assert left_out(policy, run, NOW) == {}
    assert all(reason.endswith(").") for reason in out.values())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, "latest"),
        ("all", "all"),
        (" Skip ", "skip"),
        ("within 10m", "within 10m"),
        ("within: 1h30m", "within 1h30m"),
        ({"within": "PT90.5S"}, "within 1m30.5s"),
        (timedelta(days=2), "within 2d"),
        (CatchUp("all"), "all"),
    ],
)
def test_a_policy_is_written_in_several_ways(given: object, text: str) -> None:
    policy = catch_up_from(given)  # type: ignore[arg-type]
    assert str(policy) == text
    assert catch_up_from(str(policy)) == policy


@pytest.mark.parametrize("given", ["never", "within", "within soon", "within 0s", {"within": "1h", "all": 1}, {}, 3])
def test_a_policy_that_makes_no_sense_is_refused(given: object) -> None:
    with pytest.raises(ScheduleError):
        catch_up_from(given)  # type: ignore[arg-type]
