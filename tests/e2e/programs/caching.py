"""Caching by inputs, by a function, with an end, and refreshed."""

from datetime import timedelta

from prefect import flow, task
from prefect.cache_policies import INPUTS, NO_CACHE, TASK_SOURCE
from prefect.tasks import task_input_hash

ran = []


@task(cache_policy=INPUTS, persist_result=True)
def by_inputs(x, y=1):
    ran.append(("inputs", x, y))
    return x + y


@task(cache_key_fn=task_input_hash, cache_expiration=timedelta(hours=1), persist_result=True)
def by_hash(items: dict):
    ran.append(("hash", sorted(items)))
    return len(items)


def by_day(context, parameters):
    return f"{context.task.name}-{parameters['day']}"


@task(cache_key_fn=by_day, persist_result=True)
def daily(day, attempt):
    ran.append(("daily", day, attempt))
    return f"{day} by attempt {attempt}"


@task(cache_policy=(INPUTS + TASK_SOURCE) - "verbose", persist_result=True)
def composed(x, verbose=False):
    ran.append(("composed", x, verbose))
    return x


@task(cache_policy=NO_CACHE)
def never(x):
    ran.append(("never", x))
    return x


@task(cache_policy=INPUTS, cache_expiration=timedelta(seconds=-1), persist_result=True)
def stale(x):
    ran.append(("stale", x))
    return x


@flow
def caching(part: int):
    states = [
        by_inputs(1, return_state=True),
        by_inputs(1, 1, return_state=True),
        by_inputs(2, return_state=True),
        by_hash({"a": 1, "b": [1, 2]}, return_state=True),
        by_hash({"b": [1, 2], "a": 1}, return_state=True),
        daily("monday", part, return_state=True),
        composed(3, verbose=bool(part), return_state=True),
        never(1, return_state=True),
        stale(1, return_state=True),
    ]
    print(part, [state.name for state in states])
    print(part, [state.result() for state in states])
    if part == 2:
        again = by_inputs.with_options(refresh_cache=True)(1, return_state=True)
        print("refreshed", again.name)


caching(1)
caching(2)
for line in ran:
    print(line)
