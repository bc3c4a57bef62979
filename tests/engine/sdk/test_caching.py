"""Caching: a kept result of the same key stands for running the task, in other runs and processes too."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowtui import flow, task, task_input_hash
from flowtui.engine.client.local import LocalClient
from flowtui.engine.context import TaskRunContext
from flowtui.engine.settings import Settings
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
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
def test_a_kept_result_that_cannot_be_read_is_made_again(client: LocalClient, settings: Settings, harm: str) -> None:
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


def tasks_by_id(client: LocalClient) -> list[Any]:
    client.flush()
    return list(client.list_task_runs().items)


def test_many_tasks_that_keep_one_key_at_once_leave_one_whole_result(client: LocalClient) -> None:
    load = cached(Counter())
    flow(name="outer")(lambda: load.map([1] * 30).result())()
    counter = Counter()
    assert cached(counter)(1) == ("result of", 1)
    assert counter.calls == []


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
from flowtui import flow, task, task_input_hash

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
