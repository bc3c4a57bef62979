"""Planning: each instant of a schedule yields one run, whoever plans; what nobody starts is late."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.engine.schedules import Cron
from flowtui.engine.schedules.catch_up import GRACE
from flowtui.engine.states import Running
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_deployment, due_run, new_run, owned_run

HOURLY = Cron("0 * * * *", parameters={"full": True})
HALF_PAST_TWO = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def instants(client: LocalClient) -> list[datetime]:
    return sorted(run.expected_start_time for run in client.list_flow_runs().items if run.expected_start_time)


def at(*hours: int) -> list[datetime]:
    return [HALF_PAST_TWO.replace(minute=0) + hour * AN_HOUR for hour in hours]


def test_a_planned_run_is_all_that_its_deployment_says(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.create_work_pool("gpu")
    spec = a_deployment(schedules=(HOURLY,), parameters={"a": 1, "full": False}, tags=("prod",), work_pool_name="gpu")
    saved = store_client.save_deployment(spec)
    run = store_client.list_flow_runs().items[-1]
    assert (run.state.name, run.expected_start_time) == ("Scheduled", HALF_PAST_TWO + timedelta(minutes=30))
    assert (run.parameters, run.tags, run.work_pool_name) == ({"a": 1, "full": True}, ("prod",), "gpu")
    assert (run.deployment_id, run.auto_scheduled, run.created_by) == (saved.id, True, "schedule")


def test_what_is_saved_is_planned_at_once_and_not_again(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    assert instants(store_client) == at(*range(1, 11))
    assert [store_client.materialise_schedules() for _ in range(3)] == [0, 0, 0]
    clock.forward(6 * 3600)
    assert store_client.materialise_schedules() == 6
    assert instants(store_client) == at(*range(1, 17))


def test_no_more_runs_wait_than_allowed(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(replace(HOURLY, max_scheduled_runs=3),)))
    assert instants(store_client) == at(1, 2, 3)
    clock.forward(2 * 3600)
    store_client.claim_flow_runs("local", "w", limit=2, lease_seconds=30)
    assert store_client.materialise_schedules() == 2
    assert instants(store_client) == at(1, 2, 3, 4, 5)


def test_a_planner_looks_only_at_what_has_something_to_do(store_client: LocalClient, clock: StoreClock) -> None:
    """Of many schedules, a tick reads those whose time has come: the others cost nothing."""
    clock.now = HALF_PAST_TWO
    yearly = tuple(Cron(f"{number} 4 1 1 *") for number in range(30))
    store_client.save_deployment(a_deployment(schedules=yearly))
    store_client.save_deployment(a_deployment(name="often", schedules=(Cron("* * * * *"),)))
    clock.forward(8 * 60)
    statements: list[str] = []
    listen(store_client, statements.append)
    assert store_client.materialise_schedules() == 8
    reads = [text for text in statements if "FROM deployment_schedule" in text and text.startswith("SELECT")]
    assert len(reads) == 2  # what is due, and that nothing else is
    assert sum(text.startswith("UPDATE deployment_schedule") for text in statements) == 1


def listen(client: LocalClient, told: Callable[[str], None]) -> None:
    def on_execute(connection, cursor, statement, parameters, context, many) -> None:
        told(statement)

    sa.event.listen(client._db.engine, "before_cursor_execute", on_execute)


def test_many_planners_at_once_make_each_instant_once(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    clock = StoreClock(clients[0])
    clock.now = HALF_PAST_TWO
    for client in clients:
        clock.rule(client)
    clients[0].save_deployment(a_deployment(schedules=(HOURLY,)))
    clock.forward(6 * 3600)
    ready, errors = threading.Barrier(4), []

    def plan(client: LocalClient) -> None:
        ready.wait()
        try:
            client.materialise_schedules()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=plan, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert instants(clients[0]) == at(*range(1, 17))


def test_a_planned_run_that_was_deleted_is_not_planned_again(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = HALF_PAST_TWO
    store_client.save_deployment(a_deployment(schedules=(replace(HOURLY, max_scheduled_runs=2),)))
    store_client.delete_flow_run(store_client.list_flow_runs().items[0].id)
    store_client.materialise_schedules()
    assert instants(store_client) == at(1)


def test_neither_a_paused_deployment_nor_a_schedule_that_is_off_is_planned(store_client: LocalClient) -> None:
    off = Cron("* * * * *", active=False)
    store_client.save_deployment(a_deployment(schedules=(off,)))
    store_client.save_deployment(a_deployment(name="paused", paused=True, schedules=(HOURLY,)))
    assert store_client.materialise_schedules() == 0
    assert store_client.list_flow_runs().items == ()


def test_a_schedule_of_every_second_fills_no_store(store_client: LocalClient, clock: StoreClock) -> None:
    """Also when nobody starts its runs: then the newest wait, and the others are skipped."""
    store_client.save_deployment(a_deployment(schedules=(Cron("* * * * * *", catch_up="all"),)))
    for _ in range(5):
        clock.forward(60)
        store_client.materialise_schedules()
        store_client.skip_missed()
    counts = Counter(run.state.name for run in every(store_client))
    assert counts["Scheduled"] <= 100 + GRACE.seconds + 1 + 10
    assert sum(counts.values()) == 300 + 10


def every(client: LocalClient) -> list[FlowRun]:
    found, after = [], None
    while True:
        page = client.list_flow_runs(limit=500, after=after)
        found += page.items
        if (after := page.next) is None:
            return found


def test_what_a_deployment_became_is_what_its_planned_runs_are(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.save_deployment(a_deployment(schedules=(HOURLY,), parameters={"a": 1}))
    before = instants(store_client)
    store_client.save_deployment(a_deployment(schedules=(HOURLY,), parameters={"a": 2}, tags=("new",)))
    runs = store_client.list_flow_runs().items
    assert instants(store_client) == before
    assert {(run.parameters["a"], run.tags) for run in runs} == {(2, ("new",))}


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
