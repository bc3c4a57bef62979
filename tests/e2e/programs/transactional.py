"""Transactions: what is rolled back, what is committed, and values that hooks see."""

from pathlib import Path
from tempfile import mkdtemp

from prefect import flow, task
from prefect.transactions import get_transaction, transaction

folder = Path(mkdtemp())


@task
def write(name, text):
    path = folder / name
    path.write_text(text)
    get_transaction().set("path", str(path))
    return name


@write.on_rollback
def remove(txn):
    path = Path(txn.get("path"))
    path.unlink()
    print("rolled back", path.name)


@write.on_commit
def confirm(txn):
    print("committed", Path(txn.get("path")).name)


@task
def check(name):
    if "bad" in (folder / name).read_text():
        raise ValueError(f"{name} is bad")


@flow
def pipeline(text):
    with transaction() as txn:
        txn.set("purpose", "demo")
        print("purpose", txn.get("purpose"), txn.get("other", "none"))
        write("first.txt", "fine")
        second = write("second.txt", text)
        check(second)
    return sorted(path.name for path in folder.iterdir())


print(pipeline("good"))
for path in folder.iterdir():
    path.unlink()
state = pipeline("bad", return_state=True)
print(state.type.value, sorted(path.name for path in folder.iterdir()))
folder.rmdir()
