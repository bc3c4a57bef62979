"""Sync and async, mixed in every way that works."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from prefect import flow, get_run_logger, task
from prefect.futures import as_completed, wait
from prefect.task_runners import ConcurrentTaskRunner


@task
def sync_task(n):
    return n + 1


@task
async def async_task(n):
    await asyncio.sleep(0.001)
    return n * 2


@task
def runs_a_loop(n):
    async def inner():
        await asyncio.sleep(0)
        return n**2

    return asyncio.run(inner())


@task
async def calls_tasks(n):
    return sync_task(n) + await async_task(n)


@flow
def sync_flow(n):
    future = async_task.submit(n)
    return future.result() + runs_a_loop(n)


@flow
async def async_flow(n):
    return await async_task(n)


@flow(task_runner=ConcurrentTaskRunner())
async def mixed():
    get_run_logger().info("» mixed")
    futures = [async_task.submit(n) for n in range(4)] + [sync_task.submit(10)]
    done, not_done = wait(futures)
    print(sorted(f.result() for f in done), not_done)
    print(sorted(f.result() for f in as_completed(async_task.map([1, 2, 3]))))
    print(await asyncio.to_thread(sync_flow, 3))
    print(await asyncio.gather(async_flow(1), async_flow(2), calls_tasks(5)))
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(async_task(8)), group.create_task(async_flow(9))
    print(first.result(), second.result())
    print(await asyncio.to_thread(sync_task, 4))


@flow
def with_threads():
    main = threading.current_thread() is threading.main_thread()
    with ThreadPoolExecutor(2) as pool:
        return main, list(pool.map(sync_task.fn, [1, 2]))


asyncio.run(mixed())
print(with_threads())
print(sync_flow(2))
