"""Prefect 2: sequential runner, futures of sync tasks, states asked for."""

from prefect import flow, get_run_logger, task
from prefect.context import get_run_context
from prefect.task_runners import ConcurrentTaskRunner, SequentialTaskRunner

order = []


@task
def step(name):
    order.append(name)
    return name


@task
def fails():
    raise ValueError("no")


@flow(task_runner=SequentialTaskRunner())
def sequential():
    futures = [step.submit(name) for name in "abc"]
    final = futures[-1].wait()
    print(order, [future.result() for future in futures], final.is_completed())
    print(futures[0].get_state().name)
    context = get_run_context()
    print(context.flow.name, context.flow_run.flow_id is not None)
    return "all"


@flow(task_runner=ConcurrentTaskRunner)
def concurrent():
    future = fails.submit()
    error = future.result(raise_on_failure=False)
    print(type(error).__name__, error)
    state = future.wait()
    get_run_logger().info("» ended %s", state.type.value)
    return step("d")


print(sequential())
print(concurrent())
state = sequential(return_state=True)
print(state.result())
