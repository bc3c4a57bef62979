"""What a type checker says of variables, artifacts, limits, pauses and inputs. Checked by `test_types.py`."""

from typing import Any, assert_type

from flowtui import (
    MarkdownArtifact,
    RunInput,
    Variable,
    acreate_markdown_artifact,
    arate_limit,
    concurrency,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    flow,
    pause_flow_run,
    rate_limit,
    receive_input,
    resume_flow_run,
    update_progress_artifact,
)
from flowtui.engine.shared import ArtifactRecord


class Approval(RunInput):
    approved: bool


@flow
def kept() -> None:
    assert_type(Variable.set("a", 1, tags=["x"], overwrite=True), Variable)
    assert_type(Variable.get("a", default=2), Any)
    assert_type(Variable.unset("a"), bool)
    assert_type(create_markdown_artifact("# text", key="report"), str)
    assert_type(create_link_artifact("https://a.org", "a"), str)
    assert_type(create_table_artifact([{"a": 1}]), str)
    assert_type(create_table_artifact({"a": [1]}), str)
    assert_type(update_progress_artifact(create_progress_artifact(1), 2.5), str)
    assert_type(MarkdownArtifact(markdown="# text").create(), ArtifactRecord)
    assert_type(MarkdownArtifact.get("report"), ArtifactRecord | None)
    assert_type(MarkdownArtifact.get_or_create("report", markdown="x"), tuple[ArtifactRecord, bool])
    with concurrency("db", occupy=2):
        rate_limit("api")
    assert_type(pause_flow_run(wait_for_input=Approval), Any)
    assert_type(Approval.with_initial_data(approved=True), type[Approval])
    for approval in Approval.receive(timeout=1):
        assert_type(approval, Any)
    resume_flow_run("id", {"approved": True})


@flow
async def awaited() -> None:
    assert_type(await Variable.aset("a", 1), Variable)
    assert_type(await Variable.aunset("a"), bool)
    assert_type(await acreate_markdown_artifact("# text"), str)
    async with concurrency(["db", "api"], timeout_seconds=1):
        await arate_limit("api")
    await pause_flow_run(wait_for_input=int)
    async for number in receive_input(int):
        assert_type(number, Any)
