"""`flow-run why` and `task-run why`: what a person and a program are told, also while a real backend serves."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.states import Completed, NotReady, Running
from tests.e2e.conftest import Done
from tests.engine.store.made import a_task, a_worker, due_run, owned_running
from tests.support import wait_until

Flowtui = Callable[..., Done]

FLOWS = """
import pathlib, time
from flowtui import flow

@flow
def hold(until: str):
    while not pathlib.Path(until).exists():
        time.sleep(0.05)
"""


def test_a_person_reads_reasons_in_order_with_what_can_be_done(client: LocalClient, flowtui: Flowtui) -> None:
    client.create_work_pool("k8s")
    due_run(client, utc_now() - timedelta(minutes=6), name="violet-crane", work_pool_name="k8s")
    client.announce_worker(worker := a_worker("w-7", pool_name="k8s", host="box"))
    client.stop_worker(worker)
    client.pause_work_queue("k8s", "default", paused=True, note="maintenance \x1b[2J")
    done = flowtui("flow-run", "why", "violet-crane")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0] == "etl · violet-crane  ◷ Scheduled"
    assert lines[1] == "It has been due for 6 min; 2 things hold it back."
    assert lines[3].startswith("because  Queue default of work pool k8s has been paused for ")
    assert lines[4].startswith("         The note says: maintenance ")
    assert lines[5] == "         Resume the queue: flowtui work-queue resume default --pool k8s"
    assert lines[7] == "and      No worker serves work pool k8s."
    assert lines[9] == "         Start one: flowtui worker start --pool k8s"
    assert lines[11].startswith("note     No backend serves this store")
    assert "\x1b" not in done.out


def test_a_program_reads_codes_and_facts(client: LocalClient, flowtui: Flowtui) -> None:
    client.update_work_pool("local", {"concurrency_limit": 1})
    holder = owned_running(client, name="big-load", seconds=600)
    run = due_run(client, name="next")
    told = flowtui("flow-run", "why", run.id[:13], "-o", "json").json
    assert (told["kind"], told["id"], told["waits"], told["state"]["name"]) == ("flow-run", run.id, True, "Scheduled")
    full = next(reason for reason in told["reasons"] if reason["code"] == "pool-full")
    assert (full["blocking"], full["facts"]["limit"], full["facts"]["active"]) == (True, 1, 1)
    assert full["facts"]["holders"][0]["flow_run_id"] == holder.id
    assert {"words": "See who holds them", "command": "flowtui work-pool slots local"} in full["remedies"]


def test_a_task_run_is_explained_too(client: LocalClient, flowtui: Flowtui) -> None:
    run = owned_running(client)
    client.save_task_run(first := a_task(run, Completed()))
    client.save_task_run(second := a_task(run, NotReady("It was not started, because 'load-0' upstream ended Failed.")))
    client.save_task_run(third := a_task(run, Running()))
    client.flush()
    assert "there is nothing to wait for" in flowtui("task-run", "why", first.id).out
    never = flowtui("task-run", "why", second.id, "-o", "json").json
    assert (never["kind"], never["verdict"], never["waits"]) == ("task-run", "It will never start.", True)
    assert flowtui("task-run", "why", third.id).out.splitlines()[1] == "It is Running."
    missing = flowtui("task-run", "why", "nothing")
    assert (missing.code, "There is no task run 'nothing'" in missing.err) == (2, True)


def test_an_unknown_run_is_a_sentence(client: LocalClient, flowtui: Flowtui) -> None:
    due_run(client, name="amber-auk")
    done = flowtui("flow-run", "why", "amber-ak")
    assert (done.code, done.err) == (2, "flowtui: There is no flow run 'amber-ak'. Did you mean 'amber-auk'?\n")


@pytest.mark.timeout(120)
def test_while_a_backend_serves_the_store_it_says_what_that_waits_for(
    served: LocalClient, flowtui: Flowtui, project: Path
) -> None:
    """Paused, then full, then free: what is said at each step is what the backend does."""
    client, go = served, project / "go"
    (project / "flows.py").write_text(FLOWS)
    assert flowtui("deploy", "flows.py:hold", "-n", "prod").code == 0

    def run(name: str) -> str:
        given = ("-p", f"until={go}", "--flow-run-name", name, "-o", "json")
        return str(flowtui("deployment", "run", "hold/prod", *given).json["id"])

    def codes(run_id: str) -> list[str]:
        return [reason["code"] for reason in flowtui("flow-run", "why", run_id, "-o", "json").json["reasons"]]

    def state(run_id: str) -> str:
        return client.read_flow_run(run_id).state.name

    assert flowtui("work-pool", "pause", "local", "--note", "not yet").code == 0
    first = run("first")
    assert codes(first) == ["pool-paused"]
    assert flowtui("work-pool", "set-concurrency-limit", "local", "1").code == 0
    assert flowtui("work-pool", "resume", "local").code == 0
    wait_until(lambda: state(first) == "Running", 30, "the first run to be running")
    assert codes(first) == ["running"]
    second = run("second")
    assert codes(second) == ["pool-full"]
    assert "held by first" in flowtui("flow-run", "why", second).out
    assert state(second) == "Scheduled"
    assert flowtui("work-pool", "clear-concurrency-limit", "local").code == 0
    wait_until(lambda: state(second) == "Running", 30, "the second run to be running")
    go.touch()
    wait_until(lambda: state(first) == state(second) == "Completed", 30, "both runs to end")
    assert codes(second) == ["ended"]
