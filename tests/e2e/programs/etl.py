"""A small ETL job: read a CSV, clean it, load it into SQLite, and report."""

import csv
import sqlite3
import tempfile
from pathlib import Path

from prefect import flow, get_run_logger, task

ROWS = """id,city,celsius
1,Oslo,3.5
2,Lima,19.1
3,Oslo,
4,Pune,31.0
"""


@task(retries=2, retry_delay_seconds=1, tags=["extract"])
def extract(path: Path) -> list[dict]:
    logger = get_run_logger()
    with path.open() as file:
        rows = list(csv.DictReader(file))
    logger.info("» read %d rows from %s", len(rows), path.name)
    return rows


@task
def transform(rows: list[dict]) -> list[tuple[int, str, float]]:
    return [(int(row["id"]), row["city"], float(row["celsius"])) for row in rows if row["celsius"]]


@task(name="load into sqlite")
def load(rows: list[tuple[int, str, float]], database: Path) -> int:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE reading (id INTEGER PRIMARY KEY, city TEXT, celsius REAL)")
        connection.executemany("INSERT INTO reading VALUES (?, ?, ?)", rows)
        (count,) = connection.execute("SELECT count(*) FROM reading").fetchone()
    connection.close()
    return count


@flow(name="weather-etl", description="Loads yesterday's readings.")
def etl(folder: Path, scale: float = 1.0) -> dict:
    assert isinstance(folder, Path), "parameters are coerced to their annotations"
    source = folder / "readings.csv"
    source.write_text(ROWS)
    rows = extract(source)
    clean = transform(rows)
    count = load(clean, folder / "weather.db")
    get_run_logger().info("» loaded %d of %d", count, len(rows))
    return {"rows": len(rows), "loaded": count, "mean": round(scale * sum(r[2] for r in clean) / count, 2)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(etl(folder, scale="2"))
