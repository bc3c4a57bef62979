"""Artifacts: what a run makes for people to look at. Text, tables, links, pictures and progress, in versions by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from flowtui.engine.both_ways import awaited, both_ways, twin
from flowtui.engine.client.here import client_here
from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.errors import ArtifactError
from flowtui.engine.shared import ArtifactFilter, ArtifactRecord, NewArtifact

__all__ = [
    "Artifact",
    "ImageArtifact",
    "LinkArtifact",
    "MarkdownArtifact",
    "ProgressArtifact",
    "TableArtifact",
    "acreate_image_artifact",
    "acreate_link_artifact",
    "acreate_markdown_artifact",
    "acreate_progress_artifact",
    "acreate_table_artifact",
    "aupdate_progress_artifact",
    "create_image_artifact",
    "create_link_artifact",
    "create_markdown_artifact",
    "create_progress_artifact",
    "create_table_artifact",
    "update_progress_artifact",
]

A = TypeVar("A", bound="Artifact")
Table = Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]] | Sequence[Sequence[Any]]
"""Rows as objects, columns by name, or rows as lists."""


@dataclass(kw_only=True)
class Artifact:
    """An artifact that is not kept yet; `create` keeps it. Keys have lowercase letters, digits and dashes."""

    type: str | None = None
    key: str | None = None
    description: str | None = None
    data: Any = None

    kind: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        self.type = self.kind or self.type

    def format(self) -> Any:
        """What is kept: a JSON value."""
        return self.data

    @both_ways
    def create(self) -> ArtifactRecord:
        """Keep it as what the present run made. Raises `ArtifactError`."""
        return _keep(self)

    async def acreate(self) -> ArtifactRecord:
        """`create` for async code."""
        return await awaited(_keep, self)

    @classmethod
    @both_ways
    def get(cls, key: str | None = None) -> ArtifactRecord | None:
        """The newest artifact of a key."""
        return _newest(key)

    @classmethod
    async def aget(cls, key: str | None = None) -> ArtifactRecord | None:
        """`get` for async code."""
        return await awaited(_newest, key)

    @classmethod
    @both_ways
    def get_or_create(cls, key: str | None = None, **values: Any) -> tuple[ArtifactRecord, bool]:
        """The newest artifact of a key, and False; or a new one, and True."""
        return _get_or_create(cls, key, values)

    @classmethod
    async def aget_or_create(cls, key: str | None = None, **values: Any) -> tuple[ArtifactRecord, bool]:
        """`get_or_create` for async code."""
        return await awaited(_get_or_create, cls, key, values)


@dataclass(kw_only=True)
class LinkArtifact(Artifact):
    """A link with its text."""

    link: str
    link_text: str | None = None
    kind: ClassVar[str | None] = "markdown"

    def format(self) -> str:
        return f"[{self.link_text}]({self.link})" if self.link_text else f"[{self.link}]({self.link})"


@dataclass(kw_only=True)
class MarkdownArtifact(Artifact):
    """Text in Markdown."""

    markdown: str
    kind: ClassVar[str | None] = "markdown"

    def format(self) -> str:
        return self.markdown


@dataclass(kw_only=True)
class TableArtifact(Artifact):
    """A table. NaN and infinities become null."""

    table: Table
    kind: ClassVar[str | None] = "table"

    def format(self) -> Table:
        if isinstance(self.table, str | bytes) or not isinstance(self.table, Mapping | Sequence):
            raise ArtifactError(
                f"A table cannot be made of {self.table!r}; give rows as objects, columns by name, or rows as lists."
            )
        return self.table


@dataclass(kw_only=True)
class ProgressArtifact(Artifact):
    """How far something has come, 0 to 100."""

    progress: float
    kind: ClassVar[str | None] = "progress"

    def format(self) -> float:
        return _percent(self.progress)


@dataclass(kw_only=True)
class ImageArtifact(Artifact):
    """A picture that stands at a public address."""

    image_url: str
    kind: ClassVar[str | None] = "image"

    def format(self) -> str:
        return self.image_url


# -- functions --------------------------------------------------------------------------------------------------------


@both_ways
def create_link_artifact(
    link: str, link_text: str | None = None, key: str | None = None, description: str | None = None
) -> str:
    """Keep a link as what the present run made; answer the artifact's id."""
    return _keep(LinkArtifact(link=link, link_text=link_text, key=key, description=description)).id


@both_ways
def create_markdown_artifact(markdown: str, key: str | None = None, description: str | None = None) -> str:
    """Keep a text in Markdown as what the present run made; answer the artifact's id."""
    return _keep(MarkdownArtifact(markdown=markdown, key=key, description=description)).id


@both_ways
def create_table_artifact(table: Table, key: str | None = None, description: str | None = None) -> str:
    """Keep a table as what the present run made; answer the artifact's id. NaN and infinities become null."""
    return _keep(TableArtifact(table=table, key=key, description=description)).id


@both_ways
def create_progress_artifact(progress: float, key: str | None = None, description: str | None = None) -> str:
    """Keep how far something has come, 0 to 100; answer the artifact's id, for `update_progress_artifact`."""
    return _keep(ProgressArtifact(progress=progress, key=key, description=description)).id


@both_ways
def create_image_artifact(image_url: str, key: str | None = None, description: str | None = None) -> str:
    """Keep a picture's address as what the present run made; answer the artifact's id."""
    return _keep(ImageArtifact(image_url=image_url, key=key, description=description)).id


@both_ways
def update_progress_artifact(artifact_id: str, progress: float, description: str | None = None) -> str:
    """Say how far something has come by now; answer the artifact's id. Raises `NotFound`."""
    return client_here().update_artifact(str(artifact_id), data=_percent(progress), description=description).id


acreate_link_artifact = twin(create_link_artifact)
acreate_markdown_artifact = twin(create_markdown_artifact)
acreate_table_artifact = twin(create_table_artifact)
acreate_progress_artifact = twin(create_progress_artifact)
acreate_image_artifact = twin(create_image_artifact)
aupdate_progress_artifact = twin(update_progress_artifact)


# -- keeping ----------------------------------------------------------------------------------------------------------


def _keep(artifact: Artifact) -> ArtifactRecord:
    if not artifact.type:
        raise ArtifactError("An artifact needs a type, such as markdown or table.")
    task, flow = current_task_run(), current_flow_run()
    new = NewArtifact(
        type=artifact.type,
        data=artifact.format(),
        key=artifact.key,
        description=artifact.description,
        flow_run_id=task.task_run.flow_run_id if task else flow.handle.run_id if flow else None,
        task_run_id=task.task_run.id if task else None,
    )
    return client_here().create_artifact(new)


def _newest(key: str | None) -> ArtifactRecord | None:
    found = client_here().list_artifacts(ArtifactFilter(key=key), limit=1).items
    return found[0] if found else None


def _get_or_create(cls: type[Artifact], key: str | None, values: dict[str, Any]) -> tuple[ArtifactRecord, bool]:
    found = _newest(key) if key is not None else None
    if found is not None:
        return found, False
    known = {field.name for field in fields(cls)}
    unknown = ", ".join(sorted(values.keys() - known))
    if unknown:
        raise ArtifactError(f"{cls.__name__} has no {unknown}; it has {', '.join(sorted(known))}.")
    return _keep(cls(key=key, **values)), True


def _percent(progress: float) -> float:
    if isinstance(progress, bool) or not isinstance(progress, int | float) or not 0 <= progress <= 100:
        raise ArtifactError(f"A progress of {progress!r} makes no sense; give a number from 0 to 100.")
    return float(progress)
