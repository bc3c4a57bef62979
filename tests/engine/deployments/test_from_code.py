"""Deployments described in Python: what `to_deployment`, `deploy` and `from_source` make of their arguments."""

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flowtui
from flowtui import (
    ConcurrencyLimitConfig,
    Cron,
    EntrypointType,
    Flow,
    GitRepository,
    Interval,
    LocalStorage,
    RemoteStorage,
    RunnerDeployment,
)
from flowtui.blocks import LocalFileSystem, Secret
from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.entrypoint import load_flow
from flowtui.engine.deployments.storage import FlowSource, storage_of
from flowtui.engine.errors import EntrypointError, NotFound, ParameterError, ScheduleError, UsageError
from tests.engine.deployments.test_git import commit, git

Write = Callable[..., Path]

FLOWS = """
from flowtui import flow

@flow(version="7", retries=2, retry_delay_seconds=5)
def etl(source: str = "a", rows: int = 1):
    "Load it."
    return rows

renamed = etl.with_options(name="other")

def make():
    @flow
    def inner(): ...
    return inner
"""


@pytest.fixture
def module(write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A user's module, imported from its folder."""
    file = write("jobs.py", FLOWS)
    monkeypatch.chdir(file.parent)
    spec = importlib.util.spec_from_file_location("jobs", file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["jobs"] = made
    spec.loader.exec_module(made)
    yield made
    sys.modules.pop("jobs", None)


def test_all_arguments_are_kept(module: ModuleType, client: LocalClient) -> None:
    client.create_work_pool("big")
    client.create_work_queue("big", "fast")
    limit = ConcurrencyLimitConfig(3, "CANCEL_NEW", 60)
    made: RunnerDeployment = module.etl.to_deployment(
        "nightly", schedules=[Cron("0 3 * * *", "Europe/Berlin"), {"interval": 60, "active": False}], paused=True,
        concurrency_limit=limit, parameters={"rows": 3}, description="Mine.", tags=["b", "a"], version="8",
        version_type="simple", work_queue_name="fast", job_variables={"env": {"A": "1"}},
    )  # fmt: skip
    assert (made.name, made.full_name, made.spec.entrypoint) == ("nightly", "etl/nightly", "jobs.py:etl")
    assert client.list_deployments().items == ()
    (deployment_id,) = flowtui.deploy(made, work_pool_name="big")
    kept = client.read_deployment(deployment_id)
    assert (kept.path, kept.entrypoint, kept.version) == (str(Path.cwd()), "jobs.py:etl", "8")
    assert (kept.paused, kept.description, kept.tags) == (True, "Mine.", ("a", "b"))
    assert (kept.concurrency_limit, kept.collision_strategy, kept.grace_period_seconds) == (3, "CANCEL_NEW", 60)
    assert (kept.work_pool_name, kept.work_queue_name) == ("big", "fast")
    assert (kept.job_variables, kept.parameters) == ({"env": {"A": "1"}}, {"rows": 3})
    assert (kept.retries, kept.retry_delay_seconds) == (2, 5)
    assert sorted(schedule.active for schedule in kept.schedules) == [False, True]


def test_what_is_not_given_comes_from_the_flow(module: ModuleType, client: LocalClient) -> None:
    kept = client.read_deployment(module.etl.deploy("plain", print_next_steps=False))
    assert (kept.version, kept.description, kept.work_pool_name) == ("7", "Load it.", "local")
    assert kept.pull_steps is None
    assert module.renamed.to_deployment().spec.entrypoint == "jobs.py:renamed"
    assert module.etl.to_deployment().name == "etl"
    assert module.etl.to_deployment("/some/where/script.py").name == "script"
    by_module = module.etl.to_deployment(entrypoint_type=EntrypointType.MODULE_PATH).spec
    assert (by_module.entrypoint, by_module.path) == ("jobs.etl", str(Path.cwd()))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"interval": 90}, [Interval(90)]),
        ({"interval": [timedelta(minutes=2), 60.0]}, [Interval(120), Interval(60)]),
        ({"cron": "0 3 * * *"}, [Cron("0 3 * * *")]),
        ({"cron": ["0 3 * * *", "5 3 * * *"]}, [Cron("0 3 * * *"), Cron("5 3 * * *")]),
        ({"schedule": Cron("0 3 * * *", parameters={"rows": 2})}, [Cron("0 3 * * *", parameters={"rows": 2})]),
        ({"schedules": [{"schedule": Cron("0 3 * * *"), "slug": "s"}]}, [Cron("0 3 * * *", slug="s")]),
        ({"schedules": []}, []),
    ],
)
def test_schedules_are_given_in_any_of_five_ways(module: ModuleType, arguments: Any, shown: list[Any]) -> None:
    assert list(module.etl.to_deployment(**arguments).spec.schedules) == shown
    assert module.etl.to_deployment().spec.schedules is None


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"cron": "0 3 * * *", "interval": 60}, UsageError, "not interval and cron"),
        ({"cron": "0 0 31 2 *"}, ScheduleError, "can never fire"),
        ({"schedules": ["daily"]}, UsageError, "'daily' is no schedule"),
        ({"parameters": {"rows": "many"}}, ParameterError, "rows must be a whole number"),
        ({"schedule": Cron("0 3 * * *", parameters={"rows": "x"})}, ParameterError, "in a schedule"),
        ({"concurrency_limit": 0}, UsageError, "A concurrency limit"),
        ({"triggers": [object()]}, UsageError, "no automations yet"),
        ({"nmae": "x"}, ParameterError, "nmae"),
        ({"name": "a/b"}, UsageError, "'/' is not allowed"),
        ({"version_type": "svn"}, UsageError, "no type of version"),
    ],
)
def test_what_makes_no_sense_is_refused(module: ModuleType, arguments: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        module.etl.to_deployment(**arguments)


def test_a_flow_that_nobody_else_could_load_is_refused(module: ModuleType) -> None:
    with pytest.raises(UsageError, match="made within a function"):
        module.make().to_deployment("x")
    space: dict[str, Any] = {"__name__": "elsewhere"}
    exec("from flowtui import flow\n@flow\ndef typed(): ...\n", space)
    with pytest.raises(UsageError, match="is in no file"):
        space["typed"].to_deployment("x")


def test_all_are_kept_or_none(module: ModuleType, client: LocalClient) -> None:
    good, bad = module.etl.to_deployment("good"), module.etl.to_deployment("bad", work_pool_name="nowhere")
    with pytest.raises(NotFound, match="There is no work pool 'nowhere'"):
        flowtui.deploy(good, bad)
    with pytest.raises(NotFound, match="There is no work queue 'none'"):
        module.etl.deploy("x", work_queue_name="none")
    with pytest.raises(UsageError, match="no deployments"):
        flowtui.deploy()
    with pytest.raises(UsageError, match="Images are not built"):
        flowtui.deploy(good, image="reg/x:1")
    assert client.list_deployments().items == ()
    (kept,) = flowtui.deploy(good, image="reg/x:1", build=False)
    assert client.read_deployment(kept).job_variables == {"image": "reg/x:1"}


def test_in_async_code_they_are_awaited(module: ModuleType, client: LocalClient) -> None:
    async def both() -> str:
        made = await module.etl.to_deployment("one")
        assert made.name == "one"
        return await module.etl.deploy("two", print_next_steps=False)  # type: ignore[no-any-return]

    assert client.read_deployment(asyncio.run(both())).name == "two"


def test_a_file_that_deploys_at_its_end_is_only_loaded_by_a_run(
    write: Write, client: LocalClient, caplog: pytest.LogCaptureFixture
) -> None:
    file = write("late.py", "from flowtui import flow, serve\n@flow\ndef a(): ...\na.deploy('x')\na.serve('y')\n")
    assert load_flow("late.py:a", str(file.parent)).name == "a"
    assert client.list_deployments().items == ()
    assert "deploy() is called while its file is being loaded" in caplog.text
    assert "serve() is called while its file is being loaded" in caplog.text


RICH = """
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Literal
from pydantic import BaseModel, Field, SecretStr
from flowtui import flow

class Color(Enum):
    RED = "red"
    BLUE = "blue"

class Inner(BaseModel):
    rows: int = Field(gt=0)
    when: date | None = None

class Outer(BaseModel):
    inner: Inner
    colors: list[Color] = [Color.RED]
    kind: Literal["a", "b"] = "a"

@flow
def rich(
    outer: Outer, color: Color = Color.BLUE, day: date = date(2026, 1, 1), either: int | list[str] = 3,
    span: timedelta = timedelta(hours=1), by_name: dict[str, Inner] = {}, maybe: Inner | None = None,
    secret: SecretStr = SecretStr("c4n4ry"),
):
    return outer, color, day, either, span, by_name, maybe
"""


@pytest.fixture
def rich(write: Write, client: LocalClient) -> str:
    """A deployment of a flow with parameters of many types; its id."""
    file = write("rich.py", RICH)
    flow: Any = load_flow("rich.py:rich", str(file.parent))
    flow.source = FlowSource(LocalStorage(file.parent), "rich.py:rich", file.parent)
    deployment_id: str = flow.deploy("d", parameters={"outer": {"inner": {"rows": 1}}}, print_next_steps=False)
    return deployment_id


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"outer": {"inner": {"rows": 0}}}, "outer.inner.rows must be more than 0, not 0"),
        ({"outer": {}}, "outer.inner is missing"),
        (
            {"outer": {"inner": {"rows": 1}, "colors": ["green"]}},
            r"colors\[0\] must be one of 'red', 'blue', not 'green'",
        ),
        ({"outer": {"inner": {"rows": 1}, "kind": "c"}}, "outer.kind must be one of 'a', 'b'"),
        ({"color": "green"}, "color must be one of 'red', 'blue'"),
        ({"day": "yesterday"}, "day must be a date such as 2026-01-31"),
        ({"either": "x"}, "either must be a whole number or a list"),
        ({"span": "soon"}, "span must be a duration such as PT15M"),
        ({"by_name": {"a": {"rows": "x"}}}, "by_name.a.rows must be a whole number"),
        ({"maybe": {"rows": -1}}, "maybe.rows must be more than 0"),
        ({"colour": "red"}, "colour is not known; did you mean color?"),
    ],
)
def test_parameters_of_any_type_are_checked_when_a_run_is_created(
    client: LocalClient, rich: str, given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ParameterError, match=problem):
        client.run_deployment(rich, parameters=given)
    assert client.list_flow_runs().items == ()


