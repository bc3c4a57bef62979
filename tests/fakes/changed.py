"""Two runs of one deployment that differ in everything that a comparison tells of."""

from dataclasses import replace
from datetime import timedelta

from flowtui.engine.model import FlowRun
from flowtui.engine.provenance import BlockUse, Environment, Provenance
from flowtui.engine.states import Completed, Failed, Pending, Running
from tests.fakes.world import TRACEBACK, World, seconds

__all__ = ["a_change"]

_CODE = Provenance(
    commit="1f3c9ab" + "0" * 33,
    branch="main",
    dirty=False,
    root="/srv/acme",
    entrypoint="flows/github_stars.py:github_stars",
    source_hash="aa55",
    environment="e1",
    python="3.11.4",
    flowtui="0.1.0",
    host="desk",
)


def a_change(world: World) -> tuple[FlowRun, FlowRun]:
    """A run that went well an hour ago, and one that has just failed."""
    deployment_id = world.deployment("github-stars", "main")
    client = world.client
    client.note_environment(Environment(key="e1", packages=("httpx==0.27.2", "numpy==2.1.0", "rich==14.0.0")))
    client.note_environment(Environment(key="e2", packages=("httpx==0.28.1", "rich==14.0.0", "tenacity==9.1.2")))
    runs = []
    for bad, name in ((False, "amber-auk"), (True, "plucky-heron")):
        begun = world.now - (seconds(230) if bad else timedelta(hours=1))
        end = begun + seconds(9.1 if bad else 4.1)
        message = "ReadTimeout: timed out after 5 s"
        last = Failed(timestamp=end, message=message) if bad else Completed(timestamp=end)
        parameters = {
            "repos": ["PrefectHQ/prefect", "Textualize/textual", *(["encode/httpx"] if bad else [])],
            "limits": {"rows": 100 if bad else 10_000, "dry_run": False},
        }
        run = world.run(
            "github-stars",
            name,
            Running(timestamp=begun),
            last,
            deployment_id=deployment_id,
            parameters=parameters,
        )
        code = replace(_CODE, commit="9d2e4f1" + "0" * 33, source_hash="bb66", environment="e2") if bad else _CODE
        client.note_provenance(run.id, code, epoch=run.epoch)
        changed = world.now - timedelta(minutes=20 if bad else 90)
        block = BlockUse(flow_run_id=run.id, block_id=world.id(), type_slug="secret", name="api-key", updated=changed)
        client.note_block(replace(block, block_id="01990000-0000-7000-8000-00000000000b"))
        world.log(run, begun, 20, f"Beginning flow run {name!r} for flow 'github-stars'")
        for number in range(3):
            task = f"get_stars-{number}"
            words = f"Created task run {task!r} for task 'get_stars'"
            world.log(run, begun + seconds(0.1), 20, words)
            if bad and number == 1:
                failed = Failed(timestamp=begun + seconds(8.9), message=message)
                world.task(run, task, begun + seconds(0.4), begun + seconds(8.9), failed, run_count=3)
                world.log(run, begun + seconds(4), 30, f"Task run {task!r} - retry 1/2 in 1 s: ReadTimeout")
                world.log(run, begun + seconds(8.9), 40, TRACEBACK, "github_stars.py:14")
            elif bad and number == 2:
                world.task(run, task, None, None, Pending(name="NotReady", timestamp=begun + seconds(9)))
            else:
                world.task(run, task, begun + seconds(0.3), begun + seconds(1.2 + number))
                world.log(run, begun + seconds(2), 20, f"Task run {task!r} - Finished in state Completed()")
        took = 5.2 if bad else 1.1
        world.task(run, "login-0", begun + seconds(0.1), begun + seconds(took))
        if not bad:
            world.task(run, "report-0", begun + seconds(3.4), begun + seconds(4))
            world.log(run, begun + seconds(4), 20, "wrote 3 rows to stars.csv in 12 ms")
        runs.append(run)
    client.flush()
    return client.read_flow_run(runs[0].id), client.read_flow_run(runs[1].id)
