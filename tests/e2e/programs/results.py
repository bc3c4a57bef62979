"""Results kept on disk, with serializers and keys of one's own."""

from pathlib import Path
from tempfile import TemporaryDirectory

from prefect import flow, task
from prefect.exceptions import MissingResult
from prefect.filesystems import LocalFileSystem
from prefect.serializers import JSONSerializer


@task(persist_result=True, result_storage_key="sum-{parameters[x]}.json", result_serializer="json")
def add_one(x):
    return {"sum": x + 1}


@task(persist_result=True, result_serializer=JSONSerializer())
def listed():
    return [1, 2, 3]


@task(persist_result=False, cache_result_in_memory=False)
def forgotten():
    return object()


@flow
def keeping(folder):
    storage = LocalFileSystem(basepath=folder)
    storage.save("results-here", overwrite=True)
    print(add_one.with_options(result_storage=storage)(4))
    print(listed.with_options(result_storage="local-file-system/results-here")())
    state = forgotten(return_state=True)
    try:
        state.result()
    except MissingResult:
        print("not kept")


with TemporaryDirectory() as folder:
    keeping(folder)
    files = sorted(path.name for path in Path(folder).iterdir())
    print("sum-4.json" in files, len(files))
    print("sum" in (Path(folder) / "sum-4.json").read_text())
