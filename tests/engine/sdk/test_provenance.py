"""What a run is carried out with: its commit, code, packages and blocks are captured, cheaply, and never guessed."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from flowtui import flow, task
from flowtui.blocks import Secret
from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.checkout import is_dirty
from flowtui.engine.model import FlowRun
from flowtui.engine.runs.checkouts import find_checkout
from flowtui.engine.runs.installed import installed
from tests.support import clean_environment, run_flowtui, run_python, wait_until

GIT = (
    "git",
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    "-c",
    "init.defaultBranch=main",
    "-c",
    "commit.gpgsign=false",
)

LONG = """\
import sys, threading
from flowtui import flow
from flowtui.engine.client.current import current_client

@flow
def slow():
    from flowtui.runtime import flow_run
    client = current_client()
    for _ in range(500):
        if client.read_flow_run(flow_run.id).provenance.dirty is not None:
            return
        threading.Event().wait(0.02)

slow()
"""


FAILS_ONCE = """\
import os
from flowtui import flow

@flow
def etl():
    if not os.path.exists("again"):
        open("again", "w").close()
        raise ValueError

if __name__ == "__main__":
    etl()
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout with one commit, whose flow stands in a folder of it."""
    root = tmp_path / "répo"
    (root / "flows").mkdir(parents=True)
    (root / "flows" / "etl.py").write_text(
        "from flowtui import flow\n@flow\ndef etl(): ...\nif __name__ == '__main__': etl()\n"
    )
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def last_run(client: LocalClient) -> FlowRun:
    return client.list_flow_runs(limit=1).items[0]


def test_the_commit_is_what_git_says(repository: Path, tmp_path: Path) -> None:
    """On a branch, on none, with references packed, in a worktree, and where nothing was committed yet."""
    commit = git(repository, "rev-parse", "HEAD")

    def seen(folder: Path) -> tuple[Path, str | None, str | None]:
        found = find_checkout(folder)
        assert found is not None
        return found.root, found.commit, found.branch

    assert seen(repository / "flows") == (repository, commit, "main")
    git(repository, "pack-refs", "--all")
    assert seen(repository) == (repository, commit, "main")
    git(repository, "worktree", "add", "-qb", "feature/x", str(tmp_path / "tree"))
    assert seen(tmp_path / "tree") == (tmp_path / "tree", commit, "feature/x")
    git(repository, "checkout", "-q", "--detach")
    assert seen(repository) == (repository, commit, None)
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    assert seen(empty) == (empty, None, "main")


@pytest.mark.parametrize("head", ["", "ref: refs/heads/.invalid", "nonsense", "gitdir: /nowhere", "\udcff"])
def test_what_git_keeps_in_another_way_is_unknown_and_no_error(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head.encode("utf-8", "surrogateescape"))
    found = find_checkout(tmp_path)
    assert found is not None and found.commit is None


def test_packages_are_told_by_their_folders(tmp_path: Path) -> None:
    first, second, other = tmp_path / "a" / "site-packages", tmp_path / "dist-packages", tmp_path / "code"
    for folder, names in (
        (first, ["Jinja2-3.1.6.dist-info", "ruamel.yaml-0.18.dist-info", "jinja2", "old.egg-info"]),
        (second, ["jinja2-2.0.dist-info", "a_b-1!2.0+x.dist-info", "c-1.0-py3.11.egg-info"]),
        (other, ["not_me-1.0.dist-info"]),
    ):
        for name in names:
            (folder / name).mkdir(parents=True)
    found = installed([str(first), str(second), str(other), str(tmp_path / "none")])
    assert found.packages == ("a-b==1!2.0+x", "c==1.0", "jinja2==3.1.6", "old==?", "ruamel.yaml==0.18")
    assert installed([str(second)]).key != found.key == installed([str(first), str(second)]).key


def test_a_run_keeps_its_code_and_its_packages(repository: Path, client: LocalClient) -> None:
    done = run_python("flows/etl.py", cwd=repository)
    assert done.returncode == 0, done.stderr
    kept = last_run(client).provenance
    assert kept is not None
    assert (kept.commit, kept.branch) == (git(repository, "rev-parse", "HEAD"), "main")
    assert (kept.root, kept.entrypoint) == (str(repository), "flows/etl.py:etl")
    assert kept.source_hash == last_run(client).flow_version
    assert kept.short_commit == kept.commit[:7]
    assert kept.environment is not None
    packages = client.read_environment(kept.environment).packages
    assert any(package.startswith("sqlalchemy==") for package in packages)


def test_a_run_that_lasts_learns_whether_its_checkout_was_dirty(repository: Path, client: LocalClient) -> None:
    (repository / "slow.py").write_text(LONG)
    git(repository, "add", ".")
    assert is_dirty(str(repository)) is True
    done = run_python("slow.py", cwd=repository)
    assert done.returncode == 0, done.stderr
    kept = last_run(client).provenance
    assert kept is not None and kept.dirty is True
    assert kept.short_commit is not None and kept.short_commit.endswith("+")


def test_a_retry_here_keeps_the_commit_that_it_ran_at(repository: Path, client: LocalClient) -> None:
    (repository / "flows" / "etl.py").write_text(FAILS_ONCE)
    assert run_python("flows/etl.py", cwd=repository).returncode == 1
    run = last_run(client)
    git(repository, "commit", "-qm", "second", "--allow-empty")
    done = run_flowtui("flow-run", "retry", run.id, "--entrypoint", "flows/etl.py:etl", cwd=repository)
    assert done.returncode == 0, done.stderr
    kept = client.read_flow_run(run.id).provenance
    assert kept is not None and kept.commit == git(repository, "rev-parse", "HEAD")


def test_the_blocks_that_a_run_and_its_tasks_load_are_remembered(client: LocalClient) -> None:
    Secret(value="x").save("outer")
    Secret(value="y").save("inner")
    Secret(value="z").save("never")

    @task
    def inner() -> None:
        Secret.load("inner")

    @flow
    def outer() -> None:
        Secret.load("outer")
        inner()

    Secret.load("never")
    outer()
    run = last_run(client)
    assert [use.reference for use in client.flow_run_blocks(run.id)] == ["secret/inner", "secret/outer"]
    shown = run_flowtui("flow-run", "inspect", run.id, "-o", "json")
    told = json.loads(shown.stdout)
    assert [use["name"] for use in told["blocks"]] == ["inner", "outer"]
    assert told["provenance"]["entrypoint"].endswith("test_provenance.py:outer")
    assert "secret/inner, secret/outer" in run_flowtui("flow-run", "inspect", run.id).stdout


def test_a_flow_that_stands_in_no_file_runs_without(client: LocalClient) -> None:
    done = run_python("-", stdin="from flowtui import flow\n@flow\ndef f(): ...\nf()\n", env=clean_environment())
    assert done.returncode == 0, done.stderr
    kept = last_run(client).provenance
    assert kept is not None and (kept.root, kept.entrypoint, kept.commit) == (None, None, None)
    assert kept.python is not None


def test_it_costs_a_run_nothing_that_can_be_felt(client: LocalClient) -> None:
    from flowtui.engine.runs.capture import provenance_of

    @flow
    def noop() -> None: ...

    provenance_of(noop, client)

    def spent() -> float:
        begun = time.perf_counter()
        for _ in range(100):
            provenance_of(noop, client)
        return (time.perf_counter() - begun) / 100

    wait_until(lambda: spent() < 20e-6, what="a capture that takes less than 20 µs")
