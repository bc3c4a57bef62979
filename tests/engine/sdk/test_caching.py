"""Caching: a kept result of the same key stands for running the task, in other runs and processes too."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowtui import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    FileSystemLockManager,
    IsolationLevel,
    MemoryLockManager,
    flow,
    task,
    task_input_hash,
)
from flowtui.engine.client.local import LocalClient
from flowtui.engine.context import TaskRunContext
from flowtui.engine.errors import UsageError
from flowtui.engine.settings import Settings, forget_settings
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.engine.sdk.scripts import started
from tests.support import clean_environment, run_python


class Counter:
    """A function that counts its calls by argument."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, n: Any) -> Any:
        self.calls.append(n)
        return ("result of", n)


def cached(counter: Counter, **options: Any) -> Any:
    @task(name="load", **{"cache_key_fn": lambda context, parameters: f"load {parameters['n']}", **options})
    def load(n: Any) -> Any:
        return counter(n)

    return load


def test_a_result_is_used_again_by_key(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter)

    @flow
    def outer() -> Any:
        return [load(1), load(2), load(1)]

    assert outer() == [("result of", 1), ("result of", 2), ("result of", 1)]
    assert counter.calls == [1, 2]
    tasks = tasks_of(client, only_run(client))
    again = tasks["load-2"]
    assert (again.state.type.value, again.state.name, again.run_count) == ("COMPLETED", "Cached", 0)
    assert (again.cache_key, tasks["load-0"].cache_key) == ("load 1", "load 1")
    assert names_of(client, again.id) == ["Pending", "Cached"]
    assert str(again.state.message).startswith("Used a result that load-0 made at ")
    assert outer()[2] == ("result of", 1)
    assert counter.calls == [1, 2]


def test_a_key_of_none_means_no_caching(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter, cache_key_fn=lambda context, parameters: None)
    load(1)
    load(1)
    assert counter.calls == [1, 1]


def test_a_result_that_has_expired_is_made_again(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter, cache_expiration=timedelta(microseconds=1))
    load(1)
    load(1)
    assert counter.calls == [1, 1]
    load = cached(counter, cache_expiration=timedelta(hours=1))
    load(2)
    load(2)
    assert counter.calls == [1, 1, 2]


def test_refreshing_makes_it_again_and_keeps_it(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter)
    load(1)
    load.with_options(refresh_cache=True)(1)
    load(1)
    assert counter.calls == [1, 1]


def test_a_task_that_keeps_nothing_caches_nothing(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter, persist_result=False)
    load(1)
    load(1)
    assert counter.calls == [1, 1]


