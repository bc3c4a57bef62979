"""One run and the parties that may own it: claim, lease, start, finish, cancel, pause, retry, death, sleep and waking.

A party is a keeper (a worker) and the child that it starts for a run. Everything that may happen in a world is a step
of `steps`; what the protocol leaves out in a broken variant is a field of `Protocol`.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["ENDS", "FIRST", "OURS", "Party", "Protocol", "Row", "World", "by_chance", "can_renew", "steps", "wrong"]

ENDS: Final = frozenset({"completed", "failed", "crashed", "cancelled"})


class Protocol(NamedTuple):
    """Ours. Each field that is False leaves one thing out."""

    fences_start: bool = True
    fences_finish: bool = True
    claim_raises: bool = True
    """The epoch."""
    claim_checks: bool = True
    """That nobody owns the run."""
    reaper_raises: bool = True
    retry_raises: bool = True
    resume_raises: bool = True
    """When a suspended run is resumed whose owner fell silent before it let go."""
    reaps_cancelling: bool = True
    keeper_renews: bool = True
    """Not only a thread of the child, which stands still while user code holds the interpreter."""
    child_lets_go: bool = True
    """The child does not renew what is being cancelled."""
    resume_waits: bool = True
    """Until the process of a suspended run has let go of it."""
    most_epochs: int = 3
    """Where the search stops: nobody starts a run again in this epoch."""


class Row(NamedTuple):
    """What the store knows: the state, who owns the run, and whether the lease has ended."""

    kind: str = "scheduled"
    epoch: int = 0
    owner: int | None = None
    over: bool = False


class Party(NamedTuple):
    """Who carries out a run; `epoch` and `step` are what it believes."""

    keeper: str = "up"  # frozen, down
    child: str = "none"  # up, busy (it holds the interpreter), frozen, dead
    step: str = "idle"  # claimed, running, cancelled (the keeper has told the child)
    epoch: int = 0


class World(NamedTuple):
    row: Row = Row()
    parties: tuple[Party, ...] = (Party(), Party())
    starts: tuple[int, ...] = ()
    """The epochs in which the start gate was passed."""
    broken: str | None = None


FIRST: Final = World()
OURS: Final = Protocol()
_CHANCE: Final = ("dies", "freezes", "is busy", "wakes", "is free", "restarts")
_PEOPLE: Final = ("somebody",)


def by_chance(name: str) -> bool:
    """Whether a step need not ever happen: accidents, and what people do."""
    return name.startswith(_PEOPLE) or name.endswith(_CHANCE)


def wrong(world: World) -> str | None:
    """The invariants of a single state; those of a step are noted by the step."""
    row = world.row
    if world.broken:
        return world.broken
    if row.owner is None and row.kind not in ENDS | {"scheduled", "suspended"}:
        return f"the run is {row.kind} and nobody owns it"
    return "what has ended is still owned" if row.owner is not None and row.kind in ENDS else None


def can_renew(world: World, protocol: Protocol, p: int) -> bool:
    row, party = world.row, world.parties[p]
    if party.epoch != row.epoch or party.step == "idle":
        return False
    by_child = party.child == "up" and not (row.kind == "cancelling" and protocol.child_lets_go)
    return by_child or (party.keeper == "up" and protocol.keeper_renews)


def steps(world: World, protocol: Protocol = OURS) -> Iterator[tuple[str, World]]:
    """Everything that may happen next."""
    yield from _of_services(world, protocol)
    yield from _of_people(world, protocol)
    for p, party in enumerate(world.parties):
        if party.keeper == "up":
            yield from _of_keeper(world, protocol, p)
        if party.child == "up":
            yield from _of_child(world, protocol, p)
        for name, changed in _accidents(party):
            yield f"{p}: {name}", _with(world, p, changed)


def _with(world: World, p: int, party: Party, row: Row | None = None) -> World:
    parties = (*world.parties[:p], party, *world.parties[p + 1 :])
    return world._replace(parties=parties, row=row or world.row)


def _accidents(party: Party) -> Iterator[tuple[str, Party]]:
    keeper, child = party.keeper, party.child
    if keeper == "up":
        yield "keeper dies", party._replace(keeper="down")
        yield "keeper freezes", party._replace(keeper="frozen")
    elif keeper == "frozen":
        yield "keeper wakes", party._replace(keeper="up")
    elif child not in ("none", "dead"):  # the system tells it: its parent is gone
        yield "orphan ends", party._replace(child="dead")
    else:
        yield "keeper restarts", Party()
    if child == "up":
        yield "child is busy", party._replace(child="busy")
        yield "child freezes", party._replace(child="frozen")
    elif child in ("busy", "frozen"):
        yield "child is free" if child == "busy" else "child wakes", party._replace(child="up")
    if child in ("up", "busy"):
        yield "child dies", party._replace(child="dead")


# -- services -------------------------------------------------------------------------------------------------------


def _of_services(world: World, protocol: Protocol) -> Iterator[tuple[str, World]]:
    row = world.row
    if row.owner is not None and not can_renew(world, protocol, row.owner):
        if not row.over:
            yield "the lease ends", _lease_ends(world)
    elif row.over:
        yield f"{row.owner}: renews", world._replace(row=row._replace(over=False))
    if row.over and (row.kind != "cancelling" or protocol.reaps_cancelling):
        for name, reaped in _reaped(row, 1 if protocol.reaper_raises else 0):
            yield name, world._replace(row=reaped)
    if row.kind in ("paused", "suspended"):
        yield "the pause times out", world._replace(row=Row("failed", row.epoch))


def _lease_ends(world: World) -> World:
    row = world.row
    assert row.owner is not None
    party = world.parties[row.owner]
    alive = party.keeper == "up" and party.epoch == row.epoch and party.child in ("none", "up", "busy")
    broken = "the lease of a run that is alive has ended" if alive else None
    return world._replace(row=row._replace(over=True), broken=broken)


def _reaped(row: Row, raised: int) -> Iterator[tuple[str, Row]]:
    """What had begun is crashed first, and then scheduled as any ended run is."""
    kind = {"suspended": "suspended", "cancelling": "cancelled"}.get(row.kind, "crashed")
    yield "the reaper ends it", Row(kind, row.epoch + raised)
    if row.kind == "pending":
        yield "the reaper hands it out again", Row("scheduled", row.epoch + raised)
    elif kind == "crashed":
        yield "the reaper has it tried again", Row("scheduled", row.epoch + 2 * raised)


# -- people ---------------------------------------------------------------------------------------------------------


def _of_people(world: World, protocol: Protocol) -> Iterator[tuple[str, World]]:
    row = world.row
    owned = row.owner is not None and not row.over
    if row.kind in ENDS:
        if row.kind != "completed" and row.epoch < protocol.most_epochs:
            yield "somebody retries", world._replace(row=Row("scheduled", row.epoch + protocol.retry_raises))
        return
    if row.kind != "cancelling":
        cancelled = row._replace(kind="cancelling") if owned else Row("cancelled", row.epoch)
        yield "somebody cancels", world._replace(row=cancelled)
    yield "somebody says that it failed", world._replace(row=Row("failed", row.epoch))
    if row.kind == "running":
        yield "somebody pauses", world._replace(row=row._replace(kind="paused"))
        yield "somebody suspends", world._replace(row=row._replace(kind="suspended"))
    if row.kind == "paused" and owned:
        yield "somebody resumes", world._replace(row=row._replace(kind="running"))
    if row.kind == "suspended" and not (owned and protocol.resume_waits):
        resumed = Row("scheduled", row.epoch + (row.owner is not None and protocol.resume_raises))
        stolen = "a run was taken from its owner" if owned else None
        yield "somebody resumes", world._replace(row=resumed, broken=stolen)
    for p, party in enumerate(world.parties):
        if (
            party == Party()
            and row.kind in ("scheduled", "suspended")
            and not owned
            and row.epoch < protocol.most_epochs
        ):
            yield f"somebody runs it at {p}", _claimed(world, protocol, p)


def _claimed(world: World, protocol: Protocol, p: int) -> World:
    row = world.row
    epoch = row.epoch + protocol.claim_raises
    taken = _with(world, p, world.parties[p]._replace(step="claimed", epoch=epoch), Row("pending", epoch, p))
    stolen = "a run was taken from its owner" if row.owner is not None and not row.over else None
    return taken._replace(broken=stolen)


# -- keepers --------------------------------------------------------------------------------------------------------


def _of_keeper(world: World, protocol: Protocol, p: int) -> Iterator[tuple[str, World]]:
    row, party = world.row, world.parties[p]
    free = row.owner is None or not protocol.claim_checks
    if party == Party() and row.kind in ("scheduled", "awaiting") and free and row.epoch < protocol.most_epochs:
        yield f"{p}: claims", _claimed(world, protocol, p)
    if party.step == "claimed" and party.child == "none":
        yield f"{p}: launches", _with(world, p, party._replace(child="up"))
        yield f"{p}: cannot launch", _settled(world, protocol, p)
    if party.child in ("up", "busy", "frozen"):
        if row.epoch != party.epoch or row.kind in ENDS | {"cancelling"}:
            yield f"{p}: ends the child", _with(world, p, party._replace(child="dead"))
        if row.epoch == party.epoch and row.kind == "cancelling" and party.step != "cancelled":
            yield f"{p}: asks the child to end", _with(world, p, party._replace(step="cancelled"))
    elif party.child == "dead":
        yield f"{p}: settles", _settled(world, protocol, p)


def _settled(world: World, protocol: Protocol, p: int) -> World:
    """The keeper says how a run ended whose process did not."""
    row, party = world.row, world.parties[p]
    if row.kind == "suspended" and row.owner == p and row.epoch == party.epoch:
        return _with(world, p, Party(), Row("suspended", row.epoch))
    if (row.epoch != party.epoch and protocol.fences_finish) or row.kind in ENDS:
        return _with(world, p, Party())
    if row.epoch == party.epoch and row.owner is None and party.step != "cancelled":
        return _with(world, p, Party())
    written = _written(world, p, "cancelled" if row.kind == "cancelling" else "crashed")
    return _with(written, p, Party())


# -- children -------------------------------------------------------------------------------------------------------


def _of_child(world: World, protocol: Protocol, p: int) -> Iterator[tuple[str, World]]:
    row, party = world.row, world.parties[p]
    stale = row.epoch != party.epoch
    stopped = _with(world, p, party._replace(child="dead"))
    if stale or row.kind in ENDS:  # it looks now and then
        yield f"{p}: child stops", stopped
    if party.step == "claimed" or row.kind == "awaiting":
        if stale and protocol.fences_start:
            yield f"{p}: start is refused", stopped
        elif row.kind in ("scheduled", "pending", "awaiting") and (row.owner is None or row.owner == p or stale):
            yield f"{p}: starts", _started(world, p)
    if party.step not in ("running", "cancelled"):
        return
    if stale and protocol.fences_finish:
        yield f"{p}: finish is refused", stopped
    elif row.kind not in ENDS:
        for kind in ("completed", "failed"):
            yield f"{p}: {kind}", _with(_written(world, p, kind), p, party._replace(child="dead"))
        if row.kind == "running":
            yield f"{p}: waits for a retry", _written(world, p, "awaiting")
            yield f"{p}: suspends", _written(world, p, "suspended")
    if row.kind == "suspended" and row.owner == p and not stale:
        yield f"{p}: lets go", _with(world, p, party._replace(child="dead"), Row("suspended", row.epoch))


def _started(world: World, p: int) -> World:
    row, party = world.row, world.parties[p]
    twice = row.kind == "pending" and row.epoch in world.starts
    written = _written(world, p, "running")
    starts = tuple(sorted({*world.starts, row.epoch}))
    broken = "two processes have started one attempt" if twice else written.broken
    return _with(written, p, party._replace(step="running"))._replace(starts=starts, broken=broken)


def _written(world: World, p: int, kind: str) -> World:
    """A write of party `p` that the store accepts."""
    row, party = world.row, world.parties[p]
    broken = None
    if row.epoch != party.epoch:
        broken = f"{kind} was accepted under an epoch that is over"
    elif row.owner != p:
        broken = f"{kind} was accepted from a process that does not own the run"
    return world._replace(row=Row(kind, row.epoch) if kind in ENDS else row._replace(kind=kind), broken=broken)
