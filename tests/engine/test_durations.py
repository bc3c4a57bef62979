"""Durations as people write them."""

from datetime import timedelta

import pytest

from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        ("10m", 600),
        ("1h30m", 5_400),
        ("1 hour", 3_600),
        ("2 days, 3 hours", 183_600),
        ("1 hour and 5 minutes", 3_900),
        ("1W", 604_800),
        ("00:15:00", 900),
        ("36:00:01.5", 129_601.5),
        ("PT15M", 900),
        ("P1DT12H", 129_600),
        ("pt0.5s", 0.5),
    ],
)
def test_every_usual_spelling_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "10 parsecs", "1h 2", "P", "PT", "-5m", "1:2", "00:75:00", "h", "1e9", "²"]
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match="HH:MM:SS"):
        parse_duration(text)


def test_longer_than_time_can_be_counted_is_refused() -> None:
    with pytest.raises(UsageError, match="longer"):
        parse_duration("999999999999 weeks")
