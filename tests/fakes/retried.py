"""A failed run of a deployment whose tasks depend on each other: what a retry plan is made of."""

from dataclasses import replace
from typing import Any

from flowtui.engine.model import DeploymentSpec, FlowRun, TaskRun
from flowtui.engine.states import Completed, Failed, Pending, Running, State
from tests.fakes.world import World, seconds

__all__ = ["a_failed_run"]

_SCHEMA = {
    "type": "object",
    "properties": {
        "repos": {"type": "array", "items": {"type": "string"}},
        "limit": {"type": "integer", "default": 100},
    },
    "required": ["repos"],
}


def a_failed_run(world: World) -> tuple[FlowRun, dict[str, TaskRun]]:
    """login → three get_stars, of which one failed → total, which was never called as something before it failed."""
    client = world.client
    deployment = client.save_deployment(
        DeploymentSpec(
            name="main",
            flow_name="github-stars",
            entrypoint="flows/github_stars.py:github_stars",
            path="/srv/acme",
            parameter_openapi_schema=_SCHEMA,
        )
    )
    for hours in (1, 2, 3):
        begun = world.now - seconds(3600 * hours)
        world.run(
            "github-stars", f"calm-crane{hours}", Running(timestamp=begun), Completed(timestamp=begun + seconds(5))
        )
    begun = world.now - seconds(230)
    run = world.run(
        "github-stars",
        "plucky-heron",
        Running(timestamp=begun),
        Failed(timestamp=begun + seconds(4.1), message="ReadTimeout: timed out after 5 s"),
        deployment_id=deployment.id,
        parameters={"repos": ["PrefectHQ/prefect", "acme/tool"], "limit": 100},
    )
    made: dict[str, TaskRun] = {}

    def task(name: str, start: float, end: float | None, state: State, *upstream: str, **fields: Any) -> None:
        inputs = {"session": [{"input_type": "task_run", "id": made[name].id} for name in upstream]} if upstream else {}
        saved = world.task(run, name, None, None)
        ended = state.is_completed() or state.is_failed()
        values: dict[str, Any] = {
            "state": state,
            "start_time": begun + seconds(start) if end is not None else None,
            "end_time": begun + seconds(end) if end is not None and ended else None,
            "task_inputs": inputs,
            "flow_run_run_count": 1,
            "run_count": 1 if end is not None else 0,
            "input_key": "k",
            "result": "1" if state.is_completed() else None,
            **fields,
        }
        made[name] = replace(saved, **values)
        client.save_task_run(made[name])

    def at(number: float) -> Any:
        return begun + seconds(number)

    task("login-0", 0.1, 1.1, Completed(timestamp=at(1.1)))
    task("get_stars-0", 1.2, 2.1, Completed(timestamp=at(2.1)), "login-0")
    told = {"inputs": {"repo": "acme/tool", "retries": 2}, "input_previews": {"session": "<Session of acme>"}}
    task(
        "get_stars-1",
        1.2,
        3.9,
        Failed(timestamp=at(3.9), message="ReadTimeout: timed out after 5 s", details=told),
        "login-0",
    )
    task("total-0", 4.0, None, Pending(name="NotReady", timestamp=at(4), message="upstream failed"), "get_stars-1")
    client.flush()
    return client.read_flow_run(run.id), made
