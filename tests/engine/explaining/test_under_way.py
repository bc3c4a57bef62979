"""What a run that somebody has in hand waits for, and how one has ended: each reason, by a real store."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flowtui import RunInput, concurrency, flow, pause_flow_run, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.context import current_flow_run
from flowtui.engine.errors import SlotTimeout
from flowtui.engine.explanations import Explanation, Reason
from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend, TaskRunFilter
from flowtui.engine.provenance import Provenance
from flowtui.engine.shared import SlotRequest
from flowtui.engine.states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    NotReady,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    Suspended,
)
from flowtui.engine.store.tables import concurrency_waiter
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_task, new_run, owned_run, owned_running
from tests.support import wait_until


def codes(found: Explanation) -> list[str]:
    return [reason.code for reason in found.reasons]


def the(code: str, found: Explanation) -> Reason:
    return next(reason for reason in found.reasons if reason.code == code)


def moved(client: LocalClient, state: State, **fields: Any) -> str:
    """A run that its owner has brought into this state."""
    run = owned_running(client, owner="box:12:abc", **fields)
    assert client.set_flow_run_state(run.id, state, epoch=run.epoch).status == "ACCEPT"
    return run.id


# -- starting and running ---------------------------------------------------------------------------------------------


def test_a_run_that_was_taken_is_being_started(store_client: LocalClient) -> None:
    run = owned_run(store_client, owner="box:12:abc")
    found = store_client.explain_flow_run(run.id)
    assert (codes(found), found.waits, found.verdict) == (["starting"], False, "It is being started.")
    assert "by process 12 on box, which is starting it" in found.reasons[0].text


def test_a_run_whose_process_is_silent_says_so(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    for run in (
        owned_run(client, seconds=10, owner="box:12:abc"),
        owned_running(client, seconds=10, owner="box:12:abc"),
    ):
        assert "owner-silent" not in codes(client.explain_flow_run(run.id))
    clock.forward(70)
    for run in client.list_active_runs():
        found = client.explain_flow_run(run.id)
        silent = found.reasons[0]
        assert (silent.code, found.waits) == ("owner-silent", True)
        assert (
            silent.text.startswith("Its process has not been heard of: its lease ended 60 s ago")
            or "1 min ago" in silent.text
        )
        assert "process 12 on box" in silent.detail
        assert silent.remedies[0].command == "flowtui server start"
    now = clock.now
    client.announce_backend(Backend(id=new_id(), kind="server", host="h", pid=1, url=None, started=now, seen=now))
    assert "A backend will record that" in client.explain_flow_run(run.id).reasons[0].detail


def test_a_pending_run_that_nobody_owns(store_client: LocalClient) -> None:
    run = store_client.create_flow_run(new_run(state=Pending()))
    found = store_client.explain_flow_run(run.id)
    assert (codes(found), found.reasons[0].text) == (["owner-silent"], "No process has it in hand.")


def test_a_running_run_says_how_far_it_is(store_client: LocalClient) -> None:
    client = store_client
    run = owned_running(client)
    assert client.explain_flow_run(run.id).reasons[0].detail == "It has begun no task yet."
    client.save_task_run(a_task(run, Completed(), name="extract-0"))
    client.save_task_run(a_task(run, Running(), name="load-0"))
    client.flush()
    found = client.explain_flow_run(run.id)
    assert (codes(found), found.waits, found.verdict) == (["running"], False, "It is running.")
    assert found.reasons[0].detail == "1 of 2 tasks has ended; load-0 is running."


def test_tasks_that_wait_for_slots_of_a_tag_say_who_holds_them(store_client: LocalClient) -> None:
    client = store_client
    run = owned_running(client)
    client.save_limit("tag", "db", limit=1)
    client.save_limit("tag", "unrelated", limit=1)
    waiting = a_task(run, AwaitingConcurrencySlot(), name="load-1", tags=("db", "unrelated"))
    client.save_task_run(waiting)
    client.flush()
    request = SlotRequest(
        lease_id=new_id(),
        kind="tag",
        names=("db",),
        slots=1,
        owner="h:1",
        holder="task run 'load-0'",
        lease_seconds=600,
    )
    assert client.acquire_slots(request).status == "granted"
    found = client.explain_flow_run(run.id)
    assert (codes(found), found.verdict) == (["tag-full", "running"], "It is running, and waits.")
    full = found.reasons[0]
    assert full.text == "load-1 waits for a slot of tag db: 1 of 1 slot is taken."
    assert "Held by task run 'load-0' (" in full.detail
    assert (full.facts["limit"], full.facts["holders"][0]["holder"]) == (1, "task run 'load-0'")
    assert full.remedies[0].command == "flowtui concurrency-limit inspect db"
    of_task = client.explain_task_run(waiting.id)
    assert (codes(of_task), of_task.waits) == (["tag-full"], True)
    client.save_task_run(a_task(run, Running(), name="other-0"))
    client.flush()
    assert not client.explain_flow_run(run.id).waits  # something else of it goes on


def test_tasks_wait_for_others_upstream(store_client: LocalClient) -> None:
    client = store_client
    run = owned_running(client)
    first = a_task(run, Running(), name="extract-0")
    edges = {"rows": [{"input_type": "task_run", "id": first.id}]}
    second = a_task(run, Pending(), name="load-0", task_inputs=edges)
    client.save_task_run(first)
    client.save_task_run(second)
    client.flush()
    upstream = the("upstream", client.explain_flow_run(run.id))
    assert (upstream.text, upstream.blocking) == ("1 task waits for others to end: load-0.", False)
    found = client.explain_task_run(second.id)
    assert found.reasons[0].text == "It waits for 1 task run upstream to end: extract-0 (Running)."
    assert found.reasons[0].facts["upstream"][0]["task_run_id"] == first.id
    failed = replace(first, state=Failed(message="boom"))
    never = replace(second, state=NotReady("It was not started, because task run 'extract-0' upstream ended Failed."))
    client.save_task_run(failed)
    client.save_task_run(never)
    client.flush()
    found = client.explain_task_run(second.id)
    assert (found.verdict, found.reasons[0].text) == ("It will never start.", never.state.message)


def test_tasks_and_runs_that_failed_say_which_retry_comes_when(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    run = owned_running(client)
    state = AwaitingRetry(clock.now + timedelta(minutes=2), message="boom", details={"retry": 1, "retries": 3})
    waiting = a_task(run, state, name="load-0", run_count=1)
    client.save_task_run(waiting)
    client.flush()
    found = client.explain_flow_run(run.id)
    assert (codes(found), found.reasons[0].detail) == (["retrying", "running"], "boom")
    assert "Task load-0 is tried again in 2 min, at " in found.reasons[0].text
    (reason, *_) = client.explain_task_run(waiting.id).reasons
    assert "This is retry 1 of 3." in reason.text
    assert (reason.facts["retry"], reason.facts["attempts"]) == (1, 1)
    state = AwaitingRetry(clock.now + timedelta(minutes=2), message="boom", details={"retry": 2, "retries": 3})
    found = client.explain_flow_run(moved(client, state))
    assert (codes(found), found.waits) == (["retrying"], True)
    assert found.reasons[0].text.startswith("It failed, and is tried again in 2 min, at ")
    assert found.reasons[0].text.endswith("This is retry 2 of 3.")


def test_a_parent_waits_for_its_subflow_and_the_subflow_names_its_parent(store_client: LocalClient) -> None:
    client = store_client
    parent = owned_running(client, name="parent")
    stand_in = a_task(parent, Running(), name="child-0")
    child = client.create_flow_run(new_run(name="child", work_queue_name="default", parent_task_run_id=stand_in.id))
    client.save_task_run(replace(stand_in, child_flow_run_id=child.id))
    client.flush()
    waits = the("child", client.explain_flow_run(parent.id))
    assert waits.text == "It waits for its subflow child of etl, which is Scheduled."
    assert (waits.blocking, waits.remedies[0].command) == (True, f"flowtui flow-run why {child.id}")
    assert "child" in codes(client.explain_task_run(stand_in.id))
    running = owned_running(client, name="other", parent_task_run_id=stand_in.id)
    names = the("parent", client.explain_flow_run(running.id))
    assert (names.text, names.blocking) == ("It is a subflow of parent of etl, which is Running.", False)


def test_a_task_of_a_run_that_does_not_run_waits_for_it(store_client: LocalClient) -> None:
    client = store_client
    run = owned_running(client, name="amber-auk")
    waiting = a_task(run, Pending())
    client.save_task_run(waiting)
    assert client.set_flow_run_state(run.id, Paused(), epoch=run.epoch).status == "ACCEPT"
    (parent,) = client.explain_task_run(waiting.id).reasons
    assert (parent.code, parent.text) == ("parent", "Its flow run amber-auk is Paused.")


# -- paused, cancelling, ended ----------------------------------------------------------------------------------------


def test_a_paused_run_waits_for_somebody(store_client: LocalClient) -> None:
    run_id = moved(store_client, Paused(300))
    found = store_client.explain_flow_run(run_id)
    (reason,) = found.reasons
    assert (reason.code, reason.text) == ("paused", "It is paused until somebody resumes it.")
    assert reason.detail.startswith("If nobody does, it fails in 5 min, at ") or "4 min" in reason.detail
    assert reason.remedies[0].command == f"flowtui flow-run resume {run_id}"


def test_a_suspended_run_without_a_deployment_is_gone_on_with_by_hand(store_client: LocalClient) -> None:
    run_id = moved(store_client, Suspended())
    (reason,) = store_client.explain_flow_run(run_id).reasons
    assert reason.text == "It is suspended until somebody resumes it."
    assert reason.remedies[0].command.endswith("--entrypoint FILE.py:FLOW")


def test_a_command_that_has_to_load_the_flow_says_where_it_stood(store_client: LocalClient) -> None:
    for root, entrypoint, told in (
        ("/srv/acme", "flows/etl.py:etl", "/srv/acme/flows/etl.py:etl"),
        ("/srv/my flows", "etl.py:etl", "'/srv/my flows/etl.py:etl'"),
        ("/srv/acme", "etl.py:made.<locals>.etl", "FILE.py:FLOW"),  # no command could load that
    ):
        known = Provenance(root=root, entrypoint=entrypoint)
        failed = moved(store_client, Failed(message="boom"), provenance=known)
        (reason,) = store_client.explain_flow_run(failed).reasons
        assert reason.remedies[1].command == f"flowtui flow-run retry {failed} --entrypoint {told}"


class Approval(RunInput):
    approved: bool
    version: str = "1"


def test_a_run_that_asks_for_an_answer_says_which(client: LocalClient) -> None:
    @flow
    def main() -> Any:
        question = Approval.with_initial_data(description="Shall it go out?")
        return pause_flow_run(wait_for_input=question, poll_interval=0.1)

    thread = threading.Thread(target=main)
    thread.start()
    run = wait_until(lambda: next((r for r in client.list_flow_runs().items if r.state.is_paused()), None), what="it")
    (reason,) = client.explain_flow_run(run.id).reasons
    client.resume_flow_run(run.id, {"approved": True})
    thread.join(20)
    assert (reason.code, reason.facts["fields"], reason.facts["required"]) == (
        "input",
        ["approved", "version"],
        ["approved"],
    )
    assert "with an answer (Approval): approved and version." in reason.text
    assert reason.detail.startswith("Shall it go out? If nobody does, it fails in ")
    assert reason.remedies[0].command == f"flowtui flow-run resume {run.id} -i approved=…"


def test_a_run_that_is_being_cancelled_says_since_when(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    run = owned_running(client, owner="box:12:abc", seconds=600)
    clock.forward(10)
    asked = replace(Cancelling(message="Cancelled from the command line."), timestamp=clock.now)
    client.set_flow_run_state(run.id, asked)
    clock.forward(4)
    found = client.explain_flow_run(run.id)
    assert (codes(found), found.verdict) == (["cancelling"], "It has been stopping for 4 s.")
    assert "process 12 on box is ending it" in found.reasons[0].text
    assert found.reasons[0].detail.startswith("Cancelled from the command line. What does not heed that")
    clock.forward(1200)
    assert codes(client.explain_flow_run(run.id)) == ["owner-silent", "cancelling"]


def test_runs_that_have_ended_say_how(store_client: LocalClient) -> None:
    client = store_client
    endings = {
        "completed": Completed(),
        "failed": Failed(message="ValueError: boom"),
        "failed (TimedOut)": Failed(name="TimedOut", message="It took longer than 5 s."),
        "crashed": Crashed(message="The process of the run was ended by SIGKILL."),
        "was cancelled": Cancelled(message="Cancelled from the command line."),
    }
    for words, state in endings.items():
        run_id = moved(client, state) if not state.is_cancelled() else _cancelled(client, state)
        found = client.explain_flow_run(run_id)
        assert found.verdict.startswith(f"It {words} "), found.verdict
        assert found.verdict.endswith("there is nothing to wait for.")
        assert (codes(found), found.waits) == (["ended"], False)
        assert found.reasons[0].text == (state.message or "It completed.")
        commands = [remedy.command for remedy in found.reasons[0].remedies]
        assert commands[0] == f"flowtui flow-run logs {run_id}"
        assert (len(commands) == 2) == (not state.is_completed())


def _cancelled(client: LocalClient, state: State) -> str:
    run = client.create_flow_run(new_run(state=Scheduled()))
    client.set_flow_run_state(run.id, state, force=True)
    assert "never started" in client.explain_flow_run(run.id).reasons[0].detail
    return run.id


# -- real flows -------------------------------------------------------------------------------------------------------


def test_a_real_flow_whose_tasks_wait_for_a_tag(client: LocalClient) -> None:
    client.save_limit("tag", "db", limit=1)
    begun, go_on = threading.Event(), threading.Event()

    @task(tags=["db"])
    def load() -> None:
        begun.set()
        assert go_on.wait(30)

    @flow
    def main() -> None:
        first, second = load.submit(), load.submit()
        first.result(), second.result()

    thread = threading.Thread(target=main)
    thread.start()
    try:
        assert begun.wait(20)
        (run,) = client.list_flow_runs().items

        def waits() -> Any:
            names = [one.state.name for one in client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items]
            return sorted(names) == ["AwaitingConcurrencySlot", "Running"]

        wait_until(waits, what="a task to wait")
        full = the("tag-full", client.explain_flow_run(run.id))
    finally:
        go_on.set()
        thread.join(30)
    assert "waits for a slot of tag db: 1 of 1 slot is taken." in full.text
    assert "Held by task run 'load-" in full.detail
    assert not full.blocking  # the other one is running


def test_a_real_flow_that_waits_for_a_limit_and_gets_it(client: LocalClient) -> None:
    """Its flow asks, and a task of it asks: each is said to wait for as long as it does, and no longer."""
    client.save_limit("global", "warehouse", limit=1)
    held = SlotRequest(
        lease_id=new_id(),
        kind="global",
        names=("warehouse",),
        slots=1,
        owner="h:1",
        holder="flow run 'big-load'",
        lease_seconds=600,
    )

    @task
    def load() -> None:
        with concurrency("warehouse"):
            pass

    @flow
    def main(in_a_task: bool) -> None:
        if in_a_task:
            load()
            return
        with concurrency("warehouse"):
            pass

    for in_a_task, who in ((False, "It"), (True, "load-")):
        assert client.acquire_slots(held).status == "granted"
        thread = threading.Thread(target=main, args=(in_a_task,))
        thread.start()

        def waits() -> Explanation | None:
            run = next((one for one in client.list_flow_runs().items if one.state.is_running()), None)
            found = None if run is None else client.explain_flow_run(run.id)
            return found if found is not None and "limit-full" in codes(found) else None

        found = wait_until(waits, what="it to wait")
        full = found.reasons[0]
        assert (full.code, full.blocking, found.waits) == ("limit-full", True, True)
        assert full.text.startswith(who)
        assert full.text.endswith(" waits for a slot of the limit warehouse: 1 of 1 slot is taken.")
        assert full.detail.startswith("It has been waiting for ")
        assert "Held by flow run 'big-load' (" in full.detail
        assert full.remedies[0].command == "flowtui gcl inspect warehouse"
        for waiting in client.list_task_runs(TaskRunFilter(flow_run_id=found.run_id)).items:
            assert "limit-full" in codes(client.explain_task_run(waiting.id))
        client.release_slots(held.lease_id)
        thread.join(30)
        assert client.read_flow_run(found.run_id).state.is_completed()
        with client._db.read() as connection:
            assert connection.execute(concurrency_waiter.select()).all() == []


def test_a_real_flow_that_gives_up_waiting_for_a_limit(client: LocalClient) -> None:
    client.save_limit("global", "warehouse", limit=0)

    @flow
    def main() -> str:
        try:
            with concurrency("warehouse", timeout_seconds=0.3):
                return "got it"
        except SlotTimeout:
            run = current_flow_run()
            assert run is not None
            return ",".join(codes(client.explain_flow_run(run.handle.run_id)))

    assert main() == "running"


def test_a_real_flow_between_two_attempts(client: LocalClient) -> None:
    @flow(retries=1, retry_delay_seconds=1.0)
    def main() -> None:
        if first.is_set():
            return
        first.set()
        raise ValueError("boom")

    first = threading.Event()
    thread = threading.Thread(target=main)
    thread.start()
    run = wait_until(
        lambda: next((one for one in client.list_flow_runs().items if one.state.name == "AwaitingRetry"), None),
        what="the run to wait",
    )
    found = client.explain_flow_run(run.id)
    thread.join(30)
    if found.state.name == "AwaitingRetry":  # it was quicker than the second attempt
        assert (codes(found), "This is retry 1 of 1." in found.reasons[0].text) == (["retrying"], True)
    assert client.read_flow_run(run.id).state.is_completed()
