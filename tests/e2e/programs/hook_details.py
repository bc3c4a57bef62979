"""What hooks are told: the run, its parameters and times, the state and its message; hooks of subflows and async ones."""

import asyncio
from datetime import datetime

from prefect import flow, task

told = []


def on_task_failure(task, run, state):
    told.append(("task", task.name, run.name, sorted(run.tags), state.type.value, "boom" in state.message))


async def on_flow_failure(flow, flow_run, state):
    await asyncio.sleep(0)
    told.append(("flow", flow.name, flow_run.parameters, state.name, len(str(flow_run.id)) == 36))


def on_done(flow, flow_run, state):
    told.append(("done", flow_run.name, isinstance(state.timestamp, datetime), state.is_completed()))


class Bell:
    def __init__(self):
        self.rings = 0

    def ring(self, flow, flow_run, state):
        self.rings += 1


bell = Bell()


@task(on_failure=[on_task_failure], tags=["b", "a"], task_run_name="explode {n}")
def explodes(n):
    raise RuntimeError(f"boom {n}")


@flow(flow_run_name="child-{n}", on_completion=[on_done])
def child(n):
    return n


@flow(on_failure=[on_flow_failure, bell.ring], on_completion=[on_done])
def parent(n: int):
    child(n)
    explodes(n)


@parent.on_failure
def also(flow, flow_run, state):
    told.append(("also", flow_run.run_count))


state = parent(4, return_state=True)
print(state.type.value, bell.rings)
for line in told:
    print(*line)
