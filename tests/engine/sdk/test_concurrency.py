"""`concurrency()` and `rate_limit()`: never more at once than a limit allows, and slots that come back."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowtui import arate_limit, concurrency, flow, rate_limit, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import LeaseLost, LimitError, SlotTimeout
from flowtui.engine.ids import new_id
from flowtui.engine.shared import SlotRequest
from tests.engine.sdk.asking import lines_of, only_run
from tests.engine.sdk.scripts import started
from tests.support import until, wait_until


class Gauge:
    """How many are inside at once, and how many at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.entered = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._lock:
            self.now, self.entered = self.now + 1, self.entered + 1
            self.most = max(self.most, self.now)
        try:
            yield
        finally:
            with self._lock:
                self.now -= 1


def taken(client: LocalClient, name: str = "db") -> float:
    return client.read_limit("global", name).active_slots


def held_by_another(client: LocalClient, name: str = "db") -> SlotRequest:
    """Somebody else's slot."""
    request = SlotRequest(
        lease_id=new_id(), kind="global", names=(name,), slots=1, owner="x", holder="somebody", lease_seconds=60
    )
    assert client.acquire_slots(request).status == "granted"
    return request


def test_a_block_holds_its_slots_and_gives_them_back(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=3)
    with concurrency("db", occupy=2):
        assert taken(client) == 2
        with concurrency(["db", "db"]):
            assert taken(client) == 3
    assert taken(client) == 0


def test_slots_come_back_when_the_block_raises(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)
    with pytest.raises(ZeroDivisionError), concurrency("db"):
        _ = 1 / 0
    assert taken(client) == 0


def test_threads_are_never_more_than_the_limit(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=3)
    gauge = Gauge()

    def work() -> None:
        with concurrency("db"), gauge.inside():
            time.sleep(0.005)  # so that others are tempted to come in

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (gauge.entered, gauge.most <= 3, taken(client)) == (20, True, 0)


def test_coroutines_are_never_more_than_the_limit_and_do_not_block_the_loop(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=2)
    gauge = Gauge()

    async def work() -> None:
        async with concurrency("db"):
            with gauge.inside():
                await asyncio.sleep(0.005)

    async def everything() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        await asyncio.gather(*(work() for _ in range(30)))
        ticking.cancel()
        return ticks

    assert asyncio.run(everything()) > 15
    assert (gauge.entered, gauge.most, taken(client)) == (30, 2, 0)


def test_who_has_to_wait_says_for_whom(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)
    other = held_by_another(client)

    @flow
    def waiting() -> None:
        with concurrency("db"):
            pass

    thread = threading.Thread(target=waiting)
    thread.start()
    said = "Waiting for a slot of 'db': 1 of 1 slot(s) of 'db' are taken, held by somebody."
    wait_until(lambda: client.list_flow_runs().items and said in lines_of(client, only_run(client)), what="the line")
    client.release_slots(other.lease_id)
    thread.join()
    assert only_run(client).state.is_completed()


def test_a_wait_has_an_end_when_that_was_asked_for(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)
    held_by_another(client)
    with pytest.raises(SlotTimeout, match=r"within 0.05 second\(s\): 1 of 1 slot\(s\) of 'db' are taken, held by some"):
        concurrency("db", timeout_seconds=0.05).__enter__()
    with pytest.raises(TimeoutError):
        concurrency("db", max_retries=1).__enter__()

    async def aside() -> None:
        async with concurrency("db", timeout_seconds=0.05):
            raise AssertionError("it must not get in")

    with pytest.raises(SlotTimeout):
        asyncio.run(aside())


def test_who_wants_many_slots_is_not_passed_for_ever(client: LocalClient) -> None:
    """In one process those who wait stand in one line."""
    client.save_limit("global", "db", limit=2)
    first, order = concurrency("db"), []
    first.__enter__()

    def work(name: str, slots: int) -> None:
        with concurrency("db", occupy=slots):
            order.append(name)

    from flowtui.engine import slots as machinery

    def waiting() -> int:
        return sum(map(len, machinery._lines._lines.values()))

    threads = []
    for number, (name, slots) in enumerate([("many", 2), ("few", 1), ("one more", 1)], start=1):
        threads.append(threading.Thread(target=work, args=(name, slots)))
        threads[-1].start()
        wait_until(lambda number=number: waiting() == number, what=f"{number} in the line")
    first.__exit__(None, None, None)
    for thread in threads:
        thread.join()
    assert order[0] == "many"


