"""Artifacts of every kind, made in tasks and in flows."""

from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)


@task
def report(rows):
    create_table_artifact(
        key="sales-table",
        table=[{"city": city, "sold": sold} for city, sold in rows],
        description="What was sold",
    )
    return create_markdown_artifact(key="sales", markdown=f"# Sales\n\n{sum(s for _, s in rows)} in all")


@task
def crunch():
    progress = create_progress_artifact(progress=0.0, key="crunching", description="how far")
    for step in range(1, 5):
        update_progress_artifact(artifact_id=progress, progress=step * 25.0)
    return progress


@flow
def sales():
    made = report([("Oslo", 3), ("Lima", 4)])
    print("an id:", isinstance(made, (UUID, str)))
    create_link_artifact(link="https://example.org/report", link_text="the report", key="report-link")
    create_image_artifact(image_url="https://example.org/plot.png", key="plot", description="a plot")
    crunch()
    kept = Artifact.get("sales")
    print(kept.type, kept.data.splitlines())
    print(float(Artifact.get("crunching").data))
    print(Artifact.get("report-link").data)
    print(Artifact.get("no-such-thing"))
    report([("Oslo", 1)])
    print(Artifact.get("sales").data.splitlines()[-1])


sales()
