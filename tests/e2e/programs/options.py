"""Copies of flows and tasks with other options, and what they tell of themselves."""

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner


@task(retries=1, tags=["one"], description="adds")
def add(x, y):
    """Adds two numbers."""
    return x + y


@flow(name="adding", retries=2, version="v1", log_prints=True)
def adding(x: int, y: int = 2):
    """Adds in a flow."""
    return add(x, y)


quick = add.with_options(name="quick add", retries=0, tags=["two"], retry_delay_seconds=3)
print(add.name, add.retries, sorted(add.tags), add.description, add.__doc__)
print(quick.name, quick.retries, sorted(quick.tags), quick.description, quick.retry_delay_seconds)
other = adding.with_options(name="other", task_runner=ThreadPoolTaskRunner(max_workers=1), retries=0)
print(adding.name, adding.version, adding.retries, adding.description)
print(other.name, other.version, other.retries, other(1))
print(adding.fn.__name__, adding.isasync, add.isasync, add.fn(2, 2))
print(type(flow(lambda: 1)).__name__, flow(lambda: 1, name="given").name, task(lambda x: x).fn(3))


@flow
def uses_copies():
    return quick(1, 2), [f.result() for f in quick.map([1, 2], 10)], add.with_options(task_run_name="named")(0, 0)


print(uses_copies())
