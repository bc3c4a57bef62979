"""Variables, from sync and async code."""

import asyncio

from prefect import flow, task
from prefect.variables import Variable


@task
def limit() -> int:
    return Variable.get("batch_size", default=10) * 2


@flow
def configured():
    print(limit())
    Variable.set("batch_size", 25)
    print(limit())
    try:
        Variable.set("batch_size", 30)
    except ValueError as error:
        print("taken:", "batch_size" in str(error))
    Variable.set("batch_size", 30, overwrite=True)
    print(limit())
    Variable.set("regions", {"eu": ["oslo", "bonn"], "us": None}, tags=["geo"])
    print(Variable.get("regions")["eu"])
    print(Variable.get("nothing"), Variable.get("nothing", "a default"))
    print(Variable.unset("regions"), Variable.get("regions"))


@flow
async def configured_async():
    await Variable.aset("greeting", "hello")
    return await Variable.aget("greeting")


configured()
print(asyncio.run(configured_async()))
