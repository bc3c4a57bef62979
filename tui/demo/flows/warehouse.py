"""The demo's warehouse: one SQLite file beside the flows."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DATA = Path(__file__).parent / "data"

TABLES = """
create table if not exists rates (currency text primary key, per_euro real not null, at text not null);
create table if not exists orders (
    shop text not null, number text not null, day text not null, amount real not null, currency text not null,
    primary key (shop, number)
);
create table if not exists sensor_days (day text primary key, readings integer, mean real, highest real);
create table if not exists months (month text primary key, revenue real not null, approved_by text);
"""


@contextmanager
def warehouse() -> Iterator[sqlite3.Connection]:
    """A connection with the tables in place; commits at the end of the block."""
    DATA.mkdir(exist_ok=True)
    connection = sqlite3.connect(DATA / "warehouse.db", timeout=10)
    try:
        connection.executescript(TABLES)
        with connection:
            yield connection
    finally:
        connection.close()


def rates() -> dict[str, float]:
    """How much of each currency one euro buys."""
    with warehouse() as connection:
        known = dict(connection.execute("select currency, per_euro from rates"))
    return {"EUR": 1.0, "USD": 1.08, "GBP": 0.86, "CHF": 0.94, **known}
