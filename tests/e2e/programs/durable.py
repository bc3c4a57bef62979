"""A flow that is retried does not repeat the tasks whose results were kept."""

from prefect import flow, task

ran = []


@task(persist_result=True)
def expensive(n):
    ran.append(n)
    return n * 100


@task
def flaky():
    ran.append("flaky")
    if ran.count("flaky") < 3:
        raise ConnectionError("down")
    return "up"


@flow(retries=3, persist_result=True)
def durable():
    values = [expensive(n) for n in (1, 2)]
    return values, flaky()


print(durable())
print(ran)
