"""Assets in the store, on both databases."""

from typing import Any

from flowtui.engine.client.local import LocalClient
from flowtui.engine.ids import new_id
from flowtui.engine.shared import Materialization


def made(*keys: str, **fields: Any) -> Materialization:
    values = {"succeeded": True, "upstream": {}, "metadata": {}, "task_run_id": new_id(), **fields}
    return Materialization(assets=dict.fromkeys(keys), **values)


def test_assets_are_listed_by_key_and_page_by_page(store_client: LocalClient) -> None:
    for number in (3, 1, 2):
        store_client.record_materialization(made(f"s3://lake/{number}"))
    first = store_client.list_assets(limit=2)
    assert [asset.key for asset in first.items] == ["s3://lake/1", "s3://lake/2"]
    rest = store_client.list_assets(limit=2, after=first.next)
    assert ([asset.key for asset in rest.items], rest.next) == (["s3://lake/3"], None)


def test_properties_stay_until_others_are_given(store_client: LocalClient) -> None:
    store_client.record_materialization(made("s3://a", upstream={"s3://b": {"name": "B"}}))
    store_client.record_materialization(made("s3://b", metadata={"s3://b": {"n": 1}}))
    kept = store_client.read_asset("s3://b")
    assert (kept.properties, kept.metadata, kept.outcome) == ({"name": "B"}, {"n": 1}, "succeeded")
    assert store_client.read_asset("s3://a").upstream == ("s3://b",)


def test_a_key_is_one_row_whoever_makes_it(store_client: LocalClient) -> None:
    for succeeded in (True, False, True):
        store_client.record_materialization(made("s3://a", succeeded=succeeded))
    (asset,) = store_client.list_assets().items
    assert asset.outcome == "succeeded" and asset.materialized == asset.attempted
