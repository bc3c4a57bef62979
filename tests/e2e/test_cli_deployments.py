"""Deploying, and running deployments, from the command line."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from tests.e2e.conftest import Done
from tests.engine.deployments.test_git import git
from tests.support import clean_environment, run_flowtui, wait_until

Flowtui = Callable[..., Done]

FLOWS = """
from flowtui import flow, task

@flow(log_prints=True)
def etl(source: str, rows: int = 10):
    print("loading", rows, "from", source)
    if rows < 0:
        raise ValueError("fewer than nothing")
    return rows

@flow
def report():
    return "fine"
"""
FILE = """
deployments:
  - name: nightly
    entrypoint: flows.py:etl
    tags: [etl]
    parameters: {source: api}
    schedule: {cron: "0 3 * * *", timezone: Europe/Berlin}
    triggers: [{enabled: true}]
  - name: weekly
    entrypoint: flows.py:report
"""


@pytest.fixture
def flows(project: Path) -> Path:
    (project / "flows.py").write_text(FLOWS)
    (project / "flowtui.yaml").write_text(FILE)
    return project


def test_all_deployments_of_the_file_are_made(flows: Path, flowtui: Flowtui) -> None:
    done = flowtui("deploy", "--all", "-o", "json")
    assert done.code == 0
    nightly, weekly = done.json
    assert (nightly["name"], nightly["flow_name"], nightly["tags"]) == ("nightly", "etl", ["etl"])
    assert nightly["schedules"][0]["schedule"] == {"cron": "0 3 * * *", "timezone": "Europe/Berlin", "day_or": True}
    assert nightly["parameter_openapi_schema"]["required"] == ["source"]
    assert weekly["schedules"] == []
    assert "note: flowtui.yaml:8: deployments[0].triggers is ignored for now" in done.err
    assert "Deployed etl/nightly, daily at 03:00 Europe/Berlin." in done.err


def test_one_deployment_of_the_file_is_chosen_and_changed(flows: Path, flowtui: Flowtui) -> None:
    done = flowtui("deploy", "-n", "nightly", "-t", "x", "--interval", "15m", "--param", "rows=3", "-o", "json")
    (one,) = done.json
    assert (one["tags"], one["parameters"]) == (["x"], {"source": "api", "rows": 3})
    assert one["schedules"][0]["schedule"]["interval"] == 900
    assert len(flowtui("deployment", "ls", "-o", "json").json) == 1


def test_an_entrypoint_becomes_a_deployment(flows: Path, flowtui: Flowtui) -> None:
    done = flowtui(
        "deploy", "flows.py:etl", "--name", "main", "--cron", "*/5 * * * *", "--timezone", "Asia/Kolkata",
        "--param", "source=7", "-d", "About.", "--version", "2", "-o", "json",
    )  # fmt: skip
    (one,) = done.json
    assert (one["name"], one["description"], one["version"]) == ("main", "About.", "2")
    assert one["parameters"] == {"source": "7"}
    assert (one["entrypoint"], one["path"]) == ("flows.py:etl", str(flows))
    assert "flowtui deployment run etl/main" in done.err
    assert flowtui("deploy", "flows.py:report").code == 0
    assert flowtui("deployment", "inspect", "report/default").code == 0


def test_a_file_elsewhere_is_read_with_its_own_folder(flows: Path, flowtui: Flowtui, tmp_path: Path) -> None:
    (flows / "flowtui.yaml").rename(flows / "prefect.yaml")
    done = run_flowtui("deploy", "--all", "--prefect-file", str(flows / "prefect.yaml"), "-o", "json", cwd=tmp_path)
    assert [one["path"] for one in json.loads(done.stdout)] == [str(flows)] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "holds 2 deployments: nightly, weekly. Name one with -n, or give --all."),
        (("-n", "monthly"), "There is no deployment 'monthly'. flowtui.yaml holds nightly, weekly."),
        (("--all", "--cron", "* * * * *"), "exactly one"),
        (("-n", "weekly", "--cron", "0 0 31 2 *"), "can never fire"),
        (("-n", "weekly", "--cron", "* * * * *", "--anchor-date", "2026-01-01"), "belongs to --interval"),
        (("-n", "weekly", "--timezone", "UTC"), "--timezone belongs to --cron"),
        (("-n", "weekly", "--pool", "nowhere"), "There is no work pool 'nowhere'. There is local. Make it with:"),
        (("-n", "weekly", "-q", "fast"), "There is no work queue 'fast'. Pool local has default."),
        (("-n", "weekly", "--concurrency-limit", "0"), "1 or more"),
        (("-n", "weekly", "--job-variable", "image"), "write name=value"),
        (("-n", "weekly", "--version-type", "svn"), "no type of version"),
        (("-n", "weekly", "--trigger", "{}"), "no automations so far"),
        (("-n", "nightly", "--param", "rows=x"), "rows must be a whole number"),
        (("flows.py:etl", "--all"), "belong to a deployment file"),
        (("flows.py:nothing",), "There is no 'nothing' in flows.py; it holds flows.py:etl, flows.py:report."),
        (("flows.py:etl", "--name", "a", "--name", "b"), "one deployment"),
        (("--prefect-file", "other.yaml"), "other.yaml: the file cannot be read"),
    ],
)
def test_what_cannot_be_deployed_is_refused_and_nothing_is_made(
    flows: Path, flowtui: Flowtui, client: LocalClient, arguments: tuple[str, ...], words: str
) -> None:
    done = flowtui("deploy", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert client.list_deployments().items == ()


def test_a_broken_file_is_named_with_line_and_key(flows: Path, flowtui: Flowtui) -> None:
    (flows / "flowtui.yaml").write_text(FILE.replace("entrypoint: flows.py:report", "entrypiont: flows.py:report"))
    done = flowtui("deploy", "--all")
    assert done.code == 2
    assert "flowtui.yaml:10: deployments[1].entrypiont: there is no such key. Did you mean entrypoint?" in done.err


@pytest.fixture
def deployed(flows: Path, flowtui: Flowtui) -> Path:
    assert flowtui("deploy", "--all").code == 0
    return flows


def test_deployments_are_listed_and_inspected(deployed: Path, flowtui: Flowtui) -> None:
    assert [one["name"] for one in flowtui("deployment", "ls", "-o", "json").json] == ["nightly", "weekly"]
    table = flowtui("deployment", "ls").out
    assert re.search(r"^etl/nightly +daily at 03:00 Europe/Berlin +in \d+[hm] ", table, re.MULTILINE)
    assert flowtui("deployment", "inspect", "nightly", "-o", "json").json["entrypoint"] == "flows.py:etl"
    facts = flowtui("deployment", "inspect", "etl/nightly").out
    assert re.search(r"^source +text +'api'$", facts, re.MULTILINE)
    assert len(flowtui("deployment", "ls", "--limit", "1", "-o", "json").json) == 1


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("etl/*",), ["nightly"]),
        (("week*", "nightly"), ["nightly", "weekly"]),
        (("--flow", "rep*"), ["weekly"]),
        (("--tag", "etl"), ["nightly"]),
        (("--pool", "local"), ["nightly", "weekly"]),
        (("--pool", "other"), []),
        (("--no-paused",), ["nightly", "weekly"]),
        (("--paused",), []),
    ],
)
def test_the_list_is_restricted(deployed: Path, flowtui: Flowtui, arguments: tuple[str, ...], names: list[str]) -> None:
    assert [one["name"] for one in flowtui("deployment", "ls", *arguments, "-o", "json").json] == names


def test_what_a_deployment_was_is_listed(deployed: Path, flowtui: Flowtui) -> None:
    assert flowtui("deploy", "-n", "nightly", "--param", "rows=3", "--version", "2").code == 0
    newest, first = flowtui("deployment", "versions", "nightly", "-o", "json").json
    assert (newest["number"], newest["version"], newest["changed"]) == (2, "2", ["version", "parameters"])
    assert first["changed"] == []
    table = flowtui("deployment", "versions", "etl/nightly").out
    assert re.search(r"^ *2  2 .*version, parameters", table, re.MULTILINE)
    assert "the first" in table


def test_a_commit_is_a_version(deployed: Path, flowtui: Flowtui) -> None:
    git("init", "-q", "-b", "main", cwd=deployed)
    git("add", "-A", cwd=deployed)
    git("commit", "-q", "-m", "what was done", cwd=deployed)
    sha = git("rev-parse", "HEAD", cwd=deployed)
    (one,) = flowtui("deploy", "-n", "weekly", "--version-type", "git", "-o", "json").json
    assert one["version"] == sha[:12]
    assert f"{sha[:12]} on main: what was done" in flowtui("deployment", "versions", "weekly").out


def test_options_reach_the_deployment_and_the_run(deployed: Path, flowtui: Flowtui, client: LocalClient) -> None:
    client.create_work_pool("big")
    client.create_work_queue("big", "fast")
    (one,) = flowtui(
        "deploy", "-n", "weekly", "-p", "big", "-q", "fast", "--job-variable", "a=1", "--job-variable", '{"b": "x"}',
        "--concurrency-limit", "2", "--collision-strategy", "CANCEL_NEW", "--no-enforce-parameter-schema",
        "--cron", "0 1 * * *", "--cron", "0 2 * * *", "--rrule", "FREQ=DAILY;BYHOUR=3;BYMINUTE=0;BYSECOND=0",
        "-o", "json",
    ).json  # fmt: skip
    assert (one["work_pool_name"], one["work_queue_name"], one["job_variables"]) == ("big", "fast", {"a": 1, "b": "x"})
    assert (one["concurrency_limit"], one["concurrency_options"]["collision_strategy"]) == (2, "CANCEL_NEW")
    assert (one["enforce_parameter_schema"], len(one["schedules"])) == (False, 3)
    done = flowtui("deployment", "run", "weekly", "--job-variable", "a=2", "-q", "default", "-o", "json")
    assert (done.json["job_variables"], done.json["work_queue_name"]) == ({"a": 2}, "default")
    assert "No worker serves pool 'big' now. Start one with: flowtui worker start --pool big" in done.err


def test_a_deployment_is_paused_and_resumed(deployed: Path, flowtui: Flowtui) -> None:
    assert flowtui("deployment", "pause", "nightly", "-o", "json").json["paused"] is True
    assert "⏸ paused" in flowtui("deployment", "ls").out
    assert flowtui("deployment", "resume", "nightly", "-o", "json").json["paused"] is False


def test_deployments_are_deleted(deployed: Path, flowtui: Flowtui) -> None:
    assert flowtui("deployment", "delete").code == 2
    assert flowtui("deployment", "delete", "weekly", "--all", "-y").code == 2
    weekly = flowtui("deployment", "inspect", "weekly", "-o", "json").json
    assert flowtui("deployment", "delete", "--id", weekly["id"], "-y").code == 0
    assert flowtui("deploy", "-n", "weekly").code == 0
    assert flowtui("deployment", "delete", "weekly", "-y").code == 0
    assert flowtui("deployment", "delete", "--all", "-y").code == 0
    assert flowtui("deployment", "ls", "-o", "json").json == []


def test_a_run_of_a_deployment_is_created_as_asked(deployed: Path, flowtui: Flowtui) -> None:
    done = flowtui(
        "deployment", "run", "etl/nightly", "-p", "rows=5", "-p", "source=8", "--tag", "mine", "--start-in", "10m",
        "--flow-run-name", "by-hand", "-o", "json",
    )  # fmt: skip
    run = done.json
    assert (run["name"], run["state_type"], run["parameters"]) == ("by-hand", "SCHEDULED", {"source": "8", "rows": 5})
    assert run["tags"] == ["etl", "mine"]
    due = datetime.fromisoformat(run["expected_start_time"])
    assert timedelta(minutes=9) < due - utc_now() <= timedelta(minutes=10)
    assert "Created flow run 'by-hand' of etl/nightly" in done.err
    assert "Nobody runs flows on this store now" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("etl/nightly", "-p", "rows=ten"), "Parameter rows must be a whole number, not 'ten'."),
        (("etl/nightly", "-p", "rwos=1"), "did you mean rows?"),
        (("nigthly",), "Did you mean 'nightly'?"),
        (("etl/nightly", "--start-in", "soon"), "is no duration"),
        (("etl/nightly", "--start-in", "5m", "--start-at", "12:00"), "not both"),
    ],
)
def test_a_run_that_does_not_fit_is_not_created(
    deployed: Path, flowtui: Flowtui, client: LocalClient, arguments: tuple[str, ...], words: str
) -> None:
    done = flowtui("deployment", "run", *arguments)
    assert done.code == 2
    assert words in done.err
    assert all(run.auto_scheduled for run in client.list_flow_runs().items)


def test_a_watched_run_prints_its_log_and_ends_as_the_run_ends(
    flows: Path, served: LocalClient, flowtui: Flowtui
) -> None:
    """With a real server, which runs it in a process of its own."""
    assert flowtui("deploy", "--all").code == 0
    good = flowtui("deployment", "run", "nightly", "-p", "rows=4", "--watch", "--watch-timeout", "40", "-o", "json")
    assert (good.code, good.json["state_type"], good.json["result"]) == (0, "COMPLETED", "4")
    assert "loading 4 from api" in good.err
    bad = flowtui("deployment", "run", "nightly", "-p", "rows=-1", "--watch", "--watch-timeout", "40", "-o", "json")
    assert (bad.code, bad.json["state_type"]) == (1, "FAILED")
    assert "fewer than nothing" in bad.err
    assert flowtui("server", "status").code == 0
    assert flowtui("server", "status", "-o", "json").json[0]["kind"] == "server"
    retried = flowtui("flow-run", "retry", bad.json["id"])
    assert (retried.code, "will be run again" in retried.err) == (0, True)
    wait_until(lambda: served.read_flow_run(bad.json["id"]).run_count == 2, 20, "the second attempt")


def test_watching_ends_when_its_time_is_over(deployed: Path, flowtui: Flowtui) -> None:
    """Nobody serves the store, so the run cannot end; the exit code says: try again."""
    done = flowtui("deployment", "run", "weekly", "--watch", "--watch-timeout", "0.2")
    assert done.code == 3
    assert "is still Scheduled" in done.err


def test_nobody_serving_is_told_by_the_exit_code(flowtui: Flowtui) -> None:
    done = flowtui("server", "status")
    assert (done.code, done.out) == (1, "")
    assert "Nobody serves" in done.err


def test_the_server_starts_stops_and_says_where_it_is(home: Path) -> None:
    command = [sys.executable, "-m", "flowtui", "server", "start", "--port", "0"]
    server = subprocess.Popen(command, env=clean_environment(home), stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        assert server.stderr.readline().startswith("flowtui server is up")
        assert "http://127.0.0.1:" in server.stderr.readline()
        server.terminate()
        _, rest = server.communicate(timeout=30)
    finally:
        server.kill()
    assert server.returncode == 0
    assert "has stopped" in rest


def test_block_types_and_blocks_are_listed_with_secrets_masked(client: LocalClient, flowtui: Flowtui) -> None:
    client.save_block("secret", "api-key", {"value": "hunter2"})
    assert {"secret", "webhook"} <= {kind["slug"] for kind in flowtui("block", "type", "ls", "-o", "json").json}
    listed = flowtui("block", "ls", "-o", "json")
    shown = flowtui("block", "inspect", "secret/api-key")
    assert [block["name"] for block in listed.json] == ["api-key"]
    assert "********" in shown.out
    assert "hunter2" not in listed.out + shown.out + flowtui("block", "inspect", "api-key", "-o", "json").out
    assert flowtui("block", "delete", "api-key", "--yes").code == 0
    assert flowtui("block", "ls", "-o", "json").json == []
