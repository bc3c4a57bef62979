"""Concurrency slots and rate limits by names that nobody has made a limit for."""

import asyncio

from prefect import flow, task
from prefect.concurrency.asyncio import concurrency as aconcurrency
from prefect.concurrency.sync import concurrency, rate_limit


@task
def query(n):
    with concurrency("warehouse", occupy=1):
        return n * 2


@task
async def fetch(n):
    async with aconcurrency(["api", "network"], occupy=2):
        return n + 1


@flow
def limited():
    rate_limit("api-calls")
    return query.map([1, 2, 3]).result()


@flow
async def limited_async():
    return await asyncio.gather(*[fetch(n) for n in range(3)])


print(limited())
print(asyncio.run(limited_async()))
try:
    with concurrency("not-there", strict=True):
        print("inside")
except Exception:
    print("a strict one needs its limit")
