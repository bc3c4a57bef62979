"""The schedules of a deployment from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import Deployment
from tests.e2e.conftest import Done
from tests.engine.store.made import a_deployment

Flowtui = Callable[..., Done]
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}}
NIGHTLY = ("--cron", "0 3 * * *", "--timezone", "Europe/Berlin")


@pytest.fixture
def prod(client: LocalClient) -> Deployment:
    return client.save_deployment(a_deployment(parameter_openapi_schema=NUMBER))


def test_a_schedule_is_made_listed_switched_and_deleted(prod: Deployment, flowtui: Flowtui) -> None:
    made = flowtui(
        "deployment", "schedule", "create", "prod", *NIGHTLY, "--slug", "nightly", "--catch-up", "within 2h",
        "-p", "n=3", "--max-scheduled-runs", "4", "-o", "json",
    )  # fmt: skip
    assert made.code == 0
    assert made.json["schedule"] == {"cron": "0 3 * * *", "timezone": "Europe/Berlin", "day_or": True}
    assert (made.json["catch_up"], made.json["max_scheduled_runs"]) == ("within 2h", 4)
    assert made.json["parameters"] == {"n": 3}
    assert "etl/prod runs daily at 03:00 Europe/Berlin" in made.err
    assert len(flowtui("flow-run", "ls", "-o", "json").json) == 4

    shown = flowtui("deployment", "schedule", "ls", "prod")
    assert all(word in shown.out for word in ("etl/prod", "daily at 03:00", "within 2h", "nightly"))
    off = flowtui("deployment", "schedule", "pause", "prod", "nightly", "-o", "json")
    assert [one["active"] for one in off.json] == [False]
    assert flowtui("flow-run", "ls", "-o", "json").json == []
    assert "off already" in flowtui("deployment", "schedule", "pause", "--all").err
    assert flowtui("deployment", "schedule", "resume", "--all", "-y", "-o", "json").json[0]["active"] is True
    gone = flowtui("deployment", "schedule", "delete", "prod", "nightly", "--yes")
    assert (gone.code, flowtui("deployment", "schedule", "ls", "-o", "json").json) == (0, [])


def test_several_are_replaced_and_cleared(prod: Deployment, flowtui: Flowtui) -> None:
    for options in (("--interval", "15m"), ("--rrule", "FREQ=DAILY;BYHOUR=9"), NIGHTLY):
        assert flowtui("deployment", "schedule", "create", "prod", *options).code == 0
    assert "has 3 schedules; name one, or give --all" in flowtui("deployment", "schedule", "pause", "prod").err
    assert flowtui("deployment", "schedule", "create", "prod", "--interval", "1h", "--replace").code == 0
    assert [one["schedule"]["interval"] for one in flowtui("deployment", "schedule", "ls", "-o", "json").json] == [3600]
    cleared = flowtui("deployment", "schedule", "clear", "prod", "-y")
    assert "1 deleted" in cleared.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Give one of --cron, --interval and --rrule"),
        (("--cron", "0 0 31 2 *"), "can never fire"),
        (("--cron", "0 0 * * *", "--timezone", "Europe/Berln"), "Did you mean 'Europe/Berlin'"),
        (("--rrule", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), "can never fire"),
        (("--interval", "often"), "is no duration"),
        (("--interval", "1h", "--no-day-or"), "belongs to --cron"),
        (("--cron", "0 0 * * *", "--catch-up", "never"), "all, latest, skip or within 10m"),
        (("--cron", "0 0 * * *", "-p", "n=ten"), "Parameter n"),
        (("--cron", "0 0 * * *", "--max-scheduled-runs", "0"), "from 1 to 100"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    prod: Deployment, client: LocalClient, flowtui: Flowtui, options: tuple[str, ...], words: str
) -> None:
    done = flowtui("deployment", "schedule", "create", "prod", *options)
    assert done.code == 2
    assert words in done.err
    assert client.read_deployment(prod.id).schedules == ()


def test_a_preview_needs_no_deployment_and_says_what_clocks_do(flowtui: Flowtui) -> None:
    arguments = ("deployment", "schedule", "preview", "--timezone", "America/New_York", "--after", "2026-10-31T12:00Z")
    shown = flowtui(*arguments, "--cron", "*/30 1 * * *", "-n", "5")
    assert "every 30 minutes" in shown.err or "cron" in shown.err
    lines = shown.out.splitlines()
    assert "AMERICA/NEW_YORK" in lines[0]
    assert "Sun 2026-11-01 01:00:00 EDT" in lines[1]
    assert "2026-11-01 05:00:00" in lines[1]
    assert "01:00 comes twice, and this is the first" in lines[1]
    assert "01:00 comes twice, and this is the second" in lines[3]
    gap = ("--cron", "30 2 * * *", "--timezone", "America/New_York", "--after", "2026-03-08T01:00-05:00", "-n", "2")
    data = flowtui("deployment", "schedule", "preview", *gap, "-o", "json").json
    assert data[0]["words"] == "daily at 02:30 America/New_York"
    assert [fire["local"] for fire in data[0]["fires"]] == ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]
    assert data[0]["fires"][0]["note"] == "clocks go forward here: 02:00 to 03:00 does not exist"


def test_a_backfill_is_previewed_made_once_and_bounded(prod: Deployment, flowtui: Flowtui) -> None:
    flowtui("deployment", "schedule", "create", "prod", *NIGHTLY, "--slug", "nightly")
    span = ("--start", "2026-03-01T00:00Z", "--end", "2026-03-04T00:00Z")
    command = ("deployment", "schedule", "backfill", "prod", *span)
    plan = flowtui(*command, "--dry-run", "-o", "json")
    assert (plan.json["count"], plan.json["existing"], plan.json["made"]) == (3, 0, 0)
    assert "3 instants; the first is 2026-03-01 02:00:00" in plan.err
    assert flowtui(*command, "-o", "json").json["made"] == 3
    again = flowtui(*command, "-s", "nightly", "-o", "json")
    assert (again.json["existing"], again.json["made"]) == (3, 0)
    assert "3 of which have a run already" in again.err
    refused = flowtui(*command, "--limit", "2")
    assert (refused.code, "more than 2 instants" in refused.err) == (2, True)
    assert len(flowtui("flow-run", "ls", "tag:backfill", "-o", "json").json) == 3


def test_a_name_that_is_nearly_right_is_suggested(prod: Deployment, flowtui: Flowtui, project: Path) -> None:
    flowtui("deployment", "schedule", "create", "prod", *NIGHTLY, "--slug", "nightly")
    done = flowtui("deployment", "schedule", "delete", "prod", "nigthly", "-y")
    assert done.code != 0
    assert "Did you mean 'nightly'" in done.err
