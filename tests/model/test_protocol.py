"""Who owns a run, in every state that can be reached: ours holds, and each thing that is left out breaks it."""

import pytest

from tests.model.ownership import ENDS, FIRST, OURS, Protocol, World, by_chance, steps, wrong
from tests.model.search import Graph, explore


def reached(protocol: Protocol) -> Graph[World]:
    return explore(FIRST, lambda world: steps(world, protocol), wrong)


@pytest.fixture(scope="module")
def ours() -> Graph[World]:
    return reached(OURS)


def is_ended(world: World) -> bool:
    return world.row.kind in ENDS


def never_cancelled(graph: Graph[World]) -> list[World]:
    """Being cancelled, with no way to an end that needs no luck: nobody wakes, restarts or helps."""
    stuck = graph.cannot_reach(is_ended, lambda name: not by_chance(name))
    return [world for world in stuck if world.row.kind == "cancelling"]


def test_no_state_breaks_a_promise(ours: Graph[World]) -> None:
    assert ours.bad is None, ours.trace(ours.bad)
    assert len(ours.origins) > 50_000
    assert {world.row.kind for world in ours.origins} >= ENDS | {"awaiting", "cancelling", "paused", "suspended"}


def test_every_run_that_has_not_ended_can_be_cancelled(ours: Graph[World]) -> None:
    for world, edges in ours.edges.items():
        names = {name for name, _ in edges}
        assert is_ended(world) or world.row.kind == "cancelling" or "somebody cancels" in names, ours.trace(world)


def test_a_cancel_leads_to_an_end_from_every_state(ours: Graph[World]) -> None:
    stuck = never_cancelled(ours)
    assert not stuck, ours.trace(stuck[0])


def test_no_run_is_stuck(ours: Graph[World]) -> None:
    """It ends, or waits for somebody to start or resume it; who is alive is waited for, who is dead is not."""
    stuck = ours.cannot_reach(
        lambda world: is_ended(world) or world.row.owner is None,
        lambda name: not by_chance(name) or name.endswith(("wakes", "is free")),
    )
    assert not stuck, ours.trace(min(stuck, key=lambda world: len(ours.trace(world))))


BROKEN = {
    "no fencing": ({"fences_start": False, "fences_finish": False}, "under an epoch that is over"),
    "fencing only at the finish": ({"fences_start": False}, "running was accepted under an epoch that is over"),
    "fencing only at the start": ({"fences_finish": False}, "under an epoch that is over"),
    "a claim that does not raise the epoch": ({"claim_raises": False}, "is alive"),
    "a claim that does not look whether the run is owned": ({"claim_checks": False}, "taken from its owner"),
    "a reaper that does not raise the epoch": ({"reaper_raises": False}, "does not own the run"),
    "a retry that does not raise the epoch": ({"retry_raises": False}, "does not own the run"),
    "a resume that leaves the epoch to a silent owner": ({"resume_raises": False}, "does not own the run"),
    "a run that is resumed while its process is ending": ({"resume_waits": False}, "taken from its owner"),
    "only a thread of the child renews": ({"keeper_renews": False}, "the lease of a run that is alive has ended"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_protocol_breaks_without(name: str) -> None:
    left_out, why = BROKEN[name]
    graph = reached(OURS._replace(**left_out))
    assert graph.bad is not None
    trace = graph.trace(graph.bad)
    assert why in trace[-1], trace


@pytest.mark.parametrize("left_out", ["reaps_cancelling", "child_lets_go"])
def test_a_cancel_gets_stuck_when_it_waits_for_whoever_does_not_answer(left_out: str) -> None:
    """For a dead owner, or for a child that renews its lease although only its keeper could end it."""
    graph = reached(OURS._replace(**{left_out: False}, most_epochs=1))
    assert graph.bad is None
    assert never_cancelled(graph)
