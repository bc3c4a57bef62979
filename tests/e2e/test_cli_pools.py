"""The commands for work pools, their queues and their workers."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from tests.e2e.conftest import Done
from tests.engine.store.made import a_deployment, a_worker, due_run, owned_running

Flowtui = Callable[..., Done]

TEMPLATE = {
    "job_configuration": {"env": "{{ env }}"},
    "variables": {"type": "object", "properties": {"env": {"type": "object"}}},
}


def test_a_pool_from_making_to_deleting(client: LocalClient, flowtui: Flowtui, project: Path) -> None:
    (project / "template.json").write_text(json.dumps(TEMPLATE))
    made = flowtui(
        *("work-pool", "create", "k8s", "-t", "kubernetes", "--base-job-template", "template.json"),
        *("--description", "the big one", "--concurrency-limit", "4", "--paused", "-o", "json"),
    ).json
    assert (made["name"], made["type"], made["base_job_template"]) == ("k8s", "kubernetes", TEMPLATE)
    assert (made["concurrency_limit"], made["is_paused"], made["status"]) == (4, True, "PAUSED")
    taken = flowtui("work-pool", "create", "k8s")
    assert (taken.code, "There is already a work pool 'k8s'" in taken.err) == (2, True)
    again = flowtui("work-pool", "create", "k8s", "--overwrite", "-o", "json").json
    assert (again["id"], again["type"], again["is_paused"]) == (made["id"], "process", False)
    assert flowtui("work-pool", "update", "k8s", "--description", "small", "-o", "json").json["description"] == "small"
    assert flowtui("work-pool", "set-concurrency-limit", "k8s", "0", "-o", "json").json["concurrency_limit"] == 0
    assert flowtui("work-pool", "clear-concurrency-limit", "k8s", "-o", "json").json["concurrency_limit"] is None
    assert [pool["name"] for pool in flowtui("work-pools", "ls", "-o", "json").json] == ["k8s", "local"]
    assert "k8s" in flowtui("work-pool", "ls").out
    assert "that of the type process" in flowtui("work-pool", "inspect", made["id"]).out
    assert flowtui("work-pool", "delete", "k8s").err == "Work pool k8s is deleted.\n"
    assert flowtui("work-pool", "inspect", "k8s").code == 2


def test_a_template_that_is_none_makes_no_pool(client: LocalClient, flowtui: Flowtui, project: Path) -> None:
    for text, words in (
        ("{", "is no JSON"),
        ('{"job_configuration": {}}', "'variables' is missing"),
        ("[]", "is an object with"),
    ):
        (project / "template.json").write_text(text)
        done = flowtui("work-pool", "create", "p", "--base-job-template", "template.json")
        assert (done.code, words in done.err) == (2, True), done.err
    assert [pool.name for pool in client.list_work_pools()] == ["local"]


def test_the_template_of_a_type_is_printed_written_and_good_for_a_pool(
    client: LocalClient, flowtui: Flowtui, project: Path
) -> None:
    printed = flowtui("work-pool", "get-default-base-job-template", "-t", "process").json
    assert {"job_configuration", "variables"} <= printed.keys()
    assert flowtui("work-pool", "get-default-base-job-template", "-t", "process", "-f", "process.json").code == 0
    assert json.loads((project / "process.json").read_text()) == printed
    made = flowtui("work-pool", "create", "mine", "--base-job-template", "process.json", "-o", "json").json
    assert made["base_job_template"] == printed
    nowhere = flowtui("work-pool", "get-default-base-job-template", "-t", "process", "-f", "no/where.json")
    assert (nowhere.code, "cannot be written" in nowhere.err) == (2, True)


def test_a_paused_pool_says_since_when_and_why(client: LocalClient, flowtui: Flowtui) -> None:
    paused = flowtui("work-pool", "pause", "local", "--note", "maintenance", "-o", "json").json
    assert (paused["status"], paused["paused_note"]) == ("PAUSED", "maintenance")
    shown = flowtui("work-pool", "inspect", "local").out
    assert all(word in shown for word in ("paused", "maintenance", paused["paused_since"]))
    assert flowtui("work-pool", "resume", "local", "-o", "json").json["paused_note"] is None


def test_a_pool_that_deployments_use_is_not_deleted(client: LocalClient, flowtui: Flowtui) -> None:
    client.create_work_pool("k8s")
    client.save_deployment(a_deployment(work_pool_name="k8s"))
    done = flowtui("work-pool", "delete", "k8s", "--yes")
    assert (done.code, "is used by etl/prod" in done.err) == (2, True)


def test_slots_and_previews_name_the_runs(client: LocalClient, flowtui: Flowtui) -> None:
    client.update_work_pool("local", {"concurrency_limit": 2})
    holder = owned_running(client, name="big-load", work_queue_name="default")
    soon = due_run(client, utc_now() + timedelta(minutes=30), name="soon", work_queue_name="default")
    due_run(client, utc_now() + timedelta(hours=5), name="later", work_queue_name="default")
    shown = flowtui("work-pool", "slots", "local")
    assert ("1 active, limit 2" in shown.err, "big-load" in shown.out) == (True, True)
    slots = flowtui("work-pool", "slots", "local", "-o", "json").json
    assert (slots["active_slots"], [run["id"] for run in slots["holders"]]) == (1, [holder.id])
    assert [run["id"] for run in flowtui("work-pool", "preview", "local", "-o", "json").json] == [soon.id]
    assert len(flowtui("work-pool", "preview", "local", "--hours", "6", "-o", "json").json) == 2
    assert "soon" in flowtui("work-pool", "preview", "local").out
    assert flowtui("work-pool", "preview", "local", "--hours", "0").err == (
        "No run of work pool local is due within 0 hour(s).\n"
    )
    assert flowtui("work-pool", "preview", "local", "--hours", "1e12").code == 2


def test_a_queue_from_making_to_deleting(client: LocalClient, flowtui: Flowtui) -> None:
    client.create_work_pool("k8s")
    made = flowtui("work-queue", "create", "fast", "-p", "k8s", "-q", "1", "-l", "3", "-o", "json").json
    assert (made["name"], made["work_pool_name"], made["priority"], made["concurrency_limit"]) == ("fast", "k8s", 1, 3)
    assert flowtui("work-queue", "create", "slow", "-o", "json").json["work_pool_name"] == "local"
    assert flowtui("work-queue", "create", "fast", "-p", "k8s").code == 2
    assert flowtui("work-queue", "update", "fast", "-q", "5", "-o", "json").json["priority"] == 5
    assert flowtui("work-queue", "set-concurrency-limit", "k8s/fast", "7", "-o", "json").json["concurrency_limit"] == 7
    assert flowtui("work-queue", "clear-concurrency-limit", "fast", "-o", "json").json["concurrency_limit"] is None
    paused = flowtui("work-queue", "pause", "fast", "--note", "too much", "-o", "json").json
    assert (paused["is_paused"], paused["paused_note"]) == (True, "too much")
    assert "too much" in flowtui("work-queue", "inspect", "fast").out
    assert flowtui("work-queue", "resume", "fast", "-o", "json").json["is_paused"] is False
    names = [(one["work_pool_name"], one["name"]) for one in flowtui("work-queues", "ls", "-o", "json").json]
    assert names == [("k8s", "default"), ("k8s", "fast"), ("local", "default"), ("local", "slow")]
    both = flowtui("work-queue", "inspect", "default")
    assert (both.code, "in each of the work pools k8s, local" in both.err) == (2, True)
    assert flowtui("work-queue", "inspect", "default", "-p", "k8s", "-o", "json").json["work_pool_name"] == "k8s"
    assert "fast" in flowtui("work-queue", "ls", "-p", "k8s").out
    assert flowtui("work-queue", "delete", "fast").err == "Queue fast of work pool k8s is deleted.\n"
    assert flowtui("work-queue", "inspect", "fast", "-p", "k8s").code == 2


def test_the_runs_of_a_queue_that_are_due_and_that_come_next(client: LocalClient, flowtui: Flowtui) -> None:
    client.create_work_queue("local", "fast")
    now = due_run(client, name="now", work_queue_name="fast")
    soon = due_run(client, utc_now() + timedelta(minutes=30), name="soon", work_queue_name="fast")
    due_run(client, name="elsewhere", work_queue_name="default")
    assert [run["id"] for run in flowtui("work-queue", "read-runs", "fast", "-o", "json").json] == [now.id]
    assert [run["id"] for run in flowtui("work-queue", "preview", "fast", "-o", "json").json] == [now.id, soon.id]
    holder = owned_running(client, name="big-load", work_queue_name="fast")
    slots = flowtui("work-queue", "slots", "fast", "-o", "json").json
    assert [run["id"] for run in slots["holders"]] == [holder.id]
    assert "big-load" in flowtui("work-queue", "slots", "fast").out


def test_workers_are_listed_shown_and_forgotten(client: LocalClient, flowtui: Flowtui) -> None:
    worker = a_worker("w-7", queues=("default",), slots=8, running=2, version="0.1.0")
    client.announce_worker(worker)
    (row,) = flowtui("workers", "ls", "-o", "json").json
    assert (row["name"], row["status"], row["work_pool_name"]) == ("w-7", "ONLINE", "local")
    assert (row["work_queues"], row["limit"], row["running"]) == (["default"], 8, 2)
    assert all(word in flowtui("worker", "ls").out for word in ("w-7", "online", "2/8", "h:7"))
    assert "says so every 10 s" in flowtui("worker", "inspect", "w-7").out
    assert flowtui("work-pool", "inspect", "local", "-o", "json").json["status"] == "READY"
    living = flowtui("worker", "delete", "w-7", "--yes")
    assert (living.code, "is online" in living.err) == (2, True)
    client.stop_worker(worker)
    assert flowtui("worker", "delete", "w-7").err == "Worker w-7 of work pool local is forgotten.\n"
    assert flowtui("worker", "ls", "-p", "local").err == (
        "No workers. Start one with: flowtui worker start --pool local\n"
    )


def test_two_pools_may_have_workers_of_one_name(client: LocalClient, flowtui: Flowtui) -> None:
    client.create_work_pool("k8s")
    client.announce_worker(a_worker("w"))
    client.announce_worker(replace(a_worker("w"), pool_name="k8s"))
    both = flowtui("worker", "inspect", "w")
    assert (both.code, "say which with --pool" in both.err) == (2, True)
    assert flowtui("worker", "inspect", "w", "-p", "k8s", "-o", "json").json["work_pool_name"] == "k8s"


def test_what_pools_say_of_themselves_does_not_reach_the_terminal_as_it_is(
    client: LocalClient, flowtui: Flowtui
) -> None:
    client.pause_work_pool("local", paused=True, note="\x1b]0;owned\x07")
    client.create_work_queue("local", "q", description="\x1b[2J")
    for command in (("work-pool", "inspect", "local"), ("work-queue", "ls"), ("work-queue", "inspect", "q")):
        assert "\x1b" not in flowtui(*command).out
