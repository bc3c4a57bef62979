"""A deployment file with steps and placeholders, from its text to what is in the store."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.deploy import deploy_file, prepare
from flowtui.engine.deployments.entry import DeploymentFile
from flowtui.engine.errors import DeploymentFileError, UsageError
from flowtui.engine.model import Deployment

Read = Callable[[str], DeploymentFile]
Write = Callable[..., Path]

FLOWS = "from flowtui import flow\n@flow\ndef etl(source: str = 'a', rows: int = 1): ...\n"
SHELL = "flowtui.deployments.steps.run_shell_script"


@pytest.fixture(autouse=True)
def flows(write: Write) -> None:
    write("flows.py", FLOWS)


def deployed(client: LocalClient, file: DeploymentFile) -> tuple[list[Deployment], list[str]]:
    lines: list[str] = []
    return list(client.save_deployments(prepare(client, file, file.entries, hearer=lines.append))), lines


def test_every_key_is_filled_and_acted_on(
    client: LocalClient, read: Read, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("PAUSED", "true")
    client.create_work_pool("big")
    client.create_work_queue("big", "fast")
    client.set_variable("rows", 7)
    client.set_variable("when", "30 4 * * *")
    client.save_block("secret", "source", {"value": "s3"})
    file = read(
        f"""
name: whole
prefect-version: 3.8.8
definitions:
  tags: &tags [etl, "{{{{ $STAGE }}}}"]
  pool: &pool
    name: "{{{{ $POOL }}}}"
    work_queue_name: fast
    job_variables:
      image: "{{{{ build-image.stdout }}}}"
      env: {{TOKEN: "{{{{ prefect.blocks.secret.source }}}}", STAGE: "{{{{ $STAGE }}}}"}}
      limit: "{{{{ prefect.variables.rows }}}}"
.anything: &anything {{x: 1}}
build:
- {SHELL}: {{id: build-image, script: echo reg/etl:3}}
push:
- {SHELL}: {{id: pushed, script: "echo pushed {{{{ build-image.stdout }}}}"}}
pull:
- prefect.deployments.steps.git_clone:
    repository: https://x.example/{{{{ $STAGE }}}}/etl.git
    access_token: "{{{{ $GIT_TOKEN }}}}"
    branch: "{{{{ prefect.variables.branch }}}}"
deployments:
- name: etl-{{{{ $STAGE }}}}
  entrypoint: flows.py:etl
  flow_name: another
  version: "{{{{ build-image.stdout }}}}"
  version_type: simple
  description: Pushed as "{{{{ pushed.stdout }}}}", from {{{{ nobody.knows }}}}nowhere
  tags: *tags
  paused: "{{{{ $PAUSED }}}}"
  concurrency_limit:
    limit: "{{{{ prefect.variables.rows }}}}"
    collision_strategy: cancel_new
    grace_period_seconds: 60
  parameters: {{rows: "{{{{ prefect.variables.rows }}}}", source: "{{{{ prefect.blocks.secret.source }}}}"}}
  schedules:
  - cron: "{{{{ prefect.variables.when }}}}"
    timezone: Europe/Berlin
    parameters: {{rows: "{{{{ prefect.variables.rows }}}}"}}
  - {{interval: 3600, active: false, slug: hourly}}
  work_pool: *pool
