"""The steps of the model as verbs of the client: what each does to a real store."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StaleEpoch, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import FlowRun
from flowtui.engine.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Running,
    Scheduled,
    State,
    Suspended,
)
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_place, new_run
from tests.model.ownership import ENDS, Party, Row, World

__all__ = ["LEASE", "Verbs"]

LEASE = 30.0
_LONG = timedelta(days=30)


@dataclass
class Verbs:
    """One run in a store, two parties with clients of their own, and whoever else there is with a third one."""

    services: LocalClient
    clients: tuple[LocalClient, LocalClient]
    clock: StoreClock
    pool: str = field(default_factory=lambda: f"pool-{new_id()}")

    def __post_init__(self) -> None:
        deployment = self.services.save_deployment(a_deployment())
        created = new_run(
            state=Scheduled(self.clock.now), deployment_id=deployment.id, work_pool_name=self.pool, retries=2
        )
        a_place(self.services, self.pool)
        self.run_id = self.services.create_flow_run(created).id
        self.owners = [f"worker:{p}:{new_id()}" for p in range(2)]

    def row(self) -> Row:
        """The run as the model sees it."""
        run = self._read()
        owner = int(run.owner.split(":")[1]) if run.owner else None
        over = run.lease_until is not None and run.lease_until <= self.clock.now
        return Row(_kind(run), run.epoch, owner, over)

    def can(self, name: str) -> bool:
        """Which of the things that the reaper may do it does, is decided by how often it has done them."""
        run = self._read()
        handed_out = run.state.is_pending() and run.state.details.get("lost_starts", 0) < 3
        again = not run.state.is_pending() and run.run_count <= run.retries
        match name:
            case "the reaper hands it out again":
                return handed_out
            case "the reaper has it tried again":
                return again
            case "the reaper ends it":
                return run.state.is_cancelling() or run.state.is_suspended() or not (handed_out or again)
        return True

    def do(self, name: str, world: World) -> None:
        """A step that is possible in `world`."""
        who, _, what = name.partition(": ")
        if who.isdecimal():
            self._by_party(int(who), what, world)
        elif name.startswith("somebody runs it at "):
            p = int(name[-1])
            self.clients[p].claim_flow_run(self.run_id, self.owners[p], lease_seconds=LEASE)
        else:
            self._of_others()[name]()

    def _read(self) -> FlowRun:
        return self.services.read_flow_run(self.run_id)

    def _of_others(self) -> dict[str, Callable[[], object]]:
        services, clock = self.services, self.clock
        return {
            "the lease ends": lambda: clock.forward(LEASE),
            "the reaper ends it": services.reap_leases,
            "the reaper hands it out again": services.reap_leases,
            "the reaper has it tried again": services.reap_leases,
            "the pause times out": lambda: (clock.forward(_LONG.total_seconds()), services.expire_pauses()),
            "somebody retries": lambda: self._propose(services, Scheduled(clock.now)),
            "somebody cancels": lambda: self._propose(services, Cancelling(), ("ACCEPT", "REJECT")),
            "somebody says that it failed": lambda: self._propose(services, Failed()),
            "somebody pauses": lambda: self._propose(services, Paused(pause_expiration_time=clock.now + _LONG)),
            "somebody suspends": lambda: self._propose(services, Suspended(pause_expiration_time=clock.now + _LONG)),
            "somebody resumes": lambda: services.resume_flow_run(self.run_id),
        }

    def _by_party(self, p: int, what: str, world: World) -> None:
        client, party = self.clients[p], world.parties[p]
        states = {
            "starts": Running(),
            "completed": Completed(),
            "failed": Failed(),
            "waits for a retry": AwaitingRetry(self.clock.now),
            "suspends": Suspended(pause_expiration_time=self.clock.now + _LONG),
        }
        if what in states:
            self._propose(client, states[what], epoch=party.epoch)
        elif what.endswith("is refused"):
            with pytest.raises(StaleEpoch):
                self._propose(client, Running() if what.startswith("start") else Completed(), epoch=party.epoch)
        elif what == "claims":
            assert len(client.claim_flow_runs(self.pool, self.owners[p], limit=5, lease_seconds=LEASE)) == 1
        elif what == "renews":
            words = client.renew_leases(self.owners[p], {self.run_id: party.epoch}, lease_seconds=LEASE)
            assert words in ({}, {self.run_id: "cancelling"})
        elif what == "lets go":
            client.release_flow_run(self.run_id, epoch=party.epoch)
        elif what in ("settles", "cannot launch"):
            self._settle(client, party)
        elif what == "keeper restarts":
            self.owners[p] = f"worker:{p}:{new_id()}"

    def _settle(self, client: LocalClient, party: Party) -> None:
        """As the worker does: it looks first, and may be too late all the same."""
        run = self._read()
        if run.state.is_suspended() and run.epoch == party.epoch and run.owner is not None:
            client.release_flow_run(self.run_id, epoch=party.epoch)
        elif run.epoch != party.epoch or run.owner is not None or run.state.is_final():
            end = Cancelled() if run.state.is_cancelling() else Crashed()
            if run.epoch != party.epoch:
                with pytest.raises(StaleEpoch):
                    self._propose(client, end, epoch=party.epoch)
            else:
                self._propose(client, end, ("ABORT",) if run.state.is_final() else ("ACCEPT",), epoch=party.epoch)

    def _propose(
        self, client: LocalClient, state: State, answers: Iterable[str] = ("ACCEPT",), epoch: int | None = None
    ) -> None:
        answer = client.set_flow_run_state(self.run_id, state, epoch=epoch)
        assert answer.status in answers, (answer, self._read().state)

    def refuse_all_others(self, world: World) -> None:
        """Whoever does not own the run can neither renew, write, nor take it."""
        before = self._read()
        for p, party in enumerate(world.parties):
            mine = {self.run_id: party.epoch}
            if party.step != "idle" and party.epoch != world.row.epoch:
                assert self.clients[p].renew_leases(self.owners[p], mine, lease_seconds=LEASE) == {self.run_id: "lost"}
                with pytest.raises(StaleEpoch):
                    self._propose(self.clients[p], Completed(), epoch=party.epoch)
        if world.row.kind != "scheduled" or world.row.owner is not None:
            assert self.services.claim_flow_runs(self.pool, "thief", limit=5, lease_seconds=LEASE) == ()
        if (world.row.owner is not None and not world.row.over) or world.row.kind == "completed":
            with pytest.raises(UsageError):
                self.services.claim_flow_run(self.run_id, "thief", lease_seconds=LEASE)
        assert self._read() == before


def _kind(run: FlowRun) -> str:
    state = run.state
    if state.is_scheduled():
        return "awaiting" if run.owner else "scheduled"
    kind = "suspended" if state.is_suspended() else state.type.value.lower()
    assert kind in ENDS | {"pending", "running", "paused", "suspended", "cancelling"}
    return kind
