"""Long lists: pages both ways in any order, totals that are honest, and values that a filter may have."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.listing import SORTS, RunPage, RunSort, Total, sort_of
from flowtui.engine.query import Query, parse
from flowtui.engine.states import Completed, Failed, Running, State
from flowtui.engine.store import run_pages, run_totals
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_line, a_worker, due_run, new_run

on_one_store = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ids(page: RunPage) -> list[str]:
    return [run.id for run in page.items]


@given(
    ages=st.lists(st.integers(0, 4), min_size=1, max_size=12),
    size=st.integers(1, 5),
    sort=st.sampled_from([RunSort("start"), RunSort("start", False), RunSort("name"), RunSort("dur"), RunSort("flow")]),
    text=st.sampled_from(["", "state:scheduled,failed", "flow:*a"]),
    skip=st.integers(0, 12),
)
@on_one_store
def test_a_list_is_the_same_from_either_end_and_from_its_middle(
    store_client: LocalClient, clock: StoreClock, ages: list[int], size: int, sort: RunSort, text: str, skip: int
) -> None:
    """Also when many runs compare alike, and when a filter is walked by several indexes."""
    mine = new_id()
    query = parse(f"tag:{mine} {text}")
    for number, age in enumerate(ages):
        state = Failed(timestamp=clock.now) if number % 3 == 0 else None
        flow = f"{'ab'[number % 2]}a"
        run = due_run(store_client, clock.now - timedelta(seconds=age), flow_name=flow, name=str(age), tags=(mine,))
        if state is not None:
            store_client.set_flow_run_state(run.id, Running(timestamp=clock.now), force=True)
            store_client.set_flow_run_state(run.id, state, force=True)

    def turn(page: RunPage, *, down: bool) -> list[str]:
        found: list[list[str]] = [ids(page)]
        while (cursor := page.after if down else page.before) is not None:
            where = {"after": cursor} if down else {"before": cursor}
            page = store_client.page_flow_runs(query, sort=sort, limit=size, **where)
            found.append(ids(page))
        return [run_id for part in (found if down else reversed(found)) for run_id in part]

    whole = ids(store_client.page_flow_runs(query, sort=sort, limit=100))
    assert store_client.count_flow_runs(query) == Total(len(whole))
    assert turn(store_client.page_flow_runs(query, sort=sort, limit=size), down=True) == whole
    assert turn(store_client.page_flow_runs(query, sort=sort, limit=size, from_end=True), down=False) == whole
    middle = store_client.page_flow_runs(query, sort=sort, limit=size, skip=skip)
    assert ids(middle) == whole[skip : skip + size]
    late = store_client.page_flow_runs(query, sort=sort, limit=size, skip=skip, from_end=True)
    assert ids(late) == whole[max(len(whole) - skip - size, 0) : max(len(whole) - skip, 0)]
    for number, run_id in enumerate(whole[:3]):
        assert ids(store_client.page_flow_runs(query, sort=sort, limit=size, starting=run_id)) == whole[number:][:size]
    if middle.before is not None:
        before = ids(store_client.page_flow_runs(query, sort=sort, limit=size, before=middle.before))
        assert before == whole[max(skip - size, 0) : skip]


def test_runs_are_sorted_by_whatever_a_column_shows(store_client: LocalClient, clock: StoreClock) -> None:
    deployment = store_client.save_deployment(a_deployment(name="prod", flow_name="etl"))
    store_client.create_work_pool("gpu")
    begun = clock.now - timedelta(hours=1)
    over: dict[str, Callable[..., State]] = {"a": Completed, "b": Failed}
    for number, name in enumerate("abc"):
        run = store_client.create_flow_run(
            new_run(
                name=name,
                flow_name="etl" if name == "a" else "xyz",
                deployment_id=deployment.id if name == "a" else None,
                work_pool_name="gpu" if name == "b" else "local",
            )
        )
        store_client.set_flow_run_state(run.id, Running(timestamp=begun + timedelta(minutes=number)), force=True)
        if name in over:
            ended = begun + timedelta(minutes=10 * (number + 1))
            store_client.set_flow_run_state(run.id, over[name](timestamp=ended), force=True)
        store_client.write_logs([a_line(run, level=40 if name == "b" else 30)])
    store_client.flush()

    def order(sort: str) -> str:
        return "".join(run.name for run in store_client.page_flow_runs(Query(), sort=sort_of(sort)).items)

    assert {name: order(name) for name in ("start", "name", "created", "dur", "end", "state")} == {
        "start": "abc",
        "name": "abc",
        "created": "abc",
        "dur": "abc",
        "end": "cab",
        "state": "abc",
    }
    assert order("-dur") == "cba" and order("-end") == "bac"
    assert order("-errors")[0] == "b" and order("warnings")[0] == "b"
    assert order("pool")[0] == "b" and order("-deployment")[0] == "a" and order("flow")[0] == "a"
    assert all(sorted(order(name)) == ["a", "b", "c"] for name in SORTS)
    with pytest.raises(UsageError, match="did you mean name"):
        sort_of("-nam")


def test_what_no_index_sorts_is_sorted_for_few_runs_only(
    store_client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        store_client.create_flow_run(new_run(name=str(number)))
    monkeypatch.setattr(run_pages, "MOST_SORTED", 3)
    with pytest.raises(UsageError, match=r"At most 3 runs are sorted by dur, and 4 fit.*sort by start, name, created"):
        store_client.page_flow_runs(Query(), sort=RunSort("dur"))
    assert len(store_client.page_flow_runs(Query(), sort=RunSort("name")).items) == 4
    assert len(store_client.page_flow_runs(parse("name:2"), sort=RunSort("dur")).items) == 1


def test_a_total_that_is_a_guess_says_so(store_client: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        store_client.create_flow_run(new_run(name="even" if number % 2 == 0 else "odd"))
    assert store_client.count_flow_runs(Query()) == Total(40)
    assert store_client.count_flow_runs(parse("name:even")) == Total(20)
    monkeypatch.setattr(run_totals, "_SAMPLE", 10)
    assert store_client.count_flow_runs(parse("name:even")) == Total(20, exact=False)
    assert store_client.count_flow_runs(parse("state:scheduled")) == Total(40)
    assert store_client.count_flow_runs(parse("flow:none")) == Total(0)


def test_values_come_from_the_store_with_what_is_known_of_them(store_client: LocalClient) -> None:
    store_client.save_deployment(a_deployment(name="prod", flow_name="etl-orders", tags=("nightly",)))
    store_client.create_work_pool("gpu")
    store_client.create_work_queue("gpu", "fast")
    store_client.announce_worker(a_worker("box-1", pool_name="gpu"))
    shapes: list[dict[str, object]] = [{"region": "eu", "size": {"rows": 5}}, {"region": "us", "dry": True}]
    for parameters in shapes * 2:
        store_client.create_flow_run(new_run(flow_name="etl-orders", tags=("prod", "x"), parameters=parameters))
    store_client.create_flow_run(new_run(flow_name="my-etl", tags=("prod",), name="plucky"))

    def texts(field: str, start: str = "", path: tuple[str | int, ...] = ()) -> list[str]:
        return [value.text for value in store_client.query_values(field, start, path=path)]

    assert texts("flow", "ETL") == ["etl-orders", "my-etl"]
    assert texts("flow", "my") == ["my-etl"]
    assert store_client.query_values("flow", "etl-o")[0].hint == "1 deployment"
    assert texts("deployment", "prod") == ["etl-orders/prod"]
    assert [(v.text, v.count) for v in store_client.query_values("tag")] == [("prod", 5), ("x", 4), ("nightly", None)]
    assert "gpu" in texts("pool") and texts("queue", "fas") == ["fast"] and texts("name", "plu") == ["plucky"]
    (worker,) = store_client.query_values("worker")
    assert worker.text == "box-1" and worker.hint == "gpu, online"
    assert texts("param") == ["region=", "dry=", "size."]
    assert texts("param", path=("region",)) == ["eu", "us"] and texts("param", path=("size",)) == ["rows="]
    assert texts("param", path=("dry",)) == ["true"] and texts("param", path=("size", "rows", "x")) == []
    assert texts("dur") == []
    assert len(store_client.query_values("tag", limit=1)) == 1
