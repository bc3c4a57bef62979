"""Assets: which runs made them, from what, and what was said of them."""

import asyncio
from typing import Any

import pytest

from flowtui import (
    Asset,
    AssetProperties,
    ProcessPoolTaskRunner,
    add_asset_metadata,
    flow,
    materialize,
    task,
)
from flowtui.engine.assets import id_of_key
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MissingContext, NotFound, UsageError
from flowtui.engine.model import Change
from tests.engine.sdk.asking import only_run, tasks_of

RAW = Asset("s3://lake/raw", properties=AssetProperties(name="Raw orders", owners=["shop"]))
CLEAN = "s3://lake/clean"


def told(client: LocalClient) -> list[Change]:
    return [change for change in client.changes(0, limit=10_000) if change.kind == "asset"]


@materialize(RAW, asset_deps=["postgres://shop/orders"])
def load() -> list[int]:
    RAW.add_metadata({"rows": 3})
    return [1, 2, 3]


@task
def double(values: list[int]) -> list[int]:
    return [2 * value for value in values]


@materialize(CLEAN, by="dbt")
def clean(values: list[int], broken: bool = False) -> int:
    add_asset_metadata(CLEAN, {"rows": len(values)})
    add_asset_metadata(CLEAN, {"broken": broken})
    if broken:
        raise ValueError("nothing fits")
    return len(values)


def test_what_a_task_makes_is_made_from_what_its_upstream_made(client: LocalClient) -> None:
    @flow
    def etl() -> int:
        return clean.submit(double.submit(load.submit())).result()

    assert etl() == 3
    run, runs = only_run(client), tasks_of(client)
    raw, kept = client.read_asset(RAW.key), client.read_asset(CLEAN)
    assert (raw.properties, raw.metadata) == ({"name": "Raw orders", "owners": ["shop"]}, {"rows": 3})
    assert (raw.upstream, raw.task_run_id, raw.flow_run_id) == (("postgres://shop/orders",), runs["load-0"].id, run.id)
    assert (kept.upstream, kept.materialized_by, kept.outcome) == ((RAW.key,), "dbt", "succeeded")
    assert (kept.metadata, kept.task_run_id) == ({"rows": 3, "broken": False}, runs["clean-0"].id)
    only_read = client.read_asset("postgres://shop/orders")
    assert (only_read.outcome, only_read.materialized) == (None, None)
    assert [asset.key for asset in client.list_assets().items] == [only_read.key, CLEAN, RAW.key]


def test_an_upstream_is_known_by_its_result_too_and_in_async_code(client: LocalClient) -> None:
    @materialize("s3://lake/b")
    async def second(values: list[int]) -> None: ...

    @flow
    async def etl() -> None:
        await second(load())

    asyncio.run(etl())
    assert client.read_asset("s3://lake/b").upstream == (RAW.key,)


def test_each_materialisation_is_in_the_change_feed_under_an_id_that_follows_from_the_key(client: LocalClient) -> None:
    @flow
    def etl() -> None:
        clean(load())

    etl()
    assert [(change.name, change.body["key"]) for change in told(client)] == [
        ("referenced", "postgres://shop/orders"),
        ("materialization.succeeded", RAW.key),
        ("referenced", RAW.key),
        ("materialization.succeeded", CLEAN),
    ]
    last = told(client)[-1]
    assert last.subject_id == id_of_key(CLEAN) == client.read_asset(CLEAN).id
    assert (last.body["upstream"], last.body["metadata"]) == ([RAW.key], {"rows": 3, "broken": False})
    assert last.body["task_run_id"] == tasks_of(client)["clean-0"].id


def test_a_run_that_fails_leaves_what_the_last_good_one_said(client: LocalClient) -> None:
    @flow
    def etl(broken: bool) -> None:
        clean([1], broken=broken)

    etl(False)
    good = client.read_asset(CLEAN)
    with pytest.raises(ValueError, match="nothing fits"):
        etl(True)
    after = client.read_asset(CLEAN)
    assert (after.outcome, after.materialized, after.metadata) == ("failed", good.materialized, good.metadata)
    assert after.task_run_id == good.task_run_id != after.attempt_task_run_id
    assert told(client)[-1].name == "materialization.failed"


def test_only_the_last_try_counts(client: LocalClient) -> None:
    tries = []

    @materialize("s3://lake/flaky", retries=1)
    def flaky() -> None:
        tries.append(None)
        if len(tries) == 1:
            raise ValueError

    flaky()
    assert [change.name for change in told(client)] == ["materialization.succeeded"]


def test_a_result_that_was_kept_makes_nothing(client: LocalClient) -> None:
    @materialize("s3://lake/once", cache_key_fn=lambda context, parameters: "always")
    def once() -> int:
        return 1

    @flow
    def twice() -> list[int]:
        return [once(), once()]

    assert twice() == [1, 1]
    assert len(told(client)) == 1


def test_what_was_made_before_a_retry_of_the_flow_is_still_upstream_and_not_made_again(client: LocalClient) -> None:
    tries = []

    @flow(retries=1)
    def etl() -> None:
        rows = load()
        tries.append(None)
        if len(tries) == 1:
            raise ValueError
        clean(rows)

    etl()
    made = [change.body["key"] for change in told(client) if change.name == "materialization.succeeded"]
    assert made == [RAW.key, CLEAN]
    assert client.read_asset(CLEAN).upstream == (RAW.key,)


def test_what_is_said_in_another_process_comes_back(client: LocalClient) -> None:
    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def etl() -> int:
        return clean.submit([1, 2]).result()

    assert etl() == 2
    assert client.read_asset(CLEAN).metadata == {"rows": 2, "broken": False}


def test_options_can_be_changed_and_the_assets_stay(client: LocalClient) -> None:
    changed = clean.with_options(name="other", asset_deps=[RAW])
    assert changed([1]) == 1
    assert client.read_asset(CLEAN).upstream == (RAW.key,)


def test_a_task_alone_makes_assets_too(client: LocalClient) -> None:
    assert load() == [1, 2, 3]
    assert client.read_asset(RAW.key).flow_run_id is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Asset("orders"), "s3://lake/orders"),
        (lambda: Asset("s3://a b"), "without blanks"),
        (lambda: Asset("s3://" + "x" * 600), "512"),
        (lambda: Asset("s3://a", properties={"name": "A"}), "AssetProperties"),  # type: ignore[arg-type]
        (lambda: AssetProperties(owners="me"), "list of texts"),  # type: ignore[arg-type]
        (materialize, "needs the assets"),
        (lambda: materialize("s3://a", by=3), "name of a tool"),  # type: ignore[arg-type]
        (lambda: task(asset_deps="s3://a")(print), "list of assets"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_written(wrong: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wrong()


def test_only_the_task_that_makes_an_asset_says_something_of_it(client: LocalClient) -> None:
    @task
    def other() -> None:
        add_asset_metadata(CLEAN, {})

    with pytest.raises(MissingContext):
        add_asset_metadata(CLEAN, {})
    with pytest.raises(UsageError, match="decorate it with @materialize"):
        other()
    with pytest.raises(NotFound):
        client.read_asset(CLEAN)
