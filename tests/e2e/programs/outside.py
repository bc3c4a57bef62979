"""Tasks without a flow, tasks that call tasks."""

from prefect import flow, task


@task
def inner(x):
    return x + 1


@task(retries=2)
def outer(x):
    return inner(x) + inner(x + 1)


@task
def submits(x):
    return sum(future.result() for future in [inner.submit(x), inner.submit(x)])


@flow
def calls():
    return submits(3), submits.submit(4).result()


print(outer(1))
state = inner(5, return_state=True)
print(state.name, state.result())
print(inner.fn(7))
print(calls())
