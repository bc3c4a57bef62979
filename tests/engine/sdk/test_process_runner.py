"""The process runner: tasks in processes of their own, of whose lives and deaths nothing is lost."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowtui import ProcessPoolTaskRunner, State, flow, get_run_context, get_run_logger, tags, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import RunTimeout, UsageError, WorkerDied
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.engine.sdk.scripts import started, when_running
from tests.support import run_python, wait_until

pytestmark = pytest.mark.timeout(120)


@task
def double(n: int) -> int:
    return 2 * n


@task
def where() -> int:
    return os.getpid()


@task
def fail(text: str) -> None:
    raise ValueError(text)


@task
def die(number: int) -> None:
    os.kill(os.getpid(), number)


def in_processes(body: Any, workers: int = 2, **options: Any) -> Any:
    """The body as a flow whose tasks run in processes."""
    return flow(name="outer", task_runner=ProcessPoolTaskRunner(max_workers=workers, **options))(body)()


def test_tasks_run_in_other_processes_and_their_runs_are_recorded_here(client: LocalClient) -> None:
    pids = in_processes(lambda: [where.submit().result(), *double.map([1, 2, 3]).result()])
    assert pids[0] != os.getpid()
    assert pids[1:] == [2, 4, 6]
    tasks = tasks_of(client, only_run(client))
    assert sorted(tasks) == ["double-0", "double-1", "double-2", "where-0"]
    for one in tasks.values():
        assert names_of(client, one.id) == ["Pending", "Running", "Completed"]
        assert (one.run_count, one.state.name) == (1, "Completed")
    assert tasks["double-1"].result == "4"


def test_there_are_no_more_processes_than_workers_and_they_are_used_again(client: LocalClient) -> None:
    pids = in_processes(lambda: {where.submit().result() for _ in range(6)}, 2)
    assert 1 <= len(pids) <= 2
    wait_until(lambda: not any(_is_alive(pid) for pid in pids), what="the processes to end")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_logs_prints_tags_and_contexts_cross(client: LocalClient) -> None:
    @task(log_prints=True, tags=["own"])
    def talk(n: int) -> list[Any]:
        get_run_logger().warning("line %s", n)
        print("printed", n)
        context = get_run_context()
        return [context.task.name, context.task_run.name, sorted(context.task_run.tags)]  # type: ignore[union-attr]

    def body() -> list[Any]:
        with tags("around"):
            return talk.submit(1).result()

    assert in_processes(body) == ["talk", "talk-0", ["around", "own"]]
    run = only_run(client)
    made = tasks_of(client, run)["talk-0"]
    lines = [line for line in client.read_logs(run.id).lines if line.task_run_id == made.id]
    messages = [line.message for line in lines]
    assert messages == ["line 1", "printed 1", "Finished in state Completed()"]
    assert str(lines[0].source).startswith(__file__)
    assert run.stats.warnings == 1


def test_the_flow_run_is_known_there(client: LocalClient) -> None:
    @task
    def which() -> Any:
        from flowtui.engine.context import current_flow_run

        context = current_flow_run()
        assert context is not None
        return [context.flow.name, context.handle.run_id]

    assert in_processes(lambda: which.submit().result()) == ["outer", only_run(client).id]


def test_a_task_there_calls_and_submits_tasks_and_flows(client: LocalClient) -> None:
    inner = flow(name="inner")(lambda n: n + 100)

    @task
    def parent(n: int) -> list[int]:
        return [double(n), double.submit(n + 1).result(), *double.map([7, 8]).result(), inner(n)]

    assert in_processes(lambda: parent.map([1, 2]).result()) == [[2, 4, 14, 16, 101], [4, 6, 14, 16, 102]]
    run = only_run(client)
    tasks = tasks_of(client, run)
    assert {name for name in tasks if "parent-0" in name} == {
        *("parent-0", "inner-parent-0.0"),
        *(f"double-parent-0.{n}" for n in range(4)),
    }
    assert {one.state.name for one in tasks.values()} == {"Completed"}
    assert len(client.list_flow_runs().items) == 3


class Thing:
    """A class of this module."""

    def __init__(self, n: int) -> None:
        self.n = n


def test_values_of_any_kind_come_and_go(client: LocalClient) -> None:
    class Local:
        n = 5

    @task
    def use(thing: Any, fn: Any) -> Any:
        return type(thing)(thing.n + 1) if isinstance(thing, Thing) else [thing.n, fn(2)]

    def body() -> Any:
        a = use.submit(Thing(1), None).result()
        return type(a) is Thing, a.n, use.submit(Local(), lambda x: x * 3).result()

    assert in_processes(body) == (True, 2, [5, 6])


def test_async_tasks_and_generators_run_there_too(client: LocalClient) -> None:
    @task
    async def later(n: int) -> int:
        await asyncio.sleep(0)
        return n

    @task
    def numbers(to: int) -> Iterator[int]:
        yield from range(to)

    assert in_processes(lambda: [later.submit(1).result(), numbers.submit(3).result()]) == [1, [0, 1, 2]]


def test_futures_go_from_process_to_process(client: LocalClient) -> None:
    assert in_processes(lambda: double.submit(double.submit(double.submit(1))).result()) == 8


def test_an_initializer_is_called_in_each_process(client: LocalClient) -> None:
    def prepare(value: str) -> None:
        os.environ["PREPARED"] = value

    prepared = task(name="prepared")(lambda: os.environ.get("PREPARED"))
    assert in_processes(lambda: prepared.submit().result(), initializer=prepare, initargs=("yes",)) == "yes"
    assert "PREPARED" not in os.environ


def test_an_initializer_that_raises_is_told(client: LocalClient) -> None:
    def prepare() -> None:
        raise ValueError("no licence")

    with pytest.raises(UsageError, match=r"initializer of the task runner raised: ValueError\('no licence'\)"):
        in_processes(lambda: where.submit().result(), initializer=prepare)


# -- failures -------------------------------------------------------------------------------------------------------


def test_an_exception_comes_back_with_its_traceback(client: LocalClient) -> None:
    with pytest.raises(ValueError, match="no rows"):
        in_processes(lambda: fail.submit("no rows").result())
    text = "\n".join(lines_of(client, only_run(client)))
    assert "raise ValueError(text)" in text
    assert f'File "{__file__}"' in text
    assert "flowtui/engine" not in text.split("In the process that ran it")[0]


def test_an_exception_that_cannot_travel_is_told(client: LocalClient) -> None:
    @task
    def odd() -> None:
        class Odd(Exception):
            def __init__(self, a: int, b: int) -> None:
                super().__init__("only one argument")

        raise Odd(1, 2)

    @flow(task_runner=ProcessPoolTaskRunner(1))
    def outer() -> State:
        return odd.submit(return_state=True)

    assert "Odd: only one argument" in str(outer(return_state=True).message) + str(tasks_of(client)["odd-0"].state)


def test_what_cannot_be_sent_is_named(client: LocalClient) -> None:
    @flow(task_runner=ProcessPoolTaskRunner(1))
    def outer() -> None:
        with pytest.raises(UsageError, match=r"'double-0' cannot be sent to another process: its argument 'n' is a"):
            double.submit(threading.Lock()).result()
        with pytest.raises(UsageError, match="its function uses something that cannot be pickled"):
            holding.submit().result()
        with pytest.raises(UsageError, match=r"The result of give-\d is a lock and cannot be sent back"):
            give.submit().result()
        assert double.submit(2).result() == 4

    lock = threading.Lock()
    holding = task(name="holding")(lambda: lock.acquire(timeout=1))
    give = task(name="give")(lambda: [threading.Lock()][0])
    outer()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "was ended by SIGKILL: somebody killed it, or the system was out of memory"),
        (signal.SIGSEGV, "was ended by SIGSEGV: native code that it called went wrong"),
    ],
)
def test_a_process_that_dies_is_a_crash_of_its_task_and_of_no_other(
    client: LocalClient, number: signal.Signals, words: str
) -> None:
    def body() -> list[Any]:
        futures = [double.submit(1), die.submit(int(number)), double.submit(2), double.submit(3)]
        with pytest.raises(WorkerDied, match=words):
            futures[1].result()
        return [future.result() for future in (futures[0], *futures[2:])]

    assert in_processes(body) == [2, 4, 6]
    made = tasks_of(client)["die-0"]
    assert made.state.name == "Crashed"
    assert words in str(made.state.message)
    assert "The process that ran it (pid " in str(made.state.message)


def test_a_process_that_leaves_by_itself_is_told(client: LocalClient) -> None:
    leave = task(name="leave")(lambda: os._exit(7))
    with pytest.raises(WorkerDied, match="ended by itself with exit code 7, before the task had returned"):
        in_processes(lambda: leave.submit().result())


def test_an_exit_of_the_task_is_an_exit_and_the_process_lives_on(client: LocalClient) -> None:
    leave = task(name="leave")(lambda: sys.exit(3))

    def body() -> int:
        state = leave.submit(return_state=True)
        assert state.message == "Execution was aborted by a Python system exit call (code 3)."
        return double.submit(1).result()

    assert in_processes(body, 1) == 2


def test_what_was_said_before_a_death_is_kept(client: LocalClient) -> None:
    @task
    def speak_and_die() -> None:
        for n in range(200):
            get_run_logger().info("line %s", n)
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerDied):
        in_processes(lambda: speak_and_die.submit().result())
    lines = lines_of(client, only_run(client))
    assert [line for line in lines if line.startswith("line ")] == [f"line {n}" for n in range(200)]


def test_retries_begin_in_a_process_of_their_own_after_a_timeout(client: LocalClient, tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")

    @task(retries=1, timeout_seconds=1)
    def slow() -> str:
        if not os.path.exists(mark):
            open(mark, "w").close()
            time.sleep(60)
        return "done"

    assert in_processes(lambda: slow.submit().result()) == "done"
    made = tasks_of(client)["slow-0"]
    assert names_of(client, made.id) == ["Pending", "Running", "Retrying", "Completed"]


def test_a_timeout_ends_the_process_also_in_a_call_that_python_cannot_interrupt(client: LocalClient) -> None:
    @task(timeout_seconds=0.5)
    def stuck() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # it does not hear what it is asked
        time.sleep(60)

    with pytest.raises(RunTimeout, match=r"its timeout of 0\.5 second\(s\)\. Its process was ended\."):
        in_processes(lambda: stuck.submit().result())
    assert tasks_of(client)["stuck-0"].state.name == "TimedOut"


def test_code_that_is_ended_may_clean_up(client: LocalClient, tmp_path: Path) -> None:
    mark = str(tmp_path / "cleaned")

    @task(timeout_seconds=0.5)
    def tidy() -> None:
        try:
            time.sleep(60)
        finally:
            open(mark, "w").close()

    with pytest.raises(RunTimeout):
        in_processes(lambda: tidy.submit().result())
    assert Path(mark).exists()


def test_the_rules_of_a_run_stay_here(client: LocalClient) -> None:
    """Hooks, conditions and caching may use what no other process has."""
    told: list[str] = []
    lock = threading.Lock()

    def note(made: Any, run: Any, state: State) -> None:
        with lock:
            told.append(state.name)

    def once(made: Any, run: Any, state: State) -> bool:
        with lock:
            return len(told) < 3

    bad = task(name="bad", retries=5, retry_condition_fn=once, on_running=[note], on_failure=[note])(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        in_processes(lambda: bad.submit().result())
    assert told == ["Running", "Retrying", "Retrying", "Failed"]


# -- ends of the flow -----------------------------------------------------------------------------------------------

SCRIPT = """
import os, sys, time
from flowtui import ProcessPoolTaskRunner, flow, task

