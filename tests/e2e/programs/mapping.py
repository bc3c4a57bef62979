"""Mapping tasks over lists, with values that stay the same, and over futures."""

from prefect import allow_failure, flow, task, unmapped
from prefect.exceptions import MappingLengthMismatch, MappingMissingIterable


@task
def numbers(n: int) -> list[int]:
    return list(range(n))


@task
def add(x, y=0):
    return x + y


@task
def weigh(item, weights):
    return sum(weights) * item


@task
def half(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2


@task
def name_of(result):
    return type(result).__name__ if isinstance(result, Exception) else result


@task
def total(values):
    return sum(values)


@flow
def mapped():
    made = numbers.submit(4)
    added = add.map(made, y=10)
    print("added", added.result())
    print("total of futures", total(added))
    print("weighed", weigh.map([1, 2, 3], weights=unmapped([10, 1])).result())
    print("two lists", [f.result() for f in add.map([1, 2, 3], [4, 5, 6])])
    print("a text is one value", add.map(["a", "b"], "!").result())

    halves = half.map([2, 3, 4])
    halves.wait()
    print("states", [f.state.name for f in halves])
    print("named", name_of.map(allow_failure(halves)).result())
    print("results", [str(r) for r in halves.result(raise_on_failure=False)])

    first = add.submit(1, 1)
    after = add.map([5, 6], wait_for=[first])
    print("after", after.result())
    try:
        add.map([1, 2], [1, 2, 3])
    except MappingLengthMismatch:
        print("lengths differ")
    try:
        add.map(1, 2)
    except MappingMissingIterable:
        print("nothing to map")
    return sum(added.result())


if __name__ == "__main__":
    print("flow", mapped())
