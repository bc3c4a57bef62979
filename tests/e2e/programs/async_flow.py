"""Async flows and tasks, gathered; sync tasks called from an async flow."""

import asyncio

from prefect import flow, get_run_logger, task

order = []


@task
async def fetch(n: int) -> int:
    await asyncio.sleep(0.02 * (3 - n))
    order.append(n)
    return n * n


@task
def plus_one(x: int) -> int:
    return x + 1


@task(retries=1)
async def shaky():
    order.append("shaky")
    if order.count("shaky") < 2:
        raise ConnectionResetError("again")
    return "steady"


@flow
async def child(x: int) -> int:
    return await fetch(x) + 100


@flow(log_prints=True)
async def crawl(count: int = 3):
    get_run_logger().info("» crawling %d", count)
    values = await asyncio.gather(*[fetch(n) for n in range(count)])
    bumped = [plus_one(v) for v in values]
    submitted = fetch.submit(1)
    both = await asyncio.gather(child(1), child(2))
    print("» printed to the log")
    state = await fetch(2, return_state=True)
    return values, bumped, submitted.result(), both, await shaky(), state.name


result = asyncio.run(crawl())
print(result)
print(order[:3])
