"""Addresses as a person reads them."""

from pathlib import Path

import pytest

from flowtui.engine.addresses import brief, without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///store.db", "sqlite store.db"),
        (f"sqlite:///{Path.home()}/.flowtui/flowtui.db", "sqlite ~/.flowtui/flowtui.db"),
        (f"sqlite:///{Path.home()}more/x.db", f"sqlite {Path.home()}more/x.db"),
        ("sqlite:////srv/50%25/x.db", "sqlite /srv/50%/x.db"),
        ("postgresql://me@db.example.com/flowtui?sslmode=require", "postgresql://me@db.example.com/flowtui"),
        ("postgresql://me:se/cr@t@db.example.com/flowtui", "postgresql://me:***@db.example.com/flowtui"),
        ("postgresql://db/flowtui?user=me&password=secret", "postgresql://db/flowtui"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_is_secret_or_no_news(url: str, shown: str) -> None:
    assert brief(url) == shown


def test_a_password_is_hidden_also_where_it_stands_among_the_settings() -> None:
    assert without_password("postgresql://db/x?user=me&password=s3cret") == "postgresql://db/x?user=me&password=***"
