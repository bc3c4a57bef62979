"""From a deployment file to deployments in a real store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.deploy import choose_entries, deploy_file
from flowtui.engine.deployments.entry import DeploymentFile
from flowtui.engine.errors import DeploymentFileError, NotFound, ParameterError

Read = Callable[[str], DeploymentFile]
Write = Callable[..., Path]

FLOWS = (
    "from flowtui import flow\n"
    "@flow(version='7')\ndef etl(source: str, rows: int = 10):\n    'Load it.'\n"
    "@flow\ndef report():\n    pass\n"
)
FILE = (
    "deployments:\n"
    "- {name: nightly, entrypoint: 'flows.py:etl', parameters: {source: x}, tags: [etl],\n"
    "   schedule: {cron: '0 3 * * *', timezone: Europe/Berlin}}\n"
    "- {name: nightly-eu, entrypoint: 'flows.py:etl', parameters: {source: eu}, version: '8',\n"
    "   description: Of Europe.}\n"
    "- {name: weekly, entrypoint: 'flows.py:report'}\n"
)


@pytest.fixture
def file(write: Write, read: Read) -> DeploymentFile:
    write("flows.py", FLOWS)
    return read(FILE)


def test_deployments_are_completed_from_their_flows(client: LocalClient, file: DeploymentFile) -> None:
    nightly, europe, weekly = deploy_file(client, file)

    assert [one.full_name for one in (nightly, europe, weekly)] == ["etl/nightly", "etl/nightly-eu", "report/weekly"]
    assert (nightly.version, nightly.description) == ("7", "Load it.")
    assert (europe.version, europe.description) == ("8", "Of Europe.")
    assert nightly.path == file.folder
    assert nightly.parameter_openapi_schema["required"] == ["source"]
    assert nightly.schedules[0].schedule.timezone == "Europe/Berlin"
    assert {one.id for one in client.list_deployments().items} == {nightly.id, europe.id, weekly.id}


def test_deploying_again_updates_and_keeps_identity(
    client: LocalClient, file: DeploymentFile, write: Write, read: Read
) -> None:
    before = {one.full_name: one for one in deploy_file(client, file)}
    after = {one.full_name: one for one in deploy_file(client, read(FILE.replace("tags: [etl]", "tags: [etl, new]")))}

    assert {name: one.id for name, one in before.items()} == {name: one.id for name, one in after.items()}
    assert after["etl/nightly"].tags == ("etl", "new")
    assert after["etl/nightly"].schedules[0].id == before["etl/nightly"].schedules[0].id


def test_a_run_of_a_deployment_is_checked_against_its_flow(client: LocalClient, file: DeploymentFile) -> None:
    (nightly,) = deploy_file(client, file, ["nightly"])
    with pytest.raises(ParameterError, match=r"rows must be a whole number"):
        client.run_deployment(nightly.id, parameters={"rows": "ten"})
    assert client.run_deployment(nightly.id, parameters={"rows": 3}).parameters == {"source": "x", "rows": 3}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["nightly"], ["nightly"]),
        (["weekly", "nightly"], ["nightly", "weekly"]),
        (["night*"], ["nightly", "nightly-eu"]),
        (["etl/nightly"], ["nightly"]),
        (["etl/*"], ["nightly", "nightly-eu"]),
        (["*/weekly"], ["weekly"]),
        ([], ["nightly", "nightly-eu", "weekly"]),
    ],
)
def test_names_and_patterns_choose(file: DeploymentFile, names: list[str], chosen: list[str]) -> None:
    assert [entry.name for entry in choose_entries(file, names)] == chosen


def test_a_name_that_means_nothing_lists_what_there_is(file: DeploymentFile) -> None:
    with pytest.raises(NotFound, match="holds nightly, nightly-eu, weekly"):
        choose_entries(file, ["nightly", "monthly"])


def test_a_plain_name_loads_no_flow(write: Write, read: Read) -> None:
    """What is not deployed is not imported."""
    write("flows.py", "raise RuntimeError('imported')\n")
    assert choose_entries(read(FILE), ["weekly"])[0].name == "weekly"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{name: a, entrypoint: 'flows.py:nothing'}", "a: entrypoint: There is no 'nothing' in flows.py"),
        ("{name: a, entrypoint: 'flow.py:etl'}", "Did you mean flows.py?"),
        ("{name: a, entrypoint: 'flows.py:etl', parameters: {rows: ten}}", "a: parameters: Parameter rows must be"),
        ("{name: a, entrypoint: 'flows.py:etl', parameters: {sorce: x}}", "did you mean source?"),
        ("{name: a, entrypoint: 'flows.py:etl', schedule: {interval: 60}}", "source is missing, in a schedule"),
        ("{name: a, entrypoint: 'flows.py:etl', schedule: {interval: 60, parameters: {source: 3}}}", "must be text"),
    ],
)
def test_nothing_is_saved_when_one_entry_is_wrong(
    client: LocalClient, write: Write, read: Read, entry: str, words: str
) -> None:
    write("flows.py", FLOWS)
    file = read(f"deployments:\n- {{name: good, entrypoint: 'flows.py:report'}}\n- {entry}\n")
    with pytest.raises(DeploymentFileError) as caught:
        deploy_file(client, file)
    assert words in str(caught.value)
    assert caught.value.line == 3
    assert client.list_deployments().items == ()


def test_a_schedule_may_bring_the_parameter_that_the_deployment_leaves_open(
    client: LocalClient, write: Write, read: Read
) -> None:
    write("flows.py", FLOWS)
    schedules = "[{interval: 60, parameters: {source: a}}, {interval: 90, active: false}]"
    (saved,) = deploy_file(
        client, read(f"deployments: [{{name: a, entrypoint: 'flows.py:etl', schedules: {schedules}}}]")
    )
    assert [schedule.parameters for schedule in saved.schedules] == [{"source": "a"}, {}]


def test_an_unchecked_deployment_takes_anything(client: LocalClient, write: Write, read: Read) -> None:
    write("flows.py", FLOWS)
    file = read(
        "deployments: [{name: a, entrypoint: 'flows.py:etl', enforce_parameter_schema: false, parameters: {x: 1}}]"
    )
    (saved,) = deploy_file(client, file)
    assert saved.parameters == {"x": 1}


def test_an_entrypoint_without_function_is_completed(client: LocalClient, write: Write, read: Read) -> None:
    """A second flow that is written into the file later changes nothing."""
    write("only.py", "from flowtui import flow\n@flow(name='the one')\ndef only(): ...\n")
    (saved,) = deploy_file(client, read("deployments: [{name: a, entrypoint: only.py}]"))
    assert (saved.entrypoint, saved.flow_name) == ("only.py:only", "the one")
