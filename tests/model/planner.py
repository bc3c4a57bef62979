"""One schedule, planned by two servers at once: read how far it is planned, make runs, say how far."""

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["FIRST", "LAST", "OURS", "Planner", "Server", "World", "steps", "wrong"]

LAST: Final = 3
"""The last instant."""


class Planner(NamedTuple):
    """Ours. The broken variants leave one thing out."""

    unique: bool = True
    """(schedule, instant) is a key: making a run again makes none."""
    whole: bool = True
    """Runs and mark are one transaction: a server that dies leaves both or neither."""
    mark_last: bool = True
    """Where it is not one transaction: runs first."""


class Server(NamedTuple):
    """What a server is about to do: the instants that it has still to make, and the mark that it will set."""

    todo: tuple[int, ...] = ()
    mark: int | None = None
    made: tuple[int, ...] = ()
    """Within its transaction, which nobody else sees."""


class World(NamedTuple):
    now: int = 0
    """How far ahead schedules are planned by now."""
    mark: int = 0
    """How far this one is planned."""
    runs: tuple[int, ...] = ()
    servers: tuple[Server, ...] = (Server(), Server())


FIRST: Final = World()
OURS: Final = Planner()


def wrong(world: World) -> str | None:
    for instant in range(1, LAST + 1):
        if world.runs.count(instant) > 1:
            return f"instant {instant} has two runs"
        busy = any(instant in server.todo for server in world.servers)
        if instant <= world.mark and instant not in world.runs and not busy:
            return f"instant {instant} counts as planned and has no run"
    return None


def steps(world: World, planner: Planner = OURS) -> Iterator[tuple[str, World]]:
    if world.now < LAST:
        yield "time passes", world._replace(now=world.now + 1)
    for s, server in enumerate(world.servers):
        if server == Server():
            todo = tuple(range(world.mark + 1, world.now + 1))
            if todo:
                yield f"{s}: looks", _serving(world, s, Server(todo, world.now))
        else:
            yield f"{s}: dies", _serving(world, s, Server())
            yield from _works(world, planner, s)


def _works(world: World, planner: Planner, s: int) -> Iterator[tuple[str, World]]:
    server = world.servers[s]
    if server.mark is not None and (not server.todo or not planner.mark_last):
        if not planner.whole:
            marked = world._replace(mark=max(world.mark, server.mark))
            yield f"{s}: marks", _serving(marked, s, server._replace(mark=None) if server.todo else Server())
        elif not _waits(world, planner, s):
            runs = _with(world.runs, server.made, planner)
            committed = world._replace(runs=runs, mark=max(world.mark, server.mark))
            yield f"{s}: commits", _serving(committed, s, Server())
    if server.todo and (server.mark is None or planner.mark_last):
        first, rest = server.todo[0], server.todo[1:]
        after = Server(rest, server.mark, (*server.made, first) if planner.whole else ())
        runs = world.runs if planner.whole else _with(world.runs, (first,), planner)
        done = Server() if after == Server((), None, after.made) else after
        yield f"{s}: makes {first}", _serving(world._replace(runs=runs), s, done)


def _waits(world: World, planner: Planner, s: int) -> bool:
    """Whoever made a key first in a transaction that is still open makes the other one wait for how that ends."""
    others = [made for o, server in enumerate(world.servers) for made in server.made if o < s]
    return planner.unique and any(instant in others for instant in world.servers[s].made)


def _with(runs: tuple[int, ...], made: tuple[int, ...], planner: Planner) -> tuple[int, ...]:
    new = [instant for instant in made if not (planner.unique and instant in runs)]
    return tuple(sorted((*runs, *new)))


def _serving(world: World, s: int, server: Server) -> World:
    return world._replace(servers=(*world.servers[:s], server, *world.servers[s + 1 :]))
