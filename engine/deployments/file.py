"""Read `flowtui.yaml` or `prefect.yaml` into deployment entries."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
from flowtui.engine.deployments.fields import Fields
from flowtui.engine.deployments.schedule_fields import read_schedules
from flowtui.engine.deployments.tree import Tree, read_tree
from flowtui.engine.errors import DeploymentFileError

__all__ = ["FILE_NAMES", "find_deployment_file", "read_deployment_file"]

FILE_NAMES: Final = ("flowtui.yaml", "flowtui.yml", "prefect.yaml")
"""Looked for in this order."""

_TOP: Final = ("name", "prefect-version", "build", "push", "pull", "deployments", "definitions")
_ENTRY: Final = (
    "name", "version", "version_type", "tags", "description", "schedule", "schedules", "paused", "concurrency_limit",
    "flow_name", "entrypoint", "parameters", "enforce_parameter_schema", "build", "push", "pull", "work_pool",
    "triggers", "sla",
)  # fmt: skip
_POOL: Final = ("name", "work_queue_name", "job_variables")
_LATER: Final[Mapping[str, str]] = {
    "prefect-version": "no version is asked for",
    "build": "build steps are not run",
    "push": "push steps are not run",
    "pull": "pull steps are not run: flows are loaded from the file's own folder",
    "triggers": "no automation is made",
    "concurrency_limit": "runs are not limited",
    "sla": "no service level is watched",
    "version_type": "the version is kept as it is given",
}
"""Keys that a file may well have and that nothing acts on yet."""


def find_deployment_file(folder: Path) -> Path | None:
    """The deployment file of a folder, or None."""
    return next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)


def read_deployment_file(path: Path) -> DeploymentFile:
    """Everything that the file says. Flows are not loaded. Raises `DeploymentFileError` with file, line and key."""
    shown = _shown(path)
    tree = read_tree(path, shown)
    if tree.value is None:
        raise DeploymentFileError(shown, None, None, "the file is empty; it needs deployments:.")
    top = Fields(tree, shown, "", _TOP)
    notes = [*_later(top)]
    entries = []
    for number, item in enumerate(top.items("deployments")):
        fields = Fields(item, shown, f"deployments[{number}]", _ENTRY)
        if _is_placeholder(item):
            notes.append(f"{shown}:{item.line}: deployments[{number}] has neither name nor entrypoint and is skipped.")
            continue
        entry = _entry(fields)
        notes += [*_later(fields), *_placeholders(fields, entry)]
        entries.append(entry)
    _refuse_twins(entries, shown)
    return DeploymentFile(
        shown=shown,
        folder=str(path.resolve().parent),
        entries=tuple(entries),
        notes=tuple(dict.fromkeys(notes)),
    )


def _shown(path: Path) -> str:
    """The path as a person would write it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _entry(fields: Fields) -> DeploymentEntry:
    pool = fields.mapping("work_pool", _POOL)
    return DeploymentEntry(
        name=_name(fields),
        entrypoint=fields.required("entrypoint"),
        line=fields.tree.line,
        version=fields.text("version"),
        description=fields.text("description"),
        parameters=fields.json("parameters"),
        enforce_parameter_schema=fields.flag("enforce_parameter_schema", default=True),
        tags=fields.texts("tags"),
        paused=fields.flag("paused", default=False),
        work_pool_name=(pool and pool.text("name")) or "local",
        work_queue_name=(pool and pool.text("work_queue_name")) or "default",
        job_variables=pool.json("job_variables") if pool else {},
        schedules=read_schedules(fields),
    )


def _name(fields: Fields) -> str:
    name = fields.required("name")
    bad = next((mark for mark in "/%&<>" if mark in name), None)
    if bad or not name.strip():
        raise fields.refuse("name", f"{name!r} cannot be a name: {bad!r} is not allowed." if bad else "is blank.")
    return name


def _is_placeholder(item: Tree) -> bool:
    """The item that a generated file begins with: every key there, and nothing said."""
    return item.fields is not None and not any(
        field.value for key, field in item.fields.items() if key in ("name", "entrypoint")
    )


def _later(fields: Fields) -> Iterable[str]:
    """A note for each key that is given and not acted on."""
    for key, effect in _LATER.items():
        tree = fields.get(key)
        if tree is not None and tree.value not in (None, [], {}):
            yield f"{fields.place(tree)}: {fields.named(key)} is ignored for now: {effect}."


def _placeholders(fields: Fields, entry: DeploymentEntry) -> Iterable[str]:
    """A note when a value holds `{{ … }}`, which is filled by steps that are not run."""
    if any("{{" in text for text in _strings([entry.parameters, entry.job_variables, entry.tags, entry.version])):
        yield f"{fields.place(fields.tree)}: {entry.name}: placeholders such as {{{{ … }}}} are kept as text for now."


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def _refuse_twins(entries: Iterable[DeploymentEntry], shown: str) -> None:
    seen: dict[tuple[str, str], int | None] = {}
    for entry in entries:
        key = (entry.entrypoint, entry.name)
        if key in seen:
            raise DeploymentFileError(
                shown, entry.line, "name", f"{entry.name!r} of the same flow stands on line {seen[key]} already."
            )
        seen[key] = entry.line
