"""`import prefect`, as flowtui has it: its modules, its names, and what it says of those that there are not."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import flowtui
from flowtui import Flow, State, Task, TaskFuture, compat
from flowtui.blocks import Secret
from flowtui.engine.blocks.base import Block
from flowtui.engine.compat.modules import MissingName, missing_names
from flowtui.engine.compat.names import MODULES
from flowtui.engine.model import FlowRun
from tests.support import ROOT


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """Within each test `prefect` is flowtui's, and nobody's afterwards."""
    path = list(sys.path)
    compat.install()
    yield
    compat.uninstall()
    assert sys.path == path
    assert not [name for name in sys.modules if name.split(".")[0] == "prefect"]


def test_every_name_of_the_tables_is_there() -> None:
    assert missing_names() == []
    for module, names in MODULES.items():
        found = importlib.import_module(module)
        assert set(found.__all__) == set(names)
        for name in names:
            getattr(found, name)


def test_they_are_flowtui_s_own_objects() -> None:
    import prefect
    from prefect import Flow, flow, task, unmapped
    from prefect.cache_policies import INPUTS
    from prefect.exceptions import MissingResult
    from prefect.futures import PrefectFuture
    from prefect.states import Completed
    from prefect.task_runners import ConcurrentTaskRunner

    assert (flow, task, Flow, unmapped) == (flowtui.flow, flowtui.task, flowtui.Flow, flowtui.unmapped)
    assert prefect.tags is flowtui.tags
    assert INPUTS is flowtui.INPUTS
    assert MissingResult.__module__ == "flowtui.engine.errors"
    assert PrefectFuture is flowtui.TaskFuture
    assert Completed is flowtui.Completed
    assert ConcurrentTaskRunner is flowtui.ThreadPoolTaskRunner


def test_the_version_says_whose_names_they_are_and_who_answers() -> None:
    import prefect

    assert prefect.__version__ == f"3.8.8+flowtui.{flowtui.__version__}"


def test_submodules_are_attributes_without_being_imported() -> None:
    import prefect

    assert prefect.task_runners.ThreadPoolTaskRunner is flowtui.ThreadPoolTaskRunner
    assert prefect.runtime.flow_run.name is None
    assert {"flow", "task", "__version__"} <= set(dir(prefect))


def test_all_names_of_a_module_can_be_taken_at_once() -> None:
    space: dict[str, Any] = {}
    exec("from prefect import *\nfrom prefect.states import *", space)
    assert space["flow"] is flowtui.flow
    assert space["Failed"] is flowtui.Failed


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("from prefect import flow, nonsense", r"flowtui has no prefect\.nonsense\. docs/prefect-programs\.md"),
        ("import prefect.nonsense", r"flowtui has no prefect\.nonsense\."),
        ("from prefect.nonsense.deeper import x", r"flowtui has no prefect\.nonsense\."),
        ("from prefect.states import Nonsense", r"flowtui has no prefect\.states\.Nonsense\."),
        ("from prefect.deployments import Deployment", r"prefect\.deployments\.Deployment\. .*flowtui deploy"),
        ("from prefect.events import emit_event", r"flowtui has no prefect\.events\. There are no custom events"),
        ("from prefect import Parameter", r"flowtui has no prefect\.Parameter\. Programs of Prefect 1"),
        ("import prefect_aws", r"No module named 'prefect_aws'"),
    ],
)
def test_what_there_is_not_is_an_import_error_that_names_it(statement: str, sentence: str) -> None:
    with pytest.raises(ImportError, match=sentence):
        exec(statement)


def test_an_attribute_that_there_is_not_is_an_attribute_error_that_names_it() -> None:
    import prefect

    with pytest.raises(AttributeError, match=r"flowtui has no prefect\.get_client\. .*flow-run ls -o json"):
        prefect.get_client()
    assert not hasattr(prefect, "nonsense")
    assert not hasattr(prefect.states, "__wrapped__")


def test_installing_twice_is_installing_once() -> None:
    compat.install()
    assert sum(type(finder).__module__ == "flowtui.engine.compat.modules" for finder in sys.meta_path) == 1


def test_the_missing_is_an_import_error_of_its_own() -> None:
    assert issubclass(MissingName, ModuleNotFoundError)


def test_old_names_of_schedules_are_there() -> None:
    from datetime import timedelta

    from prefect.orion.schemas.schedules import CronSchedule, IntervalSchedule
    from prefect.schedules import Cron, RRule, Schedule

    assert CronSchedule(cron="0 6 * * 1", timezone="Europe/Oslo").timezone == "Europe/Oslo"
    assert RRule("FREQ=DAILY", active=False).active is False
    assert Schedule(cron="0 6 * * *", slug="six") == Cron("0 6 * * *", slug="six")
    assert IntervalSchedule(interval=90).interval == timedelta(seconds=90)
    assert Cron("0 6 * * *", parameters={"n": 1}).parameters == {"n": 1}
    with pytest.raises(ValueError, match="positive"):
        IntervalSchedule(interval=0)


def test_the_page_lists_every_module_and_every_name() -> None:
    page = (ROOT / "docs" / "prefect-programs.md").read_text()
    words = set(page.replace("`", " ").replace(",", " ").replace("\n", " ").split())

    absent = [f"{module}.{name}" for module, names in MODULES.items() for name in names if name not in words]
    assert absent == []
    assert [module for module in MODULES if module not in words] == []


def test_uninstalling_leaves_every_class_as_it_was() -> None:
    kinds = (State, TaskFuture, FlowRun, Flow, Task, Secret, Block)
    compat.uninstall()
    before = [dict(vars(kind)) for kind in kinds]
    compat.install()
    assert State.result is not before[0]["result"]
    compat.uninstall()
    assert [dict(vars(kind)) for kind in kinds] == before
