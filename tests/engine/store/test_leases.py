"""Leases: renewed by their owner, and reaped with a reason when they were not."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import StaleEpoch
from flowtui.engine.ids import new_id
from flowtui.engine.model import LateLease
from flowtui.engine.runs.holding import held_by
from flowtui.engine.runs.vouching import vouch
from flowtui.engine.states import Cancelling, Completed, Pending, Running
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_task, due_run, new_run, owned_run, owned_running
from tests.support import wait_until


def test_a_renewed_lease_lasts_anew(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    clock.forward(20)
    assert store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30) == {}
    assert store_client.read_flow_run(run.id).lease_until == clock.now + timedelta(seconds=30)


def test_a_live_run_is_never_reaped(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    for _ in range(5):
        clock.forward(29.9)
        assert store_client.reap_leases() == ()
        store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30)
    assert store_client.read_flow_run(run.id).state.is_running()


def test_a_run_whose_owner_fell_silent_crashed_and_says_why(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client, owner="desk:12:ab")
    clock.forward(45)
    (reaped,) = store_client.reap_leases()
    assert reaped == store_client.read_flow_run(run.id)
    assert (reaped.state.name, reaped.owner, reaped.end_time) == ("Crashed", None, clock.now)
    assert "desk:12:ab" in str(reaped.state.message)
    assert "which ended 15 s ago" in str(reaped.state.message)
    assert store_client.reap_leases() == ()


@pytest.mark.parametrize("seconds", [30, 31])
def test_a_run_that_was_claimed_and_never_started_is_reaped_too(
    store_client: LocalClient, clock: StoreClock, seconds: int
) -> None:
    run = owned_run(store_client)
    clock.forward(seconds)
    assert [one.id for one in store_client.reap_leases()] == [run.id]


def test_a_run_that_was_being_cancelled_when_its_owner_fell_silent_is_cancelled(
    store_client: LocalClient, clock: StoreClock
) -> None:
    """Also when a stranger asked for it: the owner keeps the lease until the end."""
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Cancelling())
    clock.forward(31)
    (reaped,) = store_client.reap_leases()
    assert reaped.state.name == "Cancelled"
    assert "stopped renewing its lease" in str(reaped.state.message)


def test_the_process_of_a_reaped_run_can_write_no_more(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    clock.forward(31)
    store_client.reap_leases()
    with pytest.raises(StaleEpoch):
        store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)


def test_a_reaped_run_ends_its_task_runs_and_subflows(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    done, open_ = a_task(run, Completed()), a_task(run, Running())
    stand_in = a_task(run, Running())
    for task in (done, open_, stand_in):
        store_client.save_task_run(task)
    child = owned_running(store_client, parent_task_run_id=stand_in.id, seconds=1000)
    task_of_child = a_task(child, Running())
    store_client.save_task_run(task_of_child)
    store_client.flush()
    clock.forward(31)
    store_client.reap_leases()
    assert store_client.read_task_run(done.id).state == done.state
    ended = store_client.read_task_run(open_.id)
    assert (ended.state.name, ended.state.message) == ("Crashed", "Its flow run ended Crashed.")
    assert ended.end_time == ended.state.timestamp
    assert store_client.task_run_states(open_.id) == (open_.state, ended.state)
    assert store_client.read_flow_run(child.id).state.message == "Its parent run ended Crashed."
    assert store_client.read_task_run(task_of_child.id).state.is_crashed()
    assert store_client.read_flow_run(run.id).stats.failed == 2


def test_a_run_that_nobody_owns_is_not_reaped(store_client: LocalClient, clock: StoreClock) -> None:
    due_run(store_client)
    store_client.create_flow_run(new_run(state=Running()))
    clock.forward(10_000)
    assert store_client.reap_leases() == ()


def test_more_silent_owners_than_one_look_takes_are_all_reaped(store_client: LocalClient, clock: StoreClock) -> None:
    runs = {owned_run(store_client).id for _ in range(120)}
    clock.forward(31)
    reaped: set[str] = set()
    while now := store_client.reap_leases():
        reaped |= {run.id for run in now}
    assert reaped == runs


# -- what a renewal is told -----------------------------------------------------------------------------------------


def test_an_owner_is_told_that_its_run_was_lost(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    clock.forward(31)
    store_client.claim_flow_run(run.id, "another", lease_seconds=30)
    assert store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=300) == {run.id: "lost"}
    assert store_client.read_flow_run(run.id).owner == "another"
    assert store_client.read_flow_run(run.id).lease_until == clock.now + timedelta(seconds=30)


def test_an_owner_is_told_that_its_run_was_reaped(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    clock.forward(31)
    store_client.reap_leases()
    assert store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30) == {run.id: "lost"}


def test_an_owner_is_told_that_its_run_is_being_cancelled_and_keeps_it(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Cancelling())
    clock.forward(5)
    assert store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30) == {run.id: "cancelling"}
    assert store_client.read_flow_run(run.id).lease_until == clock.now + timedelta(seconds=30)


def test_an_owner_is_told_that_its_run_has_ended(store_client: LocalClient) -> None:
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Completed())
    assert store_client.renew_leases("me", {run.id: run.epoch}, lease_seconds=30) == {run.id: "ended"}


def test_an_owner_of_a_run_that_was_deleted_has_lost_it(store_client: LocalClient) -> None:
    run_id = new_id()
    assert store_client.renew_leases("me", {run_id: 1}, lease_seconds=30) == {run_id: "lost"}


def test_nobody_renews_what_is_not_theirs(store_client: LocalClient, clock: StoreClock) -> None:
    run = owned_running(store_client)
    assert store_client.renew_leases("you", {run.id: run.epoch}, lease_seconds=300) == {run.id: "lost"}
    assert store_client.read_flow_run(run.id).lease_until == clock.now + timedelta(seconds=30)


def test_the_other_runs_of_an_owner_are_renewed_all_the_same(store_client: LocalClient, clock: StoreClock) -> None:
    lost, kept = owned_running(store_client), owned_running(store_client)
    clock.forward(10)
    words = store_client.renew_leases("me", {lost.id: 7, kept.id: kept.epoch}, lease_seconds=30)
    assert words == {lost.id: "lost"}
    assert store_client.read_flow_run(kept.id).lease_until == clock.now + timedelta(seconds=30)


def test_a_lease_is_kept_through_every_state_until_the_end(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    lease = run.lease_until
    for state in (Pending(name="Submitting"), Running()):
        store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
        assert store_client.read_flow_run(run.id).lease_until == lease


# -- leases that ought to have been renewed --------------------------------------------------------------------------


def test_late_leases_are_those_of_a_machine_that_end_soon(store_client: LocalClient, clock: StoreClock) -> None:
    here = owned_running(store_client, owner="desk:12:ab")
    owned_running(store_client, owner="desktop:12:ab")
    owned_running(store_client, owner="desk:12:ab", seconds=60)
    cancelling = owned_running(store_client, owner="desk:12:ab")
    store_client.set_flow_run_state(cancelling.id, Cancelling())
    due_run(store_client)
    assert store_client.late_leases("desk", within_seconds=15) == ()
    for seconds in (15, 20):
        clock.forward(seconds)
        late = LateLease(run_id=here.id, epoch=here.epoch, owner="desk:12:ab")
        assert store_client.late_leases("desk", within_seconds=15) == (late,)


HOLDER = """
import sys
from flowtui.engine.runs.holding import note_held, process_owner
note_held(sys.argv[1:])
print(process_owner(), flush=True)
for line in sys.stdin:
    note_held(line.split())
    print("noted", flush=True)
