"""The change feed: every transition once, in the order of its commit; and waiting for news of any process."""

import subprocess
import sys
import threading
import time

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import Change
from flowtui.engine.states import Completed, Failed, Running
from tests.engine.store.databases import Place
from tests.engine.store.made import a_deployment, a_line, a_task, due_run, owned_run


def everything(client: LocalClient) -> list[Change]:
    """The whole feed, three entries at a time."""
    seen: list[Change] = []
    while page := client.changes(seen[-1].seq if seen else 0, limit=3):
        seen += page
    return seen


def test_a_store_without_history_has_an_empty_feed(store_client: LocalClient) -> None:
    assert store_client.changes(None) == store_client.changes(0) == ()


def test_every_transition_is_in_the_feed_in_order(store_client: LocalClient) -> None:
    run = owned_run(store_client)
    task = a_task(run)
    store_client.save_task_run(task)
    state = Running(message="go", details={"a": 1})
    store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
    store_client.save_task_run(a_task(run, Completed(), id=task.id))
    store_client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    feed = everything(store_client)
    assert [(one.kind, one.name) for one in feed] == [
        ("flow-run", "Pending"),
        ("task-run", "Pending"),
        ("flow-run", "Running"),
        ("task-run", "Completed"),
        ("flow-run", "Failed"),
    ]
    assert {one.flow_run_id for one in feed} == {run.id}
    assert {one.subject_id for one in feed} == {run.id, task.id}
    assert [one.seq for one in feed] == sorted({one.seq for one in feed})
    assert feed[2].body == {"id": state.id, "type": "RUNNING", "name": "Running", "message": "go", "details": {"a": 1}}
    assert feed[2].occurred == state.timestamp


def test_a_reader_starts_at_the_newest_entry(store_client: LocalClient) -> None:
    for _ in range(3):
        due_run(store_client)
    (newest,) = store_client.changes(None)
    assert newest == everything(store_client)[-1]
    run = due_run(store_client)
    assert [one.subject_id for one in store_client.changes(newest.seq)] == [run.id]


def test_states_between_two_commits_are_all_in_the_feed(store_client: LocalClient) -> None:
    """One task may pass through several states within one group commit."""
    run = owned_run(store_client)
    task = a_task(run)
    for state in (task.state, Running(), Completed()):
        store_client.save_task_run(a_task(run, state, id=task.id))
    store_client.flush()
    assert [state.name for state in store_client.task_run_states(task.id)] == ["Pending", "Running", "Completed"]
    assert [one.name for one in everything(store_client)[1:]] == ["Pending", "Running", "Completed"]


def test_deployments_tell_of_their_changes(store_client: LocalClient) -> None:
    saved = store_client.save_deployment(a_deployment())
    store_client.save_deployment(a_deployment(description="new"))
    store_client.set_deployment_paused(saved.id, True)
    store_client.delete_deployment(saved.id)
    told = [(one.kind, one.name) for one in everything(store_client) if one.subject_id == saved.id]
    assert told == [("deployment", name) for name in ("created", "updated", "updated", "deleted")]


def test_numbers_are_not_used_again_after_a_delete(store_client: LocalClient) -> None:
    run = due_run(store_client)
    (before,) = store_client.changes(None)
    store_client.delete_flow_run(run.id)
    due_run(store_client)
    (after,) = store_client.changes(None)
    assert after.seq > before.seq


# -- waiting --------------------------------------------------------------------------------------------------------


def test_the_first_wait_returns_at_once(store_client: LocalClient) -> None:
    assert store_client.wait(0, 30) > 0


def test_waiting_without_news_ends_at_its_timeout(store_client: LocalClient) -> None:
    seen = store_client.wait(0, 30)
    seen = store_client.wait(seen, 0)
    assert store_client.wait(seen, 0.02) == seen


def test_news_that_came_before_the_wait_end_it_at_once(store_client: LocalClient) -> None:
    seen = store_client.wait(0, 30)
    due_run(store_client)
    assert store_client.wait(seen, 30) > seen


def test_log_lines_are_news_too(store_client: LocalClient) -> None:
    run = due_run(store_client)
    seen = store_client.wait(0, 30)
    store_client.write_logs([a_line(run)])
    store_client.flush()
    assert store_client.wait(seen, 30) > seen


def waited(client: LocalClient) -> tuple[threading.Thread, list[float]]:
    """A thread that waits for news, from now on; when it was told of them is in the list."""
    seen, told = client.wait(client.wait(0, 30), 0), []

    def wait() -> None:
        if client.wait(seen, 30) != seen:
            told.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, told


def test_a_waiting_reader_wakes_when_this_process_commits(store_client: LocalClient) -> None:
    thread, told = waited(store_client)
    due_run(store_client)
    thread.join(20)
    assert told


def test_a_commit_of_this_process_is_news_once(client: LocalClient) -> None:
    seen = client.wait(client.wait(0, 30), 0)
    due_run(client)
    assert client.wait(seen, 30) == seen + 1
    assert client.wait(seen + 1, 0.02) == seen + 1


def test_a_waiting_reader_wakes_when_it_is_closed(place: Place) -> None:
    client = place.open()
    thread, _ = waited(client)
    client.close()
    thread.join(20)
    assert not thread.is_alive()


COMMIT = """
import sys, time
from flowtui.engine.client.local import LocalClient
from flowtui.engine.settings import current_settings
from tests.engine.store.made import due_run
client = LocalClient.open(current_settings())
print("ready", flush=True)
sys.stdin.readline()
due_run(client)
print(time.monotonic(), flush=True)
client.close()
"""


def test_a_waiting_reader_wakes_when_another_process_commits(place: Place, store_client: LocalClient) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMIT],
        env=place.environment(PYTHONPATH="."),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        thread, told = waited(store_client)
        other.stdin.write("go\n")
        other.stdin.flush()
        committed = float(other.stdout.readline())
        thread.join(20)
    assert told, "nobody was told"
    assert told[0] - committed < 2.0
