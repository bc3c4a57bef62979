"""Deployments: created or updated by name, with schedules that keep their identity while they are unchanged."""

from datetime import UTC, datetime, timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ParameterError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.schedules import Cron, Interval
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_place, due_run

HOURLY = Cron("5 * * * *")
DAILY = Interval(
    timedelta(days=1),
    datetime(2026, 1, 1, 9, tzinfo=UTC),
    "Europe/Berlin",
    parameters={"full": True},
    slug="nightly",
)
AN_HOUR = timedelta(hours=1)
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def test_a_deployment_is_read_back_as_it_was_saved(store_client: LocalClient, clock: StoreClock) -> None:
    a_place(store_client, "local", "fast")
    spec = a_deployment(
        version="3",
        description="loads it",
        parameters={"n": 1, "deep": {"a": [None]}},
        parameter_openapi_schema=NUMBER,
        tags=("prod", "eu"),
        work_queue_name="fast",
        job_variables={"env": {"A": "1"}},
        schedules=(HOURLY, DAILY),
    )
    saved = store_client.save_deployment(spec)
    assert store_client.read_deployment(saved.id) == saved
    for field in ("name", "flow_name", "entrypoint", "path", "version", "description", "parameters", "paused"):
        assert getattr(saved, field) == getattr(spec, field)
    assert (saved.parameter_openapi_schema, saved.job_variables) == (NUMBER, {"env": {"A": "1"}})
    assert (saved.tags, saved.full_name, saved.created) == (("eu", "prod"), "etl/prod", clock.now)
    assert [one.schedule for one in saved.schedules] == [HOURLY, DAILY]


def test_saving_it_again_updates_it(store_client: LocalClient, clock: StoreClock) -> None:
    first = store_client.save_deployment(a_deployment(description="old"))
    clock.forward(5)
    again = store_client.save_deployment(a_deployment(description="new"))
    assert (again.id, again.created, again.description) == (first.id, first.created, "new")
    assert again.updated > first.updated


def test_it_is_found_by_its_full_name_and_by_its_name_alone(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment())
    assert store_client.read_deployment("etl/prod") == saved
    assert store_client.read_deployment("prod") == saved


def test_a_name_that_several_flows_use_asks_for_the_full_one(store_client: LocalClient) -> None:
    store_client.save_deployment(a_deployment())
    store_client.save_deployment(a_deployment(flow_name="report"))
    with pytest.raises(UsageError, match=r"etl/prod, report/prod. Give the full name"):
        store_client.read_deployment("prod")


@pytest.mark.parametrize("name", ["nope", "etl/nope", "", "019a1fa7-0000-7000-8000-000000000000"])
def test_what_names_no_deployment_is_a_sentence(store_client: LocalClient, name: str) -> None:
    with pytest.raises(NotFound, match="There is no deployment"):
        store_client.read_deployment(name)


def test_deployments_are_listed_by_name_in_pages(store_client: LocalClient) -> None:
    names = [store_client.save_deployment(a_deployment(name=name)).full_name for name in "dacbe"]
    seen: list[str] = []
    after: str | None = None
    while True:
        page = store_client.list_deployments(limit=2, after=after)
        seen += [one.full_name for one in page.items]
        after = page.next
        if after is None:
            break
    assert seen == sorted(names)


# -- schedules ------------------------------------------------------------------------------------------------------


def test_the_same_schedule_given_twice_stays_two_however_often_it_is_saved(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment(schedules=(HOURLY, HOURLY))).schedules
    for _ in range(3):
        assert store_client.save_deployment(a_deployment(schedules=(HOURLY, HOURLY))).schedules == saved


def test_what_a_schedule_had_planned_goes_with_it(store_client: LocalClient, clock: StoreClock) -> None:
    clock.now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    store_client.save_deployment(a_deployment(schedules=(HOURLY, DAILY)))
    mine = due_run(store_client)
    daily = [run for run in store_client.list_flow_runs().items if run.parameters == {"full": True}]
    assert daily
    store_client.save_deployment(a_deployment(schedules=(DAILY,)))
    left = {run.id for run in store_client.list_flow_runs().items}
    assert left == {mine.id, *(run.id for run in daily)}


def test_pausing_takes_back_what_was_planned_and_resuming_plans_anew(
    store_client: LocalClient, clock: StoreClock
) -> None:
    clock.now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    saved = store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    assert len(store_client.list_flow_runs().items) == 10
    store_client.set_deployment_paused(saved.id, True)
    assert store_client.list_flow_runs().items == ()
    assert store_client.materialise_schedules() == 0
    clock.forward(3 * 3600)
    store_client.set_deployment_paused(saved.id, False)
    runs = store_client.list_flow_runs().items
    assert len(runs) == 10
    assert all(run.expected_start_time > clock.now for run in runs if run.expected_start_time)


