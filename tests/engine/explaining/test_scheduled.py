"""Why a run that nobody has taken does not start: each reason, by a real store."""

from datetime import timedelta
from typing import Any

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.explanations import Explanation, Reason
from flowtui.engine.ids import new_id
from flowtui.engine.model import Backend, FlowRun, NewFlowRun
from flowtui.engine.schedules import Interval
from flowtui.engine.states import AwaitingRetry, Scheduled
from flowtui.engine.store.tables import work_pool, work_queue
from tests.engine.store.databases import StoreClock
from tests.engine.store.made import a_deployment, a_worker, due_run, owned_running

MINUTE = timedelta(minutes=1)


def serve(client: LocalClient, clock: StoreClock, **fields: Any) -> None:
    """A backend and a worker of the pool `local` are alive."""
    now = clock.now
    client.announce_backend(Backend(id=new_id(), kind="server", host="h", pid=1, url=None, started=now, seen=now))
    client.announce_worker(a_worker(**{"name": "w-1", "slots": 4, **fields}))


def due(client: LocalClient, clock: StoreClock, **fields: Any) -> FlowRun:
    return due_run(client, clock.now - 6 * MINUTE, **{"work_queue_name": "default", **fields})


def codes(found: Explanation) -> list[str]:
    return [reason.code for reason in found.reasons]


def the(code: str, found: Explanation) -> Reason:
    return next(reason for reason in found.reasons if reason.code == code)


def test_a_run_that_a_worker_would_take_is_about_to_start(store_client: LocalClient, clock: StoreClock) -> None:
    serve(store_client, clock)
    found = store_client.explain_flow_run(due(store_client, clock).id)
    assert (codes(found), found.waits) == (["about-to-start"], False)
    assert (found.verdict, found.reasons[0].facts) == ("It is due, and about to start.", {"worker": "w-1"})


def test_nobody_serves_the_store(store_client: LocalClient, clock: StoreClock) -> None:
    found = store_client.explain_flow_run(due(store_client, clock).id)
    assert (codes(found), found.waits) == (["no-backend"], True)
    assert found.verdict == "It has been due for 6 min; one thing holds it back."
    assert [remedy.command for remedy in found.reasons[0].remedies] == ["flowtui server start", "flowtui"]


