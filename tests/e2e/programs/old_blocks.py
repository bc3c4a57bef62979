"""Prefect 2: small values as blocks, hashing of inputs, schedules by their old address."""

from datetime import datetime, timedelta

from prefect import flow, task
from prefect.blocks.system import JSON, DateTime, Secret, String
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.tasks import task_input_hash
from prefect.utilities.annotations import unmapped


@task(cache_key_fn=task_input_hash, cache_expiration=timedelta(days=1))
def region_of(name):
    print("asked for", name)
    return String.load("region").value + "/" + name


@flow
def configured():
    String(value="eu").save("region", overwrite=True)
    JSON(value={"tables": ["a", "b"], "limit": 3}).save("settings", overwrite=True)
    DateTime(value=datetime(2024, 2, 3, 4, 5)).save("since", overwrite=True)
    Secret(value="key").save("password", overwrite=True)
    settings = JSON.load("settings").value
    print(settings["tables"], settings["limit"], DateTime.load("since").value.year, Secret.load("password").get())
    print(region_of("x"), region_of("x"))
    names = region_of.map(settings["tables"])
    print([future.result() for future in names])


configured()
print(CronSchedule(cron="0 6 * * *", timezone="Europe/Oslo").cron)
print(IntervalSchedule(interval=timedelta(hours=2)).interval)
