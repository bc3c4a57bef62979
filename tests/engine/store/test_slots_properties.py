"""Slots against a model: whatever is asked, renewed, given back and waited for, in whatever order (P6)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.settings import Settings
from flowtui.engine.shared import SlotRequest
from tests.engine.store.databases import Place, StoreClock

LIMIT, LEASE = 3, timedelta(seconds=10)
VERBS = st.sampled_from(["ask", "ask", "renew", "renew", "wait", "wait", "release", "reap"])
STEPS = st.lists(st.tuples(VERBS, st.integers(0, 2), st.integers(1, LIMIT)), min_size=10, max_size=30)


@dataclass
class Model:
    """Who holds how many slots, and until when: the sentences of the documentation, and nothing else."""

    held: dict[int, tuple[int, datetime]] = field(default_factory=dict)

    def taken(self, now: datetime) -> int:
        return sum(slots for slots, until in self.held.values() if until > now)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One store for all examples; each has a limit of its own."""
    home = tmp_path_factory.mktemp("slots") / "home"
    with Place(Settings.from_env({"FLOWTUI_HOME": str(home)})).kept() as place:
        client = place.open()
        yield client, StoreClock(client)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(steps=STEPS)
def test_the_store_gives_what_the_model_gives_and_never_too_much(world: Any, steps: list[tuple[str, int, int]]) -> None:
    client: LocalClient = world[0]
    clock: StoreClock = world[1]
    name, model, leases = new_id(), Model(), {holder: new_id() for holder in range(3)}
    client.save_limit("global", name, limit=LIMIT)
    for verb, who, slots in steps:
        now = clock.now
        if verb == "wait":
            clock.forward(1 + 5 * who)
        elif verb == "reap":
            client.reap_slots()
            model.held = {holder: (n, until) for holder, (n, until) in model.held.items() if until > now}
        elif verb == "release":
            client.release_slots(leases[who])
            model.held.pop(who, None)
        elif verb == "renew":
            gone = client.renew_slots({leases[who]: LEASE.total_seconds()})
            assert bool(gone) == (who not in model.held)
            if who in model.held:
                model.held[who] = (model.held[who][0], now + LEASE)
        elif who not in model.held:
            _ask(client, clock, model, name, who, slots, leases)
        assert client.read_limit("global", name).active_slots == model.taken(clock.now) <= LIMIT


def _ask(
    client: LocalClient, clock: StoreClock, model: Model, name: str, who: int, slots: int, leases: dict[int, str]
) -> None:
    request = SlotRequest(
        lease_id=leases[who],
        kind="global",
        names=(name,),
        slots=slots,
        owner="me",
        holder=str(who),
        lease_seconds=LEASE.total_seconds(),
        waiting=slots % 2 == 0,
    )
    fits = model.taken(clock.now) + slots <= LIMIT
    assert client.acquire_slots(request).status == ("granted" if fits else "full")
    if fits:  # whoever is let in buries the dead
        model.held = {holder: (n, until) for holder, (n, until) in model.held.items() if until > clock.now}
        model.held[who] = (slots, clock.now + LEASE)
