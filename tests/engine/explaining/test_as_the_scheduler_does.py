"""A property: what is said of a waiting run is what the scheduler does, whatever pools, limits and workers there are.

Whenever a claim of one of the workers would take the run now, nothing is said to hold it back; whenever none would, at
least one reason is given.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.pools import WorkerRecord
from flowtui.engine.store.claims import Wanted, claim_due
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_worker, due_run

QUEUES: Final = ("default", "fast", "slow")
_limits = st.sampled_from([None, None, 0, 1, 2])
_rarely = st.sampled_from([False, False, False, True])


@dataclass(frozen=True)
class World:
    """A pool with its queues, workers and runs, and a deployment."""

    pool_limit: int | None
    pool_paused: bool
    queues: tuple[tuple[int, int | None, bool], ...]
    """Their priority, limit, and whether they are paused."""
    deployment_limit: int | None
    workers: tuple[tuple[tuple[str, ...], int | None, bool], ...]
    """Their queues, slots, and whether they are gone."""
    runs: tuple[tuple[str, int, bool], ...]
    """Their queue, seconds until they are due, and whether they are the deployment's."""
    begun: int
    """How many runs each worker that is online takes before anybody asks."""


worlds = st.builds(
    World,
    pool_limit=_limits,
    pool_paused=_rarely,
    queues=st.tuples(*(st.tuples(st.integers(1, 3), _limits, _rarely) for _ in QUEUES)),
    deployment_limit=_limits,
    workers=st.lists(
        st.tuples(
            st.lists(st.sampled_from(QUEUES), max_size=2, unique=True).map(tuple),
            st.sampled_from([None, 1, 2, 3]),
            _rarely,
        ),
        max_size=2,
    ).map(tuple),
    runs=st.lists(
        st.tuples(st.sampled_from(QUEUES), st.sampled_from([-9, -5, -5, -1, 60]), st.booleans()),
        min_size=1,
        max_size=6,
    ).map(tuple),
    begun=st.integers(0, 2),
)


class Built:
    """Such a world in a pool of its own."""

    def __init__(self, client: LocalClient, clock: StoreClock, world: World) -> None:
        self.client, self.pool = client, f"p-{new_id()}"
        client.create_work_pool(self.pool)
        for name in QUEUES[1:]:
            client.create_work_queue(self.pool, name)
        limit = world.deployment_limit
        self.deployment = client.save_deployment(
            a_deployment(name=self.pool, work_pool_name=self.pool, concurrency_limit=limit)
        ).id
        self.runs = [
            due_run(
                client,
                clock.now + timedelta(seconds=seconds),
                name=f"run-{number}",
                work_pool_name=self.pool,
                work_queue_name=queue,
                deployment_id=self.deployment if is_deployed else None,
            ).id
            for number, (queue, seconds, is_deployed) in enumerate(world.runs)
        ]
        self.workers = self._start(world)
        for worker in self.workers:
            limit = world.begun if worker.slots is None else min(world.begun, worker.slots)
            self.client.claim_flow_runs(
                self.pool,
                f"h:{worker.pid}",
                limit=limit,
                lease_seconds=600,
                queues=worker.queues,
                worker=worker.name,
            )
        self._restrict(world)

    def _start(self, world: World) -> list[WorkerRecord]:
        """Answers with those that are online."""
        online = []
        for number, (queues, slots, gone) in enumerate(world.workers):
            worker = a_worker(f"w-{number}", pool_name=self.pool, queues=queues, slots=slots, pid=number + 1)
            self.client.announce_worker(worker)
            if gone:
                self.client.stop_worker(worker)
            else:
                online.append(worker)
        return online

    def _restrict(self, world: World) -> None:
        for name, (priority, limit, paused) in zip(QUEUES, world.queues, strict=True):
            self.client.update_work_queue(self.pool, name, {"priority": priority, "concurrency_limit": limit})
            self.client.pause_work_queue(self.pool, name, paused=paused)
        self.client.update_work_pool(self.pool, {"concurrency_limit": world.pool_limit})
        self.client.pause_work_pool(self.pool, paused=world.pool_paused)

    def would_take(self, worker: WorkerRecord) -> set[str]:
        """What a claim of this worker takes: a real one, in a transaction that is taken back."""
        has = sum(run.worker_name == worker.name for run in self.client.list_active_runs(pool=self.pool))
        wanted = Wanted(
            pool=self.pool,
            owner="x",
            limit=10 if worker.slots is None else worker.slots - has,
            lease_seconds=600,
            queues=worker.queues,
        )
        database = self.client._db
        with database.write() as connection:
            taken = {claim.run.id for claim in claim_due(database, connection, wanted)}
            connection.rollback()
        return taken


@pytest.fixture
def store(place):
    client = place.open()
    return client, StoreClock(client)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(world=worlds)
def test_what_is_said_is_what_the_scheduler_does(store: tuple[LocalClient, StoreClock], world: World) -> None:
    client, clock = store
    built = Built(client, clock, world)
    takers = {worker.name: built.would_take(worker) for worker in built.workers}
    for run_id in built.runs:
        if client.read_flow_run(run_id).owner is not None:
            continue  # a worker has it already
        said = client.explain_flow_run(run_id)
        expected = {name for name, taken in takers.items() if run_id in taken}
        event(f"{said.reasons[0].code}")
        assert said.waits == (not expected), said
        named = {reason.facts["worker"] for reason in said.reasons if reason.code == "about-to-start"}
        assert named <= expected
        assert bool(named) == bool(expected)
