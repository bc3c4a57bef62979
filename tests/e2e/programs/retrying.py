"""Retries of tasks and flows: numbers, lists, backoff, jitter, conditions."""

from prefect import flow, task
from prefect.runtime import flow_run, task_run
from prefect.tasks import exponential_backoff

calls = {"plain": 0, "listed": 0, "picky": 0, "flow": 0}


@task(retries=3, retry_delay_seconds=0.05)
def plain():
    calls["plain"] += 1
    if calls["plain"] < 3:
        raise ConnectionError("not yet")
    return task_run.run_count


@task(retries=2, retry_delay_seconds=[0.01, 0.02], retry_jitter_factor=0.5)
def listed():
    calls["listed"] += 1
    if calls["listed"] <= 2:
        raise ValueError(f"attempt {calls['listed']}")
    return "listed done"


def only_timeouts(task, task_run, state) -> bool:
    try:
        state.result()
    except TimeoutError:
        return True
    except Exception:
        return False
    return False


@task(retries=5, retry_condition_fn=only_timeouts)
def picky():
    calls["picky"] += 1
    if calls["picky"] == 1:
        raise TimeoutError("slow")
    raise KeyError("wrong")


@task(retries=4, retry_delay_seconds=exponential_backoff(backoff_factor=0.001))
def never():
    raise RuntimeError("always")


@flow(retries=1, retry_delay_seconds=0)
def work():
    calls["flow"] += 1
    if calls["flow"] == 1:
        raise OSError("the flow fails once")
    print("flow attempt", flow_run.run_count)
    print("plain ended at attempt", plain())
    print(listed())
    state = picky(return_state=True)
    print("picky", state.type.value, calls["picky"])
    try:
        never()
    except RuntimeError as error:
        print("never:", error)
    return "done"


print(work())
print(calls)
