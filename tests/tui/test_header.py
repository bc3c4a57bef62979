"""The header is told of news at any moment of its screen's life."""

from datetime import UTC, datetime

from flowtui.tui.status import Status
from flowtui.tui.widgets.header import Header


def test_news_for_a_header_whose_screen_has_been_left_is_kept_and_not_written() -> None:
    header = Header(lambda: datetime(2026, 11, 28, tzinfo=UTC), UTC)
    header.show(Status(address="sqlite"), UTC)
    header.show(Status(address="postgresql"), UTC)
