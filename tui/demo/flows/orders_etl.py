"""Collect a day's orders from every shop, convert them to one currency, and load them into the warehouse."""

from datetime import date, timedelta
from typing import Literal

from shops import SHOPS, fetch_orders
from warehouse import rates, warehouse

from flowtui import create_markdown_artifact, create_table_artifact, flow, get_run_logger, task


@task(retries=3, retry_delay_seconds=[1, 2, 4])
def extract(shop: str, day: date) -> list[dict[str, object]]:
    """All orders of one shop. Shops are sometimes out of reach, so this is tried again."""
    orders = fetch_orders(shop, day)
    get_run_logger().info("%s: %d orders", shop, len(orders))
    return orders


@task
def transform(shop: str, orders: list[dict], currency: str, per_euro: dict[str, float]) -> list[dict[str, object]]:
    """One amount for each order, in one currency. What nobody can have ordered is left out."""
    rows = []
    for order in orders:
        if order["quantity"] < 1:
            get_run_logger().warning("%s %s has quantity %d", shop, order["number"], order["quantity"])
            continue
        euros = order["quantity"] * order["price"] / per_euro[order["currency"]]
        rows.append({"shop": shop, "number": order["number"], "amount": round(euros * per_euro[currency], 2)})
    return rows


@task(retries=1, retry_delay_seconds=1)
def load(rows: list[dict], day: date, currency: str) -> int:
    """Write the rows; writing them again changes nothing."""
    with warehouse() as connection:
        connection.executemany(
            "insert or replace into orders values (:shop, :number, :day, :amount, :currency)",
            [{**row, "day": day.isoformat(), "currency": currency} for row in rows],
        )
    return len(rows)


@task
def report(rows: list[dict], day: date, currency: str) -> float:
    """Leave what people look at in the morning: a table by shop, and a page."""
    shops = {shop: [row["amount"] for row in rows if row["shop"] == shop] for shop in SHOPS}
    table = [{"shop": shop, "orders": len(sold), "revenue": round(sum(sold), 2)} for shop, sold in shops.items()]
    revenue = round(sum(row["revenue"] for row in table), 2)
    best = max(table, key=lambda row: row["revenue"])["shop"]
    create_table_artifact(table, key="orders-by-shop", description=f"{day}, in {currency}")
    page = f"# Orders of {day}\n\n**{revenue:,.2f} {currency}** with {len(rows)} orders; most came from *{best}*.\n"
    create_markdown_artifact(page, key="orders-of-the-day", description=f"The page of {day}")
    return revenue


@flow(log_prints=True)
def orders_etl(day: date | None = None, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> dict[str, object]:
    """Collect a day's orders.

    Args:
        day: Which day; yesterday when it is left out.
        currency: The currency of the amounts in the warehouse.
    """
    day = day or date.today() - timedelta(days=1)
    per_euro = rates()
    extracted = {shop: extract.submit(shop, day) for shop in SHOPS}
    rows: list[dict] = []
    for shop, orders in extracted.items():
        rows += transform(shop, orders, currency, per_euro)
    loaded = load(rows, day, currency)
    revenue = report(rows, day, currency)
    print(f"{day}: {loaded} orders of {len(SHOPS)} shops, {revenue:,.2f} {currency}")
    return {"day": day.isoformat(), "orders": loaded, "revenue": revenue, "currency": currency}


if __name__ == "__main__":
    orders_etl()
