"""Lists: newest first, filtered, and paged so that every row is seen once while others are added."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRunFilter, Slice, TaskRunFilter
from flowtui.engine.states import Completed, Failed, Late, Running, Scheduled, StateType
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_task, due_run, new_run, owned_run

on_one_store = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def walk(page: Callable[[str | None], Slice[Any]], between: Callable[[], object] = lambda: None) -> list[str]:
    """The ids of a whole list, page by page; `between` is called after each page."""
    ids: list[str] = []
    after: str | None = None
    while True:
        part = page(after)
        ids += [item.id for item in part.items]
        after = part.next
        if after is None:
            return ids
        between()


@given(ages=st.lists(st.integers(0, 5), max_size=14), size=st.integers(1, 5), at_once=st.integers(0, 2))
@on_one_store
def test_paging_sees_every_run_once_while_others_are_created(
    store_client: LocalClient, clock: StoreClock, ages: list[int], size: int, at_once: int
) -> None:
    """Also when many share one instant, and whether the new ones are due earlier or later."""
    flow = new_id()
    where = FlowRunFilter(flow_names=(flow,))
    here = {due_run(store_client, clock.now - timedelta(seconds=age), flow_name=flow).id: age for age in ages}
    added = iter(range(-9, 9))

    def add() -> None:
        for number in (next(added, 0) for _ in range(at_once)):
            due_run(store_client, clock.now - timedelta(seconds=number), flow_name=flow)

    seen = walk(lambda after: store_client.list_flow_runs(where, limit=size, after=after), add)
    assert len(seen) == len(set(seen))
    assert sorted(set(seen) & set(here)) == sorted(here)
    of_here = [here[run_id] for run_id in seen if run_id in here]
    assert of_here == sorted(of_here), "newest first"


@given(count=st.integers(0, 14), size=st.integers(1, 5))
@on_one_store
def test_paging_sees_every_task_run_once_in_the_order_of_their_making(
    store_client: LocalClient, count: int, size: int
) -> None:
    run = owned_run(store_client)
    made = [a_task(run) for _ in range(count)]
    for task in made:
        store_client.save_task_run(task)
    store_client.flush()
    where = TaskRunFilter(flow_run_id=run.id)

    more = iter(range(3))

    def add() -> None:
        for _ in more:
            store_client.save_task_run(a_task(run))
            store_client.flush()
            return

    seen = walk(lambda after: store_client.list_task_runs(where, limit=size, after=after), add)
    assert seen[:count] == [task.id for task in made]
    assert len(seen) == len(set(seen))


def test_task_runs_of_all_flows_are_listed_newest_first(store_client: LocalClient) -> None:
    made = [a_task(owned_run(store_client)) for _ in range(5)]
    for task in made:
        store_client.save_task_run(task)
    store_client.flush()
    seen = walk(lambda after: store_client.list_task_runs(limit=2, after=after))
    assert seen == [task.id for task in reversed(made)]


def test_flows_are_listed_by_name_in_pages(store_client: LocalClient) -> None:
    for name in "dacbe":
        due_run(store_client, flow_name=name)
    names = {flow.id: flow.name for flow in store_client.list_flows().items}
    seen = walk(lambda after: store_client.list_flows(limit=2, after=after))
    assert [names[one] for one in seen] == list("abcde")


@pytest.mark.parametrize("cursor", ["", "nonsense", "bnVsbA", "WzFd", "W10", "e30", "WyJhIiwiYiIsImMiXQ"])
def test_what_is_no_cursor_is_refused_in_a_sentence(store_client: LocalClient, cursor: str) -> None:
    for page in (store_client.list_flow_runs, store_client.list_task_runs):
        with pytest.raises(UsageError, match="is no cursor of a list"):
            page(after=cursor)


# -- filters --------------------------------------------------------------------------------------------------------


def found(client: LocalClient, **fields: Any) -> list[str]:
    """Names of the runs that a filter lets through, page by page."""
    where = FlowRunFilter(**fields)
    names = {run.id: run.name for run in client.list_flow_runs(where, limit=100).items}
    return [names[one] for one in walk(lambda after: client.list_flow_runs(where, limit=2, after=after))]


@pytest.fixture
def ids(store_client: LocalClient, clock: StoreClock) -> dict[str, str]:
    """Six runs, one minute apart, newest first by name: a, b, c, d, e, f."""
    deployment = store_client.save_deployment(a_deployment(name="prod"))
    minutes = [clock.now - timedelta(minutes=number) for number in range(6)]
    rows: list[dict[str, Any]] = [
        {"name": "a", "state": Scheduled(minutes[0]), "flow_name": "etl-users", "tags": ("prod", "eu")},
        {"name": "b", "state": Late(minutes[1]), "flow_name": "etl_orders", "tags": ("prod",)},
        {"name": "c", "state": Running(timestamp=minutes[2]), "flow_name": "etl%", "deployment_id": deployment.id},
        {"name": "d", "state": Failed(timestamp=minutes[3]), "flow_name": "report", "tags": ("pro",)},
        {
            "name": "e",
            "state": Completed(timestamp=minutes[4]),
            "parent_task_run_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        },
        {"name": "f", "state": Failed(name="TimedOut", timestamp=minutes[5]), "tags": ('quo"ted', "50%")},
    ]
    return {row["name"]: store_client.create_flow_run(new_run(**row)).id for row in rows}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, "abcdef"),
        ({"state_types": (StateType.FAILED,)}, "df"),
        ({"state_types": (StateType.FAILED, StateType.SCHEDULED)}, "abdf"),
        ({"state_names": ("late", "TimedOut")}, "bf"),
        ({"state_types": (StateType.FAILED,), "state_names": ("Failed",)}, "d"),
        ({"flow_names": ("etl*",)}, "abcef"),
        ({"flow_names": ("etl_*",)}, "b"),
        ({"flow_names": ("etl?users", "report")}, "ad"),
        ({"flow_names": ("etl%",)}, "c"),
        ({"flow_names": ("nothing*",)}, ""),
        ({"deployment_names": ("etl/*",)}, "c"),
        ({"tags": ("prod",)}, "ab"),
        ({"tags": ("prod", "eu")}, "a"),
        ({"tags": ('quo"ted',)}, "f"),
        ({"tags": ("50%",)}, "f"),
        ({"tags": ("%",)}, ""),
        ({"name": "A"}, "a"),
        ({"name": "%"}, ""),
        ({"top_level": True}, "abcdf"),
        ({"state_types": tuple(StateType), "flow_names": ("etl*", "report"), "top_level": True}, "abcdf"),
    ],
)
def test_a_filter_lets_through_what_it_says(
    store_client: LocalClient, ids: dict[str, str], fields: dict[str, Any], names: str
) -> None:
    assert found(store_client, **fields) == list(names)


def test_a_span_of_time_includes_its_start_and_not_its_end(
    store_client: LocalClient, clock: StoreClock, ids: dict[str, str]
) -> None:
    minute = timedelta(minutes=1)
    assert found(store_client, since=clock.now - 3 * minute, until=clock.now - minute) == ["c", "d"]


def test_runs_are_listed_by_their_ids(store_client: LocalClient, ids: dict[str, str]) -> None:
    assert found(store_client, ids=(ids["d"], ids["a"], new_id())) == ["a", "d"]


def test_many_flows_at_once_are_found_in_order(store_client: LocalClient, clock: StoreClock) -> None:
    """More flows than the store walks one by one."""
    flows = [f"flow-{number:02}" for number in range(12)]
    for number, flow in enumerate(flows * 2):
        due_run(store_client, clock.now - timedelta(seconds=number), flow_name=flow, name=f"{number:02}")
    assert found(store_client, flow_names=("flow-*",)) == [f"{number:02}" for number in range(24)]
    assert found(store_client, flow_names=("flow-03", "flow-07")) == ["03", "07", "15", "19"]


def test_task_runs_are_filtered_by_state_and_name(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    tasks = [a_task(run, Completed(), name="load-0"), a_task(run, Failed(), name="LOAD_1"), a_task(run, name="save")]
    for task in tasks:
        store_client.save_task_run(task)
    store_client.flush()

    def names(**fields: Any) -> list[str]:
        return [task.name for task in store_client.list_task_runs(TaskRunFilter(flow_run_id=run.id, **fields)).items]

    assert names(state_types=(StateType.FAILED, StateType.PENDING)) == ["LOAD_1", "save"]
    assert names(name="load") == ["load-0", "LOAD_1"]
    assert names(name="_") == ["LOAD_1"]
