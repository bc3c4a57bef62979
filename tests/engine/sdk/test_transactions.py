"""Transactions: committed as a whole, or rolled back by hooks; tasks within them take part."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from flowtui import (
    INPUTS,
    CommitMode,
    FileSystemLockManager,
    IsolationLevel,
    MemoryLockManager,
    ProcessPoolTaskRunner,
    ResultStore,
    atransaction,
    flow,
    get_transaction,
    task,
    transaction,
)
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from flowtui.engine.settings import Settings
from flowtui.engine.transactions import Transaction, TransactionState
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.engine.sdk.scripts import started
from tests.support import ROOT, clean_environment, run_python, wait_until


@pytest.fixture
def said() -> list[str]:
    """What hooks and tasks say."""
    return []


def hook(said: list[str], word: str) -> Any:
    def say(txn: Transaction) -> None:
        said.append(word)

    return say


def staged(txn: Transaction, said: list[str], word: str) -> None:
    txn.stage(word, [hook(said, f"undo {word}")], [hook(said, f"do {word}")])


# -- blocks -----------------------------------------------------------------------------------------------------------


def test_a_block_that_ends_well_is_committed_and_one_that_raises_is_rolled_back(said: list[str]) -> None:
    with transaction() as good:
        assert good.is_active()
        staged(good, said, "a")
        assert good.is_staged()
    with pytest.raises(KeyError), transaction() as bad:
        staged(bad, said, "b")
        raise KeyError
    assert (good.is_committed(), bad.is_rolled_back()) == (True, True)
    assert said == ["do a", "undo b"]
    assert get_transaction() is None


def test_those_within_wait_for_the_outermost(said: list[str]) -> None:
    with transaction() as outer:
        with transaction() as inner:
            staged(inner, said, "inner")
            assert get_transaction() is inner
        assert inner.is_staged()
        staged(outer, said, "outer")
        assert get_transaction() is outer
    assert (inner.state, outer.state) == (TransactionState.COMMITTED, TransactionState.COMMITTED)
    assert said == ["do inner", "do outer"]


def test_rolling_back_goes_backwards_from_the_outside(said: list[str]) -> None:
    with pytest.raises(KeyError), transaction() as outer:
        for word in ("one", "two"):
            with transaction() as inner:
                staged(inner, said, f"{word} first")
                staged(inner, said, f"{word} second")
        staged(outer, said, "outer")
        raise KeyError
    assert said == ["undo outer", "undo two second", "undo two first", "undo one second", "undo one first"]


def test_one_that_fails_within_rolls_back_all_of_it_also_what_comes_after(said: list[str]) -> None:
    with transaction() as outer:
        with transaction() as first:
            staged(first, said, "first")
        with pytest.raises(KeyError), transaction() as failing:
            staged(failing, said, "failing")
            raise KeyError
        with transaction() as last:
            staged(last, said, "last")
    assert {txn.state for txn in (outer, first, failing, last)} == {TransactionState.ROLLED_BACK}
    assert said == ["undo failing", "undo last", "undo first"]


def test_an_eager_one_is_committed_when_its_block_ends(said: list[str]) -> None:
    with pytest.raises(KeyError), transaction() as outer:
        with transaction(commit_mode=CommitMode.EAGER) as inner:
            staged(inner, said, "inner")
        assert inner.is_committed()
        raise KeyError
    assert (outer.is_rolled_back(), inner.is_committed()) == (True, True)
    assert said == ["do inner"]


def test_one_that_is_off_is_committed_by_hand_or_rolled_back(said: list[str]) -> None:
    with transaction(commit_mode="OFF") as forgotten:
        staged(forgotten, said, "forgotten")
    with transaction(commit_mode="OFF") as kept:
        staged(kept, said, "kept")
        assert kept.commit()
        assert not kept.commit()
        assert not kept.rollback()
    assert (forgotten.is_rolled_back(), kept.is_committed()) == (True, True)
    assert said == ["undo forgotten", "do kept"]


def test_modes_and_isolation_come_from_the_outside() -> None:
    store = ResultStore(lock_manager=MemoryLockManager())
    outer = transaction(commit_mode="EAGER", isolation_level="SERIALIZABLE", store=store)
    with outer, transaction() as inner:
        assert (inner.commit_mode, inner.isolation_level) == ("EAGER", "SERIALIZABLE")
    with transaction() as plain:
        assert (plain.commit_mode, plain.isolation_level) == (CommitMode.LAZY, IsolationLevel.READ_COMMITTED)
    assert outer.is_committed()


def test_values_are_copies_and_those_within_see_those_around() -> None:
    with transaction() as outer:
        outer.set("rows", [1])
        outer.get("rows").append(2)
        with transaction() as inner:
            assert inner.get("rows") == [1]
            inner.set("rows", [3])
            inner.set("mine", 4)
        assert outer.get("rows") == [1]
        assert outer.get("mine", None) is None
        with pytest.raises(ValueError, match="has no value 'mine'"):
            outer.get("mine")


def test_a_commit_hook_that_raises_rolls_everything_back(said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    def fail(txn: Transaction) -> None:
        raise RuntimeError("no network")

    with transaction() as outer:
        with transaction() as first:
            staged(first, said, "first")
        with transaction() as second:
            second.stage(None, [hook(said, "undo second")], [fail])
    assert {txn.state for txn in (outer, first, second)} == {TransactionState.ROLLED_BACK}
    assert said == ["do first", "undo second", "undo first"]
    assert "it could not be committed: RuntimeError: no network" in caplog.text


def test_a_rollback_hook_that_raises_is_a_line_and_the_others_run(
    said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(txn: Transaction) -> None:
        raise RuntimeError("no network")

    with pytest.raises(KeyError), transaction() as txn:
        txn.stage(None, [hook(said, "first"), fail, hook(said, "last")])
        raise KeyError
    assert said == ["last", "first"]
    assert txn.is_rolled_back()
    assert "Rollback hook 'fail' raised RuntimeError: no network; the others still run." in caplog.text


def test_async_hooks_are_awaited(said: list[str]) -> None:
    async def later(txn: Transaction) -> None:
        await asyncio.sleep(0)
        said.append("later")

    with transaction() as txn:
        txn.stage(None, on_commit_hooks=[later])

    async def main() -> None:
        async with atransaction() as outer:
            with transaction() as inner:
                inner.stage(None, on_commit_hooks=[later])
            outer.stage(None, on_commit_hooks=[later])
        async with atransaction(commit_mode="OFF") as by_hand:
            by_hand.stage(None, on_commit_hooks=[later])
            assert await by_hand.commit()
            assert not await by_hand.rollback()

    asyncio.run(main())
    assert said == ["later"] * 4


def test_a_transaction_is_entered_once() -> None:
    txn = transaction()
    with txn:
        pass
    with pytest.raises(UsageError, match="entered once"):
        txn.__enter__()


# -- records ----------------------------------------------------------------------------------------------------------


def test_what_was_staged_under_a_key_is_kept_and_found_by_the_next(home: Path) -> None:
    with transaction(key="download") as first:
        assert not first.is_committed()
        first.stage({"rows": (1, 2)})
    with transaction(key="download") as second:
        assert second.is_committed()
        record = second.read()
        assert record is not None
        assert record.value == {"rows": (1, 2)}
        second.stage("not kept")
    with transaction(key="download", overwrite=True) as third:
        assert not third.is_committed()
        third.stage("newer")
    assert ResultStore().read("download").value == "newer"
    with transaction(key="other", write_on_commit=False) as fourth:
        fourth.stage("x")
    assert not ResultStore().exists("other")


def test_what_is_rolled_back_or_was_never_staged_is_not_kept(home: Path) -> None:
    with pytest.raises(KeyError), transaction(key="a") as txn:
        txn.stage(1)
        raise KeyError
    with transaction(key="b"):
        pass
    with transaction() as plain:
        assert plain.read() is None
    assert not (ResultStore().exists("a") or ResultStore().exists("b"))


def test_a_record_that_cannot_be_kept_rolls_back(home: Path, said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with transaction(key="a") as txn:
        txn.stage(threading.Lock(), [hook(said, "undo")])
    assert txn.is_rolled_back()
    assert said == ["undo"]
    assert "could not be committed: ResultError: it is a lock and cannot be pickled" in caplog.text


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_serializable_transactions_of_one_key_wait_for_each_other(home: Path, tmp_path: Path, kind: str) -> None:
    locks = MemoryLockManager() if kind == "memory" else FileSystemLockManager(tmp_path)
    made: list[int] = []

    def work(number: int) -> None:
        store = ResultStore(lock_manager=locks)
        with transaction(key="k", store=store, isolation_level="SERIALIZABLE") as txn:
            if not txn.is_committed():
                made.append(number)
                txn.stage(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert not locks.is_locked("k")


def test_a_lock_is_given_back_after_a_rollback_and_not_waited_for_within(home: Path) -> None:
    locks = MemoryLockManager()
    store = ResultStore(lock_manager=locks)
    with pytest.raises(KeyError), transaction(key="k", store=store, isolation_level="SERIALIZABLE"):
        with transaction(key="k", store=store):
            assert locks.is_locked("k")
        raise KeyError
    assert not locks.is_locked("k")


def test_serializable_without_locks_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="SERIALIZABLE isolation needs locks"):
        transaction(key="k", isolation_level="SERIALIZABLE").__enter__()


def test_the_example_of_the_page_does_what_the_page_says(client: LocalClient, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "caching-and-results.md").read_text()
    example = next(block for block in page.split("```python\n") if "def publish(path)" in block).partition("```")[0]
    space: dict[str, Any] = {"check": lambda path: 1 / 0}
    exec(compile(example, "example.py", "exec"), space)
    path = tmp_path / "file"
    with pytest.raises(ZeroDivisionError):
        space["publish"](path)
    assert not path.exists()
    assert tasks_of(client)["write-0"].state.name == "RolledBack"
    space["check"] = len
    with pytest.raises(TypeError):  # a path has no length
        space["publish"](path)
    space["check"] = str
    space["publish"](path)
    assert path.read_text() == "…"


# -- tasks ------------------------------------------------------------------------------------------------------------


class Files:
    """Tasks that write down what they do, and undo it."""

    def __init__(self, said: list[str]) -> None:
        @task(persist_result=True)
        def write(name: str) -> str:
            txn = get_transaction()
            assert txn is not None
            txn.set("name", name)
            said.append(f"write {name}")
            return name

        @write.on_rollback
        def delete(txn: Transaction) -> None:
            said.append(f"delete {txn.get('name')}")

        @write.on_commit
        def publish(txn: Transaction) -> None:
            said.append(f"publish {txn.get('name')}")

        @task
        def check(name: str) -> None:
            said.append(f"check {name}")
            raise ValueError(name)

        self.write, self.check = write, check


@pytest.fixture
def files(said: list[str]) -> Files:
    return Files(said)


def test_tasks_within_a_block_are_committed_together(client: LocalClient, said: list[str], files: Files) -> None:
    @flow
    def outer() -> None:
        with transaction():
            files.write("a")
            files.write("b")
            said.append("end of block")

    outer()
    assert said == ["write a", "write b", "end of block", "publish a", "publish b"]
    assert names_of(client, tasks_of(client)["write-0"].id) == ["Pending", "Running", "Completed"]
    lines = lines_of(client, only_run(client))
    assert "Running commit hook 'publish' of task run 'write-0'" in lines
    assert "The commit hook 'publish' of task run 'write-0' has run" in lines


def test_a_task_that_fails_undoes_what_was_done_before_it(client: LocalClient, said: list[str], files: Files) -> None:
    @flow
    def outer() -> None:
        with transaction():
            files.write("a")
            files.write("b")
            files.check("b")

    with pytest.raises(ValueError, match="b"):
        outer()
    assert said == ["write a", "write b", "check b", "delete b", "delete a"]
    tasks = tasks_of(client)
    assert names_of(client, tasks["write-0"].id) == ["Pending", "Running", "Completed", "RolledBack"]
    assert (tasks["write-0"].state.type.value, tasks["write-0"].result) == ("COMPLETED", None)
    assert tasks["check-0"].state.name == "Failed"


def test_a_failure_that_is_not_raised_rolls_back_too(client: LocalClient, said: list[str], files: Files) -> None:
    @flow
    def outer() -> None:
        with transaction() as txn:
            files.write("a")
            files.check("a", return_state=True)
            files.write("b")
        assert txn.is_rolled_back()

    outer()
    assert said == ["write a", "check a", "write b", "delete b", "delete a"]
    assert "The transaction is rolled back: task run 'check-0' ended Failed." in lines_of(client, only_run(client))


def test_submitted_tasks_are_waited_for(client: LocalClient, said: list[str], files: Files) -> None:
    go = threading.Event()

    @task
    def slow_check() -> None:
        assert go.wait(20)
        raise ValueError

    @flow
    def outer() -> Any:
        with transaction() as txn:
            files.write.submit("a").wait()
            future = slow_check.submit()
            go.set()
        assert txn.is_rolled_back()
        return future.state.name

    assert outer() == "Failed"
    assert said == ["write a", "delete a"]


def test_a_task_outside_any_block_is_a_transaction_of_its_own(
    client: LocalClient, said: list[str], files: Files
) -> None:
    assert files.write("a") == "a"
    assert said == ["write a", "publish a"]


def test_a_commit_hook_that_raises_rolls_its_task_back(client: LocalClient, said: list[str]) -> None:
    def fail(txn: Transaction) -> None:
        raise RuntimeError("no network")

    write = task(name="write", on_commit=[fail], on_rollback=[hook(said, "undone")])(lambda: "written")
    state = write(return_state=True)
    assert (state.type.value, state.name, state.result()) == ("COMPLETED", "RolledBack", "written")
    assert said == ["undone"]


def test_what_a_transaction_undid_is_not_cached_and_what_it_committed_is(
    client: LocalClient, settings: Settings
) -> None:
    calls: list[int] = []

    @task(cache_policy=INPUTS)
    def load(n: int) -> tuple[int]:
        calls.append(n)
        return (n,)

    @flow
    def outer(fails: bool) -> None:
        with transaction():
            load(1)
            load(1)  # what is not committed is not there yet
            if fails:
                raise KeyError

    with pytest.raises(KeyError):
        outer(True)
    assert calls == [1, 1]
    outer(False)
    assert calls == [1, 1, 1, 1]
    outer(False)
    assert calls == [1, 1, 1, 1]


def test_a_cached_task_is_not_undone(client: LocalClient, said: list[str]) -> None:
    write = task(name="write", cache_policy=INPUTS, on_rollback=[hook(said, "undone")])(lambda n: n)
    write(1)

    @flow
    def outer() -> None:
        with transaction():
            write(1)
            raise KeyError

    with pytest.raises(KeyError):
        outer()
    assert said == []
    assert tasks_of(client, only_run(client))["write-0"].state.name == "Cached"


def test_only_the_last_try_of_a_task_counts(client: LocalClient, said: list[str], files: Files) -> None:
    """What a failed try did within the transaction is undone before the next, and the failure is forgotten."""
    tries: list[int] = []

    @task(retries=1)
    def both() -> None:
        tries.append(1)
        files.write(f"try {len(tries)}")
        if len(tries) == 1:
            files.check("it")

    @flow
    def outer() -> None:
        with transaction():
            both()

    outer()
    assert said == ["write try 1", "check it", "delete try 1", "write try 2", "publish try 2"]


def test_tasks_of_a_failed_task_are_undone_within_a_block_and_left_alone_outside(
    client: LocalClient, said: list[str], files: Files
) -> None:
    @task(cache_policy=INPUTS)
    def both(n: int) -> None:
        files.write(f"{n}")
        raise KeyError

    @flow
    def outer() -> None:
        with transaction():
            both(1, return_state=True)
        both(2, return_state=True)

    outer()
    assert said == ["write 1", "delete 1", "write 2", "publish 2"]


def test_async_tasks_take_part(client: LocalClient, said: list[str]) -> None:
    async def undo(txn: Transaction) -> None:
        await asyncio.sleep(0)
        said.append(f"undo {txn.get('n')}")

    @task(on_rollback=[undo])
    async def write(n: int) -> int:
        txn = get_transaction()
        assert txn is not None
        txn.set("n", n)
        await asyncio.sleep(0)
        return n

    @flow
    async def outer() -> None:
        async with atransaction():
            await asyncio.gather(write(1), write(2), write(3))
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(outer())
    assert sorted(said) == ["undo 1", "undo 2", "undo 3"]


def test_tasks_that_are_generators_take_part(client: LocalClient, said: list[str]) -> None:
    @task(on_rollback=[hook(said, "undone")], cache_policy=INPUTS)
    def items() -> Any:
        yield 1
        yield 2

    @flow
    def outer() -> None:
        with transaction():
            assert list(items()) == [1, 2]
            assert list(items()) == [1, 2]
            raise KeyError

    with pytest.raises(KeyError):
        outer()
    assert said == ["undone", "undone"]


def test_a_task_that_asks_for_nothing_takes_part_by_being_rolled_back(client: LocalClient) -> None:
    plain = task(name="plain")(lambda: 1)

    @flow
    def outer() -> None:
        with transaction():
            plain()
            raise KeyError

    with pytest.raises(KeyError):
        outer()
    assert tasks_of(client)["plain-0"].state.name == "RolledBack"


def test_a_subflow_takes_part_and_its_own_end_decides(client: LocalClient, said: list[str], files: Files) -> None:
    """A subflow that fails once and then completes has not failed; what it did is committed or undone once."""
    attempts: list[int] = []

    @flow(retries=1)
    def inner() -> None:
        attempts.append(1)
        files.write("a")
        if len(attempts) == 1:
            files.check("a")

    @flow
    def outer(fails: bool) -> None:
        with transaction():
            inner()
            if fails:
                raise KeyError

    outer(False)
    assert said == ["write a", "check a", "publish a"]
    said.clear()
    attempts.clear()
    with pytest.raises(KeyError):
        outer(True)
    assert said == ["write a", "check a", "delete a"]


def test_a_subflow_that_was_undone_runs_again(client: LocalClient, said: list[str], files: Files) -> None:
    attempts: list[int] = []

    @flow
    def inner() -> str:
        return files.write("a")

    @flow(retries=2)
    def outer() -> None:
        attempts.append(1)
        with transaction():
            inner()
            if len(attempts) == 1:
                raise KeyError
        if len(attempts) == 2:
            raise KeyError

    outer()
    assert said == ["write a", "delete a", "write a", "publish a"]
    assert "RolledBack" in names_of(client, tasks_of(client, only_run(client))["inner-0"].id)


def test_a_subflow_that_fails_rolls_back_also_when_its_state_is_asked_for(
    client: LocalClient, said: list[str], files: Files
) -> None:
    @flow
    def inner() -> None:
        files.check("it")

    @flow
    def outer() -> None:
        with transaction() as txn:
            files.write("a")
            inner(return_state=True)
        assert txn.is_rolled_back()

    outer()
    assert said == ["write a", "check it", "delete a"]


@task(cache_policy=INPUTS, on_rollback=[lambda txn: None])
def far_away(n: int) -> tuple[int, int]:
    return (n, os.getpid())


def test_tasks_in_other_processes_are_cached_and_take_part_here(client: LocalClient, said: list[str]) -> None:
    """Keys, hooks and locks need not travel: only the function does."""
    policy = INPUTS.configure(lock_manager=MemoryLockManager(), isolation_level="SERIALIZABLE")
    write = far_away.with_options(cache_policy=policy, on_rollback=[hook(said, "undone")], on_commit=[])

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def outer(fails: bool) -> Any:
        with transaction():
            found = write.submit(1).result()
            if fails:
                raise KeyError
        return found

    with pytest.raises(KeyError):
        outer(True)
    assert said == ["undone"]
    first = outer(False)
    assert first[1] != os.getpid()
    assert outer(False) == first
    assert said == ["undone"]


# -- another attempt --------------------------------------------------------------------------------------------------


def test_a_task_that_was_rolled_back_runs_again_when_the_flow_is_retried(
    client: LocalClient, said: list[str], files: Files
) -> None:
    attempts: list[int] = []

    @flow(retries=1)
    def outer() -> None:
        attempts.append(1)
        with transaction():
            files.write("a")
            if len(attempts) == 1:
                raise KeyError

    outer()
    assert said == ["write a", "delete a", "write a", "publish a"]


def test_a_task_that_was_committed_is_reused_without_its_hooks(
    client: LocalClient, said: list[str], files: Files
) -> None:
    attempts: list[int] = []

    @flow(retries=1)
    def outer() -> None:
        attempts.append(1)
        with transaction():
            files.write("a")
        if len(attempts) == 1:
            raise KeyError

    outer()
    assert said == ["write a", "publish a"]


KILLED = """
import os, signal, sys
from flowtui import flow, get_transaction, task, transaction