"""
    )
    monkeypatch.setenv("POOL", "big")
    monkeypatch.setenv("GIT_TOKEN", "c4n4ry")
    (one,), lines = deployed(client, file)

    assert (one.full_name, one.version, one.tags) == ("etl/etl-prod", "reg/etl:3", ("etl", "prod"))
    assert one.description == 'Pushed as "pushed reg/etl:3", from nowhere'
    assert (one.paused, one.concurrency_limit, one.collision_strategy) == (True, 7, "CANCEL_NEW")
    assert one.grace_period_seconds == 60
    assert one.parameters == {"rows": 7, "source": "s3"}
    assert (one.work_pool_name, one.work_queue_name) == ("big", "fast")
    assert one.job_variables == {
        "image": "reg/etl:3",
        "env": {"TOKEN": "{{ prefect.blocks.secret.source }}", "STAGE": "prod"},
        "limit": "{{ prefect.variables.rows }}",
    }
    assert one.pull_steps == (
        {
            "prefect.deployments.steps.git_clone": {
                "repository": "https://x.example/prod/etl.git",
                "access_token": "{{ $GIT_TOKEN }}",
                "branch": "{{ prefect.variables.branch }}",
            }
        },
    )
    first, second = sorted(one.schedules, key=lambda schedule: not schedule.active)
    assert (first.parameters, second.active, second.slug) == ({"rows": 7}, False, "hourly")
    said = "\n".join(lines)
    assert "etl-prod: {{ nobody.knows }} means nothing here and is left out" in said
    assert "flow_name is another, but the flow calls itself etl" in said


def test_steps_of_the_file_are_run_once_and_those_of_an_entry_by_themselves(client: LocalClient, read: Read) -> None:
    file = read(
        f"build: {{{SHELL}: {{script: sh -c 'echo x >> built; wc -l < built'}}}}\n"
        "deployments:\n"
        "- {name: a, entrypoint: 'flows.py:etl', version: '{{ stdout }}'}\n"
        "- {name: b, entrypoint: 'flows.py:etl', version: '{{ stdout }}'}\n"
        f"- {{name: c, entrypoint: 'flows.py:etl', version: '{{{{ stdout }}}}',\n"
        f"   build: {{{SHELL}: {{script: echo own}}}}}}\n"
        "- {name: d, entrypoint: 'flows.py:etl', version: '{{ stdout }}', build: null}\n"
    )
    saved, _ = deployed(client, file)
    assert [one.version for one in saved[:3]] == ["1", "1", "own"]
    assert saved[3].version != "1"  # nothing was built, so the flow's own version counts
    assert (Path(file.folder) / "built").read_text() == "x\n"


def test_an_empty_list_of_steps_stands_against_those_of_the_file(client: LocalClient, read: Read) -> None:
    file = read(
        "pull: [{a.b: {}}]\ndeployments:\n"
        "- {name: a, entrypoint: 'flows.py:etl', pull: []}\n- {name: b, entrypoint: 'flows.py:etl'}\n"
    )
    saved, _ = deployed(client, file)
    assert [one.pull_steps for one in saved] == [(), ({"a.b": {}},)]


ENTRY = "- {{name: a, entrypoint: 'flows.py:etl', {0}}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: '{{ prefect.variables.missing }}'", "a.*variable that does not exist. Set it with"),
        ("tags: ['{{ prefect.blocks.secret.missing }}']", "a.*names a block that does not exist"),
        (
            "work_pool: {name: nowhere}",
            "There is no work pool 'nowhere'. There is local. Make it with: flowtui work-pool",
        ),
        ("work_pool: {name: '{{ prefect.variables.pool }}'}", "There is no work pool 'nowhere'"),
        ("work_pool: {work_queue_name: fast}", "There is no work queue 'fast'. Pool local has default"),
        ("concurrency_limit: 0", "must be a whole number, 1 or more"),
        ("concurrency_limit: {limit: 1, collision_strategy: MAYBE}", "must be ENQUEUE or CANCEL_NEW"),
        ("concurrency_limit: '{{ prefect.variables.pool }}'", "must be a whole number, 1 or more, not 'nowhere'"),
        ("paused: '{{ prefect.variables.pool }}'", "must be true or false"),
        ("version_type: svn", "no type of version"),
        ("build: [{prefect_docker.deployments.steps.build_docker_image: {image_name: x}}]", "images are not built"),
        ("pull: [{prefect_aws.deployments.steps.pull_from_s3: {bucket: x}}]", "code is not moved to S3"),
        ("build: [{nowhere_at_all.step: {}}]", r"build step 1 \(nowhere_at_all.step\) failed"),
        ("build: [{json.loads: {s: '{}', requires: ./no-such-package}}]", "requires the package ./no-such-package"),
        ("parameters: {rows: '{{ prefect.variables.pool }}'}", "Parameter rows must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(client: LocalClient, read: Read, text: str, words: str) -> None:
    client.set_variable("pool", "nowhere")
    good = "- {name: good, entrypoint: 'flows.py:etl'}"
    with pytest.raises(UsageError, match=words):
        deploy_file(client, read(f"deployments:\n{good}\n{ENTRY.format(text)}\n"))
    assert client.list_deployments().items == ()


def test_what_the_file_alone_tells_is_checked_before_a_step_is_run(client: LocalClient, read: Read) -> None:
    file = read(
        f"build: {{{SHELL}: {{script: touch built}}}}\n"
        "deployments:\n"
        "- {name: a, entrypoint: 'flows.py:etl'}\n"
        "- {name: b, entrypoint: 'flows.py:etl', parameters: {rows: ten, source: '{{ stdout }}'}}\n"
    )
    with pytest.raises(DeploymentFileError, match="rows must be a whole number"):
        deploy_file(client, file)
    assert not (Path(file.folder) / "built").exists()


def test_a_secret_in_the_file_is_warned_of(read: Read) -> None:
    step = "{prefect.deployments.steps.git_clone: {repository: 'https://x.example/y', access_token: abc}}"
    (note,) = read(f"pull: [{step}]\ndeployments: [{{name: a, entrypoint: 'a.py:f'}}]\n").notes
    assert "git_clone.access_token stands in the file as it is" in note


# -- versions ---------------------------------------------------------------------------------------------------------


def test_each_change_is_a_version_that_says_what_changed(client: LocalClient, read: Read, write: Write) -> None:
    def deploy(text: str) -> Deployment:
        return deploy_file(client, read(f"deployments:\n{ENTRY.format(text)}\n"))[0]

    first = deploy("version: '1'")
    assert deploy("version: '1'").version_number == 1  # nothing changed
    deploy("version: '2', parameters: {rows: 3}, schedule: {interval: 60}")
    deploy("version: '2', parameters: {rows: 3}, pull: [{a.b: {}}]")
    write("flows.py", FLOWS.replace("rows: int", "lines: int"))
    last = deploy("version: '2', pull: [{a.b: {}}]")
    versions = client.list_deployment_versions(first.id)
    assert [(one.number, one.version, one.changed) for one in versions] == [
        (4, "2", ("parameters", "signature")),
        (3, "2", ("pull steps",)),
        (2, "2", ("version", "parameters", "schedules")),
        (1, "1", ()),
    ]
    assert last.version_number == 4
    assert versions[2].spec["schedules"][0]["schedule"]["interval"] == 60
    assert [one.number for one in client.list_deployment_versions(first.id, limit=1)] == [4]
    json.dumps(versions[0].spec)
    assert client.run_deployment(first.id).deployment_version == "2"
