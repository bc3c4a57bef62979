"""The thread runner: as many at once as allowed, its own for each run, and nothing lost when it is interrupted."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flowtui import ProcessPoolTaskRunner, ThreadPoolTaskRunner, flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.deadlocks import RunFuture
from flowtui.engine.errors import UsageError
from flowtui.engine.runners.protocol import Work
from flowtui.engine.settings import forget_settings
from tests.engine.sdk.asking import only_run, tasks_of
from tests.support import wait_until


class Gauge:
    """How many are inside at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.lock = threading.Lock()
        self.full = threading.Event()

    def visit(self, company: int) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside >= company:
                self.full.set()
        assert self.full.wait(20)
        with self.lock:
            self.inside -= 1


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_tasks_run_at_once_than_there_are_workers(client: LocalClient, workers: int) -> None:
    gauge = Gauge()
    visit = task(name="visit")(gauge.visit)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=workers))
    def outer() -> None:
        visit.map([workers] * 12).result()

    outer()
    assert gauge.most == workers


def test_without_a_limit_all_run_at_once(client: LocalClient) -> None:
    gauge = Gauge()
    visit = task(name="visit")(gauge.visit)
    flow(lambda: visit.map([40] * 40).result())()
    assert gauge.most == 40


def test_a_runner_may_be_given_as_a_class(client: LocalClient) -> None:
    made = flow(task_runner=ThreadPoolTaskRunner)(lambda: None)
    assert isinstance(made.task_runner, ThreadPoolTaskRunner)


@pytest.mark.parametrize("workers", [0, -1])
def test_a_runner_needs_a_worker(workers: int) -> None:
    with pytest.raises(UsageError, match="at least one worker is needed"):
        ThreadPoolTaskRunner(max_workers=workers)


def test_each_run_has_a_runner_of_its_own(client: LocalClient) -> None:
    """A subflow with one worker does not wait for its parent's."""
    inner = flow(name="inner", task_runner=ThreadPoolTaskRunner(max_workers=1))(lambda: one.submit().result())
    one = task(name="one")(lambda: 1)
    between = task(name="between")(inner)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> int:
        return int(between.submit().result(timeout=20))

    assert outer() == 1


def test_its_threads_end_with_the_run(client: LocalClient) -> None:
    quick = task(name="quick")(lambda n: n)
    before = set(threading.enumerate())
    flow(lambda: quick.map([1] * 20).result())()

    def left() -> list[str]:
        new = set(threading.enumerate()) - before
        return [thread.name for thread in new if thread.name.startswith("flowtui-task")]

    wait_until(lambda: not left(), what="the threads to end")


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns a thousand times as often as they do, so that none is spared by luck."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("workers", [1, 3, None])
def test_what_many_threads_hand_over_is_carried_out_once_each_and_nothing_is_left_waiting(workers: int | None) -> None:
    """Every tenth work hands over another and, where there is room for it, waits for it; the pool rests between."""

    class Piece:
        is_async = False

        def __init__(self, more: int = 0) -> None:
            self.inner, self.more = RunFuture(), more

        def __call__(self, elsewhere: Any = None) -> None:
            if self.more:
                inner = Piece(self.more - 1)
                pool.start(inner)
                if workers is None:
                    assert inner.inner.result(20) == 1
            done.append(self)
            self.inner.set_result(1)

    def hand_over(count: int) -> list[Piece]:
        pieces = [Piece(2 if number % 10 == 0 else 0) for number in range(count)]
        for piece in pieces:
            pool.start(piece)
        return pieces

    before = set(threading.enumerate())
    pool, done = ThreadPoolTaskRunner(workers), list[Piece]()
    with ThreadPoolExecutor(4) as hands:
        for _ in range(5):
            batches = list(hands.map(hand_over, [60] * 4))
            assert all(piece.inner.result(20) == 1 for batch in batches for piece in batch)
    wait_until(lambda: len(done) == 5 * 4 * (60 + 6 * 2), what="what works have handed over")
    assert len({id(piece) for piece in done}) == len(done)
    pool.close()
    wait_until(lambda: not any(t.name.startswith("flowtui-") for t in set(threading.enumerate()) - before))
    pool.start(late := Piece())
    assert late.inner.result(20) == 1


def test_every_future_of_an_interrupted_flow_ends(client: LocalClient) -> None:
    """Those that run, those that wait for a worker, and those that wait for another."""
    started = threading.Event()

    @task
    def slow(n: int) -> int:
        started.set()
        while True:
            threading.Event().wait(0.001)

    futures = []

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=1))
    def outer() -> None:
        futures.extend([slow.submit(1), slow.submit(2)])
        futures.append(slow.submit(futures[1]))
        started.wait()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outer()
    for future in futures:
        future.wait(10)
        assert future.inner.done(), future.name
        assert future.state.name in ("Crashed", "NotReady"), future.state
    tasks = tasks_of(client, only_run(client))
    assert [one.state.name for one in tasks.values()] == ["Crashed"] * 3


def test_a_runner_that_says_nothing_about_its_size_has_that_of_the_settings(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauge = Gauge()
    visit = task(name="visit")(gauge.visit)
    monkeypatch.setenv("FLOWTUI_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS", "2")
    forget_settings()
    flow(name="outer")(lambda: visit.map([2] * 10).result())()
    assert gauge.most == 2
    monkeypatch.setenv("FLOWTUI_TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS", "3")
    forget_settings()
    assert ProcessPoolTaskRunner().duplicate().max_workers == 3
    assert ProcessPoolTaskRunner(5).duplicate().max_workers == 5


class Elsewhere:
    """What a runner of somebody else's has to have, and no more: this one sends functions to an executor."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="elsewhere")
        self.sent: list[str] = []

    def duplicate(self) -> "Elsewhere":
        return self

    def start(self, work: Work) -> None:
        threading.Thread(target=work, args=(self._call,)).start()

    def _call(self, session: Any) -> Any:
        self.sent.append(session.run.name)
        call = session.task.signature.call
        return self.executor.submit(call, session.task.whole, session.parameters).result()

    def close(self) -> None:
        self.executor.shutdown(wait=False)

    def interrupt(self, error: type[BaseException]) -> None:
        self.close()


def test_a_runner_of_somebody_elses_fits(client: LocalClient) -> None:
    runner = Elsewhere()
    where = task(name="where", retries=1)(lambda n: (n, threading.current_thread().name))
    bad = task(name="bad", retries=1)(lambda: 1 / 0)

    @flow(task_runner=runner)
    def outer() -> list[Any]:
        assert bad.submit(return_state=True).is_failed()
        return where.map([1, 2]).result()

    values = outer()
    assert [n for n, _ in values] == [1, 2]
    assert all(name.startswith("elsewhere") for _, name in values)
    assert sorted(runner.sent) == ["bad-0", "bad-0", "where-0", "where-1"]
    tasks = tasks_of(client, only_run(client))
    assert {name: one.run_count for name, one in tasks.items()} == {"bad-0": 2, "where-0": 1, "where-1": 1}
