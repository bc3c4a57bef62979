"""Add up a month and publish it, once somebody has approved it by putting a file into the inbox."""

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from warehouse import warehouse

from flowtui import flow, get_run_logger, task

INBOX = Path(__file__).parent / "inbox"
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


@task
def add_up(month: str) -> float:
    with warehouse() as connection:
        (revenue,) = connection.execute("select total(amount) from orders where day like ?", (f"{month}-%",)).fetchone()
    return round(revenue, 2)


@task
def wait_for_approval(month: str, hours: float) -> str:
    """Look for the file once a second, and say now and then that it is still missing."""
    INBOX.mkdir(exist_ok=True)
    wanted, logger = INBOX / f"approved-{month}.txt", get_run_logger()
    logger.info("Waiting up to %g h for approval. To approve: echo YOUR-NAME > %s", hours, wanted)
    started = time.monotonic()
    while not wanted.exists():
        waited = time.monotonic() - started
        if waited > hours * 3600:
            raise TimeoutError(f"nobody approved {month} within {hours:g} hours ({wanted} is missing)")
        if waited >= 60 and waited % 600 < 1:
            logger.info("Still waiting, for %d minutes now", waited // 60)
        time.sleep(1)
    return wanted.read_text(encoding="utf-8").strip() or "somebody"


@task
def publish(month: str, revenue: float, approved_by: str) -> None:
    with warehouse() as connection:
        connection.execute("insert or replace into months values (?, ?, ?)", (month, revenue, approved_by))


@flow(log_prints=True)
def monthly_close(
    month: Annotated[str, Field(pattern=MONTH)] | None = None,
    hours: Annotated[float, Field(gt=0, le=72)] = 8.0,
) -> dict[str, object]:
    """Close a month.

    Args:
        month: Such as 2026-10; the month of yesterday when it is left out.
        hours: How long to wait for the approval.
    """
    month = month or f"{date.today() - timedelta(days=1):%Y-%m}"
    revenue = add_up(month)
    print(f"{month}: {revenue:,.2f} EUR of revenue, to be approved")
    approved_by = wait_for_approval(month, hours)
    publish(month, revenue, approved_by)
    return {"month": month, "revenue": revenue, "approved_by": approved_by}


if __name__ == "__main__":
    monthly_close()
