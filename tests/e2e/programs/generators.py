"""Generators as tasks and flows."""

import asyncio

from prefect import flow, task


@task
def pages(count):
    for number in range(count):
        yield f"page {number}"


@task
async def ticks(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number


@task
def shout(text):
    return text.upper()


@flow
def reading(count):
    for page in pages(count):
        yield shout(page)


@flow
async def ticking():
    return [tick async for tick in ticks(3)]


@flow
def collecting():
    return list(pages(2)), pages.submit(2).result()


for line in reading(2):
    print(line)
print(asyncio.run(ticking()))
print(collecting())
