"""Several servers on one store: each service is done by one, a run has one starter, and one that dies is replaced."""

import json
import signal
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from flowtui.engine.client.local import LocalClient
from tests.engine.store.databases import Place
from tests.server.backends import deploy, server_process
from tests.support import wait_until

OFTEN = ("schedules", "leases", "slots", "pauses")
"""Services that tick every few seconds, so that somebody takes over soon."""


def leading(api: str) -> set[str]:
    """Which services a server does the work of."""
    with urllib.request.urlopen(f"{api.removesuffix('/api')}/api/flowtui/health", timeout=5) as answer:
        report: dict[str, Any] = json.load(answer)
    return {service["name"] for service in report["services"] if service["leading"]}


def starts(client: LocalClient) -> Counter[str]:
    """How often each flow run began to run."""
    began: Counter[str] = Counter()
    seen = 0
    while page := client.changes(seen):
        began.update(one.subject_id for one in page if one.kind == "flow-run" and one.name == "Running")
        seen = page[-1].seq
    return began


def test_two_servers_share_the_work_and_one_that_is_killed_is_replaced(place: Place, tmp_path: Path) -> None:
    client = place.open()
    deployment = deploy(client, tmp_path / "flows", "@flow\ndef main(): ...")
    settings = {"FLOWTUI_DATABASE_URL": place.settings.database_url, "FLOWTUI_LEASE_SECONDS": "4"}
    home = place.settings.home
    with server_process(home, **settings) as one, server_process(home, **settings) as other:
        apis = (one.api, other.api)  # type: ignore[attr-defined]
        wait_until(lambda: len(client.list_backends()) == 2, what="both to serve")
        wait_until(lambda: set(OFTEN) <= leading(apis[0]) | leading(apis[1]), what="every service to have a leader")
        assert not leading(apis[0]) & leading(apis[1])
        runs = [client.run_deployment(deployment.id).id for _ in range(10)]
        wait_until(lambda: done(client, runs), 40, "all runs to be done")
        assert starts(client) == Counter(runs)
        first = 0 if "schedules" in leading(apis[0]) else 1
        (one, other)[first].send_signal(signal.SIGKILL)
        wait_until(lambda: set(OFTEN) <= leading(apis[1 - first]), 20, "the other to take over")
        last = client.run_deployment(deployment.id).id
        wait_until(lambda: done(client, [last]), 20, "a run to be done by the one that is left")


def done(client: LocalClient, runs: list[str]) -> bool:
    return all(client.read_flow_run(run_id).state.is_completed() for run_id in runs)
