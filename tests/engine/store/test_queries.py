"""Queries in the store: what each term lets through, that SQL and Python agree, and that nothing in one does harm."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query, parse
from flowtui.engine.query_matching import matches
from flowtui.engine.states import (
    AwaitingRetry,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Pending,
    Running,
    Scheduled,
)
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_line, a_task, new_run

PARENT = "0" * 8 + "-0000-0000-0000-" + "0" * 12


@pytest.fixture
def runs(store_client: LocalClient, clock: StoreClock) -> dict[str, FlowRun]:
    """Runs of every sort, a minute apart, newest first by name: a, b, c, …"""
    deployment = store_client.save_deployment(a_deployment(name="prod", flow_name="etl"))
    store_client.create_work_pool("gpu")
    store_client.create_work_queue("local", "fast")
    ago = [clock.now - timedelta(minutes=number) for number in range(20)]
    rows: list[dict[str, Any]] = [
        {"state": Scheduled(clock.now + timedelta(hours=1)), "deployment_id": deployment.id, "auto_scheduled": True},
        {"state": Late(ago[1]), "flow_name": "ETL_orders", "tags": ("prod",), "work_queue_name": "fast"},
        {"state": Running(timestamp=ago[2]), "flow_name": "etl%", "parameters": {"region": "eu", "n": 5, "ok": True}},
        {"state": Failed(message="Disk full: 50%", timestamp=ago[3]), "tags": ("pro", "EU"), "flow_name": "report"},
        {"state": Completed(message="disk fine", timestamp=ago[4]), "parent_task_run_id": PARENT},
        {"state": Failed(name="TimedOut", timestamp=ago[5]), "tags": ('quo"ted', "50%", "a\0b", "\\u0000")},
        {"state": Crashed(timestamp=ago[6]), "parameters": {"region": "EU\0", "n": "5", "ok": None, "list": [1, "x"]}},
        {"state": AwaitingRetry(ago[7]), "parameters": {"limits": {"rows": 1.5, "7": "seven"}, "day": "2026-11-02"}},
        {"state": Running(name="Retrying", timestamp=ago[8]), "work_pool_name": "gpu", "parameters": {"n": -(10**14)}},
        {"state": Completed(name="Skipped", timestamp=ago[9]), "parameters": {"ok": "true", "n": 5.0, "e": 1e300}},
        {"state": Scheduled(ago[10]), "flow_name": "é É *?"},
    ]
    made = [store_client.create_flow_run(new_run(**{"name": "abcdefghijk"[at], **row})) for at, row in enumerate(rows)]
    for number, run in enumerate(made[2:5]):
        for _ in range(number):
            store_client.save_task_run(a_task(run))
        store_client.write_logs([a_line(run, level=40), a_line(run, level=30)][:number])
    store_client.flush()
    return {run.name: store_client.read_flow_run(run.id) for run in made}


def found(client: LocalClient, query: Query) -> str:
    return "".join(run.name for run in client.list_flow_runs(query, limit=100).items)


SAYS = [
    ("", "abcdefghijk"),
    ("state:failed", "df"),
    ("!state:failed", "abceghijk"),
    ("state:failed,late", "bdf"),
    ("state:late state:scheduled", "b"),
    ('state:"failed","skipped"', "dj"),
    ("state:*ing", "ci"),
    ("type:failed,crashed", "dfg"),
    ("is:late", "b"),
    ("needs:attention", "bdfg"),
    ("!needs:attention", "acehijk"),
    ("is:live", "ci"),
    ("is:ended !is:top", "e"),
    ("is:subflow", "e"),
    ("is:auto", "a"),
    ("is:scheduled", "abhk"),
    ("flow:etl*", "abcefghij"),
    ("flow:etl_*", "b"),
    ('flow:"etl%"', "c"),
    ("flow:ETL,report flow:r*", "d"),
    ("!flow:etl*", "dk"),
    ('flow:"é É *?"', "k"),
    ("flow:??É*", "k"),
    ("deployment:prod", "a"),
    ("dep:etl/*", "a"),
    ("!deployment:*", "bcdefghijk"),
    ("tag:prod,eu", "bd"),
    ("tag:prod tag:eu", ""),
    ("tag:pro", "d"),
    ("tag:pro*", "bd"),
    ("tag:*", "bdf"),
    ("!tag:*", "aceghijk"),
    ('tag:"50%"', "f"),
    ("tag:%", ""),
    ('tag:"quo\\"ted"', "f"),
    ("name:C", "c"),
    ("rep", "d"),
    ("A b", ""),
    ("etl c", "c"),
    ("pool:gpu", "i"),
    ("queue:fast", "b"),
    ("!worker:*", "abcdefghijk"),
    ("error:disk", "d"),
    ("message:disk", "de"),
    ("message:DISK*%", "d"),
    ("dur<3m", "c"),
    ("dur>5m", "i"),
    ("dur>=0s", "ci"),
    ("start<5m", "c"),
    ("start>=2m", "ci"),
    ("!start<5m", "abdefghijk"),
    ("due<2h", "abhk"),
    ("due<+0s", "bhk"),
    ("due>30m", "a"),
    ("due<-8m", "k"),
    ("late>5m", "hk"),
    ("late<5m", "b"),
    ("end<5m", "de"),
    ("tasks>0", "de"),
    ("tasks=0 attempt>0", "ci"),
    ("errors>0", "de"),
    ("warnings:1", "e"),
    ("since:3m until:1m", "cd"),
    ("param.region=eu", "c"),
    ("param.region=eu*", "cg"),
    ("param.region!=eu", "abdefghijk"),
    ("param.n=5", "cgj"),
    ('param.n="5"', "g"),
    ("param.n>4", "cj"),
    ("param.n<0", "i"),
    ("param.ok=true", "cj"),
    ("param.ok=null", "g"),
    ("param.list.0=1", "g"),
    ("param.list.1=x param.list.2!=x", "g"),
    ("param.limits.rows>1.2", "h"),
    ("param.day>2026-11-01", "h"),
    ("param.e>1e99", "j"),
]


def test_a_query_lets_through_what_it_says(
    store_client: LocalClient, clock: StoreClock, runs: dict[str, FlowRun]
) -> None:
    """All of them on one store, because filling it takes longer than asking."""
    in_store = [(text, found(store_client, parse(text))) for text, _ in SAYS]
    in_hand = [
        (text, "".join(name for name, run in runs.items() if matches(parse(text), run, clock.now))) for text, _ in SAYS
    ]
    assert in_store == SAYS
    assert in_hand == SAYS


WORDS = st.sampled_from(
    ["a", "etl", "etl*", "*", "?", "e*", "prod", "pro*", "eu", "5", "5.0", "true", "null", "disk", "50%", "%", "_",
     "é", "É", '"*"', '"5"', "-1", "1.5", "x", "seven", "2026-11-01", '"\\\\"', '"quo\\"ted"', "gpu", "1e3", "'", ";--"]
)  # fmt: skip
TEXT_TERMS = st.tuples(
    st.sampled_from(["flow:", "deployment:", "tag:", "name:", "pool:", "queue:", "error:", "message:", ""]), WORDS
).map("".join)
STATE_TERMS = st.sampled_from(
    [
        "state:failed",
        "state:late,running",
        'state:"Failed"',
        "state:*ed",
        "type:completed",
        "is:top",
        "is:live",
        "is:ended",
        "is:auto",
        "needs:attention",
    ]
)
TIME_TERMS = st.tuples(
    st.sampled_from(["dur", "start", "end", "created", "due", "late"]),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.sampled_from(["0s", "1m", "2m", "5m", "61m"]),
).map("".join)
PARAM_TERMS = st.tuples(
    st.sampled_from(["n", "region", "ok", "list.0", "list.1", "limits.rows", "limits.7", "day", "e"]),
    st.sampled_from(["=", "<", ">=", "!="]),
    WORDS,
).map(lambda parts: f"param.{''.join(parts)}")
NUMBER_TERMS = st.tuples(
    st.sampled_from(["tasks", "attempt", "errors", "warnings"]), st.sampled_from("=<>"), st.sampled_from("012")
).map("".join)
ANY_TERM = st.tuples(
    st.sampled_from(["", "!"]), TEXT_TERMS | STATE_TERMS | TIME_TERMS | PARAM_TERMS | NUMBER_TERMS
).map("".join)


@given(terms=st.lists(ANY_TERM, min_size=1, max_size=3))
@example(terms=["!param.list.0=1"])
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_store_and_a_run_in_hand_agree(
    store_client: LocalClient, clock: StoreClock, runs: dict[str, FlowRun], terms: Sequence[str]
) -> None:
    query = parse(" ".join(terms), UTC)
    here = "".join(name for name, run in runs.items() if matches(query, run, clock.now))
    assert found(store_client, query) == here


def test_a_run_that_does_not_come_through_needs_attention(store_client: LocalClient, clock: StoreClock) -> None:
    """On its way for more than ten minutes, or running while nobody vouches for it."""
    states = {"way": Pending(timestamp=clock.now), "stop": Cancelling(timestamp=clock.now), "work": Running()}
    for name, state in states.items():
        store_client.create_flow_run(new_run(name=name, state=state))
    store_client.create_flow_run(new_run(name="due", state=Scheduled(clock.now - timedelta(seconds=1))))
    (claim,) = store_client.claim_flow_runs("local", "me", limit=1, lease_seconds=30)
    query = parse("needs:attention")

    def both() -> set[str]:
        inside = {run.name for run in store_client.list_flow_runs(query).items}
        runs = store_client.list_flow_runs().items
        assert inside == {run.name for run in runs if matches(query, run, clock.now)}
        return inside

    assert both() == set()
    clock.forward(180)
    assert both() == {claim.run.name}
    clock.forward(421)
    assert both() == {"way", "stop", claim.run.name}


def test_ids_are_found_whole_and_by_how_they_begin(store_client: LocalClient, runs: dict[str, FlowRun]) -> None:
    assert found(store_client, Query.of(ids=(runs["d"].id, runs["a"].id, new_id()))) == "ad"
    assert found(store_client, parse(f"id:{runs['d'].id[:33]} !id:{runs['a'].id}")) in ("d", "bcdefghijk")
    assert found(store_client, parse(f"!id:{runs['d'].id}")) == "abcefghijk"
    assert found(store_client, Query.of(parent=PARENT)) == "e"
    assert found(store_client, Query.of(deployment_id=runs["a"].deployment_id)) == "a"


def test_all_ids_are_read_at_one_instant(store_client: LocalClient, runs: dict[str, FlowRun]) -> None:
    assert store_client.flow_run_ids(parse("is:ended"), limit=100) == tuple(runs[name].id for name in "defgj")
    assert store_client.flow_run_ids(parse("is:ended"), limit=2) == (runs["d"].id, runs["e"].id)


def test_a_saved_query_means_two_hours_whenever_it_is_asked(
    store_client: LocalClient, clock: StoreClock, runs: dict[str, FlowRun]
) -> None:
    query = parse("start<5m")
    assert found(store_client, query) == "c"
    clock.forward(600)
    assert found(store_client, query) == ""


def test_as_many_terms_as_are_read_are_answered(store_client: LocalClient, runs: dict[str, FlowRun]) -> None:
    assert found(store_client, parse(" ".join(["!tag:x*", "!param.a=1", "!dur>1d", "!flow:*z*"] * 25))) == "abcdefghijk"
    assert found(store_client, parse("tag:" + ",".join(f"t{number}*" for number in range(499)))) == ""
    assert found(store_client, parse("*a" * 9_000)) == ""


def test_a_list_of_many_flows_is_not_sorted(client: LocalClient) -> None:
    for number in range(12):
        client.create_flow_run(new_run(flow_name=f"flow-{number}", name=str(number)))
    plan = plan_of(client, parse("flow:flow-* !tag:x"))
    assert "ix_flow_run__sort" in plan
    assert "TEMP B-TREE" not in plan
    assert len(client.list_flow_runs(parse("flow:flow-* !flow:flow-1*")).items) == 9


def plan_of(client: LocalClient, query: Query) -> str:
    """How SQLite would walk the tables for a list."""
    import sqlalchemy as sa

    statements: list[tuple[str, Any]] = []
    engine = client._db.engine

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    client.flow_run_ids(query, limit=50)
    sa.event.remove(engine, "before_cursor_execute", note)
    (statement, parameters) = statements[-1]
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("flow:etl", "ix_flow_run__flow_sort"),
        ("flow:etl start<2h tag:x param.a=1", "ix_flow_run__flow_sort"),
        ("deployment:etl/prod tag:x", "ix_flow_run__deployment_sort"),
        ("state:late", "ix_flow_run__state_sort"),
        ("due<1h", "ix_flow_run__state_sort"),
        ("start<2h dur>5m", "ix_flow_run__sort (sort_time>?)"),
        ("text", "ix_flow_run__sort"),
        ("!tag:x param.region=eu", "ix_flow_run__sort"),
    ],
)
def test_a_list_walks_an_index_in_its_order(client: LocalClient, text: str, index: str) -> None:
    client.save_deployment(a_deployment(name="prod", flow_name="etl"))
    plan = plan_of(client, parse(text))
    assert index in plan
    assert "TEMP B-TREE" not in plan
