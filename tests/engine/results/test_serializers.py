"""Serializers: what they write they read back, and what they cannot read they explain."""

import json
import math
import sys
import threading
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, Field

from flowtui import CompressedSerializer, JSONSerializer, PickleSerializer, Serializer
from flowtui.engine.errors import ResultError, UsageError
from flowtui.engine.results.serializers import serializer_of
from tests.engine.caching.values import Color, Model, account, values

NAMES = ["pickle", "json", "compressed", "compressed/pickle", "compressed/json"]


@pytest.mark.parametrize("name", NAMES)
def test_each_writes_what_it_reads_back(name: str) -> None:
    @settings(max_examples=100, deadline=None)
    @given(values)
    def check(value: Any) -> None:
        serializer = serializer_of(name)
        assert account(serializer.loads(serializer.dumps(value))) == account(value)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_each_is_made_again_from_what_it_says_of_itself(name: str) -> None:
    serializer = serializer_of(name)
    spec = orjson.loads(orjson.dumps(serializer.spec()))
    assert serializer_of(spec) == serializer
    assert serializer_of(spec).loads(serializer.dumps((1, {2}))) == (1, {2})


# -- pickle -----------------------------------------------------------------------------------------------------------


def test_functions_and_classes_of_a_script_are_pickled_by_value() -> None:
    n = 40
    loaded = PickleSerializer().loads(PickleSerializer().dumps(lambda x: x + n))
    assert loaded(2) == 42


def test_versions_stand_beside_a_pickle() -> None:
    import numbers

    line = PickleSerializer().dumps([Model(name="a"), numbers]).partition(b"\n")[0]
    about = json.loads(line)
    assert about["python"] == ".".join(map(str, sys.version_info[:3]))
    assert set(about["libraries"]) >= {"cloudpickle"}
    assert "numbers" not in about["libraries"]  # the standard library has Python's version


def as_if_written_by(version: str, data: bytes, **libraries: str) -> bytes:
    line, _, pickled = data.partition(b"\n")
    about = json.loads(line)
    return json.dumps({"python": version, "libraries": about["libraries"] | libraries}).encode() + b"\n" + pickled


def test_plain_data_of_another_python_is_read() -> None:
    data = as_if_written_by("3.99.1", PickleSerializer().dumps((1, {"a": {2}})))
    assert PickleSerializer().loads(data) == (1, {"a": {2}})


def test_code_of_another_python_is_refused_with_both_versions() -> None:
    """Its bytecode would do anything."""
    here = ".".join(map(str, sys.version_info[:3]))
    data = as_if_written_by("3.99.1", PickleSerializer().dumps(lambda: 1))
    with pytest.raises(ResultError, match=rf"pickled by Python 3\.99\.1 and holds code, which Python {here} cannot"):
        PickleSerializer().loads(data)
    assert PickleSerializer().loads(as_if_written_by(here, PickleSerializer().dumps(lambda: 1)))() == 1


def test_what_cannot_be_unpickled_says_what_has_changed() -> None:
    data = PickleSerializer().dumps(1).partition(b"\n")[0] + b"\ncno.such.module\nThing\n."
    with pytest.raises(
        ResultError, match=r"ModuleNotFoundError: No module named 'no'.*; it was written by this Python"
    ):
        PickleSerializer().loads(data)
    data = as_if_written_by("3.99.1", data, cloudpickle="0.0.1", tablelib="7.1")
    with pytest.raises(
        ResultError, match=r"by Python 3.99.1 \(here: .*\), cloudpickle 0.0.1 \(here: .*tablelib 7.1 \(h"
    ):
        PickleSerializer().loads(data)


def test_another_library_can_pickle() -> None:
    plain = PickleSerializer(picklelib="pickle")
    with pytest.raises(Exception, match="lambda"):
        plain.dumps(lambda: 1)
    assert serializer_of(plain.spec()).loads(plain.dumps({1})) == {1}


# -- json -------------------------------------------------------------------------------------------------------------


def test_plain_data_is_plain_json_that_other_programs_read() -> None:
    value = {"day": "mönday", "rows": [1, 2.5, None, True]}
    assert json.loads(JSONSerializer().dumps(value)) == value
    assert "mönday".encode() in JSONSerializer().dumps(value)


@dataclass
class Row:
    id: int
    tags: set[str]
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total = len(self.tags)


@dataclass(frozen=True)
class Odd:
    """Its constructor takes other arguments than its fields."""

    doubled: int = field(init=False)
    start: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubled", self.start * 2)


class Aliased(BaseModel):
    model_config = {"extra": "allow"}
    source_id: int = Field(alias="sourceId")
    seen: datetime


Pair = namedtuple("Pair", "a b")


class Label(str):
    """A text of the user's own kind."""


class Trouble(Exception):
    """An exception of the user's own kind."""


