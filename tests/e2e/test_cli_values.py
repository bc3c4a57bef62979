"""What people type as values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.tui.cli.values import parse_pairs, parse_when

SCHEMA = {
    "properties": {
        "text": {"type": "string"},
        "number": {"type": "integer"},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    }
}


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("x=1", 1),
        ("x=1.5", 1.5),
        ("x=true", True),
        ("x=null", None),
        ('x={"a": [1]}', {"a": [1]}),
        ('x="1"', "1"),
        ("x=plain text", "plain text"),
        ("x=2026-11-20", "2026-11-20"),
        ("x=a=b", "a=b"),
        ("x=", ""),
        ("x=NaN", "NaN"),
        ("x=[1", "[1"),
        ("text=1", "1"),
        ("text=true", "true"),
        ('text="1"', "1"),
        ("number=1", 1),
        ("number=one", "one"),
        ("maybe=null", None),
        ("maybe=7", "7"),
        ("either=7", 7),
        ('text={"a": 1}', '{"a": 1}'),
    ],
)
def test_a_value_is_json_when_it_is_and_text_when_that_is_what_fits(pair: str, value: Any) -> None:
    name = pair.partition("=")[0]
    assert parse_pairs([pair], SCHEMA) == {name: value}


def test_pairs_are_laid_over_the_whole() -> None:
    assert parse_pairs(["a=1", " b =2", "a=3"], {}, '{"a": 0, "c": 9}') == {"a": 3, "b": 2, "c": 9}


@pytest.mark.parametrize("pair", ["a", "=1", " =1", ""])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="write name=value"):
        parse_pairs([pair], {})


@given(text=st.text(max_size=20))
def test_any_text_is_a_value(text: str) -> None:
    assert list(parse_pairs([f"x={text}"], SCHEMA)) == ["x"]


def test_a_start_is_now_or_later() -> None:
    assert parse_when(None, None) is None
    soon = parse_when("10m", None)
    assert soon is not None
    assert timedelta(minutes=9) < soon - utc_now() <= timedelta(minutes=10)
    assert parse_when("in 2 hours", None) is not None


def test_a_start_may_be_given_in_full() -> None:
    assert parse_when(None, "2026-11-20T15:00:00Z") == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert parse_when(None, "2026-11-20 15:00+02:00") == datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_a_start_without_a_zone_is_local() -> None:
    local = datetime(2026, 11, 20, 15).astimezone()
    assert parse_when(None, "2026-11-20 15:00") == local


def test_a_time_of_day_is_the_next_one() -> None:
    now = datetime.now().astimezone()
    for text in ("00:00", "12:30", "23:59:59"):
        due = parse_when(None, text)
        assert due is not None
        assert timedelta(seconds=-2) < due - now <= timedelta(days=1, hours=1)


def test_a_day_may_be_named() -> None:
    now = datetime.now().astimezone()
    due = parse_when(None, "tomorrow at 09:00")
    assert due is not None
    assert (due.astimezone().date() - now.date(), due.astimezone().hour) == (timedelta(days=1), 9)
    today = parse_when(None, "today 09:00")
    assert today is not None
    assert today.astimezone().date() == now.date()


@pytest.mark.parametrize(
    ("start_in", "start_at"),
    [("soon", None), (None, "whenever"), (None, "25:00"), ("10m", "15:00"), ("9999999 weeks", None)],
)
def test_a_start_that_makes_no_sense_is_refused(start_in: str | None, start_at: str | None) -> None:
    with pytest.raises(UsageError):
        parse_when(start_in, start_at)
