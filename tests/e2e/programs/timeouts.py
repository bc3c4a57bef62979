"""Runs that take too long, sync and async."""

import asyncio
import time

from prefect import flow, task


@task(timeout_seconds=0.2)
def slow():
    time.sleep(5)


@task(timeout_seconds=0.2)
async def slow_async():
    await asyncio.sleep(5)


@flow(timeout_seconds=0.3)
def slow_flow():
    time.sleep(5)


@flow
def patient():
    state = slow(return_state=True)
    print(state.name, state.type.value)
    try:
        slow()
    except TimeoutError:
        print("a TimeoutError")


@flow
async def patient_async():
    state = await slow_async(return_state=True)
    print(state.name, state.type.value)


begun = time.monotonic()
patient()
asyncio.run(patient_async())
state = slow_flow(return_state=True)
print(state.name, state.is_failed())
print("in time:", time.monotonic() - begun < 30)
