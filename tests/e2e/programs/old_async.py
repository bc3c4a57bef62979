"""Prefect 2: async flows await what they submit, and await the results of the futures."""

import asyncio

from prefect import flow, task
from prefect.blocks.system import Secret


@task
async def fetch(n):
    await asyncio.sleep(0.01)
    return n * 10


@task
def plain(n):
    return n + 1


@task
async def add(a, b):
    return a + b


@flow
async def old():
    await Secret(value="x-y-z").save("token", overwrite=True)
    secret = await Secret.load("token")
    print(secret.get())
    one = await fetch.submit(1)
    two = await fetch.submit(2)
    three = await add.submit(one, two)
    print(await three.result())
    state = await two.wait()
    print(state.name, await state.result(fetch=True))
    futures = await fetch.map([3, 4])
    print([await future.result() for future in futures])
    print(plain.submit(1).result())
    print(await fetch(7))
    done = await asyncio.gather(*[fetch.submit(n) for n in (5, 6)])
    print([await future.result() for future in done])


asyncio.run(old())
