"""The context of a run, in other functions and other threads."""

import threading
from contextvars import copy_context

from prefect import flow, get_run_logger, task
from prefect.context import FlowRunContext, TaskRunContext, get_run_context, hydrated_context, serialize_context
from prefect.exceptions import MissingContextError

seen = []


def ask():
    context = get_run_context()
    return type(context).__name__.replace("Engine", "FlowRun"), FlowRunContext.get() is not None


@task
def inside():
    context = TaskRunContext.get()
    seen.append(context.task.name)
    seen.append(context.task_run.name == get_run_context().task_run.name)
    return ask()


def in_thread(context):
    with hydrated_context(context):
        get_run_logger().info("» from a thread")
        seen.append(FlowRunContext.get().flow_run.name)


@flow(flow_run_name="one-run")
def contextual():
    print(ask())
    print(inside())
    thread = threading.Thread(target=in_thread, args=(serialize_context(),))
    thread.start()
    thread.join()
    copied = copy_context()
    other = threading.Thread(target=lambda: seen.append(copied.run(lambda: FlowRunContext.get().flow.name)))
    other.start()
    other.join()
    return FlowRunContext.get().flow_run.flow_id is not None


print(contextual(), seen)
print(FlowRunContext.get(), TaskRunContext.get())
try:
    get_run_context()
except MissingContextError:
    print("no run")
