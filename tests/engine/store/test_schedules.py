"""Schedules in the store: one by one, over redeploys, and what a person switched stays as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ParameterError, ScheduleError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import Deployment
from flowtui.engine.schedules import CatchUp, Cron, Interval, RRule, Schedule
from flowtui.engine.schedules.matching import Kept, match, switched
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOURLY = Cron("5 * * * *")
NIGHTLY = Cron("0 3 * * *", "Europe/Berlin", parameters={"full": True}, slug="nightly")
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def saved(client: LocalClient, *schedules: Schedule, **fields: object) -> Deployment:
    return client.save_deployment(a_deployment(schedules=schedules, **fields))


def planned(client: LocalClient) -> list[datetime]:
    return sorted(run.expected_start_time for run in client.list_flow_runs().items if run.expected_start_time)


def on_off(deployment: Deployment) -> dict[str, bool]:
    return {str(one.schedule.to_json().get("cron")): one.active for one in deployment.schedules}


# -- one by one -------------------------------------------------------------------------------------------------------


def test_all_that_a_schedule_says_is_kept(store_client: LocalClient, clock: StoreClock) -> None:
    every = (
        Cron("0 9 * * 1-5", "Europe/Berlin", day_or=False, dst_overlap="twice", slug="a", catch_up="all"),
        Interval("1h30m", datetime(2026, 1, 1, 9, tzinfo=UTC), active=False, catch_up="within 10m"),
        RRule("FREQ=DAILY", "Asia/Kolkata", parameters={"a": [1]}, max_scheduled_runs=3, catch_up=CatchUp("skip")),
    )
    deployment = saved(store_client)
    added = store_client.add_schedules(deployment.id, every)
    assert tuple(one.schedule for one in added) == every
    assert store_client.read_deployment(deployment.id).schedules == added
    assert [store_client.read_schedule(one.id) for one in added] == list(added)
    assert (added[0].deployment_id, added[0].created) == (deployment.id, clock.now)


def test_adding_changing_and_switching_plan_at_once(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    (one,) = store_client.add_schedules(saved(store_client).id, (replace(HOURLY, max_scheduled_runs=2),))
    assert planned(store_client) == [NOON.replace(hour=hour, minute=5) for hour in (13, 14)]
    changed = store_client.update_schedule(one.id, Interval("2h", max_scheduled_runs=2))
    assert changed.id == one.id
    assert planned(store_client) == [NOON.replace(hour=hour, minute=0) for hour in (14, 16)]
    store_client.set_schedule_active(one.id, False)
    assert planned(store_client) == []
    clock.forward(4 * 3600)
    assert store_client.set_schedule_active(one.id, True).active
    assert planned(store_client) == [NOON.replace(hour=hour, minute=0) for hour in (18, 20)]
    store_client.delete_schedule(one.id)
    assert planned(store_client) == []


def test_what_changes_no_instant_leaves_the_planned_runs_alone(store_client: LocalClient) -> None:
    (one,) = saved(store_client, HOURLY).schedules
    runs = {run.id for run in store_client.list_flow_runs().items}
    store_client.update_schedule(one.id, replace(HOURLY, catch_up="all", slug="hourly"))
    saved(store_client, replace(HOURLY, catch_up="skip", slug="hourly"))
    assert {run.id for run in store_client.list_flow_runs().items} == runs


def test_clearing_deletes_all_of_them(store_client: LocalClient) -> None:
    deployment = saved(store_client, HOURLY, NIGHTLY)
    assert store_client.clear_schedules(deployment.id) == 2
    assert store_client.read_deployment(deployment.id).schedules == ()
    assert planned(store_client) == []
    assert store_client.clear_schedules(deployment.id) == 0


def test_a_schedule_of_a_paused_deployment_waits_for_it(store_client: LocalClient) -> None:
    deployment = saved(store_client, paused=True)
    store_client.add_schedules(deployment.id, (HOURLY,))
    assert planned(store_client) == []
    store_client.set_deployment_paused(deployment.id, False)
    assert len(planned(store_client)) == 10


def test_nothing_is_added_when_one_of_them_is_wrong(store_client: LocalClient) -> None:
    deployment = saved(store_client, NIGHTLY, parameter_openapi_schema=NUMBER, parameters={"n": 1, "full": 1})
    wrong = [
        (ScheduleError, Cron("0 0 31 2 *")),
        (ScheduleError, RRule("FREQ=DAILY;UNTIL=20200101")),
        (ParameterError, replace(HOURLY, parameters={"n": "ten"})),
        (UsageError, replace(HOURLY, slug="nightly")),
    ]
    for error, schedule in wrong:
        with pytest.raises(error):
            store_client.add_schedules(deployment.id, (HOURLY, schedule))
    assert [one.schedule for one in store_client.read_deployment(deployment.id).schedules] == [NIGHTLY]
    with pytest.raises(ScheduleError):
        saved(store_client, HOURLY, Cron("nonsense"), name="new")
    with pytest.raises(NotFound):
        store_client.read_deployment("new")


@pytest.mark.parametrize("verb", ["read_schedule", "delete_schedule", "clear_schedules"])
def test_what_there_is_not_is_not_found(store_client: LocalClient, verb: str) -> None:
    for name in (new_id(), "nothing"):
        with pytest.raises(NotFound):
            getattr(store_client, verb)(name)
    with pytest.raises(NotFound):
        store_client.add_schedules(new_id(), (HOURLY,))


# -- deployed again ---------------------------------------------------------------------------------------------------


def test_a_switch_of_a_person_survives_the_next_deploy(store_client: LocalClient) -> None:
    hourly, nightly = saved(store_client, HOURLY, NIGHTLY).schedules
    store_client.set_schedule_active(hourly.id, False)
    assert on_off(saved(store_client, HOURLY, NIGHTLY)) == {"5 * * * *": False, "0 3 * * *": True}
    # The file itself says another thing than last time: that beats the person. And the person the next one again.
    assert on_off(saved(store_client, replace(HOURLY, active=False), NIGHTLY))["5 * * * *"] is False
    assert on_off(saved(store_client, HOURLY, NIGHTLY))["5 * * * *"] is True
    store_client.set_schedule_active(nightly.id, False)
    assert on_off(saved(store_client, HOURLY, replace(NIGHTLY, cron="0 4 * * *")))["0 4 * * *"] is False


def test_a_pause_of_a_person_survives_the_next_deploy(store_client: LocalClient) -> None:
    deployment = saved(store_client, HOURLY)
    store_client.set_deployment_paused(deployment.id, True)
    assert saved(store_client, HOURLY).paused
    assert planned(store_client) == []
    assert saved(store_client, HOURLY, paused=True).paused
    assert not saved(store_client, HOURLY, paused=False).paused
    assert len(planned(store_client)) == 10


def test_a_schedule_is_the_same_by_its_slug_else_by_its_definition(store_client: LocalClient) -> None:
    hourly, nightly = saved(store_client, HOURLY, NIGHTLY).schedules
    later = replace(NIGHTLY, cron="0 4 * * *")
    again = saved(store_client, later, replace(HOURLY, parameters={"b": 1})).schedules
    assert {one.id: one.schedule for one in again} == {
        nightly.id: later,
        hourly.id: replace(HOURLY, parameters={"b": 1}),
    }
    renamed = replace(later, slug="night", replaces="nightly", cron="0 5 * * *")
    assert {one.slug: one.id for one in saved(store_client, renamed).schedules} == {"night": nightly.id}
    with pytest.raises(NotFound):
        store_client.read_schedule(hourly.id)


def test_a_deploy_that_says_nothing_about_schedules_leaves_them(store_client: LocalClient) -> None:
    before = saved(store_client, HOURLY)
    store_client.add_schedules(before.id, (NIGHTLY,))
    after = store_client.save_deployment(a_deployment(schedules=None, description="new"))
    assert [one.schedule for one in after.schedules] == [HOURLY, NIGHTLY]
    assert saved(store_client).schedules == ()


def test_other_instants_take_the_planned_runs_with_them(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    saved(store_client, replace(NIGHTLY, max_scheduled_runs=1))
    saved(store_client, replace(NIGHTLY, cron="0 4 * * *", max_scheduled_runs=1))
    assert planned(store_client) == [datetime(2026, 11, 21, 3, tzinfo=UTC)]


SCHEDULES = st.builds(
    lambda cron, slug, active, number: Cron(cron, slug=slug, active=active, parameters={"n": number}),
    st.sampled_from(["0 1 * * *", "0 2 * * *", "0 3 * * *"]),
    st.sampled_from([None, "a", "b", "c"]),
    st.booleans(),
    st.integers(0, 1),
)
DEPLOYS = st.lists(SCHEDULES, max_size=5, unique_by=lambda one: one.slug or object())


@given(before=DEPLOYS, flips=st.lists(st.booleans(), min_size=5, max_size=5), after=DEPLOYS)
def test_every_schedule_is_one_of_those_before_or_new(
    before: list[Schedule], flips: list[bool], after: list[Schedule]
) -> None:
    kept = [
        Kept(id=str(number), schedule=replace(one, active=one.active ^ flip), active_as_deployed=one.active)
        for number, (one, flip) in enumerate(zip(before, flips, strict=False))
    ]
    matched, gone = match(kept, after)
    assert [one.wanted for one in matched] == after
    used = [one.kept.id for one in matched if one.kept]
    assert sorted([*used, *(one.id for one in gone)]) == [one.id for one in kept]
    for one in matched:
        if one.kept is None:
            assert not any(old.schedule.slug == one.wanted.slug is not None for old in gone)
            assert not any(old.schedule.to_json() == one.wanted.to_json() for old in gone)
            assert switched(one) is one.wanted.active
        elif one.kept.active_as_deployed is one.wanted.active:
            assert switched(one) is one.kept.schedule.active
        else:
            assert switched(one) is one.wanted.active


# -- making up for the past -------------------------------------------------------------------------------------------


def test_a_backfill_makes_each_instant_once(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    deployment = saved(store_client, HOURLY, replace(NIGHTLY, active=False))
    start, end = NOON - timedelta(hours=5), NOON
    before = planned(store_client)
    plan = store_client.backfill_deployment(deployment.id, start, end, dry_run=True)
    assert (plan.new, plan.existing, plan.made) == (5, 0, 0)
    assert (plan.first, plan.last) == (NOON.replace(hour=8, minute=5), NOON.replace(minute=5))
    assert planned(store_client) == before
    assert store_client.backfill_deployment(deployment.id, start, end).made == 5
    again = store_client.backfill_deployment(deployment.id, start - timedelta(hours=1), end)
    assert (again.new, again.existing, again.made) == (1, 5, 1)
    runs = [run for run in store_client.list_flow_runs().items if "backfill" in run.tags]
    assert {run.expected_start_time for run in runs} == {instant for _, instant in again.instants}
    assert {(run.created_by, run.auto_scheduled, run.state.name) for run in runs} == {("backfill", False, "Scheduled")}


def test_a_backfill_waits_behind_what_is_due_and_is_never_late(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    deployment = saved(store_client, HOURLY, replace(NIGHTLY, active=False))
    store_client.backfill_deployment(deployment.id, NOON - timedelta(days=2), NOON, schedule_ids=["nightly"])
    due = store_client.run_deployment(deployment.id, scheduled_time=NOON - timedelta(minutes=1))
    (claim,) = store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30)
    assert claim.run.id == due.id
    clock.forward(600)
    assert (store_client.mark_late(timedelta(seconds=15)), store_client.skip_missed()) == (0, 0)
    first, second = store_client.claim_flow_runs("local", "w", limit=5, lease_seconds=30)
    assert [claim.run.expected_start_time for claim in (first, second)] == [
        datetime(2026, 11, day, 2, tzinfo=UTC) for day in (19, 20)
    ]
    assert first.run.parameters == {"full": True}


def test_pausing_leaves_a_backfill_alone(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    deployment = saved(store_client, HOURLY)
    store_client.backfill_deployment(deployment.id, NOON - timedelta(hours=3), NOON)
    store_client.set_deployment_paused(deployment.id, True)
    assert len(planned(store_client)) == 3


def test_a_backfill_is_bounded_and_of_the_past(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = NOON
    deployment = saved(store_client, HOURLY, Cron("* * * * * *", active=False, slug="often"))
    ahead, back = NOON + timedelta(hours=1), NOON - timedelta(hours=24)
    refused = [
        ({"start": back, "end": ahead}, "still to come"),
        ({"start": NOON, "end": back}, "holds no time"),
        ({"start": back, "end": NOON, "limit": 3}, "more than 3 instants; the first 3 reach 2026-11-19T15:05"),
        ({"start": back, "end": NOON, "schedule_ids": ["often"]}, "more than 500 instants"),
        ({"start": back, "end": NOON, "limit": 10**6}, "from 1 to 10,000"),
        ({"start": back.replace(tzinfo=None), "end": NOON.replace(tzinfo=None)}, "time zone"),
    ]
    for arguments, words in refused:
        with pytest.raises(UsageError, match=words):
            store_client.backfill_deployment(deployment.id, **arguments)
    with pytest.raises(NotFound):
        store_client.backfill_deployment(deployment.id, back, NOON, schedule_ids=["nobody"])
    assert len(planned(store_client)) == 10
