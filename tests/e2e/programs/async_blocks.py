"""Blocks, artifacts and variables awaited in async code."""

import asyncio

from prefect import flow, get_run_logger, task
from prefect.artifacts import Artifact, create_markdown_artifact, create_table_artifact
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from prefect.variables import Variable


class Service(Block):
    url: str
    timeout: float = 1.5


@task
async def call(name):
    service = await Service.load(name)
    secret = await Secret.load("token")
    get_run_logger().info("» calling %s", service.url)
    return service.url, service.timeout, len(secret.get())


@flow
async def asking():
    await Service(url="http://one.example").save("one", overwrite=True)
    await Service(url="http://two.example", timeout="3").save("two", overwrite=True)
    await Secret(value="abcdef").save("token", overwrite=True)
    await Variable.set("mode", "quick", overwrite=True)
    answers = await asyncio.gather(call("one"), call("two"))
    await create_markdown_artifact(key="answers", markdown=f"{len(answers)} answers")
    await create_table_artifact(key="table", table={"a": [1, 2], "b": [3, 4]})
    print((await Artifact.get("answers")).data)
    return answers, await Variable.get("mode")


print(asyncio.run(asking()))
