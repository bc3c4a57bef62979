"""Concurrency limits: slots are taken together or not at all, never too many, and come back when a holder is gone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import LimitError, NotFound, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.shared import Grant, SlotRequest
from flowtui.engine.states import Completed
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import owned_running
from tests.support import wait_until


def ask(*names: str, slots: int = 1, seconds: float | None = 30.0, **fields: Any) -> SlotRequest:
    given = {"lease_id": new_id(), "kind": "global", "owner": "me", "holder": "a test", **fields}
    return SlotRequest(names=names, slots=slots, lease_seconds=seconds, **given)


def granted(client: LocalClient, *names: str, **fields: Any) -> SlotRequest:
    request = ask(*names, **fields)
    assert client.acquire_slots(request).status == "granted"
    return request


# -- the limits themselves ------------------------------------------------------------------------------------------


def test_a_limit_is_created_updated_and_deleted(store_client: LocalClient) -> None:
    made = store_client.save_limit("global", "db", limit=2)
    assert (made.limit, made.active, made.slot_decay_per_second, made.active_slots) == (2, True, 0.0, 0)
    changed = store_client.save_limit("global", "db", limit=5, active=False, slot_decay_per_second=0.5)
    assert (changed.id, changed.limit, changed.active, changed.slot_decay_per_second) == (made.id, 5, False, 0.5)
    assert store_client.read_limit("global", made.id) == store_client.read_limit("global", "db")
    store_client.delete_limit("global", "db")
    for verb in (store_client.read_limit, store_client.delete_limit, store_client.reset_limit):
        with pytest.raises(NotFound, match="flowtui global-concurrency-limit ls"):
            verb("global", "db")


def test_creating_and_updating_may_be_told_apart(store_client: LocalClient) -> None:
    with pytest.raises(NotFound):
        store_client.save_limit("global", "db", limit=1, create=False)
    with pytest.raises(LimitError, match="needs a number of slots"):
        store_client.save_limit("global", "db")
    store_client.save_limit("global", "db", limit=1, create=True)
    with pytest.raises(LimitError, match="already a global concurrency limit 'db'"):
        store_client.save_limit("global", "db", limit=1, create=True)


@pytest.mark.parametrize("limit", [-1, 1.5, True, 2**31])
def test_a_number_of_slots_that_makes_no_sense_is_refused(store_client: LocalClient, limit: Any) -> None:
    with pytest.raises(LimitError, match="give a whole number, 0 or more"):
        store_client.save_limit("global", "db", limit=limit)


def test_a_name_that_no_limit_can_have_is_refused(store_client: LocalClient) -> None:
    with pytest.raises(UsageError, match="which names cannot have"):
        store_client.save_limit("global", "a/b", limit=1)


def test_a_tag_and_a_name_are_two_limits(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=1)
    store_client.save_limit("tag", "db", limit=2)
    assert [item.limit for item in store_client.list_limits("global")] == [1]
    assert [item.limit for item in store_client.list_limits("tag")] == [2]


def test_the_limited_tags_are_known(store_client: LocalClient, place: Place) -> None:
    assert store_client.limited_tags() == frozenset()
    store_client.save_limit("tag", "db", limit=2)
    store_client.save_limit("tag", "off", limit=2, active=False)
    store_client.save_limit("global", "named", limit=2)
    assert store_client.limited_tags() == {"db"}
    assert place.open().limited_tags() == {"db"}


# -- taking slots ---------------------------------------------------------------------------------------------------


def test_no_more_slots_are_taken_than_there_are(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=2)
    first = granted(store_client, "db", holder="task run 'a'")
    granted(store_client, "db", holder="task run 'b'")
    grant = store_client.acquire_slots(ask("db"))
    assert (grant.status, grant.blocker) == ("full", "db")
    assert grant.reason == "2 of 2 slot(s) of 'db' are taken, held by task run 'a', task run 'b'"
    store_client.release_slots(first.lease_id)
    granted(store_client, "db")
    assert store_client.read_limit("global", "db").active_slots == 2


def test_asking_twice_with_one_lease_is_asking_once(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=2)
    request = granted(store_client, "db")
    assert store_client.acquire_slots(request).status == "granted"
    assert store_client.read_limit("global", "db").active_slots == 1
    store_client.release_slots(request.lease_id)
    store_client.release_slots(request.lease_id)
    assert store_client.read_limit("global", "db").active_slots == 0


def test_several_limits_are_taken_together_or_not_at_all(store_client: LocalClient) -> None:
    store_client.save_limit("global", "wide", limit=9)
    store_client.save_limit("global", "tight", limit=1)
    holder = granted(store_client, "tight")
    assert store_client.acquire_slots(ask("wide", "tight")).blocker == "tight"
    assert store_client.read_limit("global", "wide").active_slots == 0
    store_client.release_slots(holder.lease_id)
    both = store_client.acquire_slots(ask("wide", "tight", slots=1))
    assert set(both.held) == {"wide", "tight"}


def test_unknown_and_inactive_limits_hold_nobody_back(store_client: LocalClient) -> None:
    store_client.save_limit("global", "off", limit=1, active=False)
    for _ in range(3):
        grant = store_client.acquire_slots(ask("nowhere", "off"))
        assert grant == Grant(status="granted", unknown=("nowhere",))
    assert store_client.read_limit("global", "off").active_slots == 0


def test_what_can_never_be_is_said_at_once(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=3)
    grant = store_client.acquire_slots(ask("db", slots=4))
    assert (grant.status, grant.reason) == ("impossible", "'db' has 3 slot(s), and 4 were asked for")
    store_client.save_limit("global", "closed", limit=0)
    assert store_client.acquire_slots(ask("closed")).status == "full"  # somebody may open it again
    store_client.save_limit("tag", "closed", limit=0)
    assert store_client.acquire_slots(ask("closed", kind="tag")).status == "impossible"


def test_a_limit_that_is_lowered_lets_nobody_in_until_enough_are_back(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=3)
    requests = [granted(store_client, "db") for _ in range(3)]
    store_client.save_limit("global", "db", limit=1)
    for request in requests:
        assert store_client.acquire_slots(ask("db")).status == "full"
        store_client.release_slots(request.lease_id)
    granted(store_client, "db")


# -- slots come back ------------------------------------------------------------------------------------------------


def test_a_lease_that_is_not_renewed_ends_by_the_clock_of_the_store(
    store_client: LocalClient, clock: StoreClock
) -> None:
    store_client.save_limit("global", "db", limit=1)
    first = granted(store_client, "db", seconds=10)
    grant = store_client.acquire_slots(ask("db"))
    assert grant.retry_after == pytest.approx(10)
    clock.forward(9)
    assert store_client.renew_slots({first.lease_id: 10}) == frozenset()
    clock.forward(9.9)
    assert store_client.acquire_slots(ask("db")).status == "full"
    clock.forward(0.1)
    second = granted(store_client, "db", seconds=10)
    assert store_client.renew_slots({first.lease_id: 10, second.lease_id: 10}) == {first.lease_id}


def test_a_lease_that_nobody_missed_is_renewed_after_its_end(store_client: LocalClient, clock: StoreClock) -> None:
    """The laptop slept: nobody was let in meanwhile, so nothing is lost."""
    store_client.save_limit("global", "db", limit=1)
    first = granted(store_client, "db", seconds=10)
    clock.forward(3600)
    assert store_client.limit_holders(store_client.read_limit("global", "db").id) == ()
    assert store_client.renew_slots({first.lease_id: 10}) == frozenset()
    assert store_client.acquire_slots(ask("db")).status == "full"


def test_the_reaper_forgets_leases_that_have_ended(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.save_limit("global", "db", limit=3)
    granted(store_client, "db", seconds=10)
    kept = granted(store_client, "db", seconds=20)
    clock.forward(10)
    assert (store_client.reap_slots(), store_client.reap_slots()) == (1, 0)
    (holder,) = store_client.limit_holders(store_client.read_limit("global", "db").id)
    assert (holder.lease_id, holder.holder, holder.slots, holder.owner) == (kept.lease_id, "a test", 1, "me")


def test_a_run_that_ends_gives_back_what_it_holds(store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=2)
    run = owned_running(store_client)
    granted(store_client, "db", flow_run_id=run.id)
    granted(store_client, "db")
    store_client.set_flow_run_state(run.id, Completed(), epoch=run.epoch)
    assert store_client.read_limit("global", "db").active_slots == 1


def test_a_reaped_run_gives_back_what_it_holds(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.save_limit("global", "db", limit=1)
    run = owned_running(store_client, seconds=5)
    granted(store_client, "db", flow_run_id=run.id, seconds=300)
    clock.forward(6)
    (reaped,) = store_client.reap_leases()
    assert reaped.id == run.id
    granted(store_client, "db")


def test_a_reset_takes_every_slot_back(store_client: LocalClient) -> None:
    store_client.save_limit("tag", "db", limit=2)
    held = [granted(store_client, "db", kind="tag") for _ in range(2)]
    assert store_client.reset_limit("tag", "db") == 2
    assert store_client.renew_slots({held[0].lease_id: 5}) == {held[0].lease_id}
    granted(store_client, "db", kind="tag", slots=2)


# -- rates ----------------------------------------------------------------------------------------------------------


def test_slots_that_decay_come_back_at_their_pace(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.save_limit("global", "api", limit=2, slot_decay_per_second=0.5)
    for _ in range(2):
        granted(store_client, "api", seconds=None)
    grant = store_client.acquire_slots(ask("api", seconds=None))
    assert (grant.status, grant.retry_after) == ("full", pytest.approx(2.0))
    clock.forward(1.9)
    assert store_client.acquire_slots(ask("api", seconds=None)).status == "full"
    clock.forward(0.1)
    granted(store_client, "api", seconds=None)
    assert store_client.read_limit("global", "api").active_slots == pytest.approx(2.0)
    clock.forward(100)
    assert store_client.read_limit("global", "api").active_slots == 0


def test_a_rate_needs_a_decay(store_client: LocalClient) -> None:
    store_client.save_limit("global", "api", limit=2)
    grant = store_client.acquire_slots(ask("api", seconds=None))
    assert grant.status == "impossible"
    assert "no slot decay" in str(grant.reason)


# -- many at once ---------------------------------------------------------------------------------------------------


def test_of_many_that_ask_at_once_as_many_get_in_as_there_are_slots(place: Place) -> None:
    clients = [place.open() for _ in range(4)]
    clients[0].save_limit("global", "db", limit=5)

    def try_it(number: int) -> str:
        return clients[number % 4].acquire_slots(ask("db", waiting=number % 2 == 0)).status

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(40)))
    assert answers.count("granted") == 5
    assert clients[0].read_limit("global", "db").active_slots == 5


HOLD = """
import sys
from flowtui.engine.client.current import current_client
from flowtui.engine.ids import new_id
from flowtui.engine.shared import SlotRequest
request = SlotRequest(lease_id=new_id(), kind="global", names=("db",), slots=1, owner="x", holder="x", lease_seconds=2)
print(current_client().acquire_slots(request).status, flush=True)
sys.stdin.read()
"""


def test_slots_of_a_killed_process_come_back_when_its_lease_ends(place: Place, store_client: LocalClient) -> None:
    store_client.save_limit("global", "db", limit=1)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=place.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "granted\n"
        process.kill()
    assert store_client.acquire_slots(ask("db")).status == "full"
    wait_until(lambda: store_client.acquire_slots(ask("db")).status == "granted", 6, "the slot to come back")
