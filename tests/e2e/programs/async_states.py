"""States in async code, where their results are awaited; hooks of async flows; states of gathered subflows."""

import asyncio
from tempfile import TemporaryDirectory

from prefect import flow, task
from prefect.filesystems import LocalFileSystem
from prefect.states import Completed, Failed, get_state_exception


@task
async def divide(a, b):
    return a / b


@task
def stated(n):
    return Completed(message=f"{n}", data=n) if n else Failed(message="nothing")


@flow
async def child(n):
    if n == 2:
        raise LookupError("two")
    return n


@flow
def sync_child():
    state = stated(7, return_state=True)
    return state.result() + 1


@flow
async def asking(folder):
    good, bad = await asyncio.gather(divide(6, 3, return_state=True), divide(1, 0, return_state=True))
    print(await good.result(), good.is_completed())
    print(type(await bad.result(raise_on_failure=False)).__name__)
    try:
        await bad.result()
    except ZeroDivisionError:
        print("raised")
    print(repr(await get_state_exception(bad)))
    states = await asyncio.gather(*[child(n, return_state=True) for n in (1, 2)])
    print([state.type.value for state in states], await states[0].result())
    print(sync_child())
    state = stated(3, return_state=True)
    print(state.message, await state.result())
    storage = LocalFileSystem(basepath=folder)
    await storage.write_path("notes/one.txt", b"kept")
    print(await storage.read_path("notes/one.txt"))
    return stated(0, return_state=True)


with TemporaryDirectory() as folder:
    final = asyncio.run(asking(folder, return_state=True))
print(final.type.value)
