"""The scheduler's predicates: what holds runs back, and that nothing else does."""

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.orchestration.handing_out import (
    DeploymentLoad,
    LineLoad,
    PoolLoad,
    holds,
    lines_in_order,
    room_in,
    shared,
)

limits = st.none() | st.integers(0, 4)
lines = st.lists(
    st.builds(
        LineLoad,
        name=st.sampled_from("abcde"),
        priority=st.integers(1, 3),
        paused=st.booleans(),
        limit=limits,
        active=st.integers(0, 4),
    ),
    unique_by=lambda line: line.name,
)


@st.composite
def pools(draw: st.DrawFn) -> PoolLoad:
    chosen = tuple(draw(lines))
    active = sum(line.active for line in chosen)
    return PoolLoad(name="p", lines=chosen, paused=draw(st.booleans()), limit=draw(limits), active=active)


@given(pools(), st.sets(st.sampled_from("abcde")))
def test_a_queue_is_handed_out_from_just_when_nothing_holds_it(pool: PoolLoad, queues: set[str]) -> None:
    handed = {line.name for line in lines_in_order(pool, queues)}
    assert handed == {
        line.name for line in pool.lines if not holds(pool, line.name) and line.name in (queues or "abcde")
    }


@given(pools())
def test_queues_come_by_priority(pool: PoolLoad) -> None:
    order = [line.priority for line in lines_in_order(pool)]
    assert order == sorted(order)


@given(pools(), st.integers(1, 9))
def test_handing_out_all_that_there_is_room_for_exceeds_no_limit(pool: PoolLoad, wanted: int) -> None:
    taken = 0
    for line in lines_in_order(pool):
        room = room_in(pool, line, wanted - taken, taken)
        assert 0 <= room <= wanted
        assert line.limit is None or line.active + room <= line.limit
        taken += room
    assert pool.limit is None or not taken or pool.active + taken <= pool.limit
    assert taken <= wanted


@given(pools())
def test_where_there_is_room_one_run_is_handed_out(pool: PoolLoad) -> None:
    for line in pool.lines:
        assert bool(room_in(pool, line, 1)) is not bool(holds(pool, line.name))


def test_what_is_not_there_holds_too() -> None:
    assert [hold.kind for hold in holds(None, "q", pool_name="p")] == ["no pool"]
    assert [hold.kind for hold in holds(PoolLoad(name="p", lines=()), "q")] == ["no queue"]
    assert holds(None, None) == ()  # a served deployment has no pool


@given(st.integers(0, 4), st.integers(0, 6))
def test_a_deployment_has_room_for_what_its_limit_leaves(limit: int, active: int) -> None:
    load = DeploymentLoad(id="d", limit=limit, active=active)
    held = [hold.kind for hold in holds(None, None, load)]
    assert held == ([] if shared({"d": load})["d"] else ["deployment full"])