def test_an_unknown_limit_holds_nobody_back_unless_the_block_is_strict(
    client: LocalClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with concurrency("nowhere-at-all"):
            pass
    assert [record.levelname for record in caplog.records if "nowhere-at-all" in record.message] == ["WARNING"]
    with pytest.raises(LimitError, match="There is no concurrency limit 'nowhere-at-all'"):
        concurrency("nowhere-at-all", strict=True).__enter__()
    client.save_limit("global", "db", limit=1)
    with pytest.raises(LimitError):
        concurrency(["db", "nowhere-at-all"], strict=True).__enter__()
    assert taken(client) == 0


@pytest.mark.parametrize("occupy", [0, -1, 1.5, True])
def test_a_number_of_slots_that_makes_no_sense_is_refused(client: LocalClient, occupy: int) -> None:
    with pytest.raises(LimitError, match="give a whole number of slots"):
        concurrency("db", occupy=occupy)


def test_names_are_texts(client: LocalClient) -> None:
    with pytest.raises(LimitError, match="cannot name a concurrency limit"):
        concurrency([1])  # type: ignore[list-item]
    with concurrency([]):
        pass


def test_more_slots_than_there_are_is_refused_at_once(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=2)
    with pytest.raises(LimitError, match=r"is in vain: 'db' has 2 slot.s., and 3 were asked for"):
        concurrency("db", occupy=3).__enter__()


def test_a_closed_limit_is_waited_for_until_it_opens(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=0)
    inside = threading.Event()

    def work() -> None:
        with concurrency("db"):
            inside.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not inside.wait(0.05)
    client.save_limit("global", "db", limit=1)
    thread.join()
    assert inside.is_set()


def test_a_cancelled_coroutine_leaves_no_slot_behind(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)

    async def work() -> None:
        async with concurrency("db"):
            await asyncio.sleep(60)

    async def everything() -> None:
        holder, waiter = asyncio.ensure_future(work()), asyncio.ensure_future(work())
        await until(lambda: taken(client) == 1, what="the first to hold the slot")
        waiter.cancel()
        await asyncio.wait({waiter})
        holder.cancel()
        await asyncio.wait({holder})

    asyncio.run(everything())
    assert taken(client) == 0


@pytest.mark.parametrize("after", [0, 0.001, 0.003, 0.01])
def test_a_coroutine_that_is_cancelled_while_it_asks_leaves_no_slot_behind(client: LocalClient, after: float) -> None:
    client.save_limit("global", "db", limit=1)

    async def everything() -> None:
        block = concurrency("db")
        asking = asyncio.ensure_future(block.__aenter__())
        await asyncio.sleep(after)
        if asking.cancel():
            await asyncio.wait({asking})
        else:
            await block.__aexit__(None, None, None)
        assert taken(client) == 0

    asyncio.run(everything())


# -- leases ---------------------------------------------------------------------------------------------------------


def test_a_block_keeps_its_slots_for_longer_than_its_lease(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)
    with concurrency("db", lease_duration=1):
        (first,) = client.limit_holders(client.read_limit("global", "db").id)
        wait_until(
            lambda: client.limit_holders(client.read_limit("global", "db").id)[0].expires > first.expires,
            what="renewal",
        )
        assert taken(client) == 1
    assert taken(client) == 0


def test_slots_that_were_taken_back_are_told_and_may_interrupt(
    client: LocalClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.save_limit("global", "db", limit=1)
    with concurrency("db", lease_duration=1):
        client.reset_limit("global", "db")
        wait_until(lambda: "were taken back" in caplog.text, what="the log to say so")
    words = r"The slot.s. of 'db' that .* held were taken back"
    with pytest.raises(LeaseLost, match=words), concurrency("db", lease_duration=1, strict=True):
        client.reset_limit("global", "db")
        wait_until(lambda: False, timeout=20, what="the interrupt")


def test_slots_that_were_taken_back_may_interrupt_a_coroutine(client: LocalClient) -> None:
    client.save_limit("global", "db", limit=1)

    async def work() -> str:
        try:
            async with concurrency("db", lease_duration=1, raise_on_lease_renewal_failure=True):
                client.reset_limit("global", "db")
                await asyncio.sleep(20)
        except LeaseLost:
            await asyncio.sleep(0)  # it is not cancelled any more
            return "went on"
        return "never told"

    assert asyncio.run(work()) == "went on"


# -- rates ----------------------------------------------------------------------------------------------------------


def test_a_rate_limit_lets_through_what_comes_back(client: LocalClient) -> None:
    client.save_limit("global", "api", limit=2, slot_decay_per_second=50)
    begun = time.monotonic()
    for _ in range(12):
        rate_limit("api", strict=True)
    assert time.monotonic() - begun > 9 / 50  # two at once, then one each fiftieth of a second
    asyncio.run(arate_limit("api"))


def test_a_rate_limit_needs_a_decay(client: LocalClient) -> None:
    client.save_limit("global", "api", limit=2)
    with pytest.raises(LimitError, match="'api' has no slot decay"):
        rate_limit("api")
    with pytest.raises(LimitError, match="There is no concurrency limit"):
        rate_limit("none-such", strict=True)


# -- tags -----------------------------------------------------------------------------------------------------------


def test_tasks_with_a_limited_tag_run_as_many_at_once_as_it_allows(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=2)
    gauge = Gauge()

    @task(tags=["db"])
    def work(n: int) -> int:
        with gauge.inside():
            time.sleep(0.01)
        return n

    @flow
    def many() -> list[int]:
        return work.map(range(12)).result()

    assert many() == list(range(12))
    assert (gauge.entered, gauge.most) == (12, 2)
    assert client.read_limit("tag", "db").active_slots == 0


def test_a_task_that_waits_for_a_slot_says_so_in_its_state(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=1)
    inside, go_on = threading.Event(), threading.Event()

    @task(tags=["db"])
    def work(wait: bool) -> None:
        if wait:
            inside.set()
            go_on.wait(20)

    @flow
    def two() -> None:
        first = work.submit(True)
        inside.wait(20)
        second = work.submit(False)
        wait_until(is_waiting, what="the second to wait")
        go_on.set()
        first.result()
        second.result()

    def is_waiting() -> bool:
        client.flush()
        return any(run.state.name == "AwaitingConcurrencySlot" for run in client.list_task_runs().items)

    two()
    second = next(run for run in client.list_task_runs().items if run.name == "work-1")
    states = client.task_run_states(second.id)
    assert [state.name for state in states] == ["Pending", "AwaitingConcurrencySlot", "Running", "Completed"]
    assert states[1].message == "1 of 1 slot(s) of 'db' are taken, held by task run 'work-0'."
    assert second.start_time == states[2].timestamp


def test_a_tag_without_slots_fails_its_tasks_at_once(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=0)

    @task(tags=["db"])
    def work() -> None:
        raise AssertionError("it must not run")

    @flow
    def one() -> None:
        work()

    with pytest.raises(LimitError, match=r"is in vain: 'db' has 0 slot.s., and 1 were asked for"):
        one()
    (run,) = client.list_task_runs().items
    assert (run.state.name, run.run_count) == ("Failed", 0)


def test_a_task_gives_its_slot_back_while_a_retry_waits(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=1)
    held: list[float] = []

    @task(tags=["db"], retries=2, retry_delay_seconds=0)
    def work() -> None:
        held.append(client.read_limit("tag", "db").active_slots)
        if len(held) < 3:
            raise ValueError("again")

    @flow
    def one() -> None:
        work()

    one()
    assert held == [1, 1, 1]
    assert client.read_limit("tag", "db").active_slots == 0


def test_async_tasks_wait_for_their_tags_on_the_loop(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=1)
    gauge = Gauge()

    @task(tags=["db"])
    async def work() -> None:
        with gauge.inside():
            await asyncio.sleep(0.01)

    @flow
    async def many() -> None:
        await asyncio.gather(*(work() for _ in range(5)))

    asyncio.run(many())
    assert (gauge.entered, gauge.most) == (5, 1)


def test_a_generator_holds_its_slot_until_it_is_read_or_left(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=1)
    seen: list[float] = []

    @task(tags=["db"])
    def items() -> Iterator[int]:
        for n in range(3):
            seen.append(client.read_limit("tag", "db").active_slots)
            yield n

    @flow
    def main() -> list[int]:
        whole = list(items())
        for _ in items():
            break
        return whole

    assert main() == [0, 1, 2]
    assert seen == [1, 1, 1, 1]
    wait_until(lambda: client.read_limit("tag", "db").active_slots == 0, what="the slot to be back")


def test_a_task_with_several_limited_tags_holds_a_slot_of_each(client: LocalClient) -> None:
    for name in ("db", "api"):
        client.save_limit("tag", name, limit=1)
    seen: list[float] = []

    @task(tags=["db", "api", "free"])
    def work() -> None:
        seen.extend(client.read_limit("tag", name).active_slots for name in ("db", "api"))

    @flow
    def one() -> None:
        work()

    one()
    assert seen == [1, 1]


# -- processes ------------------------------------------------------------------------------------------------------

KILLED = """
import time
from flowtui import concurrency, flow
@flow
def holding():
    with concurrency("db"):
        print("inside", flush=True)
        time.sleep(600)
holding()
"""


def test_the_slot_of_a_killed_process_comes_back_when_its_lease_ends(client: LocalClient, tmp_path: Path) -> None:
    client.save_limit("global", "db", limit=1)
    with started(tmp_path, KILLED, FLOWTUI_LEASE_SECONDS="2") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        with pytest.raises(SlotTimeout, match="held by flow run"):
            concurrency("db", timeout_seconds=2.5).__enter__()  # its process renews
        process.kill()
        process.wait()
        begun = time.monotonic()
        with concurrency("db", timeout_seconds=10):
            assert time.monotonic() - begun < 6


def test_a_reaped_run_gives_its_slot_back_long_before_a_long_lease_ends(client: LocalClient, tmp_path: Path) -> None:
    client.save_limit("global", "db", limit=1)
    script = KILLED.replace('concurrency("db")', 'concurrency("db", lease_duration=300)')
    with started(tmp_path, script, FLOWTUI_LEASE_SECONDS="1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.kill()
        process.wait()
    wait_until(client.reap_leases, what="the run to be reaped")
    with concurrency("db", timeout_seconds=1):
        pass
