"""An engine that has nothing to do writes to its store once for each of its signs of life, and no more."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend
from flowtui.server.presence import Presence
from flowtui.server.services.leadership import Leadership
from flowtui.server.services.table import services
from flowtui.server.workers.lookout import Lookout
from flowtui.server.workers.options import WorkerOptions
from flowtui.server.workers.registration import Registration, worker_record
from tests.server.backends import deploy

BEAT = 5
OPTIONS = WorkerOptions(slots=4)


class Engine:
    """The parts of a backend that use the store, each called when it would be, second by second of a test's clock."""

    def __init__(self, client, clock):
        self.client, self.clock, self.began = client, clock, clock.now
        me = Backend(id=new_id(), kind="embedded", host="desk", pid=7, url=None, started=clock.now, seen=clock.now)
        self.leadership = Leadership(client, "a", run_lease_seconds=30, monotonic=self.monotonic)
        self.presence = Presence(client, me, self.leadership)
        self.table = services(client, lease_seconds=30, monotonic=self.monotonic)
        self.lookout = Lookout(client, OPTIONS, name="w", owner="desk:7", lease_seconds=30, clock=self.monotonic)
        self.record = worker_record("w", "process", OPTIONS)
        asyncio.run(Registration(client, self.record, lambda: 0, self.presence.announce).begin())
        self.refused = 0

    def monotonic(self):
        return (self.clock.now - self.began).total_seconds()

    def run(self, seconds):
        for _ in range(seconds):
            now = self.monotonic()
            if now % BEAT == 0:
                assert self.presence.announce(self.record)
            for service in self.table:
                if now % service.every == 0:
                    assert self.leadership(service.name, service.every)
                    service.work()
            if not self.lookout.seconds_until_due():
                self.lookout.look(frozenset(), 4)
            self.clock.forward(1)


class Commits:
    """Transactions of a client that might write, whatever they did."""

    def __init__(self, client):
        self.count = 0
        sa.event.listen(client._db.engine, "commit", self.committed)

    def committed(self, connection):
        self.count += bool(connection.get_execution_options().get("flowtui_write"))


def test_an_idle_engine_commits_once_for_each_beat(store_client, clock):
    engine = Engine(store_client, clock)
    engine.run(60)
    changes = store_client.changes(0)
    commits = Commits(store_client)
    engine.run(60)
    assert commits.count == 60 / BEAT
    assert store_client.changes(0) == changes, "signs of life are no news"


def test_an_engine_that_waits_for_a_schedule_writes_no_more_than_an_idle_one(store_client, clock, tmp_path):
    engine = Engine(store_client, clock)
    deployment = deploy(store_client, tmp_path / "flows", "@flow\ndef main(): ...")
    store_client.run_deployment(deployment.id, scheduled_time=clock.now + timedelta(hours=1))
    engine.run(30)
    commits = Commits(store_client)
    engine.run(60)
    assert commits.count == 60 / BEAT


def test_an_idle_engine_notices_what_there_is_to_do(store_client, clock, tmp_path):
    engine = Engine(store_client, clock)
    engine.run(20)
    deployment = deploy(store_client, tmp_path / "flows", "@flow\ndef main(): ...")
    store_client.create_work_pool("elsewhere", type="process")
    unserved = deploy(store_client, tmp_path / "flows", "@flow\ndef far(): ...", name="far", work_pool_name="elsewhere")
    run = store_client.run_deployment(deployment.id, scheduled_time=clock.now + timedelta(seconds=3))
    waits = store_client.run_deployment(unserved.id, scheduled_time=clock.now + timedelta(seconds=3))
    engine.run(5)
    assert (store_client.read_flow_run(run.id).state.name, store_client.read_flow_run(run.id).epoch) == ("Pending", 1)
    engine.run(15)
    assert store_client.read_flow_run(waits.id).state.name == "Scheduled"
    engine.run(5)
    assert store_client.read_flow_run(waits.id).state.name == "Late"
    engine.run(17)
    assert store_client.read_flow_run(run.id).epoch > 1, "nobody has renewed its lease, so it was handed out again"


def test_a_backend_that_has_withdrawn_is_not_announced_again(store_client, clock):
    engine = Engine(store_client, clock)
    engine.run(10)
    engine.presence.withdraw()
    assert engine.presence.announce(engine.record)
    assert store_client.list_backends() == ()
    assert Leadership(store_client, "b", run_lease_seconds=30)("schedules", 2.0)
