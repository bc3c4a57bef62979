"""Bring the code of a deployment to where it is run: its pull steps, in the process of the run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.engine.deployments.stepping import run_steps
from flowtui.engine.deployments.steps import steps_from_json
from flowtui.engine.logs import flow_run_logger

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import Deployment, FlowRun

__all__ = ["code_folder"]


def code_folder(client: "Client", deployment: "Deployment", run: "FlowRun") -> str:
    """The folder from which the flow is loaded, which is the current one then.

    With pull steps, it is the last `directory` that one of them answers, else the folder that they were run in; what
    they say goes to the run's log. Raises `StepFailed`.
    """
    if deployment.pull_steps:
        logger = flow_run_logger(run.id, run.name)
        outputs = run_steps(client, steps_from_json(deployment.pull_steps), logger.info, what="pull")
        folder = str(Path(outputs.get("directory") or os.getcwd()).expanduser().absolute())
    else:
        folder = deployment.path
    if os.path.isdir(folder):
        os.chdir(folder)
    return folder
