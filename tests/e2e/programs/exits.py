"""Classic names: conditions, crash by exit, interrupts that become states."""

import sys

from prefect import flow, task
from prefect.client.schemas.objects import StateType


@task
def leaves():
    sys.exit(4)


@flow
def outer():
    try:
        leaves()
    except SystemExit as error:
        print("left with", error.code)
    return 5


@flow
def interrupted():
    raise KeyboardInterrupt


print(outer())
try:
    interrupted()
except KeyboardInterrupt:
    print("interrupted")
print(StateType.CRASHED.value, outer(return_state=True).type == StateType.COMPLETED)
sys.exit("a message on stderr")
