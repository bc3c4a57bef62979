"""Services are called at their intervals, one at a time, whatever they raise and wherever the clock goes."""

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import StoreError
from flowtui.server.ticker import Service, Ticker
from tests.support import until


def lead(service, every):
    return True


@asynccontextmanager
async def ticking(*services, may_lead=lead, now=utc_now):
    ticker = Ticker(services, may_lead, now=now)
    task = asyncio.create_task(ticker.run())
    try:
        yield ticker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Counter:
    """A piece of work that counts its calls."""

    def __init__(self, raising=None):
        self.calls = 0
        self.raising = raising

    def __call__(self):
        self.calls += 1
        if self.raising is not None:
            raise self.raising
        return 2


def test_every_service_is_called_at_once_and_again_after_its_interval():
    often, rarely = Counter(), Counter()

    async def run():
        services = Service(name="often", every=0.05, work=often), Service(name="rarely", every=3600, work=rarely)
        async with ticking(*services) as ticker:
            await until(lambda: often.calls >= 5 and rarely.calls == 1)
            return ticker.health()

    first, second = asyncio.run(run())
    assert (first.name, first.leading, first.error) == ("often", True, None)
    assert first.done >= 8 and first.last_ok is not None and first.seconds is not None
    assert second.done == 2


def test_work_is_done_in_a_thread():
    threads = []

    async def run():
        async with ticking(Service(name="s", every=3600, work=lambda: threads.append(threading.current_thread()) or 0)):
            await until(lambda: threads)

    asyncio.run(run())
    assert threads[0] is not threading.main_thread()


def test_a_service_that_fails_is_tried_again_and_says_why(caplog):
    broken = Counter(StoreError("The store is on holiday."))

    async def run():
        async with ticking(Service(name="broken", every=0.05, work=broken)) as ticker:
            await until(lambda: broken.calls >= 3)
            failed = ticker.health()[0]
            broken.raising = None
            await until(lambda: ticker.health()[0].error is None)
            return failed, ticker.health()[0]

    failed, repaired = asyncio.run(run())
    assert failed.error == "The store is on holiday." and failed.failures >= 2 and failed.last_ok is None
    assert repaired.failures == 0 and repaired.last_ok is not None
    assert [record.message for record in caplog.records if "holiday" in record.message] == [
        "Service 'broken' failed and will try again. The store is on holiday."
    ]


def test_a_server_that_does_not_lead_does_not_work():
    work, asked = Counter(), Counter()

    def may_lead(service, every):
        asked()
        return False

    async def run():
        async with ticking(Service(name="s", every=0.05, work=work), may_lead=may_lead) as ticker:
            await until(lambda: asked.calls >= 3)
            return ticker.health()[0]

    health = asyncio.run(run())
    assert work.calls == 0 and not health.leading and health.last_ok is None


def test_slow_work_never_overlaps_with_itself():
    busy, most, calls = 0, 0, 0
    release = threading.Event()

    def slow():
        nonlocal busy, most, calls
        calls += 1
        busy += 1
        most = max(most, busy)
        release.wait(10)
        busy -= 1
        return 0

    quick = Counter()

    async def run():
        async with ticking(Service(name="slow", every=0.05, work=slow), Service(name="quick", every=0.05, work=quick)):
            await until(lambda: quick.calls >= 6, what="six intervals to pass")
            assert calls == 1
            release.set()
            await until(lambda: calls >= 3)

    asyncio.run(run())
    assert most == 1


def test_work_under_way_is_finished_before_the_ticker_ends():
    began, go_on, finished = threading.Event(), threading.Event(), []

    def work():
        began.set()
        go_on.wait(10)
        finished.append(True)
        return 1

    async def run():
        ticker = Ticker([Service(name="s", every=3600, work=work)], lead)
        task = asyncio.create_task(ticker.run())
        await until(began.is_set)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=0.1)
        assert not done
        go_on.set()
        await asyncio.gather(task, return_exceptions=True)
        assert finished == [True]

    asyncio.run(run())


def test_a_clock_that_is_set_back_an_hour_does_not_silence_the_services():
    """What APScheduler sees then is a next run an hour away; the watchdog sees the two clocks part."""
    work, back = Counter(), timedelta(0)

    async def run():
        nonlocal back
        async with ticking(Service(name="s", every=3600, work=work), now=lambda: utc_now() - back):
            await until(lambda: work.calls == 1)
            back = timedelta(hours=1)
            await until(lambda: work.calls == 2, what="the service to run again")

    asyncio.run(run())


def test_a_clock_that_only_drifts_is_let_be():
    work, looks = Counter(), 0

    def drifting():
        nonlocal looks
        looks += 1
        return utc_now() + looks * timedelta(milliseconds=500)

    async def run():
        async with ticking(Service(name="s", every=3600, work=work), now=drifting):
            await until(lambda: looks >= 4, what="the watchdog to look three times")

    asyncio.run(run())
    assert work.calls == 1