def test_parameters_of_any_type_that_fit_are_taken(client: LocalClient, rich: str) -> None:
    given = {
        "outer": {"inner": {"rows": 2, "when": "2026-02-03"}, "colors": ["red", "blue"]}, "color": "red",
        "day": "2026-05-06", "either": ["x"], "span": "P1DT2H", "by_name": {"a": {"rows": 1}}, "maybe": None,
    }  # fmt: skip
    assert client.run_deployment(rich, parameters=given).parameters == given
    schema = client.read_deployment(rich).parameter_openapi_schema
    assert schema["properties"]["color"]["default"] == "blue"
    assert "c4n4ry" not in str(schema) and "default" not in schema["properties"]["secret"]


def test_a_frozen_parameter_has_its_value_whoever_starts_a_run(module: ModuleType, client: LocalClient) -> None:
    parameters = {"rows": flowtui.freeze(5), "source": "b"}
    deployment_id = module.etl.deploy("frozen", parameters=parameters, print_next_steps=False)
    assert client.run_deployment(deployment_id, parameters={"source": "c"}).parameters == {"rows": 5, "source": "c"}
    assert client.run_deployment(deployment_id, parameters={"rows": 5}).parameters["rows"] == 5
    with pytest.raises(ParameterError, match="rows must be one of 5, not 6"):
        client.run_deployment(deployment_id, parameters={"rows": 6})


