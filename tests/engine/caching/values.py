"""Values of all kinds for property tests, and an account of them that needs no hashing."""

import dataclasses
import enum
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel

__all__ = ["Color", "Model", "Point", "account", "hashables", "values"]


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass(frozen=True)
class Point:
    x: Any
    y: Any = None


class Model(BaseModel):
    name: str
    inner: Any = None


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.sampled_from(Color)
    | st.builds(PurePosixPath, st.text("ab/", max_size=5))
)
hashables = st.recursive(
    leaves,
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4) | st.builds(Point, inner, inner),
    max_leaves=6,
)
values = st.recursive(
    hashables,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.sets(hashables, max_size=5)
        | st.dictionaries(hashables, inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        | st.builds(Model, name=st.text(max_size=3), inner=inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=12,
)

_ATOMS = (bool, int, float, complex, str, bytes, date, datetime, timedelta, Decimal, UUID, PurePosixPath, Color)


def account(value: Any) -> Any:
    """What the value is, in texts and tuples: equal accounts for the same values of the same kinds only."""
    kind = type(value).__name__
    if value is None or isinstance(value, _ATOMS):
        return (kind, repr(value))
    if isinstance(value, OrderedDict):
        return (kind, tuple((account(key), account(item)) for key, item in value.items()))
    if isinstance(value, dict):
        return (kind, tuple(sorted((account(item) for item in value.items()), key=repr)))
    if isinstance(value, set | frozenset):
        return (kind, tuple(sorted(map(account, value), key=repr)))
    if isinstance(value, list | tuple):
        return (kind, tuple(map(account, value)))
    return (kind, account(dict(vars(value))))
