"""Deployment files: what they may say, and that every mistake names file, line and key."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.deployments.entry import DeploymentFile
from flowtui.engine.deployments.file import find_deployment_file, read_deployment_file
from flowtui.engine.errors import DeploymentFileError
from flowtui.engine.schedules import Cron, Interval
from flowtui.engine.schedules.walls import zone

Read = Callable[[str], DeploymentFile]
Write = Callable[..., Path]

FULL = """
name: shop
definitions:
  berlin: &berlin
    timezone: Europe/Berlin
  pool: &pool
    name: local
    work_queue_name: default
    job_variables:
      env: {MODE: test}
deployments:
  - name: nightly
    version: 1.10
    tags: [etl, prod, etl]
    description: Every night.
    entrypoint: flows/etl.py:etl
    paused: true
    enforce_parameter_schema: false
    parameters:
      source: api.example.com
      since: 2026-11-19
      rows: 10_000
    work_pool:
      <<: *pool
      work_queue_name: slow
    schedules:
      - cron: "0 3 * * *"
        <<: *berlin
        day_or: false
        slug: night
      - interval: 900
        anchor_date: 2026-01-01T00:05:00
        active: false
        parameters: {rows: 5}
  - name: hourly
    entrypoint: flows.etl.etl
    schedule: {interval: PT1H, timezone: Asia/Kolkata}
