"""Hashes of values: the same in every process, and of different values different."""

import copy
import functools
import pickle
import struct
import subprocess
import sys
import threading
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from flowtui.engine.caching.hashing import Unhashable, stable_hash
from tests.engine.caching.values import Model, Point, account, values
from tests.support import ROOT, clean_environment

Pair = namedtuple("Pair", "a b")

OTHER_PROCESS = """
import pickle, struct, sys
from flowtui.engine.caching.hashing import stable_hash
pipe, out = sys.stdin.buffer, sys.stdout.buffer
while head := pipe.read(4):
    out.write(stable_hash(pickle.loads(pipe.read(*struct.unpack(">I", head)))))
    out.flush()
"""


@pytest.fixture(scope="module")
def hash_elsewhere() -> Iterator[Callable[[Any], bytes]]:
    """The hash of a value in a process with another order of sets than this one."""
    environment = clean_environment(PYTHONHASHSEED="12345", PYTHONPATH=str(ROOT))
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to, back = process.stdin, process.stdout

        def hashed(value: Any) -> bytes:
            data = pickle.dumps(value)
            to.write(struct.pack(">I", len(data)) + data)
            to.flush()
            return back.read(20)

        yield hashed
        to.close()


@settings(max_examples=300, deadline=None)
@given(values)
def test_a_value_has_the_same_hash_in_every_process(hash_elsewhere: Callable[[Any], bytes], value: Any) -> None:
    assert hash_elsewhere(value) == stable_hash(value)


@settings(max_examples=300, deadline=None)
@given(values, values)
def test_values_have_the_same_hash_when_they_are_the_same_and_only_then(one: Any, other: Any) -> None:
    assert stable_hash(copy.deepcopy(one)) == stable_hash(one)
    assert (stable_hash(one) == stable_hash(other)) == (account(one) == account(other))


@given(values)
def test_one_object_twice_is_like_two_equal_ones(value: Any) -> None:
    """Pickles tell these apart, which is why they are no hash."""
    assert stable_hash((value, value)) == stable_hash((value, copy.deepcopy(value)))


def test_sets_and_dictionaries_have_no_order_and_ordered_ones_do() -> None:
    words = [f"word {n}" for n in range(100)]
    assert stable_hash(dict.fromkeys(words, (1,))) == stable_hash(dict.fromkeys(reversed(words), (1,)))
    grown: set[int] = set()
    shrunk = set(range(1000))
    for number in range(0, 1000, 7):
        grown.add(number)
    shrunk -= {number for number in shrunk if number % 7}
    assert list(grown) != list(shrunk)  # else this would say nothing
    assert stable_hash(grown) == stable_hash(shrunk)
    assert stable_hash(OrderedDict(a=1, b=2)) != stable_hash(OrderedDict(b=2, a=1))


class Text(str):
    """A text of the user's own kind."""


class Numbers(list[int]):
    """A list of the user's own kind."""


class Names(set[str]):
    """A set of the user's own kind."""


class Slots:
    __slots__ = ("a",)

    def __init__(self, a: Any) -> None:
        self.a = a


class Plain:
    def __init__(self, a: Any) -> None:
        self.a = a


def adder(n: int) -> Callable[[int], int]:
    return lambda x: x + n


def with_default(n: int = 1) -> int:
    return n


def with_other_default(n: int = 2) -> int:
    return n


UNEQUAL: list[Any] = [
    *(1, 1.0, True, "1", b"1", bytearray(b"1"), 1 + 0j, Fraction(1), Text("1")),
    *(None, ..., NotImplemented, float("nan"), 0.0, -0.0, float("inf"), 2**64, -(2**64), 10**5000),
    *([], (), {}, set(), frozenset(), deque(), Counter(), defaultdict(int), Numbers(), Names()),
    *([1], (1,), {1}, frozenset({1}), deque([1]), deque([1], maxlen=3), Numbers([1]), Names({"a"}), range(1), {1: 1}),
    *([[1], 2], [[1, 2]], [1, [2]], ["a", "b"], ["ab"], ["a", "", "b"], [("a",), "b"]),
    *(Point(1, 2), Point(2, 1), Pair(1, 2), (1, 2), Model(name="a"), Model(name="b"), Slots(1), Plain(1), Plain(2)),
    *(int, str, len, [].append, types, functools.partial(int, "1"), functools.partial(int, "2")),
    *(adder(1), adder(2), with_default, with_other_default, lambda: 1, lambda: 2, ValueError("a"), ValueError("b")),
    *(datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) for zone in ("Europe/Berlin", "Europe/Vienna")),
    *("\udcff", "\\udcff", ["\udcff"], {"a": float("nan")}, slice(1), Point, Plain),
]