def test_a_failure_is_not_kept(client: LocalClient) -> None:
    answers: list[Callable[[], int]] = [lambda: 1 // 0, lambda: 7]

    @task(cache_key_fn=lambda context, parameters: "the key")
    def load() -> int:
        return answers.pop(0)()

    with pytest.raises(ZeroDivisionError):
        load()
    assert load() == load() == 7


def test_the_key_is_made_of_the_run_and_the_values_behind_futures(client: LocalClient) -> None:
    seen: list[tuple[str, str, Any]] = []

    def key(context: TaskRunContext, parameters: Any) -> str:
        seen.append((context.task.name, context.task_run.name, dict(parameters)))
        return "k"

    load = cached(Counter(), cache_key_fn=key)
    give = task(name="give")(lambda: 5)
    flow(name="outer")(lambda: load.submit(give.submit()).result())()
    assert seen == [("load", "load-0", {"n": 5})]


def test_a_key_that_cannot_be_made_is_an_error_line_and_the_task_runs(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter, cache_key_fn=lambda context, parameters: parameters["nope"])
    flow(name="outer")(lambda: load(1))()
    assert counter.calls == [1]
    assert "Its cache key could not be computed, so it runs uncached: 'nope'" in lines_of(client, only_run(client))


def make_lock() -> object:
    return threading.Lock()


def test_a_value_that_cannot_be_kept_is_a_warning_and_the_task_completes(client: LocalClient) -> None:
    load = task(name="load", cache_key_fn=lambda context, parameters: "k")(make_lock)
    flow(name="outer")(lambda: load() and None)()
    run = only_run(client)
    assert run.state.is_completed()
    assert any("is a lock and cannot be pickled" in line for line in lines_of(client, run))
    assert run.stats.warnings == 1


@pytest.mark.parametrize("harm", ["cut", "garbled", "emptied", "of a class that is gone"])
def test_a_kept_result_that_cannot_be_read_is_made_again(
    client: LocalClient, settings: Settings, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    counter = Counter()
    load = cached(counter)
    load(1)
    (file,) = (path for path in settings.storage.rglob("*") if path.is_file())
    line, _, payload = file.read_bytes().partition(b"\n")
    harms = {
        "cut": line + b"\n" + payload[:-3],
        "garbled": b"\x00\x01 no json\n" + payload,
        "emptied": b"",
        "of a class that is gone": line + b"\ncno.such.module\nThing\n.",
    }
    file.write_bytes(harms[harm])
    assert load(1) == ("result of", 1)
    assert counter.calls == [1, 1]
    assert {one.state.name for one in tasks_by_id(client)} == {"Completed"}
    assert capsys.readouterr().err.count("A cached result was not used: ") == 1


def tasks_by_id(client: LocalClient) -> list[Any]:
    client.flush()
    return list(client.list_task_runs().items)


def test_many_tasks_that_keep_one_key_at_once_leave_one_whole_result(client: LocalClient) -> None:
    load = cached(Counter())
    flow(name="outer")(lambda: load.map([1] * 30).result())()
    counter = Counter()
    assert cached(counter)(1) == ("result of", 1)
    assert counter.calls == []


# -- policies ---------------------------------------------------------------------------------------------------------


def counted(counter: Counter, **options: Any) -> Any:
    @task(name="load", **options)
    def load(n: Any, session: Any = None) -> Any:
        return counter(n)

    return load


def test_giving_a_policy_is_asking_for_results_to_be_kept(client: LocalClient) -> None:
    """Nothing else has to be switched on."""
    counter = Counter()
    load = counted(counter, cache_policy=INPUTS)
    assert [load(1), load(2), load(1)] == [("result of", 1), ("result of", 2), ("result of", 1)]
    assert counter.calls == [1, 2]


def test_a_task_that_asks_for_nothing_is_not_cached(client: LocalClient, settings: Settings) -> None:
    counter = Counter()
    load = counted(counter)
    flow(name="outer")(lambda: [load(1), load(1), None][2])()
    assert counter.calls == [1, 1]
    assert not settings.storage.exists()
    assert load.keeping is None


@pytest.mark.parametrize("policy", [None, NO_CACHE])
def test_no_policy_is_no_cache(client: LocalClient, policy: Any) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=policy)
    load(1)
    load(1)
    assert counter.calls == [1, 1]


def test_an_argument_that_is_left_out_does_not_count(client: LocalClient) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=INPUTS - "session")
    assert load(1, threading.Lock()) == load(1, threading.Lock())
    assert counter.calls == [1]


def test_the_default_policy_is_for_one_run_of_a_flow(client: LocalClient) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=DEFAULT)
    outer = flow(name="outer")(lambda: [load(1), load(1), None][2])
    outer()
    outer()
    assert counter.calls == [1, 1]


def test_flow_parameters_decide(client: LocalClient) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=FLOW_PARAMETERS)

    @flow
    def outer(day: str) -> None:
        load(day)

    for day in ("monday", "monday", "tuesday"):
        outer(day)
    assert counter.calls == ["monday", "tuesday"]


def test_a_cached_run_leads_to_the_value_and_is_reused_by_a_retry(client: LocalClient) -> None:
    load = counted(Counter(), cache_policy=INPUTS)
    load(1)
    state = load(1, return_state=True)
    assert state.name == "Cached"
    client.flush()
    newest = client.list_task_runs().items[0]
    assert newest.state.name == "Cached"
    assert newest.state.result() == ("result of", 1)


