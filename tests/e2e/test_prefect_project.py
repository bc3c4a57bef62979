"""A project that was written for Prefect, its `prefect.yaml` and all, deployed and run as it is."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from tests.e2e.conftest import Done
from tests.support import run_flowtui, wait_until

FILE = """
# Welcome to the file of this project.
name: shop
prefect-version: 3.4.0

build: null
push: null
pull:
- prefect.deployments.steps.set_working_directory:
    directory: {folder}

definitions:
  pools:
    here: &here
      name: local
      work_queue_name: null
      job_variables: {{}}

deployments:
- name: nightly
  version: null
  tags: [shop]
  concurrency_limit: null
  description: null
  flow_name: load_orders
  entrypoint: flows/orders.py:load_orders
  parameters: {{shop: two}}
  work_pool: *here
  enforce_parameter_schema: true
  schedules:
  - cron: 0 3 * * *
    timezone: Europe/Lisbon
    day_or: true
    active: true
    max_active_runs: null
    catchup: false
"""
FLOW = """
from prefect import flow, get_run_logger, task

@task(retries=1)
def orders(shop):
    return [shop, 2]

@flow(log_prints=True)
def load_orders(shop: str = "one"):
    print("orders of", shop)
    get_run_logger().info("done")
    return orders.submit(shop).result()
"""


@pytest.mark.skipif(importlib.util.find_spec("prefect") is not None, reason="an installed Prefect is never touched")
def test_it_is_deployed_and_run(served: LocalClient, project: Path, flowtui: Callable[..., Done]) -> None:
    (project / "flows").mkdir()
    (project / "flows/orders.py").write_text(FLOW)
    (project / "prefect.yaml").write_text(FILE.format(folder=project))
    done = run_flowtui("deploy", "--all", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "Deployed load-orders/nightly, daily at 03:00 Europe/Lisbon." in done.stderr
    deployment = served.read_deployment("load-orders/nightly")
    run = served.run_deployment(deployment.id)
    wait_until(lambda: served.read_flow_run(run.id).state.is_final() or None, 40, "the run to end")
    ended = served.read_flow_run(run.id)
    lines = [line.message for line in served.read_logs(run.id).lines]
    assert ended.state.is_completed(), (ended.state, lines)
    assert ended.result == '["two",2]'
    assert {"orders of two", "done"} <= set(lines)
