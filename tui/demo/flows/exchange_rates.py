"""Refresh the exchange rates, every minute."""

import random
from datetime import UTC, datetime

from warehouse import rates, warehouse

from flowtui import flow, task


@task(retries=2, retry_delay_seconds=1)
def quote(currency: str, last: float) -> float:
    """Ask the market. It is played by chance: rates wander by a few tenths of a percent."""
    return round(last * random.uniform(0.997, 1.003), 4)


@task
def store(quotes: dict[str, float]) -> int:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with warehouse() as connection:
        connection.executemany(
            "insert or replace into rates values (?, ?, ?)",
            [(currency, per_euro, now) for currency, per_euro in quotes.items()],
        )
    return len(quotes)


@flow(log_prints=True)
def exchange_rates() -> dict[str, float]:
    last = rates()
    quotes = {currency: quote(currency, last[currency]) for currency in last if currency != "EUR"}
    for currency, per_euro in quotes.items():
        print(f"1 EUR = {per_euro:.4f} {currency} ({per_euro / last[currency] - 1:+.2%})")
    store(quotes)
    return quotes


if __name__ == "__main__":
    exchange_rates()
