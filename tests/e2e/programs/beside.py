"""What `with_a_module.py` imports from beside itself."""

from prefect import flow, task

ROUNDS = 2


@task
def shared(x):
    return x + 1


@flow
def counted(n: int = ROUNDS):
    return [shared(i) for i in range(n)]