@task
def write(name):
    get_transaction().set("name", name)
    print("write", name, flush=True)
    return name

@write.on_rollback
def delete(txn):
    print("delete", txn.get("name"), flush=True)

@write.on_commit
def publish(txn):
    print("publish", txn.get("name"), flush=True)

@flow
def main(how: str = "killed"):
    with transaction():
        write("a")
        if os.environ.get("HOW") == "killed":
            print("inside", flush=True)
            signal.pause()
        if os.environ.get("HOW") == "fails":
            raise KeyError
    if os.environ.get("HOW") == "fails after":
        raise KeyError

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("how", "says"), [("goes on", ["publish a"]), ("fails", ["delete a"]), ("fails after", ["publish a"])]
)
def test_what_a_killed_process_left_uncommitted_is_committed_or_undone_by_the_retry(
    client: LocalClient, tmp_path: Path, how: str, says: list[str]
) -> None:
    """Its completed task is not run again, but its hooks have not run yet."""
    with started(tmp_path, KILLED, HOW="killed") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "write a\n"
        assert process.stdout.readline() == "inside\n"
        wait_until(lambda: completed(client), what="the acknowledged task")
        process.kill()
        process.wait()
    run = only_run(client)
    client.set_flow_run_state(run.id, crashed(), force=True)
    again = retry(tmp_path, run.id, how)
    assert [line for line in again if line in ("write a", "publish a", "delete a")] == says
    if how == "fails after":  # committed by now: nothing is said twice
        third = retry(tmp_path, run.id, "goes on")
        assert [line for line in third if line in ("write a", "publish a", "delete a")] == []


def completed(client: LocalClient) -> bool:
    return [run.state.is_completed() for run in tasks_of(client).values()] == [True]


def crashed() -> Any:
    from flowtui.engine.states import Crashed

    return Crashed(message="killed")


def retry(folder: Path, run_id: str, how: str) -> list[str]:
    done = run_python(
        *("-m", "flowtui", "flow-run", "retry", run_id, "--entrypoint", f"{folder / 'script.py'}:main"),
        env=clean_environment(HOW=how),
    )
    return done.stdout.splitlines()