EXACT: list[Any] = [
    *((1, (2, 3)), {1, 2}, frozenset({(1, 2)}), b"\x00\xff", bytearray(b"x"), deque([1]), 1 + 2j, Fraction(1, 3)),
    *(2**53, 2**53 + 1, -(2**80), 10**6000, 1e300, -0.0, math.inf, -math.inf, "\udcff", "\x00"),
    *({1: "a", (1, 2): "b", None: "c"}, {"__class__": "x", "data": 1}, OrderedDict(b=1, a=2), Counter("aab")),
    *(Row(1, {"a"}), Odd(start=4), Pair(1, (2,)), Color.RED, Label("x"), Model(name="a", inner=Model(name="b"))),
    *(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold) for fold in (0, 1)),
    *(time(12, 30, tzinfo=UTC), PurePosixPath("a/b"), [Row(1, set())], {"deep": [{"er": (Row(2, {"b"}),)}]}),
]


@pytest.mark.parametrize("value", EXACT, ids=lambda value: type(value).__name__)
def test_data_of_all_kinds_comes_back_as_it_was(value: Any) -> None:
    back = JSONSerializer().loads(JSONSerializer().dumps(value))
    assert type(back) is type(value)
    assert back == value
    assert isinstance(value, int) or repr(back) == repr(value)  # Python writes no integer of so many digits


def test_a_model_with_aliases_and_extra_fields_comes_back() -> None:
    value = Aliased(sourceId=5, seen=datetime(2026, 1, 1, tzinfo=UTC), more=(1, 2))  # type: ignore[call-arg]
    data = JSONSerializer().dumps(value)
    assert JSONSerializer().loads(data) == value
    assert json.loads(data)["data"]["source_id"] == 5


def test_an_exception_comes_back() -> None:
    back = JSONSerializer().loads(JSONSerializer().dumps(Trouble("a", 1)))
    assert (type(back), back.args) == (Trouble, ("a", 1))


@pytest.mark.parametrize("value", [threading.Lock(), object(), [lambda: 1], {"a": {threading.Event()}}, int, len])
def test_what_is_no_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be written as JSON|not found in its module"):
        JSONSerializer().dumps(value)


def test_a_class_within_a_function_is_refused_as_it_could_not_be_read_back() -> None:
    @dataclass
    class Inner:
        a: int

    with pytest.raises(TypeError, match="Inner is not found in its module"):
        JSONSerializer().dumps(Inner(1))


@pytest.mark.parametrize("name", ["subprocess:Popen", "os:system", "builtins:eval", "flowtui:flow", "nothing:Here"])
def test_a_json_text_cannot_make_what_is_no_data(name: str) -> None:
    """Unlike a pickle it may come from anywhere."""
    with pytest.raises(TypeError, match=r"is no kind of data|cannot be imported"):
        JSONSerializer().loads(json.dumps({"__class__": name, "data": ["touch", "/tmp/x"]}).encode())


def spoken(value: Any) -> Any:
    return {"lock": type(value).__name__}


def heard(found: dict[str, Any]) -> Any:
    return ("heard", found)


@pytest.mark.parametrize("decoder", [heard, f"{__name__}.heard"])
def test_encoders_of_the_users_own_take_over(decoder: Any) -> None:
    serializer = JSONSerializer(object_encoder=spoken, object_decoder=decoder)
    again = serializer_of(orjson.loads(orjson.dumps(serializer.spec())))
    assert again.loads(serializer.dumps(threading.Lock())) == ("heard", {"lock": "lock"})


def test_an_encoder_that_cannot_be_found_again_is_refused() -> None:
    with pytest.raises(UsageError, match="needs functions that can be imported"):
        JSONSerializer(object_encoder=lambda value: 1).spec()


# -- compressed, and the user's own -----------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["lzma", "zlib", "bz2", "gzip"])
def test_compressed_data_is_small(library: str) -> None:
    serializer = CompressedSerializer(serializer="json", compressionlib=library)
    data = serializer.dumps(["the same"] * 1000)
    assert len(data) < 300
    assert serializer_of(serializer.spec()).loads(data) == ["the same"] * 1000


class Shouting(Serializer):
    """A serializer of the user's own, as a user writes it."""

    type: ClassVar[Literal["shouting"]] = "shouting"  # type: ignore[misc]
    times: int = 1

    def dumps(self, value: Any) -> bytes:
        return (str(value).upper() * self.times).encode()

    def loads(self, data: bytes) -> Any:
        return data.decode()


def test_a_serializer_of_the_users_own_is_known_by_its_type() -> None:
    assert isinstance(serializer_of("shouting"), Shouting)
    loud = serializer_of(Shouting(times=2).spec())
    assert loud.loads(loud.dumps("ab")) == "ABAB"
    assert serializer_of("compressed/shouting").loads(serializer_of("compressed/shouting").dumps("ab")) == "AB"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (lambda: serializer_of("picle"), r"There is no serializer 'picle'\. Known are: .*json.*pickle"),
        (lambda: serializer_of(5), r"5 is no serializer; give its name"),
        (
            lambda: serializer_of({"type": "gone", "class": "no.such:Thing"}),
            "'gone' is not here: .* cannot be imported",
        ),
        (lambda: Shouting(volume=3), "A Shouting has no option 'volume'"),
        (lambda: Shouting(dumps=3), "A Shouting has no option 'dumps'"),
        (lambda: Shouting(type="x"), "A Shouting has no option 'type'"),
        (lambda: CompressedSerializer(serializer="nope"), "There is no serializer 'nope'"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_wrong_serializer_is_a_sentence(wrong: Any, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        wrong()
