"""The JSON shape of values: names of the wire, instants in UTC, and nothing that JSON cannot hold."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from flowtui import flow, task
from flowtui.engine import wire
from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import (
    DeploymentSpec,
    LogLine,
    TaskRunFilter,
)
from flowtui.engine.schedules import Cron, Interval
from flowtui.engine.states import Completed, Scheduled

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_instant_is_utc_with_microseconds_whatever_its_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert wire.instant(there) == wire.instant(NOON) == "2026-11-20T12:00:00.000000Z"
    assert wire.instant(None) is None


def test_a_states_data_never_leaves_the_process() -> None:
    shown = wire.state_json(Completed(data=object(), message="fine", timestamp=NOON))
    assert json.loads(json.dumps(shown))["message"] == "fine"
    assert set(shown) == {"id", "type", "name", "timestamp", "message", "state_details"}


@task
def double(number: int) -> int:
    return 2 * number


@flow(name="doubles")
def doubles(number: int) -> int:
    return double(number)


def test_runs_have_the_wires_names(client: LocalClient) -> None:
    doubles(4)
    client.flush()
    run = client.list_flow_runs().items[0]
    shown = json.loads(json.dumps(wire.flow_run_json(run)))
    assert (shown["state_type"], shown["state"]["name"], shown["result"]) == ("COMPLETED", "Completed", "8")
    assert (shown["parameters"], shown["run_count"], shown["next_scheduled_start_time"]) == ({"number": 4}, 1, None)
    (one,) = client.list_task_runs(TaskRunFilter(flow_run_id=run.id)).items
    assert json.loads(json.dumps(wire.task_run_json(one)))["flow_run_id"] == run.id


def test_a_scheduled_run_says_when_it_is_due(client: LocalClient) -> None:
    spec = DeploymentSpec(name="a", flow_name="f", entrypoint="f.py:f", path="/")
    run = client.run_deployment(client.save_deployment(spec).id, scheduled_time=NOON)
    assert wire.flow_run_json(run)["next_scheduled_start_time"] == "2026-11-20T12:00:00.000000Z"
    broken = replace(run, state=replace(Scheduled(NOON), details={"scheduled_time": None}))
    assert wire.flow_run_json(broken)["next_scheduled_start_time"] is None


def test_a_deployment_shows_its_schedules(client: LocalClient) -> None:
    schedules = (
        Cron("0 9 * * *", timezone="Europe/Berlin", slug="morning"),
        Interval("15m", NOON, active=False),
    )
    spec = DeploymentSpec(name="a", flow_name="f", entrypoint="f.py:f", path="/", schedules=schedules)
    shown = json.loads(json.dumps(wire.deployment_json(client.save_deployment(spec))))
    first, second = sorted(shown["schedules"], key=lambda schedule: not schedule["active"])
    assert first["schedule"] == {"cron": "0 9 * * *", "timezone": "Europe/Berlin", "day_or": True}
    assert (first["slug"], second["active"], second["schedule"]["interval"]) == ("morning", False, 900)


def test_the_rest_is_json_too(client: LocalClient) -> None:
    client.save_block("secret", "key", {"value": "hunter2"})
    block = client.read_block("secret", "key")
    line = LogLine(timestamp=NOON, level=20, message="m")
    for shown in (
        wire.block_json(block),
        wire.log_json(line),
        *(wire.block_type_json(kind) for kind in client.list_block_types()),
    ):
        assert "hunter2" not in json.dumps(shown)