"""


def test_a_full_file_is_read_as_it_was_meant(read: Read) -> None:
    file = read(FULL)
    nightly, hourly = file.entries

    assert (nightly.name, nightly.entrypoint, nightly.version) == ("nightly", "flows/etl.py:etl", "1.10")
    assert (nightly.tags, nightly.paused, nightly.enforce_parameter_schema) == (("etl", "prod"), True, False)
    assert nightly.parameters == {"source": "api.example.com", "since": "2026-11-19", "rows": 10_000}
    assert (nightly.work_pool_name, nightly.work_queue_name) == ("local", "slow")
    assert nightly.job_variables == {"env": {"MODE": "test"}}
    assert nightly.schedules is not None and hourly.schedules is not None
    assert nightly.schedules[0] == Cron("0 3 * * *", timezone="Europe/Berlin", day_or=False, slug="night")
    quarter = nightly.schedules[1]
    assert isinstance(quarter, Interval)
    assert (quarter.interval, quarter.active, quarter.parameters) == (
        timedelta(minutes=15),
        False,
        {"rows": 5},
    )
    assert quarter.anchor_date.isoformat() == "2026-01-01T00:05:00+00:00"
    hour = hourly.schedules[0]
    assert isinstance(hour, Interval)
    assert (hour.interval, hour.timezone, hour.anchor_date.tzinfo) == (
        timedelta(hours=1),
        "Asia/Kolkata",
        zone("Asia/Kolkata"),
    )
    assert file.notes == ()


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:15:00", 900), ("1:30:00", 5400), ("3600", 3600), ("90m", 5400), ("'60'", 60)]
)
def test_an_interval_is_what_was_written_whatever_yaml_makes_of_it(read: Read, text: str, seconds: int) -> None:
    entry = read(f"deployments: [{{name: a, entrypoint: a.py, schedule: {{interval: {text}}}}}]").entries[0]
    assert entry.schedules is not None
    schedule = entry.schedules[0]
    assert isinstance(schedule, Interval)
    assert schedule.interval == timedelta(seconds=seconds)


def test_the_file_that_other_tools_generate_is_read_as_it_is(read: Read) -> None:
    """A template with empty entries and steps: nothing of it is an error, and what is ignored is said."""
    file = read(
        "name: proj\nprefect-version: 3.8.8\nbuild: null\npush: null\n"
        "pull:\n- prefect.deployments.steps.set_working_directory:\n    directory: /somewhere\n"
        "deployments:\n"
        "- name: null\n  version: null\n  tags: []\n  description: null\n  schedule: {}\n  flow_name: null\n"
        "  entrypoint: null\n  parameters: {}\n"
        "  work_pool: {name: null, work_queue_name: null, job_variables: {}}\n"
        "- name: real\n  entrypoint: a.py:f\n  triggers: [{enabled: true}]\n  concurrency_limit: 3\n"
        "  parameters: {image: '{{ build.image }}'}\n  owner: me\n  path: null\n"
    )
    (real,) = file.entries
    assert (real.name, real.schedules, real.concurrency_limit) == ("real", None, 3)
    assert real.pull is not None
    assert [step.short for step in real.pull] == ["set_working_directory"]
    notes = "\n".join(file.notes)
    for words in ("deployments[0] has neither", "triggers is ignored", "deployments[1].owner means nothing"):
        assert words in notes
    assert not any(word in notes for word in ("build", "pull", "path"))


def test_schedules_as_other_tools_save_them_are_read(read: Read) -> None:
    (entry,) = read(
        "deployments:\n- name: a\n  entrypoint: a.py:f\n  concurrency_limit:\n  is_schedule_active: false\n"
        "  schedules:\n"
        "  - cron: 0 16 * * *\n    timezone: Europe/Lisbon\n    max_active_runs:\n    catchup: false\n"
    ).entries
    assert entry.schedules is not None
    assert [(one.text, one.timezone, one.active) for one in entry.schedules] == [
        (entry.schedules[0].text, "Europe/Lisbon", False)
    ]


MISTAKES = [
    ("deployments:\n  - name: a\n    entrypiont: a.py\n", 3, "deployments[0].entrypiont", "Did you mean entrypoint?"),
    ("deploymnets: []\n", 1, "deploymnets", "Did you mean deployments?"),
    ("deployments:\n  - entrypoint: a.py\n", 2, "deployments[0].name", "is missing"),
    ("deployments:\n  - name: a/b\n    entrypoint: a.py\n", 2, "deployments[0].name", "not allowed"),
    ("deployments:\n  - name: a\n", 2, "deployments[0].entrypoint", "is missing"),
    ("deployments:\n  name: a\n", 2, "deployments", "must be a list"),
    ("deployments: [3]\n", 1, "deployments[0]", "must be a mapping"),
    ("- a\n- b\n", 1, None, "must be a mapping"),
    ("deployments:\n- name: a\n  entrypoint: a.py\n  paused: soon\n", 4, "deployments[0].paused", "true or false"),
    ("deployments:\n- name: a\n  entrypoint: a.py\n  tags: etl\n", 4, "deployments[0].tags", "must be a list"),
    ("deployments:\n- name: a\n  entrypoint: a.py\n  tags: [[x]]\n", 4, "deployments[0].tags", "list of texts"),
    ("deployments:\n- name: a\n  entrypoint: a.py\n  parameters: [1]\n", 4, "deployments[0].parameters", "names to"),
    ("deployments:\n- name: a\n  entrypoint: a.py\n- name: a\n  entrypoint: a.py\n", 4, "name", "line 2 already"),
]  # fmt: skip

SCHEDULES = [
    ("{cron: '0 0 31 2 *'}", "schedule.cron", "can never fire"),
    ("{cron: '* * *'}", "schedule.cron", "3 of the 5 fields"),
    ("{cron: '0 0 * * *', timezone: Europe/Berln}", "schedule.timezone", "Europe/Berlin"),
    ("{rrule: 'FREQ=OFTEN'}", "schedule.rrule", "FREQ is one of"),
    ("{rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'}", "schedule.rrule", "can never fire"),
    ("{cron: '0 0 * * *', interval: 60}", "schedule.cron", "one of cron, interval and rrule; this one has cron and"),
    ("{timezone: UTC}", "schedule.cron", "this one has none of them"),
    ("{cron: '0 0 * * *', catch_up: never}", "schedule.catch_up", "all, latest, skip or within 10m"),
    ("{cron: '0 0 * * *', catchup: {within: soon}}", "schedule.catchup", "no duration"),
    ("{cron: '0 0 * * *', max_scheduled_runs: 0}", "schedule.max_scheduled_runs", "from 1 to 100"),
    ("{cron: '0 0 * * *', dst_overlap: thrice}", "schedule.dst_overlap", "once or twice"),
    ("{interval: often}", "schedule.interval", "no duration"),
    ("{interval: 0}", "schedule.interval", "has to be positive"),
    ("{interval: 60, anchor_date: soon}", "schedule.anchor_date", "no date"),
    ("{interval: 60, day_or: true}", "schedule.day_or", "belongs to cron"),
    ("{cron: '0 0 * * *', anchor_date: 2026-01-01}", "schedule.anchor_date", "belongs to interval"),
    ("{crom: '0 0 * * *'}", "schedule.crom", "Did you mean cron?"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), MISTAKES)
def test_a_mistake_names_file_line_and_key(read: Read, text: str, line: int, key: str | None, words: str) -> None:
    with pytest.raises(DeploymentFileError) as caught:
        read(text)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert words in str(caught.value)
    assert "flowtui.yaml" in str(caught.value)


@pytest.mark.parametrize(("schedule", "key", "words"), SCHEDULES)
def test_a_schedule_that_makes_no_sense_is_refused_at_its_line(read: Read, schedule: str, key: str, words: str) -> None:
    with pytest.raises(DeploymentFileError) as caught:
        read(f"deployments:\n- name: a\n  entrypoint: a.py\n  schedule: {schedule}\n")
    assert (caught.value.line, caught.value.key) == (4, f"deployments[0].{key}")
    assert words in caught.value.problem


def test_two_schedules_of_one_slug_are_refused(read: Read) -> None:
    with pytest.raises(DeploymentFileError, match="slug of another schedule"):
        read(
            "deployments:\n- name: a\n  entrypoint: a.py\n  schedules:\n"
            "  - {cron: '0 0 * * *', slug: x}\n  - {cron: '1 0 * * *', slug: x}\n"
        )


BROKEN = [
    ("deployments:\n  - name: a: b\n", 2, "a second ':'"),
    ("deployments:\n\t- name: a\n", 2, "never with tabs"),
    ("deployments:\n  - name: a\n   entrypoint: b\n", 3, "indentation"),
    ("deployments: [a, b\n", 2, "',' or ']'"),
    ("deployments: *nobody\n", 1, "does not stand before it"),
    ("deployments: !!python/object/apply:os.system ['true']\n", 1, "tag"),
    ("name: 'open\n", 2, "closing quote"),
    ("a: 1\na: 2\n", 2, "given twice"),
    ("a: &x [*x]\n", 1, "contains itself"),
    ("? [a]\n: 1\n", 1, "plain text"),
    ("a: 2026-13-45\n", 1, "cannot be read"),
    ("a: .nan\n", 1, "no counterpart in JSON"),
    ("a: 1\n---\nb: 1\n", 2, "one document"),
    ("a: !!binary aGk=\n", 1, "no counterpart in JSON"),
    ("a: {<<: 3}\n", 1, "takes a mapping"),
]


@pytest.mark.parametrize(("text", "line", "words"), BROKEN)
def test_broken_yaml_names_file_line_and_what_was_expected(read: Read, text: str, line: int, words: str) -> None:
    with pytest.raises(DeploymentFileError) as caught:
        read(text)
    assert caught.value.line == line
    assert words in str(caught.value)


def test_a_file_that_is_no_text_is_refused(write: Write) -> None:
    with pytest.raises(DeploymentFileError, match=r"flowtui\.yaml:2: the file is not UTF-8"):
        read_deployment_file(write("flowtui.yaml", b"name: a\nx: \xff\n"))


def test_an_empty_or_missing_file_is_refused(read: Read, tmp_path: Path) -> None:
    with pytest.raises(DeploymentFileError, match="is empty"):
        read("# nothing\n")
    with pytest.raises(DeploymentFileError, match="cannot be read: No such file"):
        read_deployment_file(tmp_path / "nowhere.yaml")


def test_a_bomb_of_aliases_is_refused_before_it_explodes(read: Read) -> None:
    """Nine lists of nine aliases each: fewer than the limit, and a thousand million values."""
    lines = ["definitions:", "  a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(DeploymentFileError, match="stand for more than"):
        read("\n".join(lines) + "\n")
    with pytest.raises(DeploymentFileError, match="more than 100 aliases"):
        read("definitions:\n  a: &a 1\n  b: [" + ", ".join(["*a"] * 101) + "]\n")


def test_depth_and_size_are_limited(read: Read) -> None:
    with pytest.raises(DeploymentFileError, match="nested deeper than 50"):
        read("definitions: " + "[" * 60 + "]" * 60 + "\n")
    with pytest.raises(DeploymentFileError, match="larger than 1,000,000"):
        read("name: x\n" + "#" * 1_000_001)


def test_flowtui_yaml_is_found_before_prefect_yaml(write: Write) -> None:
    folder = write("prefect.yaml", "deployments: []\n").parent
    assert find_deployment_file(folder) == folder / "prefect.yaml"
    write("flowtui.yaml", "deployments: []\n")
    assert find_deployment_file(folder) == folder / "flowtui.yaml"
    assert find_deployment_file(folder.parent) is None
