"""Counters and tallies equal the truth, whatever happened before."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun, HourTally, RunCounts, RunStats
from flowtui.engine.states import (
    TERMINAL,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
)
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_line, a_task, new_run, owned_run, owned_running

on_one_store = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
BAD = {StateType.FAILED, StateType.CRASHED}


def recount(client: LocalClient, run: FlowRun) -> RunStats:
    """The counters, counted row by row."""
    tasks = [task for task in client.list_task_runs(limit=1000).items if task.flow_run_id == run.id]
    levels = [line.level for line in client.read_logs(run.id, limit=10_000).lines]
    return RunStats(
        tasks=len(tasks),
        done=sum(task.state.is_final() for task in tasks),
        failed=sum(task.state.type in BAD for task in tasks),
        warnings=sum(30 <= level < 40 for level in levels),
        errors=sum(level >= 40 for level in levels),
        lines=len(levels),
    )


steps = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from(StateType), st.integers(0, 6).map(lambda ten: ten * 10), st.booleans()
    ),
    max_size=30,
)


@given(steps, st.sampled_from([None, Completed, Crashed, Cancelled]))
@on_one_store
def test_the_counters_of_a_run_equal_a_recount(
    store_client: LocalClient, walk: list[tuple[int, StateType, int, bool]], end: Callable[[], State] | None
) -> None:
    """Random walks of five task runs, in random groups; the run then ends, or does not."""
    run = owned_running(store_client)
    tasks = [a_task(run) for _ in range(5)]
    for which, kind, level, commit in walk:
        store_client.save_task_run(replace(tasks[which], state=State(type=kind, name=kind.value)))
        store_client.write_logs([a_line(run, level=level)])
        if commit:
            store_client.flush()
    store_client.flush()
    if end is not None:
        store_client.set_flow_run_state(run.id, end(), epoch=run.epoch)
    assert store_client.read_flow_run(run.id).stats == recount(store_client, run)


def test_counters_of_one_run_written_from_two_processes_add_up(place: Place) -> None:
    clients = [place.open(), place.open()]
    run = owned_running(clients[0])
    ready = threading.Barrier(2)

    def work(client: LocalClient) -> None:
        ready.wait()
        for _ in range(20):
            client.save_task_run(a_task(run, Completed()))
            client.write_logs([a_line(run, level=30)])
            client.flush()

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = clients[0].read_flow_run(run.id).stats
    assert stats == recount(clients[0], run)
    assert (stats.tasks, stats.done, stats.lines, stats.warnings) == (40, 40, 40, 40)


ends = st.sampled_from([Completed, Failed, Crashed, Cancelled, Scheduled, Running])


@given(st.lists(st.tuples(st.integers(0, 3), ends, st.integers(0, 3)), max_size=15))
@on_one_store
def test_the_tallies_equal_a_recount_of_the_runs_that_have_ended(
    store_client: LocalClient, clock: StoreClock, walk: list[tuple[int, Callable[..., State], int]]
) -> None:
    """Also when runs are started again, and end in another hour in another way."""
    clock.now += timedelta(days=1)
    begun = clock.now.replace(minute=0, second=0)
    runs = [store_client.create_flow_run(new_run(state=Scheduled(begun))).id for _ in range(4)]
    for which, make, hour in walk:
        store_client.set_flow_run_state(runs[which], make(timestamp=begun + timedelta(hours=hour)), force=True)
    counted: Counter[tuple[datetime, str]] = Counter()
    for run_id in runs:
        state = store_client.read_flow_run(run_id).state
        if state.type in TERMINAL:
            counted[state.timestamp.replace(minute=0), state.type.value.lower()] += 1
    hours = sorted({hour for hour, _ in counted})
    assert store_client.run_tallies(begun) == tuple(
        HourTally(hour=hour, **{kind: n for (at, kind), n in counted.items() if at == hour}) for hour in hours
    )


def test_the_header_counts_what_is_going_on(store_client: LocalClient, clock: StoreClock) -> None:
    soon, later = clock.now + timedelta(minutes=5), clock.now + timedelta(minutes=9)
    states = [
        *(Scheduled(due) for due in (later, soon, clock.now)),
        Late(clock.now - timedelta(hours=1)),
        *(Running(), Running(name="Retrying")),
        *(Paused(), Pending(), Pending(), Pending(), Completed()),
        Failed(timestamp=clock.now - timedelta(hours=2)),
        Crashed(timestamp=clock.now - timedelta(hours=20)),
        Failed(timestamp=clock.now - timedelta(hours=26)),
    ]
    for state in states:
        store_client.create_flow_run(new_run(state=state))
    run = owned_running(store_client)
    store_client.set_flow_run_state(run.id, Cancelling())
    assert store_client.run_counts() == RunCounts(
        running=2, pending=3, scheduled=3, late=1, paused=1, cancelling=1, failed_today=2, next_start=soon
    )


def test_an_empty_store_counts_nothing(store_client: LocalClient, clock: StoreClock) -> None:
    assert store_client.run_counts() == RunCounts()
    assert store_client.run_tallies(clock.now - timedelta(days=1)) == ()


def test_the_usual_time_is_that_of_the_last_completed_runs(store_client: LocalClient, clock: StoreClock) -> None:
    for number, end in enumerate([Completed, Failed, Completed, Completed]):
        run = owned_run(store_client)
        start = clock.now + timedelta(hours=number)
        store_client.set_flow_run_state(run.id, Running(timestamp=start), epoch=run.epoch)
        state = end(timestamp=start + timedelta(seconds=10 + number))
        store_client.set_flow_run_state(run.id, state, epoch=run.epoch)
    assert store_client.usual_seconds("etl") == (13.0, 12.0, 10.0)
    assert store_client.usual_seconds("etl", limit=2) == (13.0, 12.0)
    assert store_client.usual_seconds("other") == ()


def test_what_is_usual_has_no_pauses_and_no_time_until_somebody_retried(
    store_client: LocalClient, clock: StoreClock
) -> None:
    run = owned_run(store_client)
    answered = clock.now + timedelta(hours=3)
    for state in (
        Running(timestamp=clock.now),
        Paused(timestamp=clock.now + timedelta(seconds=4)),
        Running(timestamp=answered),
        Completed(timestamp=answered + timedelta(seconds=2)),
    ):
        assert store_client.set_flow_run_state(run.id, state, epoch=run.epoch, force=True).status == "ACCEPT"
    assert store_client.usual_seconds("etl") == (6.0,)
    assert store_client.flow_figures(["etl"])[0].usual == 6.0
    read = store_client.read_flow_run(run.id)
    assert (read.elapsed(clock.now), read.running_time(clock.now)) == (
        timedelta(hours=3, seconds=2),
        timedelta(seconds=6),
    )
    assert "It ran for 6 s, within 3 h." in store_client.explain_flow_run(run.id).reasons[0].detail