# -- code from elsewhere ----------------------------------------------------------------------------------------------


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote" / "code"
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=folder)
    commit(folder, "first", jobs=FLOWS)
    git("checkout", "-q", "-b", "dev", cwd=folder)
    commit(folder, "on dev", jobs=FLOWS.replace('version="7"', 'version="dev"'))
    return folder


def test_a_flow_of_a_repository_is_deployed_with_the_step_that_fetches_it(remote: Path, client: LocalClient) -> None:
    flow: Any = Flow.from_source(GitRepository(remote.as_uri(), branch="dev"), "jobs.py:etl")
    assert (flow.version, flow(rows=5)) == ("dev", 5)
    kept = client.read_deployment(flow.deploy("pulled", print_next_steps=False))
    assert kept.pull_steps == (
        {"flowtui.deployments.steps.git_clone": {"repository": remote.as_uri(), "branch": "dev"}},
    )
    assert (kept.path, kept.entrypoint) == (".", "jobs.py:etl")
    again = client.read_deployment(flow.with_options(version="dev").deploy("pulled", print_next_steps=False))
    assert again.version_number == kept.version_number


def test_any_source_that_knows_a_folder_will_do(remote: Path, client: LocalClient, tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/b/flows/jobs.py", FLOWS.encode())
    LocalFileSystem(basepath=str(remote)).save("code")
    block = LocalFileSystem.load("code")
    sources = {
        "git": remote.as_uri() + "/.git",
        "path": remote,
        "text": str(remote),
        "local": LocalStorage(remote),
        "url": RemoteStorage("memory://b/flows"),
        "block": block,
    }
    steps = {}
    for name, source in sources.items():
        flow: Any = Flow.from_source(source, "jobs.py:etl")
        (step,) = client.read_deployment(flow.deploy(name, print_next_steps=False)).pull_steps or ()
        steps[name] = next(iter(step.items()))
    prefix = "flowtui.deployments.steps."
    assert steps["git"][0] == f"{prefix}git_clone"
    assert steps["path"] == steps["text"] == steps["local"]
    assert steps["path"] == (f"{prefix}set_working_directory", {"directory": str(remote)})
    assert steps["url"] == (f"{prefix}pull_from_remote_storage", {"url": "memory://b/flows"})
    assert steps["block"][0] == f"{prefix}pull_with_block"
    fsspec.filesystem("memory").rm("/b", recursive=True)


def test_a_secret_is_named_in_a_deployment_and_never_kept(client: LocalClient) -> None:
    Secret(value="c4n4ry").save("git")
    saved = Secret.load("git")
    address = "https://x.example/y.git"
    step = GitRepository(address, credentials={"access_token": saved, "username": "me"}).pull_step()
    inputs = step["flowtui.deployments.steps.git_clone"]
    assert inputs["credentials"] == {"access_token": "{{ flowtui.blocks.secret.git }}", "username": "me"}
    with pytest.raises(UsageError, match="would be kept for everybody to read"):
        GitRepository(address, credentials={"access_token": "c4n4ry"}).pull_step()
    with pytest.raises(UsageError, match="holds a secret"):
        GitRepository("https://me:c4n4ry@x.example/y.git").pull_step()
    assert "c4n4ry" not in repr(GitRepository(address, credentials={"token": "c4n4ry"}))


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("https://github.com/a/b", GitRepository),
        ("https://x.example/a/b.git", GitRepository),
        ("git@x.example:a/b.git", GitRepository),
        ("s3://bucket/flows", RemoteStorage),
        ("./flows", LocalStorage),
        (Path("flows"), LocalStorage),
    ],
)
def test_an_address_is_taken_for_what_it_looks_like(source: Any, kind: type) -> None:
    assert isinstance(storage_of(source), kind)


def test_what_is_no_source_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no source of code"):
        Flow.from_source(7, "a.py:f")
    with pytest.raises(UsageError, match="There is no folder"):
        Flow.from_source(tmp_path / "none", "a.py:f")
    with pytest.raises(EntrypointError, match="There is no file"):
        Flow.from_source(tmp_path, "a.py:f")


# -- written for Prefect ----------------------------------------------------------------------------------------------


def test_a_flow_written_for_prefect_is_loaded_where_no_prefect_is(write: Write) -> None:
    from flowtui import compat

    if importlib.util.find_spec("prefect") is not None:
        pytest.skip("a Prefect is installed here, and is never touched")
    file = write(
        "theirs.py", "from prefect import flow, task\n@task\ndef t(): return 2\n@flow\ndef f(): return t() + 1"
    )
    try:
        with pytest.raises(EntrypointError, match="flowtui run --prefect"):
            load_flow("theirs.py:f", str(file.parent))
        assert load_flow("theirs.py:f", str(file.parent), of_prefect=True)() == 3
    finally:
        compat.uninstall()