class Mine:
    def __init__(self, n):
        self.n = n

@task
def add(mine, n):
    return Mine(mine.n + n)

@task
def stay(n):
    print("inside", flush=True)
    while True:
        time.sleep(0.01)

@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def quick():
    result = add.submit(Mine(1), 2).result()
    assert type(result) is Mine
    print(result.n)

@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def long():
    stay.submit(1).result()

globals()[sys.argv[1]]()
"""


def test_a_script_without_a_main_guard_works(client: LocalClient, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = run_python(str(script), "quick")
    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_script_takes_its_processes_along(
    client: LocalClient, tmp_path: Path, number: signal.Signals
) -> None:
    import psutil

    with started(tmp_path, SCRIPT, "long") as process:
        when_running(process, client)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == -number, err
    wait_until(lambda: not any(child.is_running() for child in children), what="the processes to end")
    assert [one.state.name for one in tasks_of(client).values()] == ["Crashed"]
    assert only_run(client).state.name == "Crashed"


def test_a_killed_script_leaves_no_processes(client: LocalClient, tmp_path: Path) -> None:
    import psutil

    with started(tmp_path, SCRIPT, "long") as process:
        when_running(process, client)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        wait_until(lambda: not any(child.is_running() for child in children), what="the processes to end")


@pytest.mark.parametrize("workers", [0, -1])
def test_a_runner_needs_a_worker(workers: int) -> None:
    with pytest.raises(UsageError, match=rf"ProcessPoolTaskRunner\(max_workers={workers}\): at least one worker"):
        ProcessPoolTaskRunner(max_workers=workers)


def test_by_default_there_is_a_process_for_each_processor() -> None:
    assert ProcessPoolTaskRunner().max_workers == os.cpu_count()
    with pytest.raises(UsageError, match="its initializer is 3"):
        ProcessPoolTaskRunner(initializer=3)  # type: ignore[arg-type]
