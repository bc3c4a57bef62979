"""Variables and artifacts, as flows use them: in sync and in async code, inside and outside of runs."""

import asyncio
import math

import pytest

from flowtui import (
    Artifact,
    LinkArtifact,
    MarkdownArtifact,
    TableArtifact,
    Variable,
    acreate_markdown_artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    flow,
    task,
    update_progress_artifact,
)
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import ArtifactError, VariableError
from tests.engine.sdk.asking import only_run, tasks_of


def test_a_variable_is_set_got_and_unset(client: LocalClient) -> None:
    kept = Variable.set("team", {"size": 4}, tags=["ops"])
    assert (kept.name, kept.value, kept.tags) == ("team", {"size": 4}, ("ops",))
    assert Variable.get("team") == {"size": 4}
    with pytest.raises(VariableError, match="overwrite=True"):
        Variable.set("team", 1)
    assert Variable.set("team", 1, overwrite=True).value == 1
    assert (Variable.unset("team"), Variable.unset("team")) == (True, False)
    assert (Variable.get("team"), Variable.get("team", default=7)) == (None, 7)


def test_in_async_code_variables_are_awaited(client: LocalClient) -> None:
    @flow
    async def asking() -> list[object]:
        await Variable.set("x", 1)
        await Variable.aset("y", 2)
        return [
            await Variable.get("x"),
            await Variable.aget("y"),
            await Variable.unset("x"),
            await Variable.aunset("y"),
        ]

    assert asyncio.run(asking()) == [1, 2, True, True]


def test_a_sync_task_that_an_async_flow_calls_is_sync_code(client: LocalClient) -> None:
    @task
    def reading() -> object:
        return Variable.get("x")

    @flow
    async def asking() -> object:
        await Variable.set("x", 1)
        return reading()

    assert asyncio.run(asking()) == 1


def test_artifacts_belong_to_the_run_that_made_them(client: LocalClient) -> None:
    @task
    def inner() -> str:
        return create_markdown_artifact("# in", key="report")

    @flow
    def outer() -> list[str]:
        return [inner(), create_markdown_artifact("# out")]

    made_in, made_out = (client.read_artifact(artifact_id) for artifact_id in outer())
    run = only_run(client)
    assert (made_in.flow_run_id, made_in.task_run_id) == (run.id, tasks_of(client)["inner-0"].id)
    assert (made_out.flow_run_id, made_out.task_run_id, made_out.key) == (run.id, None, None)
    outside = client.read_artifact(create_markdown_artifact("# nowhere"))
    assert (outside.flow_run_id, outside.task_run_id) == (None, None)


def test_each_kind_keeps_what_it_is_of(client: LocalClient) -> None:
    def kept(artifact_id: str) -> tuple[str, object]:
        found = client.read_artifact(artifact_id)
        return found.type, found.data

    assert kept(create_link_artifact("https://a.org/x", "the report")) == ("markdown", "[the report](https://a.org/x)")
    assert kept(create_link_artifact("https://a.org/x")) == ("markdown", "[https://a.org/x](https://a.org/x)")
    assert kept(create_image_artifact("https://a.org/x.png")) == ("image", "https://a.org/x.png")
    rows = [{"a": 1, "b": math.nan}]
    assert kept(create_table_artifact(rows)) == ("table", [{"a": 1, "b": None}])
    assert kept(create_table_artifact({"a": (1, 2)})) == ("table", {"a": [1, 2]})
    assert kept(create_table_artifact([["a", "b"], [1, math.inf]])) == ("table", [["a", "b"], [1, None]])
    assert kept(create_progress_artifact(12)) == ("progress", 12.0)


def test_a_progress_moves(client: LocalClient) -> None:
    artifact_id = create_progress_artifact(0, description="copying")
    update_progress_artifact(artifact_id, 99.5)
    assert client.read_artifact(artifact_id).data == 99.5
    for wrong in (-1, 100.1, "half", True, math.nan):
        with pytest.raises(ArtifactError, match="from 0 to 100"):
            update_progress_artifact(artifact_id, wrong)  # type: ignore[arg-type]


def test_the_newest_of_a_key_is_got(client: LocalClient) -> None:
    assert Artifact.get("report") is None
    create_markdown_artifact("1", key="report")
    create_markdown_artifact("2", key="report")
    found = MarkdownArtifact.get("report")
    assert found is not None
    assert found.data == "2"


def test_an_artifact_is_got_or_else_created(client: LocalClient) -> None:
    first, created = MarkdownArtifact.get_or_create("notes", markdown="1", description="mine")
    again, created_again = MarkdownArtifact.get_or_create("notes", markdown="2")
    assert (created, created_again, again.id, again.data) == (True, False, first.id, "1")
    with pytest.raises(ArtifactError, match="MarkdownArtifact has no colour"):
        MarkdownArtifact.get_or_create("other", markdown="1", colour="red")


def test_an_artifact_of_ones_own_kind(client: LocalClient) -> None:
    kept = Artifact(type="receipt", data={"sum": 7}, key="receipt").create()
    assert (kept.type, kept.data) == ("receipt", {"sum": 7})
    with pytest.raises(ArtifactError, match="needs a type"):
        Artifact(data=1).create()
    with pytest.raises(ArtifactError, match="cannot be the key"):
        LinkArtifact(link="x", key="Not A Key").create()
    with pytest.raises(ArtifactError, match="A table cannot be made of 'text'"):
        TableArtifact(table="text").create()


def test_in_async_code_artifacts_are_awaited(client: LocalClient) -> None:
    @task
    async def making() -> str:
        return await create_markdown_artifact("# one")  # type: ignore[misc,no-any-return]

    @flow
    async def asking() -> list[str]:
        return [await making(), await acreate_markdown_artifact("# two")]

    one, two = (client.read_artifact(artifact_id) for artifact_id in asyncio.run(asking()))
    assert (one.data, two.data) == ("# one", "# two")
    assert (one.task_run_id is None, two.flow_run_id) == (False, only_run(client).id)