def test_no_worker_serves_the_pool(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    client.create_work_pool("k8s")
    serve(client, clock)
    run = due(client, clock, work_pool_name="k8s")
    never = the("no-worker", client.explain_flow_run(run.id))
    assert (never.text, never.detail) == ("No worker serves work pool k8s.", "None ever has.")
    assert never.remedies[0].command == "flowtui worker start --pool k8s"
    client.announce_worker(a_worker("w-7", pool_name="k8s", host="box"))
    last_seen = clock.now
    clock.forward(360)
    gone = the("no-worker", client.explain_flow_run(run.id))
    assert gone.detail == f"The last one was w-7 on box, heard of 6 min ago, at {last_seen:%H:%M:%S} UTC."
    assert gone.facts["last_worker"] == "w-7"
    stopped = a_worker("w-8", pool_name="k8s", host="box")
    client.announce_worker(stopped)
    client.stop_worker(stopped)
    assert "w-8 on box, which stopped 0 s ago" in the("no-worker", client.explain_flow_run(run.id)).detail


def test_the_workers_that_are_online_take_other_queues(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    client.create_work_queue("local", "fast")
    serve(client, clock, queues=("fast",))
    found = the("no-worker-for-queue", client.explain_flow_run(due(client, clock).id))
    assert found.detail == "Online are others: w-1 takes fast."
    assert found.remedies[0].command == "flowtui worker start --pool local --work-queue default"
    assert codes(client.explain_flow_run(due(client, clock, work_queue_name="fast").id)) == ["about-to-start"]


def test_a_paused_pool_and_a_paused_queue_say_since_when_and_why(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    serve(client, clock)
    run = due(client, clock)
    client.pause_work_pool("local", paused=True, note="maintenance")
    since = clock.now
    clock.forward(5)
    client.pause_work_queue("local", "default", paused=True)
    found = client.explain_flow_run(run.id)
    assert codes(found) == ["pool-paused", "queue-paused"]
    pool, queue = found.reasons
    assert pool.text == f"Work pool local has been paused for 5 s, since {since:%H:%M:%S} UTC."
    assert (pool.detail, pool.facts["note"]) == ("The note says: maintenance", "maintenance")
    assert (pool.remedies[0].command, queue.remedies[0].command) == (
        "flowtui work-pool resume local",
        "flowtui work-queue resume default --pool local",
    )
    assert queue.detail == ""
    assert found.verdict.endswith("2 things hold it back.")


@pytest.mark.parametrize("what", ["pool", "queue"])
def test_a_full_limit_says_who_holds_its_slots(store_client: LocalClient, clock: StoreClock, what: str) -> None:
    client = store_client
    serve(client, clock)
    if what == "pool":
        client.update_work_pool("local", {"concurrency_limit": 2})
    else:
        client.update_work_queue("local", "default", {"concurrency_limit": 2})
    holders = [
        owned_running(client, name=name, work_queue_name="default", seconds=600) for name in ("big-load", "small-load")
    ]
    run = due(client, clock)
    (full,) = client.explain_flow_run(run.id).reasons
    assert full.code == f"{what}-full"
    assert "2 of at most 2 runs under way" in full.text
    assert all(name in full.detail for name in ("They are held by big-load (", " and small-load ("))
    assert [holder["flow_run_id"] for holder in full.facts["holders"]] == [holder.id for holder in holders]
    assert any("set-concurrency-limit" in remedy.command and " 3" in remedy.command for remedy in full.remedies)


def test_a_limit_of_nothing_lets_no_run_start(store_client: LocalClient, clock: StoreClock) -> None:
    serve(store_client, clock)
    store_client.update_work_pool("local", {"concurrency_limit": 0})
    (full,) = store_client.explain_flow_run(due(store_client, clock).id).reasons
    assert full.text == "Work pool local has a concurrency limit of 0, which lets no run start."


@pytest.mark.parametrize("strategy", ["ENQUEUE", "CANCEL_NEW"])
def test_a_full_deployment(store_client: LocalClient, clock: StoreClock, strategy: Any) -> None:
    client = store_client
    serve(client, clock)
    deployed = client.save_deployment(a_deployment(concurrency_limit=1, collision_strategy=strategy))
    owned_running(client, name="big-load", deployment_id=deployed.id, work_queue_name="default", seconds=600)
    run = due(client, clock, deployment_id=deployed.id)
    (full,) = client.explain_flow_run(run.id).reasons
    assert (full.code, full.facts["deployment"], full.facts["limit"]) == ("deployment-full", "etl/prod", 1)
    assert "It is held by big-load (" in full.detail
    assert ("cancels the run" in full.detail) == (strategy == "CANCEL_NEW")


@pytest.mark.parametrize("what", ["pool", "queue"])
def test_a_pool_or_a_queue_that_is_gone(store_client: LocalClient, clock: StoreClock, what: str) -> None:
    """The verbs that delete leave no run behind; but a store is older than they are, and tables can be edited."""
    client = store_client
    client.create_work_pool("k8s")
    client.create_work_queue("k8s", "fast")
    client.announce_worker(a_worker(pool_name="k8s"))
    run = due(client, clock, work_pool_name="k8s", work_queue_name="fast")
    table = work_pool if what == "pool" else work_queue
    with client._db.write() as connection:
        connection.execute(table.delete().where(table.c.name == ("k8s" if what == "pool" else "fast")))
    found = client.explain_flow_run(run.id)
    gone = found.reasons[0]
    assert (gone.code, found.waits) == (f"no-{what}", True)
    assert gone.remedies[0].command == (
        "flowtui work-pool create k8s" if what == "pool" else "flowtui work-queue create fast --pool k8s"
    )


def test_every_worker_is_busy(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    serve(client, clock, slots=1)
    first, second = due(client, clock, name="first"), due(client, clock, name="second")
    (claim,) = client.claim_flow_runs("local", "h:7", limit=1, lease_seconds=600, worker="w-1")
    assert claim.run.id == first.id
    (full,) = client.explain_flow_run(second.id).reasons
    assert (full.code, full.text) == ("workers-full", "Worker w-1 has 1 of at most 1 run in hand.")
    assert (full.facts["holders"][0]["name"], "It is held by first (" in full.detail) == ("first", True)


def test_a_queue_of_lower_priority_waits_for_the_others(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    serve(client, clock, slots=2)
    client.create_work_queue("local", "fast", priority=1)
    client.update_work_queue("local", "default", {"priority": 2})
    run = due(client, clock, name="slow")
    for name in ("one", "two", "three"):
        due_run(client, clock.now - MINUTE, name=name, work_queue_name="fast")
    (behind,) = client.explain_flow_run(run.id).reasons
    assert (behind.code, behind.text) == ("behind-others", "3 due runs of work pool local come before it.")
    assert behind.detail == (
        "Handed out next are one and two. Its queue default has priority 2; queues before it are served first."
    )


def test_a_run_that_is_not_due_says_when_and_what_stands_in_its_way(
    store_client: LocalClient, clock: StoreClock
) -> None:
    client = store_client
    serve(client, clock, slots=1)
    run = due_run(client, clock.now + 7 * MINUTE, work_queue_name="default")
    found = client.explain_flow_run(run.id)
    assert (codes(found), found.waits) == (["not-due"], True)
    assert found.verdict == "It is due in 7 min, and starts then."
    assert f"at {clock.now + 7 * MINUTE:%H:%M:%S} UTC" in found.reasons[0].text
    client.pause_work_pool("local", paused=True)
    found = client.explain_flow_run(run.id)
    assert codes(found) == ["not-due", "pool-paused"]
    assert found.verdict == "It is due in 7 min; as it is now, one thing will hold it back."


def test_a_planned_run_names_its_schedule(store_client: LocalClient, clock: StoreClock) -> None:
    client = store_client
    serve(client, clock)
    every = Interval("1h", clock.now + MINUTE, slug="hourly")
    client.save_deployment(a_deployment(schedules=(every,)))
    client.materialise_schedules(timedelta(hours=2), 10)
    (planned, *_) = client.list_waiting_runs("local")
    (reason,) = client.explain_flow_run(planned.id).reasons
    assert (reason.code, reason.detail) == ("not-due", "Its schedule hourly is: every hour.")
    assert reason.facts["schedule"]["slug"] == "hourly"


def test_a_lost_run_that_is_tried_again_says_when(store_client: LocalClient, clock: StoreClock) -> None:
    serve(store_client, clock)
    state = AwaitingRetry(clock.now + MINUTE, message="Retry 1 of 3, because its process was lost.")
    run = store_client.create_flow_run(
        NewFlowRun(flow_name="etl", name="x", state=state, work_pool_name="local", work_queue_name="default")
    )
    found = store_client.explain_flow_run(run.id)
    assert (codes(found), found.reasons[0].detail) == (["retrying"], "Retry 1 of 3, because its process was lost.")
    assert found.reasons[0].text.startswith("It is tried again in 1 min, at ")


def test_a_run_without_pool_and_deployment_waits_for_whoever_made_it(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = store_client.create_flow_run(NewFlowRun(flow_name="etl", name="x", state=Scheduled(clock.now)))
    (reason,) = store_client.explain_flow_run(run.id).reasons
    assert (reason.code, run.id in reason.remedies[0].command) == ("no-starter", True)


def test_a_worker_without_a_backend_is_good_to_know(store_client: LocalClient, clock: StoreClock) -> None:
    store_client.announce_worker(a_worker("w-1", slots=4))
    found = store_client.explain_flow_run(due(store_client, clock).id)
    assert (codes(found), found.waits) == (["about-to-start", "no-backend"], False)
