"""Parameters: coerced, checked, models, defaults, and what does not fit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal, Optional

from prefect import flow, task
from prefect.exceptions import ParameterBindError, ParameterTypeError
from pydantic import BaseModel, Field


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


class Order(BaseModel):
    id: int
    lines: list[str] = Field(default_factory=list)


@dataclass
class Point:
    x: int
    y: int = 0


@task
def show(value):
    return f"{type(value).__name__}"


@flow
def typed(
    n: int,
    when: datetime,
    colour: Colour,
    order: Order,
    mode: Literal["fast", "slow"] = "fast",
    wait: Optional[timedelta] = None,
    **extra,
):
    print(n, when.year, colour.name, order.id, order.lines, mode, wait, sorted(extra))
    print(show(n), show(when), show(colour), show(order))


@flow
def plain(point: Point, *rest: int):
    return point.x + sum(rest)


@flow(validate_parameters=False)
def unchecked(n: int):
    return n * 2


typed("5", "2024-03-01T10:00:00", "blue", {"id": "9", "lines": ["a"]}, wait=90, more=1)
print(plain(Point(1), 2, 3))
print(unchecked("ab"))
try:
    typed("five", "2024-03-01", "blue", {"id": 1})
except ParameterTypeError as error:
    print("type error", "n" in str(error))
try:
    unchecked()
except ParameterBindError:
    print("bind error")
except TypeError:
    print("type error of Python")
try:
    unchecked(1, nonsense=2)
except TypeError:
    print("a TypeError")
