"""States as arguments and in wait_for, of tasks and of subflows; mapping with return_state; a flow that calls itself."""

from prefect import flow, task
from prefect.states import Completed
from prefect.utilities.annotations import quote


@task
def one():
    return 1


@task
def add(x, y=0):
    return x + y


@task
def breaks():
    raise ValueError("broken")


@task
def kind_of(value):
    return type(value).__name__


@flow
def sub(n):
    return n * 10


@flow
def down(n):
    return n if n == 0 else n + down(n - 1)


@flow
def all_failed():
    return [breaks(return_state=True), breaks(return_state=True)]


@flow
def passing():
    state = one(return_state=True)
    print(add(state, 5), add(1, state))
    child = sub(4, return_state=True)
    print(add(child), add(2, wait_for=[child]))
    states = add.map([1, 2], [3, 4], return_state=True)
    print([s.name for s in states], [s.result() for s in states])
    print(kind_of(quote([1, 2, 3])), kind_of([state]))
    print(down(3))
    failed = breaks(return_state=True)
    after = add(1, wait_for=[failed], return_state=True)
    print(after.name, after.type.value)
    if failed.is_failed():
        add.submit(1, 1).wait()
    return Completed(message="done", data=[1, 2])


final = passing(return_state=True)
print(final.message, final.result())
print(all_failed(return_state=True).message)
