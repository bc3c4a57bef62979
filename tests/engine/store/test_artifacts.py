"""Artifacts: what runs make for people to look at, in versions by key."""

import math

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import ArtifactError, NotFound
from flowtui.engine.ids import new_id
from flowtui.engine.shared import ArtifactFilter, ArtifactRecord, NewArtifact
from tests.engine.store.made import due_run


def made(client: LocalClient, key: str | None = None, data: object = "# text", **fields: object) -> ArtifactRecord:
    return client.create_artifact(NewArtifact(**{"type": "markdown", "data": data, "key": key, **fields}))


def test_an_artifact_is_read_as_it_was_made(store_client: LocalClient) -> None:
    run = due_run(store_client)
    kept = made(store_client, "report", flow_run_id=run.id, task_run_id=new_id(), description="weekly")
    assert store_client.read_artifact(kept.id) == kept
    assert (kept.key, kept.type, kept.data, kept.description) == ("report", "markdown", "# text", "weekly")
    assert kept.flow_run_id == run.id


def test_the_newest_of_a_key_stands_for_it_and_the_others_stay(store_client: LocalClient) -> None:
    first, second = made(store_client, "report", "1"), made(store_client, "report", "2")
    made(store_client, "summary", "3")
    made(store_client, None, "4")
    latest = store_client.list_artifacts(ArtifactFilter(latest=True)).items
    assert [(item.key, item.data, item.versions) for item in latest] == [("report", "2", 2), ("summary", "3", 1)]
    versions = store_client.list_artifacts(ArtifactFilter(key="report")).items
    assert [item.id for item in versions] == [second.id, first.id]


def test_deleting_the_newest_version_brings_back_the_one_before(store_client: LocalClient) -> None:
    first, second, third = (made(store_client, "report", str(n)) for n in range(3))
    store_client.delete_artifact(third.id)
    store_client.delete_artifact(first.id)
    (latest,) = store_client.list_artifacts(ArtifactFilter(latest=True)).items
    assert (latest.id, latest.versions) == (second.id, 1)
    store_client.delete_artifact(second.id)
    assert store_client.list_artifacts(ArtifactFilter(latest=True)).items == ()
    with pytest.raises(NotFound, match="no artifact"):
        store_client.delete_artifact(second.id)


def test_a_list_is_filtered_and_paged(store_client: LocalClient) -> None:
    run = due_run(store_client)
    ids = [made(store_client, data=n, flow_run_id=run.id, type="table").id for n in range(5)]
    made(store_client)
    where, found, after = ArtifactFilter(flow_run_id=run.id, type="table"), [], None
    while True:
        page = store_client.list_artifacts(where, limit=2, after=after)
        found += [item.id for item in page.items]
        after = page.next
        if after is None:
            break
    assert found == ids[::-1]
    keys = [made(store_client, f"k-{n}").key for n in range(3)]
    first = store_client.list_artifacts(ArtifactFilter(latest=True), limit=2)
    rest = store_client.list_artifacts(ArtifactFilter(latest=True), limit=2, after=first.next)
    assert [item.key for item in (*first.items, *rest.items)] == keys


def test_an_update_changes_what_is_given(store_client: LocalClient) -> None:
    kept = made(store_client, type="progress", data=10.0, description="copying")
    assert store_client.update_artifact(kept.id, data=55.5).data == 55.5
    changed = store_client.update_artifact(kept.id, description="done")
    assert (changed.data, changed.description, changed.created) == (55.5, "done", kept.created)
    with pytest.raises(NotFound):
        store_client.update_artifact(new_id(), data=1)
    with pytest.raises(NotFound):
        store_client.read_artifact("no-id")


def test_what_json_cannot_hold_becomes_what_it_can(store_client: LocalClient) -> None:
    table = [{"a": math.nan, "b": (1, 2), 3: math.inf}]
    assert made(store_client, data=table).data == [{"a": None, "b": [1, 2], "3": None}]


@pytest.mark.parametrize("key", ["", "Upper", "under_score", "with space", "x" * 256])
def test_a_key_that_no_artifact_can_have_is_refused(store_client: LocalClient, key: str) -> None:
    with pytest.raises(ArtifactError, match="cannot be the key"):
        made(store_client, key)


def test_an_artifact_has_a_largest_size(store_client: LocalClient) -> None:
    with pytest.raises(ArtifactError, match=r"10,000,0\d\d characters of JSON; 10,000,000 is the most"):
        made(store_client, data="x" * 10_000_000)


def test_hostile_text_is_kept(store_client: LocalClient) -> None:
    text = "nul \0, lone \udce9, \x1b[31mred"
    kept = made(store_client, data=text, description=text)
    assert kept.data == "nul \\x00, lone \\udce9, \x1b[31mred" or kept.data == "nul \0, lone \\udce9, \x1b[31mred"
    assert kept.description == "nul \\x00, lone \\udce9, \x1b[31mred"


def test_a_deleted_run_takes_along_what_it_made_for_itself_alone(store_client: LocalClient) -> None:
    run = due_run(store_client)
    alone, keyed = made(store_client, flow_run_id=run.id), made(store_client, "report", flow_run_id=run.id)
    store_client.delete_flow_run(run.id)
    assert [item.id for item in store_client.list_artifacts().items] == [keyed.id]
    with pytest.raises(NotFound):
        store_client.read_artifact(alone.id)
