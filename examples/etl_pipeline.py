"""Three tasks, one after the other: what most pipelines are."""

from flowtui import flow, task


@task
def extract() -> list[dict[str, object]]:
    return [
        {"city": "Lisbon", "celsius": 24.5},
        {"city": "Oslo", "celsius": 8.0},
        {"city": "Graz", "celsius": None},
    ]


@task
def transform(rows: list[dict]) -> list[dict[str, object]]:
    """Leave out what was not measured, and convert the rest."""
    measured = [row for row in rows if row["celsius"] is not None]
    return [{**row, "fahrenheit": row["celsius"] * 9 / 5 + 32} for row in measured]


@task
def load(rows: list[dict]) -> str:
    return f"loaded {len(rows)} rows: " + ", ".join(f"{row['city']} {row['fahrenheit']:.1f} °F" for row in rows)


@flow(name="etl-pipeline")
def etl_pipeline() -> str:
    return load(transform(extract()))


if __name__ == "__main__":
    print(etl_pipeline())
