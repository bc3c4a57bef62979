"""Futures inside containers, chains and diamonds; what never starts because its upstream failed."""

from dataclasses import dataclass

from prefect import allow_failure, flow, task
from prefect.futures import PrefectFuture, resolve_futures_to_states


@dataclass
class Pair:
    left: object
    right: object


@task
def one(x):
    return x


@task
def both(data):
    return data


@task
def bad():
    raise OSError("disk full")


@task
def after(x):
    return f"after {x}"


order = []


@task
def mark(name):
    order.append(name)
    return name


@flow
def graph():
    a, b = one.submit(1), one.submit(2)
    print(isinstance(a, PrefectFuture))
    print(both({"a": a, "deep": [b, (a, {"k": b})]}))
    pair = both(Pair(a, b))
    print(pair.left, pair.right)
    top = mark.submit("top")
    left, right = mark.submit("left", wait_for=[top]), mark.submit("right", wait_for=[top])
    bottom = mark.submit("bottom", wait_for=[left, right])
    bottom.wait()
    print(order[0], order[-1], len(order))
    failing = bad.submit()
    starved = after.submit(failing)
    starved.wait()
    print(starved.state.type.value, starved.state.name)
    print(after(allow_failure(failing)))
    states = resolve_futures_to_states([a, {"x": b}])
    print(states[0].name, states[1]["x"].name)
    return "ok"


print(graph())