"""


@pytest.fixture
def holder() -> Iterator["subprocess.Popen[str]"]:
    """A process that has the run `lost` under way, and then those whose ids it reads."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDER, "lost"], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def test_a_process_that_lives_is_vouched_for_as_long_as_it_has_the_run_under_way(
    store_client: LocalClient, clock: StoreClock, holder: "subprocess.Popen[str]"
) -> None:
    assert holder.stdin is not None and holder.stdout is not None
    owner = holder.stdout.readline().strip()
    run, forgotten = (owned_running(store_client, owner=owner) for _ in range(2))
    holder.stdin.write(f"{run.id}\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "noted\n"
    assert vouch(store_client, lease_seconds=30) == 0, "there is time enough"
    for _ in range(3):
        clock.forward(20)
        assert vouch(store_client, lease_seconds=30) == 1
    assert [one.id for one in store_client.reap_leases()] == [forgotten.id]
    assert store_client.read_flow_run(run.id).lease_until == clock.now + timedelta(seconds=30)
    holder.send_signal(signal.SIGSTOP)
    wait_until(lambda: not held_by(owner), what="it to have stopped")
    clock.forward(31)
    assert vouch(store_client, lease_seconds=30) == 0
    assert [one.id for one in store_client.reap_leases()] == [run.id]


def test_nobody_is_vouched_for_who_is_dead_elsewhere_or_somebody_else(holder: "subprocess.Popen[str]") -> None:
    assert holder.stdout is not None
    owner = holder.stdout.readline().strip()
    host, pid, token = owner.split(":")
    assert held_by(owner) == {"lost"}
    for name in (f"{host}:{pid}", f"{host}:{pid}:other", f"elsewhere:{pid}:{token}", f"{host}:1:{token}", "worker", ""):
        assert held_by(name) == frozenset(), name
    holder.kill()
    holder.wait()
    assert held_by(owner) == frozenset()
