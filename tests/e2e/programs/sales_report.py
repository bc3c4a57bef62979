"""A report over regions: a parent flow, a mapped subtask, an artifact, a variable, hooks and a retry, together."""

import random
from dataclasses import dataclass
from statistics import mean

from prefect import flow, get_run_logger, task, unmapped
from prefect.artifacts import create_markdown_artifact
from prefect.variables import Variable

REGIONS = ["north", "south", "west"]
tried = set()


@dataclass
class Sale:
    region: str
    amount: float


def announce(flow, flow_run, state):
    print(f"{flow.name} ended {state.name}")


@task(retries=2, retry_delay_seconds=[0.01, 0.02], task_run_name="fetch-{region}")
def fetch(region: str, seed: int) -> list[Sale]:
    if region == "south" and region not in tried:
        tried.add(region)
        raise TimeoutError("the south is slow")
    chance = random.Random(f"{region}{seed}")
    return [Sale(region, round(chance.uniform(10, 20), 2)) for _ in range(3)]


@task
def summarise(sales: list[Sale]) -> dict:
    return {"region": sales[0].region, "mean": round(mean(sale.amount for sale in sales), 2)}


@flow(name="publish", on_completion=[announce])
def publish(rows: list[dict], currency: str):
    lines = [f"| {row['region']} | {row['mean']} {currency} |" for row in rows]
    create_markdown_artifact("\n".join(["| region | mean |", "|---|---|", *lines]), key="sales-report")
    return len(lines)


@flow(name="sales report", on_completion=[announce], log_prints=True)
def sales_report(seed: int = 7):
    Variable.set("currency", "NOK", overwrite=True)
    sales = fetch.map(REGIONS, seed=unmapped(seed))
    rows = summarise.map(sales)
    get_run_logger().info("» %d regions", len(rows))
    count = publish(rows.result(), Variable.get("currency"))
    best = max(rows.result(), key=lambda row: row["mean"])
    return count, best["region"], len(tried)


if __name__ == "__main__":
    print(sales_report())
