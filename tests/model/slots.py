"""Runs of one pool under a limit, claimed by two workers at once: slots are the owned rows themselves, not a number."""

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["FIRST", "LIMIT", "OURS", "Slots", "World", "steps", "wrong"]

LIMIT: Final = 1


class Slots(NamedTuple):
    """Ours. The broken variants leave one thing out."""

    derived: bool = True
    """From the owned rows; else a number that is raised by a claim and lowered by an end."""
    one_transaction: bool = True
    """Counting and taking exclude each other among workers."""
    counts_the_silent: bool = True
    """A run whose lease has ended keeps its slot until it is reaped."""


class World(NamedTuple):
    """Each run is due, or `owned`, or `silent` (its owner died), or `reaped` (the dead owner may wake), or ended."""

    runs: tuple[str, ...] = ("due", "due", "due")
    counter: int = 0
    seen: tuple[int | None, ...] = (None, None)
    """How many slots each worker saw taken, if it is about to claim."""


FIRST: Final = World()
OURS: Final = Slots()


def wrong(world: World) -> str | None:
    taken = _taken(world)
    if taken > LIMIT:
        return f"{taken} runs hold a slot of {LIMIT}"
    if world.counter > 0 and all(run in ("reaped", "ended") for run in world.runs):
        return "a slot is held by nobody"
    return None


def _taken(world: World, *, silent: bool = True) -> int:
    return sum(run == "owned" or (silent and run == "silent") for run in world.runs)


def steps(world: World, slots: Slots = OURS) -> Iterator[tuple[str, World]]:
    for w, seen in enumerate(world.seen):
        now = world.counter if not slots.derived else _taken(world, silent=slots.counts_the_silent)
        if slots.one_transaction:
            if now < LIMIT:
                yield from _claims(world, slots, w)
        elif seen is None:
            yield f"{w}: counts", _seeing(world, w, now)
        elif seen < LIMIT:
            yield from _claims(_seeing(world, w, None), slots, w)
        else:
            yield f"{w}: waits", _seeing(world, w, None)
    for r, run in enumerate(world.runs):
        if run == "owned":
            yield f"run {r} ends", _to(world, r, "ended", slots, -1)
            yield f"the owner of run {r} dies", _to(world, r, "silent", slots)
        elif run == "silent":
            yield f"run {r} is reaped", _to(world, r, "reaped", slots)
        elif run == "reaped":
            yield f"the owner of run {r} wakes and stops", _to(world, r, "ended", slots, -1)


def _claims(world: World, slots: Slots, w: int) -> Iterator[tuple[str, World]]:
    for r, run in enumerate(world.runs):
        if run == "due":  # oldest first, and no row is taken twice: the database sees to that
            yield f"{w}: claims run {r}", _to(world, r, "owned", slots, +1)
            return


def _seeing(world: World, w: int, count: int | None) -> World:
    return world._replace(seen=(*world.seen[:w], count, *world.seen[w + 1 :]))


def _to(world: World, r: int, state: str, slots: Slots, change: int = 0) -> World:
    counter = 0 if slots.derived else world.counter + change
    return world._replace(runs=(*world.runs[:r], state, *world.runs[r + 1 :]), counter=counter)