def test_no_two_of_many_kinds_of_values_have_the_same_hash() -> None:
    hashes = [stable_hash(value) for value in UNEQUAL]
    same = [(UNEQUAL[a], UNEQUAL[b]) for a in range(len(hashes)) for b in range(a) if hashes[a] == hashes[b]]
    assert same == []
    assert [stable_hash(value) for value in UNEQUAL] == hashes


def test_a_model_given_a_default_is_like_one_that_has_it() -> None:
    assert stable_hash(Model(name="a", inner=None)) == stable_hash(Model(name="a"))


def test_a_value_that_holds_itself_is_hashed() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    other: list[Any] = [2]
    other.append(other)
    assert stable_hash(endless) != stable_hash(other)
    assert stable_hash(endless) == stable_hash(copy.deepcopy(endless))


def deep() -> Any:
    found: Any = ()
    for _ in range(100_000):
        found = (found,)
    return found


class Stubborn:
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError("I will not be pickled")


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (threading.Lock(), "lock", "cannot pickle"),
        ({"a": [threading.Lock()]}, "lock", "cannot pickle"),
        ((n for n in ()), "generator", "cannot pickle"),
        (Stubborn(), "Stubborn", "I will not be pickled"),
        (deep(), "tuple", "nested too deeply"),
    ],
    ids=["a lock", "a lock within", "a generator", "an object that raises", "a deep one"],
)
def test_what_cannot_be_hashed_says_of_what_kind_it_is_and_why(value: Any, kind: str, reason: str) -> None:
    with pytest.raises(Unhashable, match=reason) as caught:
        stable_hash(value)
    assert caught.value.kind == kind


# -- numpy and pandas, where they are installed -----------------------------------------------------------------------


def test_arrays_are_hashed_by_kind_shape_and_content() -> None:
    numpy = pytest.importorskip("numpy")
    grid = numpy.arange(6, dtype="int64").reshape(2, 3)
    different = [
        *(grid, grid.reshape(3, 2), grid.astype("int32"), grid.astype("float64"), grid + 1, grid.tolist()),
        *(numpy.array(["a", None], dtype=object), numpy.array(["a", "b"], dtype=object), numpy.array(["a", "b"])),
        *(numpy.int64(1), numpy.int32(1), 1, numpy.array(1), numpy.datetime64("2026-01-01"), numpy.float64("nan")),
    ]
    hashes = [stable_hash(value) for value in different]
    assert len(set(hashes)) == len(different)
    assert stable_hash(numpy.asfortranarray(grid)) == stable_hash(grid)
    assert stable_hash(grid[::2]) == stable_hash(grid[::2].copy())


def test_tables_are_hashed_by_columns_index_and_content() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})
    different = [
        *(table, table.rename(columns={"a": "c"}), table.set_index("b"), table.astype({"a": "float64"})),
        *(table[["b", "a"]], table.iloc[::-1], table.assign(b=["x", "y"]), table["a"], table["a"].rename("z")),
        *(table.index, table.columns, table.assign(a=["1", "2"]), table.head(0), table.assign(b=["x", "nan"])),
        *(table.astype({"b": "category"}), pandas.Timestamp("2026-01-01"), pandas.MultiIndex.from_tuples([(1, 2)])),
    ]
    hashes = [stable_hash(value) for value in different]
    assert len(set(hashes)) == len(different)
    assert stable_hash(table.copy()) == stable_hash(table)
    assert stable_hash(table.iloc[::-1].iloc[::-1]) == stable_hash(table)