def test_saving_it_as_paused_takes_back_what_was_planned(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    store_client.save_deployment(a_deployment(schedules=(HOURLY,), paused=True))
    assert store_client.list_flow_runs().items == ()


def test_a_deleted_deployment_takes_its_plans_with_it_but_not_its_history(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment(schedules=(HOURLY,)))
    asked_for = store_client.run_deployment(saved.id)
    store_client.delete_deployment(saved.id)
    with pytest.raises(NotFound):
        store_client.read_deployment(saved.id)
    assert [run.id for run in store_client.list_flow_runs().items] == [asked_for.id]


@pytest.mark.parametrize("verb", ["delete_deployment", "pause"])
def test_what_is_not_there_can_be_neither_paused_nor_deleted(store_client: LocalClient, verb: str) -> None:
    with pytest.raises(NotFound):
        if verb == "pause":
            store_client.set_deployment_paused(new_id(), True)
        else:
            store_client.delete_deployment(new_id())


# -- running one ----------------------------------------------------------------------------------------------------


def test_a_run_of_a_deployment_is_due_in_its_pool_with_its_parameters(
    store_client: LocalClient, clock: StoreClock
) -> None:
    a_place(store_client, "gpu", "fast")
    saved = store_client.save_deployment(
        a_deployment(parameters={"a": 1, "b": 2}, tags=("prod",), work_pool_name="gpu", work_queue_name="fast")
    )
    run = store_client.run_deployment(saved.id, parameters={"b": 3}, tags=("now",), created_by="me", name="mine")
    assert (run.parameters, run.tags, run.name, run.created_by) == ({"a": 1, "b": 3}, ("now", "prod"), "mine", "me")
    assert (run.deployment_id, run.deployment_name, run.flow_name) == (saved.id, "prod", "etl")
    clock.forward(60)
    assert [one.run.id for one in store_client.claim_flow_runs("gpu", "w", limit=2, lease_seconds=9)] == [run.id]


def test_a_run_of_a_deployment_is_due_when_it_was_asked_for(store_client: LocalClient, clock: StoreClock) -> None:
    saved = store_client.save_deployment(a_deployment())
    run = store_client.run_deployment(saved.id, scheduled_time=clock.now + AN_HOUR)
    assert (run.expected_start_time, run.state.name) == (clock.now + AN_HOUR, "Scheduled")


def test_parameters_that_do_not_fit_its_schema_are_refused(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment(parameter_openapi_schema=NUMBER))
    with pytest.raises(ParameterError, match="n"):
        store_client.run_deployment(saved.id)
    with pytest.raises(ParameterError, match="n"):
        store_client.run_deployment(saved.id, parameters={"n": "many"})
    assert store_client.run_deployment(saved.id, parameters={"n": 3}).parameters == {"n": 3}


def test_parameters_are_not_checked_when_that_was_switched_off(store_client: LocalClient) -> None:
    spec = a_deployment(parameter_openapi_schema=NUMBER, enforce_parameter_schema=False)
    saved = store_client.save_deployment(spec)
    assert store_client.run_deployment(saved.id, parameters={"n": "many"}).parameters == {"n": "many"}


def test_a_run_that_was_asked_for_twice_with_one_key_is_one(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment())
    first = store_client.run_deployment(saved.id, idempotency_key="click")
    assert store_client.run_deployment(saved.id, idempotency_key="click") == first


def test_what_a_person_paused_stays_paused_until_something_new_is_deployed(store_client: LocalClient) -> None:
    def deploy(paused: bool) -> bool:
        return store_client.save_deployment(a_deployment(paused=paused)).paused

    saved = store_client.save_deployment(a_deployment())
    store_client.set_deployment_paused(saved.id, True)
    assert deploy(False) is True  # nothing new was said
    store_client.set_deployment_paused(saved.id, False)
    assert deploy(True) is True
    store_client.set_deployment_paused(saved.id, False)
    assert deploy(True) is False
    assert deploy(False) is False


def test_several_deployments_are_saved_together_or_not_at_all(store_client: LocalClient) -> None:
    with pytest.raises(NotFound):
        store_client.save_deployments([a_deployment(name="a"), a_deployment(name="b", work_pool_name="nowhere")])
    assert store_client.list_deployments().items == ()
    saved = store_client.save_deployments([a_deployment(name="a"), a_deployment(name="b")])
    assert [one.name for one in saved] == ["a", "b"]