def test_keys_can_be_kept_apart_from_results(client: LocalClient, tmp_path: Path) -> None:
    counter = Counter()
    policy = INPUTS.configure(key_storage=tmp_path / "keys")
    load = counted(counter, cache_policy=policy, result_storage=tmp_path / "results")
    load(1)
    load(1)
    assert counter.calls == [1]
    assert [len(list((tmp_path / name).rglob("cache/*/*"))) for name in ("keys", "results")] == [1, 1]


def test_a_named_file_counts_only_for_the_key_that_it_was_written_for(client: LocalClient, tmp_path: Path) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=INPUTS, result_storage=tmp_path, result_storage_key="newest.bin")
    for n in (1, 1, 2, 2, 1):
        assert load(n) == ("result of", n)
    assert counter.calls == [1, 2, 1]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["newest.bin"]


@pytest.mark.parametrize(
    ("name", "calls"), [("FLOWTUI_TASKS_REFRESH_CACHE", [1, 1, 1]), ("FLOWTUI_TASKS_DISABLE_CACHING", [1, 1, 1])]
)
def test_settings_switch_the_cache_over(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch, name: str, calls: list[int]
) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=INPUTS)
    load(1)
    monkeypatch.setenv(name, "true")
    forget_settings()
    load(1)
    load(1)
    assert counter.calls == calls
    monkeypatch.delenv(name)
    forget_settings()
    load(1)
    assert counter.calls == calls  # what was refreshed, or was there before, is used


def test_a_switch_that_is_neither_on_nor_off_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="FLOWTUI_TASKS_REFRESH_CACHE is 'maybe'; use true or false"):
        Settings.from_env({"FLOWTUI_TASKS_REFRESH_CACHE": "maybe"})


