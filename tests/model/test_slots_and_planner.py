"""Limits and schedules with two processes at work, in every state that can be reached."""

import pytest

from tests.model import planner, slots
from tests.model.search import explore


def test_a_limit_holds_and_its_slots_come_back() -> None:
    graph = explore(slots.FIRST, slots.steps, slots.wrong)
    assert graph.bad is None, graph.trace(graph.bad)
    over = {"reaped", "ended"}
    assert not graph.cannot_reach(lambda world: set(world.runs) <= over, lambda name: not name.endswith("stops"))


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        ({"one_transaction": False}, "2 runs hold a slot of 1"),
        ({"counts_the_silent": False}, "2 runs hold a slot of 1"),
        ({"derived": False}, "a slot is held by nobody"),
    ],
    ids=["counted before it is taken", "the silent do not count", "a number beside the rows"],
)
def test_a_limit_fails_when_it_is(left_out: dict[str, bool], why: str) -> None:
    kept = slots.Slots()._replace(**left_out)
    graph = explore(slots.FIRST, lambda world: slots.steps(world, kept), slots.wrong)
    assert graph.bad is not None
    assert graph.why == why, graph.trace(graph.bad)


def planned(planner_: planner.Planner) -> "planner.World | None":
    return explore(planner.FIRST, lambda world: planner.steps(world, planner_), planner.wrong).bad


def test_each_instant_gets_one_run_whoever_plans_and_dies() -> None:
    graph = explore(planner.FIRST, planner.steps, planner.wrong)
    assert graph.bad is None, graph.trace(graph.bad)
    everything = tuple(range(1, planner.LAST + 1))
    assert not graph.cannot_reach(lambda world: world.runs == everything, lambda name: not name.endswith("dies"))


def test_without_the_unique_key_an_instant_gets_two_runs() -> None:
    bad = planned(planner.Planner(unique=False))
    assert bad is not None
    assert len(set(bad.runs)) < len(bad.runs)


def test_with_the_key_it_need_not_even_be_one_transaction() -> None:
    assert planned(planner.Planner(whole=False)) is None


def test_a_mark_that_is_set_before_the_runs_are_made_loses_instants() -> None:
    bad = planned(planner.Planner(whole=False, mark_last=False))
    assert bad is not None
    assert bad.mark > len(bad.runs)
