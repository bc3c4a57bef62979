"""Pull steps: run in the process of a run, before its flow is loaded, with their lines in its log."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from tests.e2e.conftest import Done
from tests.engine.deployments.test_git import commit, git
from tests.support import wait_until

Flowtui = Callable[..., Done]

FLOW = "from flowtui import flow\nimport beside\n@flow(log_prints=True)\ndef where():\n    print('flow', beside.WHAT)\n"
FILE = """
deployments:
- name: pulled
  entrypoint: flow.py:where
  pull:
  - flowtui.deployments.steps.git_clone:
      id: clone
      repository: {url}
      branch: "{{{{ flowtui.variables.branch }}}}"
  - flowtui.deployments.steps.run_shell_script:
      script: sh -c 'echo pulling; pwd'
      directory: "{{{{ clone.directory }}}}"
- name: broken
  entrypoint: flow.py:where
  pull:
  - flowtui.deployments.steps.run_shell_script: {{script: "echo before"}}
  - flowtui.deployments.steps.run_shell_script: {{script: "sh -c 'exit 7'"}}
- name: unknown
  entrypoint: flow.py:where
  pull:
  - flowtui.deployments.steps.git_clone: {{repository: "{{{{ flowtui.variables.gone }}}}"}}
"""


def ended(client: LocalClient, run: FlowRun) -> FlowRun:
    return wait_until(
        lambda: next(iter([one for one in [client.read_flow_run(run.id)] if one.state.is_final()]), None),
        40,
        f"run {run.name} to end",
    )


def log_of(client: LocalClient, run: FlowRun) -> list[str]:
    return [line.message for line in client.read_logs(run.id).lines]


@pytest.fixture
def deployed(served: LocalClient, project: Path, tmp_path: Path, flowtui: Flowtui) -> LocalClient:
    remote = tmp_path / "remote" / "code"
    remote.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=remote)
    commit(remote, "first", flow=FLOW, beside="WHAT = 'from the repository'")
    (project / "flow.py").write_text(FLOW)
    (project / "beside.py").write_text("WHAT = 'from the project'")
    (project / "flowtui.yaml").write_text(FILE.format(url=remote.as_uri()))
    served.set_variable("branch", "main")
    assert flowtui("deploy", "--all").code == 0
    return served


def test_the_code_of_a_run_is_pulled_before_it_begins(deployed: LocalClient, project: Path) -> None:
    (project / "beside.py").unlink()  # from here on it is only in the repository
    run = ended(deployed, deployed.run_deployment(deployed.read_deployment("pulled").id))
    lines = log_of(deployed, run)
    assert run.state.is_completed(), (run.state, lines)
    assert "flow from the repository" in lines
    assert lines.index("Pull step 1 of 2: git_clone") < lines.index("pulling") < lines.index("flow from the repository")
    (place,) = [line for line in lines if line.endswith("/code-main")]
    assert "flowtui-run-" in place
    wait_until(lambda: not Path(place).exists(), 10, "the folder of the run to be removed")


def test_a_pull_step_that_fails_is_the_reason_of_the_failure(deployed: LocalClient) -> None:
    runs = {name: deployed.run_deployment(deployed.read_deployment(name).id) for name in ("broken", "unknown")}
    broken, unknown = (ended(deployed, run) for run in runs.values())
    assert (broken.state.name, unknown.state.name) == ("Failed", "Failed")
    assert broken.state.message is not None and unknown.state.message is not None
    assert "The pull step 2 (flowtui.deployments.steps.run_shell_script) failed" in broken.state.message
    assert "ended with 7" in broken.state.message
    assert "before" in log_of(deployed, broken)
    assert "The pull step 1 (flowtui.deployments.steps.git_clone) failed" in unknown.state.message
    assert "variable that does not exist" in unknown.state.message
    assert socket.gethostname() in str(broken.infrastructure_pid)
