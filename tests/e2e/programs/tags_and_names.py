"""Tags from contexts and decorators; names of runs from templates and functions."""

from datetime import date

from prefect import flow, tags, task
from prefect.runtime import flow_run, task_run


def named_by_function():
    parameters = task_run.parameters
    return f"part-{parameters['part']}"


@task(tags=["io"], task_run_name="copy-{source}-{n:02d}")
def copy(source, n):
    return task_run.name, sorted(task_run.tags)


@task(task_run_name=named_by_function)
def part_of(part):
    return task_run.name


def flow_name():
    return f"{flow_run.flow_name}-on-{flow_run.parameters['day']}"


@flow(flow_run_name=flow_name)
def daily(day: date):
    print(flow_run.name, sorted(flow_run.tags))
    print(copy("left", 3))
    with tags("nightly", "big"):
        print(copy("right", 4))
        print(sorted(child()))
    print(part_of("seven"))


@flow
def child():
    return flow_run.tags


with tags("team-a"):
    daily(date(2024, 5, 17))
