"""What is added to a deployment file, and what stays as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.deployments.editing import add_entry, write_whole
from flowtui.engine.deployments.entry import DeploymentEntry
from flowtui.engine.deployments.file import read_deployment_file
from flowtui.engine.deployments.recipes import starter_file
from flowtui.engine.errors import DeploymentFileError, UsageError
from tests.engine.deployments.test_git import commit, git

Write = Callable[..., Path]

BEFORE = """\
# The project's deployments.
name: "proj"   # quoted
definitions:
  pool: &pool {name: local}

deployments:
  # Runs at night.
  - name: nightly  # do not rename
    entrypoint: 'flows.py:etl'
    work_pool: *pool
    triggers: []
"""
ENTRY = DeploymentEntry(name="weekly", entrypoint="flows.py:report", parameters={"rows": 3})


def test_a_deployment_is_added_and_everything_else_stays(write: Write) -> None:
    path = write("flowtui.yaml", BEFORE)
    text = add_entry(path, ENTRY)
    assert path.read_text() == BEFORE  # nothing is written yet
    assert text.startswith(BEFORE)
    write_whole(path, text)
    assert [entry.name for entry in read_deployment_file(path).entries] == ["nightly", "weekly"]
    assert read_deployment_file(path).entries[1].parameters == {"rows": 3}


def test_one_of_the_same_name_is_replaced(write: Write) -> None:
    path = write("flowtui.yaml", BEFORE)
    write_whole(path, add_entry(path, DeploymentEntry(name="nightly", entrypoint="flows.py:etl", description="New.")))
    (nightly,) = read_deployment_file(path).entries
    assert nightly.description == "New."
    assert "# The project's deployments." in path.read_text()
    assert "triggers: []" in path.read_text()


@pytest.mark.parametrize("before", [None, "", "name: x\n", "deployments: []\n", "deployments:\n"])
def test_a_file_without_deployments_or_no_file(write: Write, before: str | None) -> None:
    path = write("flowtui.yaml", before or "")
    if before is None:
        path.unlink()
    write_whole(path, add_entry(path, ENTRY))
    assert [entry.name for entry in read_deployment_file(path).entries] == ["weekly"]


@pytest.mark.parametrize("text", ["- a\n- b\n", "deployments: {a: 1}\n", "deployments: [\n"])
def test_what_is_no_deployment_file_is_left_alone(write: Write, text: str) -> None:
    with pytest.raises(DeploymentFileError):
        add_entry(write("flowtui.yaml", text), ENTRY)


# -- a file to begin with ---------------------------------------------------------------------------------------------


def test_a_folder_s_flows_become_its_deployments(write: Write) -> None:
    folder = write("flows.py", "from flowtui import flow\n@flow\ndef a(): ...\n@flow\ndef b(): ...\n").parent
    path = write("flowtui.yaml", "")
    path.unlink()
    path.write_text(starter_file(folder, name="my: project"))
    file = read_deployment_file(path)
    assert [entry.entrypoint for entry in file.entries] == ["flows.py:a", "flows.py:b"]
    (step,) = file.entries[0].pull or ()
    assert (step.short, step.inputs) == ("set_working_directory", {"directory": str(folder)})


def test_a_checkout_s_code_is_cloned(write: Write) -> None:
    folder = write("readme.txt", "").parent
    git("init", "-q", "-b", "trunk", cwd=folder)
    commit(folder, "first", x="")
    git("remote", "add", "origin", "https://me:pw@x.example/a.git", cwd=folder)
    text = starter_file(folder)
    assert 'git_clone:\n      repository: "https://x.example/a.git"\n      branch: "trunk"' in text
    assert "pw" not in text
    assert 'branch: "other"' in starter_file(folder, "git", fields={"branch": "other"})


@pytest.mark.parametrize(
    ("recipe", "fields", "words"),
    [
        ("docker", {}, "no recipe docker yet"),
        ("dokcer", {}, "There is no recipe 'dokcer'; there is local and git"),
        ("local", {"branch": "x"}, "has no field 'branch'"),
        ("git", {}, "no checkout with an origin"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(write: Write, recipe: str, fields: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        starter_file(write("x.txt", "").parent, recipe, fields=fields)


def test_what_is_there_is_never_written_over(write: Write) -> None:
    with pytest.raises(UsageError, match=r"prefect.yaml is there already"):
        starter_file(write("prefect.yaml", "").parent)
