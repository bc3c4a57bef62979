"""Planning: each instant of a schedule yields one run, whoever plans; what nobody starts is late."""

import threading
from datetime import UTC, datetime, timedelta

from flowtui.engine.client.local import LocalClient
from flowtui.engine.schedules import Cron
from flowtui.engine.states import Running
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_deployment, a_place, due_run, new_run, owned_run

HOURLY = Cron("0 * * * *", parameters={"full": True})
HALF_PAST_TWO = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def instants(client: LocalClient) -> list[datetime]:
    return sorted(run.expected_start_time for run in client.list_flow_runs().items if run.expected_start_time)


def at(*hours: int) -> list[datetime]:
    return [HALF_PAST_TWO.replace(minute=0) + hour * AN_HOUR for hour in hours]


def test_a_planned_run_is_all_that_its_deployment_says(store_client: LocalClient, clock: StoreClock) -> None:
    a_place(store_client, "gpu")
    clock.now = HALF_PAST_TWO
    spec = a_deployment(schedules=(HOURLY,), parameters={"a": 1, "full": False}, tags=("prod",), work_pool_name="gpu")
    saved = store_client.save_deployment(spec)
    assert store_client.materialise_schedules(AN_HOUR, 5) == 1
    (run,) = store_client.list_flow_runs().items
    assert (run.state.name, run.expected_start_time) == ("Scheduled", HALF_PAST_TWO + timedelta(minutes=30))
    assert (run.parameters, run.tags, run.work_pool_name) == ({"a": 1, "full": True}, ("prod",), "gpu")
    assert (run.deployment_id, run.auto_scheduled, run.created_by) == (saved.id, True, "schedule")


def test_planning_again_makes_nothing_twice(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    made = [store_client.materialise_schedules(3 * AN_HOUR, 9) for _ in range(3)]
    assert made == [3, 0, 0]
    clock.forward(3600)
    assert store_client.materialise_schedules(3 * AN_HOUR, 9) == 1
    assert instants(store_client) == at(1, 2, 3, 4)


def test_no_more_runs_wait_than_allowed(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    assert store_client.materialise_schedules(100 * AN_HOUR, 3) == 3
    assert store_client.materialise_schedules(100 * AN_HOUR, 3) == 0
    clock.forward(3600)
    store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30)
    assert store_client.materialise_schedules(100 * AN_HOUR, 3) == 1
    assert instants(store_client) == at(1, 2, 3, 4)


def test_many_planners_at_once_make_each_instant_once(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    clock = StoreClock(clients[0])
    clock.now = HALF_PAST_TWO
    for client in clients:
        clock.rule(client)
    clients[0].save_deployment(a_deployment(schedules=(HOURLY,)))
    ready, errors = threading.Barrier(4), []

    def plan(client: LocalClient) -> None:
        ready.wait()
        try:
            client.materialise_schedules(10 * AN_HOUR, 20)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=plan, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert instants(clients[0]) == at(*range(1, 11))


def test_after_a_standstill_planning_goes_on_from_now(store_client: LocalClient, clock: StoreClock) -> None:
    """What was missed while no server ran is not made up for."""
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    store_client.materialise_schedules(AN_HOUR, 9)
    clock.forward(10 * 3600)
    store_client.materialise_schedules(2 * AN_HOUR, 9)
    assert instants(store_client) == at(1, 11, 12)


def test_a_planned_run_that_was_deleted_is_not_planned_again(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    store_client.materialise_schedules(2 * AN_HOUR, 9)
    store_client.delete_flow_run(store_client.list_flow_runs().items[0].id)
    store_client.materialise_schedules(2 * AN_HOUR, 9)
    assert instants(store_client) == at(1)


def test_neither_a_paused_deployment_nor_a_schedule_that_is_off_is_planned(store_client: LocalClient) -> None:
    off = Cron("* * * * *", active=False)
    store_client.save_deployment(a_deployment(schedules=(off,)))
    store_client.save_deployment(a_deployment(name="paused", paused=True, schedules=(HOURLY,)))
    assert store_client.materialise_schedules(2 * AN_HOUR, 9) == 0


# -- late -----------------------------------------------------------------------------------------------------------


def test_what_nobody_starts_is_late_and_still_claimed(store_client: LocalClient, clock: StoreClock) -> None:
    run = due_run(store_client, clock.now)
    clock.forward(15)
    assert store_client.mark_late(timedelta(seconds=15)) == 0
    clock.forward(1)
    assert store_client.mark_late(timedelta(seconds=15)) == 1
    assert store_client.mark_late(timedelta(seconds=15)) == 0
    late = store_client.read_flow_run(run.id)
    assert (late.state.name, late.expected_start_time) == ("Late", run.expected_start_time)
    assert len(store_client.claim_flow_runs("local", "w", limit=1, lease_seconds=30)) == 1


def test_only_what_is_scheduled_and_due_becomes_late(store_client: LocalClient, clock: StoreClock) -> None:
    due_run(store_client, clock.now + AN_HOUR)
    owned_run(store_client)
    store_client.create_flow_run(new_run(state=Running()))
    clock.forward(60)
    assert store_client.mark_late(timedelta(seconds=15)) == 0
