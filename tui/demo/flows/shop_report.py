"""A page for each morning: every shop is summed up by a flow of its own, and the pieces become one report."""

import time
from datetime import date, timedelta

from shops import SHOPS
from warehouse import warehouse

from flowtui import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    flow,
    task,
    update_progress_artifact,
)


@task
def read_days(shop: str, days: int) -> list[tuple[str, float]]:
    """Revenue of each of the last days; a shop without orders has none."""
    since = (date.today() - timedelta(days=days)).isoformat()
    time.sleep(0.3)
    with warehouse() as connection:
        query = "select day, total(amount) from orders where shop = ? and day >= ? group by day order by day"
        return [(day, round(amount, 2)) for day, amount in connection.execute(query, (shop, since))]


@task(retries=2, retry_delay_seconds=0.5)
def best_article(shop: str) -> str:
    """Ask the shop's server, which forgets the question the first time."""
    time.sleep(0.2)
    if shop == "london" and shop not in _asked:
        _asked.add(shop)
        raise ConnectionError(f"https://{shop}.example/best answered 504 Gateway Timeout")
    return {"lisbon": "mug", "london": "lamp", "boston": "chair"}[shop]


_asked: set[str] = set()


@flow(flow_run_name="{shop}")
def shop_summary(shop: str, days: int = 7) -> dict[str, object]:
    """Sum one shop up."""
    revenue = read_days(shop, days)
    total = round(sum(amount for _, amount in revenue), 2)
    return {"shop": shop, "days": len(revenue), "revenue": total, "best": best_article(shop)}


@task
def write_report(rows: list[dict]) -> str:
    """The report as a page, its figures as a table."""
    create_table_artifact(rows, key="shops", description="Each shop in figures.")
    lines = [f"| {row['shop']} | {row['revenue']:,.2f} | {row['best']} |" for row in rows]
    page = "\n".join(["# The shops this week", "", "| shop | revenue | sells best |", "|---|---:|---|", *lines])
    create_markdown_artifact(page, key="shop-report", description="For the meeting at nine.")
    create_link_artifact("https://reports.example/shops", key="shop-dashboard", link_text="the dashboard")
    return page


@flow(log_prints=True)
def shop_report(days: int = 7) -> str:
    """Write the report.

    Args:
        days: How far to look back.
    """
    progress = create_progress_artifact(0.0, key="shops-done", description="shops that are summed up")
    rows = []
    for number, shop in enumerate(SHOPS, start=1):
        rows.append(shop_summary(shop, days))
        update_progress_artifact(progress, 100.0 * number / len(SHOPS))
        print(f"{shop} is summed up")
    return write_report(rows)


if __name__ == "__main__":
    shop_report()
