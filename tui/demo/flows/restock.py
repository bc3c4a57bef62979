"""Propose what to order again, and ask a person how much of it: the run pauses until somebody fills in the form."""

from typing import Annotated, Literal

from pydantic import Field
from shops import ARTICLES

from flowtui import RunInput, create_table_artifact, flow, get_run_logger, pause_flow_run, task

STOCK = {"mug": 14, "notebook": 52, "lamp": 3, "poster": 40, "chair": 6}
WANTED = {"mug": 60, "notebook": 60, "lamp": 10, "poster": 30, "chair": 8}


class Order(RunInput):
    """What a buyer decides."""

    budget: Annotated[float, Field(gt=0, le=10_000)] = 900.0
    supplier: Literal["Porto Goods", "Norsk Handel"] = "Porto Goods"
    express: bool = False
    note: str = ""


@task
def count_stock() -> dict[str, int]:
    """What is missing of each article."""
    return {article: max(WANTED[article] - there, 0) for article, there in STOCK.items()}


@task
def propose(missing: dict[str, int]) -> list[dict[str, object]]:
    """A line for each article, the most urgent first; kept as a table that can be read while the run waits."""
    lines = [
        {"article": article, "missing": pieces, "cost": round(pieces * ARTICLES[article] * 0.55, 2)}
        for article, pieces in missing.items()
        if pieces
    ]
    lines.sort(key=lambda line: STOCK[str(line["article"])] / WANTED[str(line["article"])])
    create_table_artifact(lines, key="restock-proposal", description="What is missing, the most urgent first.")
    return lines


@task
def place_order(lines: list[dict], order: dict) -> list[str]:
    """As much as the budget allows."""
    left, ordered = order["budget"], []
    for line in lines:
        if line["cost"] <= left:
            left -= line["cost"]
            ordered.append(f"{line['missing']} × {line['article']}")
    get_run_logger().info("Ordered at %s: %s", order["supplier"], ", ".join(ordered) or "nothing")
    return ordered


@flow
def restock() -> list[str]:
    lines = propose(count_stock())
    total = sum(line["cost"] for line in lines)
    asked = Order.with_initial_data(description=f"{len(lines)} articles are missing, {total:,.2f} EUR in all.")
    order = pause_flow_run(wait_for_input=asked, timeout=8 * 3600)
    return place_order(lines, order.model_dump())


if __name__ == "__main__":
    restock()