def test_a_serializer_that_there_is_not_is_a_sentence_and_no_run_is_left_open(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWTUI_RESULTS_SERIALIZER", "picle")
    forget_settings()
    with pytest.raises(UsageError, match="There is no serializer 'picle'"):
        counted(Counter(), cache_policy=INPUTS)(1)
    assert tasks_by_id(client) == []


def test_an_input_that_cannot_be_hashed_is_one_line_and_the_task_runs(client: LocalClient) -> None:
    counter = Counter()
    load = counted(counter, cache_policy=INPUTS)
    flow(name="outer")(lambda: [load(1, threading.Lock()), None][1])()
    (line,) = (line for line in lines_of(client, only_run(client)) if "cache" in line)
    assert line == (
        "Its cache key could not be computed, so it runs uncached: argument 'session' is a lock that cannot be hashed "
        "(cannot pickle '_thread.lock' object). "
        "Leave it out with INPUTS - 'session', or give a cache_key_fn of your own."
    )
    assert counter.calls == [1]


def test_a_key_that_is_no_text_is_one_line_and_the_task_runs(client: LocalClient) -> None:
    counter = Counter()
    load = cached(counter, cache_key_fn=lambda context, parameters: 5)
    flow(name="outer")(lambda: [load(1), None][1])()
    assert "Its cache key is 5, which is no text, so it runs uncached." in lines_of(client, only_run(client))
    assert counter.calls == [1]


def test_what_contradicts_itself_is_said_when_the_task_is_decorated(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UsageError, match="cache_policy of task 'load' is 'INPUTS'; give a policy"):
        counted(Counter(), cache_policy="INPUTS")
    with pytest.raises(UsageError, match="cache_key_fn of task 'load' is 'key', which is no function"):
        counted(Counter(), cache_key_fn="key")
    with pytest.raises(UsageError, match="SERIALIZABLE isolation, which needs locks"):
        counted(Counter(), cache_policy=INPUTS.configure(isolation_level="SERIALIZABLE"))
    counted(Counter(), cache_policy=INPUTS, cache_key_fn=lambda context, parameters: "k")
    counted(Counter(), cache_policy=INPUTS, persist_result=False)
    assert [record.getMessage() for record in caplog.records] == [
        "task 'load' has a cache_key_fn and a cache_policy; the cache_key_fn decides.",
        "task 'load' has persist_result=False, so nothing is cached.",
    ]


# -- isolation --------------------------------------------------------------------------------------------------------


def serialized(counter: Counter, locks: Any, began: Any = None) -> Any:
    policy = INPUTS.configure(lock_manager=locks, isolation_level=IsolationLevel.SERIALIZABLE)

    @task(name="load", cache_policy=policy)
    def load(n: Any) -> Any:
        if began is not None:
            began.wait()
        return counter(n)

    return load


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_with_locks_one_run_makes_the_value_and_the_others_wait_for_it(
    client: LocalClient, tmp_path: Path, kind: str
) -> None:
    locks = MemoryLockManager() if kind == "memory" else FileSystemLockManager(tmp_path / "locks")
    counter = Counter()
    load = serialized(counter, locks)
    values = flow(name="outer")(lambda: load.map(["x"] * 8).result())()
    assert values == [("result of", "x")] * 8
    assert counter.calls == ["x"]
    assert [run.state.name for run in tasks_by_id(client)].count("Cached") == 7


def test_without_locks_runs_that_start_at_once_all_run(client: LocalClient) -> None:
    barrier = threading.Barrier(3)

    @task(cache_policy=INPUTS)
    def load(n: int) -> int:
        barrier.wait(20)
        return n

    assert flow(name="outer")(lambda: load.map([1, 1, 1]).result())() == [1, 1, 1]


def test_coroutines_of_one_loop_take_turns(client: LocalClient) -> None:
    """Who waits for a lock must not block the loop that its holder needs."""
    import asyncio

    calls: list[int] = []

    @task(cache_policy=INPUTS.configure(lock_manager=MemoryLockManager(), isolation_level="SERIALIZABLE"))
    async def load(n: int) -> tuple[int]:
        calls.append(n)
        await asyncio.sleep(0)
        return (n,)

    @flow
    async def outer() -> Any:
        return await asyncio.gather(*(load(n % 2) for n in range(10)))

    assert asyncio.run(outer()) == [(n % 2,) for n in range(10)]
    assert sorted(calls) == [0, 1]


def test_a_run_that_fails_gives_the_lock_back(client: LocalClient) -> None:
    locks = MemoryLockManager()
    answers: list[Callable[[], int]] = [lambda: 1 // 0, lambda: 7]

    @task(cache_policy=INPUTS.configure(lock_manager=locks, isolation_level="SERIALIZABLE"))
    def load() -> int:
        return answers.pop(0)()

    with pytest.raises(ZeroDivisionError):
        load()
    assert load() == load() == 7


HOLDS_THE_LOCK = """
import sys, time
from flowtui import INPUTS, FileSystemLockManager, task
locks = FileSystemLockManager(sys.argv[1])

@task(cache_policy=INPUTS.configure(lock_manager=locks, isolation_level="SERIALIZABLE"))
def load(n):
    print("inside" if sys.argv[2] == "first" else "again", flush=True)
    if sys.argv[2] == "first":
        time.sleep(600)
    return (n,)

print(load(1))
"""


TAKES_TURNS = """
import sys
from flowtui import INPUTS, FileSystemLockManager, flow, task
locks = FileSystemLockManager(sys.argv[1])

@task(cache_policy=INPUTS.configure(lock_manager=locks, isolation_level="SERIALIZABLE"))
def load(n):
    sys.stdout.write(f"made {n}\\n")  # in one piece, as threads write side by side
    return (n, {n})

@flow
def main():
    return load.map(range(5)).result()

sys.stdin.readline()
assert main() == [(n, {n}) for n in range(5)]
"""


def test_processes_that_start_at_once_make_each_value_once(client: LocalClient, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(TAKES_TURNS)
    command = [sys.executable, str(script), str(tmp_path / "locks")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen(command, text=True, env=clean_environment(), **pipes) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [line for process in processes for line in process.communicate(timeout=50)[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert sorted(said) == [f"made {n}" for n in range(5)]


def test_a_run_whose_process_is_killed_gives_the_lock_back(client: LocalClient, tmp_path: Path) -> None:
    with started(tmp_path, HOLDS_THE_LOCK, str(tmp_path / "locks"), "first") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.kill()
        process.wait()
        done = run_python(str(tmp_path / "script.py"), str(tmp_path / "locks"), "second", env=clean_environment())
    assert done.stdout == "again\n(1,)\n", done.stderr


# -- the key of the task, its code and its arguments ------------------------------------------------------------------


def key_of(source: str, value: Any = 1, name: str = "load") -> str:
    """`task_input_hash` of a function of this source, called with a value."""
    space: dict[str, Any] = {"math": __import__("math")}
    exec(compile(source, "load.py", "exec"), space)
    keys: list[Any] = []

    def note(context: TaskRunContext, parameters: Any) -> None:
        keys.append(task_input_hash(context, parameters))

    task(cache_key_fn=note)(space[name])(value)
    return str(keys[0])


BASE = "def load(n):\n    return [math.floor(x) + 1 for x in [n]]\n"


def test_the_same_code_and_the_same_arguments_have_the_same_key(client: LocalClient) -> None:
    commented = "# a comment\n\n\ndef load(n):\n    # another\n    return [math.floor(x) + 1 for x in [n]]\n"
    assert key_of(BASE) == key_of(BASE) == key_of(commented)


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("+ 1", "+ 2"),
        BASE.replace("floor", "ceil"),
        BASE.replace("[n]", "[n, n]"),
        BASE.replace("(x) + 1 for", "(x) - 1 for"),
        "def load(n):\n    return 7\n",
    ],
)
def test_other_code_has_another_key(client: LocalClient, other: str) -> None:
    """Also when only an inner function changed, or the name of what is called."""
    assert key_of(BASE) != key_of(other)


def test_other_arguments_have_another_key(client: LocalClient) -> None:
    source = "def load(n):\n    return 1\n"
    values = [1, 1.5, "1", None, True, [1], (1,), {"a": 1}, {"a": 2}, b"1", Path("a"), Path("b"), "", [], {}]
    keys = [key_of(source, value) for value in values]
    assert len(set(keys)) == len(values)


def test_dictionaries_are_compared_without_their_order(client: LocalClient) -> None:
    source = "def load(n):\n    return 1\n"
    assert key_of(source, {"a": 1, "b": 2}) == key_of(source, {"b": 2, "a": 1})


def test_an_argument_that_cannot_be_hashed_says_which(client: LocalClient) -> None:
    @task(cache_key_fn=task_input_hash)
    def load(lock: object) -> None: ...

    flow(name="outer")(lambda: load(threading.Lock()))()
    assert "argument 'lock' is a lock that cannot be hashed" in "".join(lines_of(client, only_run(client)))


SCRIPT = """
from flowtui import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    FileSystemLockManager,
    IsolationLevel,
    MemoryLockManager,
    flow,
    task,
    task_input_hash,
)

@task(cache_key_fn=task_input_hash)
def load(day, kinds):
    print("loading", day)
    known = day in {"monday", "tuesday", "friday", "sunday"}
    return {"day": day, "known": known, "kinds": sorted(kinds)}

@flow
def main():
    return [load(day, ("a", "b")) for day in ("monday", "tuesday")]

print(main())
"""


def test_a_second_process_does_not_repeat_what_the_first_has_done(tmp_path: Path, home: Path) -> None:
    """Each process has a seed of its own for the hashes of texts."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    first, second = (run_python(str(script), env=clean_environment(home, PYTHONHASHSEED=seed)) for seed in ("1", "2"))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.count("loading") == 2
    assert second.stdout.count("loading") == 0
    assert second.stdout == first.stdout.splitlines()[-1] + "\n"
    assert second.stderr.count("Finished in state Cached(type=COMPLETED)") == 2
