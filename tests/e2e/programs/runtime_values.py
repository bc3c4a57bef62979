"""What code can ask about its run, inside, outside, and mocked."""

import os
from datetime import datetime

from prefect import flow, task
from prefect import runtime
from prefect.runtime import deployment, flow_run, task_run


@task(name="ask", tags=["a"])
def ask(x, y=2):
    print(task_run.task_name, task_run.parameters, task_run.run_count, sorted(task_run.tags))
    print(len(str(task_run.id)) == 36, task_run.name.startswith("ask-"))
    return runtime.flow_run.id


@flow(name="asking", version="7")
def asking(a: int, b: str = "two"):
    print(flow_run.flow_name, flow_run.flow_version, flow_run.run_count, flow_run.parameters["a"])
    print(isinstance(flow_run.scheduled_start_time, datetime), flow_run.scheduled_start_time.tzinfo is not None)
    print(flow_run.id == ask(1), flow_run.root_flow_run_id == flow_run.id)
    print(deployment.id, deployment.name, flow_run.parent_deployment_id)
    child(flow_run.id)


@flow
def child(above):
    print(flow_run.parent_flow_run_id == above, flow_run.root_flow_run_id == above)


print(flow_run.id, flow_run.name, flow_run.tags, flow_run.parameters, task_run.id, task_run.tags, deployment.id)
os.environ["PREFECT__RUNTIME__FLOW_RUN__NAME"] = "mocked"
print(flow_run.name)
del os.environ["PREFECT__RUNTIME__FLOW_RUN__NAME"]
asking("1")
