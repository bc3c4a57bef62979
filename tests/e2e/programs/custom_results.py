"""Results of any kind: classes, large ones, kept for a flow, compressed, and asked for later."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from prefect import flow, task
from prefect.cache_policies import INPUTS, CacheKeyFnPolicy
from prefect.serializers import CompressedSerializer, PickleSerializer
from pydantic import BaseModel


@dataclass
class Table:
    rows: list


class Report(BaseModel):
    title: str
    total: int


made = []


@task(persist_result=True, cache_policy=INPUTS)
def table(n):
    made.append(n)
    return Table([[i, i * i] for i in range(n)])


@task(persist_result=True, result_serializer=CompressedSerializer(serializer=PickleSerializer()))
def report(table: Table):
    return Report(title="squares", total=sum(row[1] for row in table.rows))


@task(persist_result=True, result_serializer="compressed/json", result_storage_key="big")
def big():
    return ["x" * 1000] * 1000


@task(cache_policy=CacheKeyFnPolicy(cache_key_fn=lambda context, parameters: "fixed"), persist_result=True)
def fixed(n):
    return n


@flow(persist_result=True)
def results(folder):
    first, second = table(4), table(4)
    print(first == second, len(made))
    print(report(first))
    print(len(big.with_options(result_storage=Path(folder))()), sum(p.stat().st_size for p in Path(folder).glob("big*")) < 20000)
    print(fixed(1), fixed(2))
    return Report(title="all", total=3)


with TemporaryDirectory() as folder:
    state = results(folder, return_state=True)
print(state.result())
print(results.fn.__name__, Table([]) == Table([]))
