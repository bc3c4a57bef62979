"""Hooks of flows and tasks, given as arguments and by decorators."""

from prefect import flow, task

heard = []


def note(what):
    def hook(thing, run, state):
        heard.append((what, thing.name, state.name, run.name))

    return hook


def broken_hook(flow, flow_run, state):
    raise RuntimeError("a hook must not break the run")


@task(on_completion=[note("done")], on_failure=[note("failed")], task_run_name="load-{x}", retries=1)
def load(x):
    if x < 0:
        raise ValueError("negative")
    return x


@load.on_running
def started(task, task_run, state):
    heard.append(("running", task.name, state.name, task_run.name))


@flow(
    name="hooked",
    flow_run_name="the-run",
    on_completion=[note("flow done"), broken_hook, note("after the broken one")],
    on_failure=[note("flow failed")],
)
def hooked(x):
    return load(x)


@hooked.on_running
async def begins(flow, flow_run, state):
    heard.append(("flow running", flow.name, state.name, flow_run.name))


hooked(1)
hooked(-1, return_state=True)
for line in heard:
    print(*line)
