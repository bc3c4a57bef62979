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
from flowtui.engine.model import Slice, TaskRunFilter
from flowtui.engine.query import Query
from flowtui.engine.states import Completed, Failed, Running, Scheduled, StateType
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_task, due_run, new_run, owned_run

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
    query = Query.of(flow_name=flow)
    here = {due_run(store_client, clock.now - timedelta(seconds=age), flow_name=flow).id: age for age in ages}
    added = iter(range(-9, 9))

    def add() -> None:
        for number in (next(added, 0) for _ in range(at_once)):
            due_run(store_client, clock.now - timedelta(seconds=number), flow_name=flow)

    seen = walk(lambda after: store_client.list_flow_runs(query, limit=size, after=after), add)
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
    """Names of the runs that a query lets through, page by page."""
    query = Query.of(**fields)
    names = {run.id: run.name for run in client.list_flow_runs(query, limit=100).items}
    return [names[one] for one in walk(lambda after: client.list_flow_runs(query, limit=2, after=after))]


def test_a_span_of_time_includes_its_start_and_not_its_end(store_client: LocalClient, clock: StoreClock) -> None:
    minute = timedelta(minutes=1)
    for number in range(6):
        due_run(store_client, clock.now - number * minute, name="abcdef"[number])
    assert found(store_client, since=clock.now - 3 * minute, until=clock.now - minute) == ["c", "d"]


def test_several_kinds_of_state_are_one_list(store_client: LocalClient, clock: StoreClock) -> None:
    """Each is walked by itself, and they are put together in their order."""
    for number in range(9):
        at = clock.now - timedelta(seconds=number)
        state = (Scheduled(at), Running(timestamp=at), Failed(timestamp=at))[number % 3]
        store_client.create_flow_run(new_run(name=str(number), state=state))
    assert found(store_client, states=(StateType.FAILED, StateType.SCHEDULED)) == list("023568")
    assert found(store_client, states=(StateType.FAILED, StateType.SCHEDULED), flows=("etl",)) == list("023568")


def test_many_flows_at_once_are_found_in_order(store_client: LocalClient, clock: StoreClock) -> None:
    """More flows than the store walks one by one."""
    flows = [f"flow-{number:02}" for number in range(12)]
    for number, flow in enumerate(flows * 2):
        due_run(store_client, clock.now - timedelta(seconds=number), flow_name=flow, name=f"{number:02}")
    assert found(store_client, flows=("flow-*",)) == [f"{number:02}" for number in range(24)]
    assert found(store_client, flows=("flow-03", "flow-07")) == ["03", "07", "15", "19"]


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
