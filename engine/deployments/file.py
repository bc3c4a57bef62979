"""Read `flowtui.yaml` or `prefect.yaml` into deployment entries."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from flowtui.engine.deployments.entry import DeploymentEntry, DeploymentFile
from flowtui.engine.deployments.fields import Fields
from flowtui.engine.deployments.references import only_environment
from flowtui.engine.deployments.schedule_fields import read_schedules
from flowtui.engine.deployments.steps import Step, read_steps
from flowtui.engine.deployments.templates import LATER, Lookup, fill_tree
from flowtui.engine.deployments.tree import Tree, read_tree
from flowtui.engine.errors import DeploymentFileError, UsageError
from flowtui.engine.model import CollisionStrategy
from flowtui.engine.schedules.base import Schedule

__all__ = ["FILE_NAMES", "filled_entry", "find_deployment_file", "read_deployment_file"]

FILE_NAMES: Final = ("flowtui.yaml", "flowtui.yml", "prefect.yaml")
"""Looked for in this order."""

_TOP: Final = ("name", "prefect-version", "build", "push", "pull", "deployments", "definitions")
_ENTRY: Final = (
    "name", "version", "version_type", "tags", "description", "schedule", "schedules", "paused", "concurrency_limit",
    "flow_name", "entrypoint", "parameters", "enforce_parameter_schema", "build", "push", "pull", "work_pool",
    "triggers", "sla", "is_schedule_active",
)  # fmt: skip
_POOL: Final = ("name", "work_queue_name", "job_variables")
_LIMIT: Final = ("limit", "collision_strategy", "grace_period_seconds")
_STEPS: Final = ("build", "push", "pull")
_STRATEGIES: Final[tuple[CollisionStrategy, ...]] = ("ENQUEUE", "CANCEL_NEW")
_LATER: Final[Mapping[str, str]] = {
    "triggers": "there are no automations yet",
    "sla": "no service level is watched",
}
"""Keys that a file may well have and that nothing acts on yet."""
_SECRETS: Final = ("access_token", "token", "password", "credentials")


def find_deployment_file(folder: Path) -> Path | None:
    """The deployment file of a folder, or None."""
    return next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)


def read_deployment_file(path: Path) -> DeploymentFile:
    """Everything that the file says. Flows are not loaded. Raises `DeploymentFileError` with file, line and key."""
    shown = _shown(path)
    tree = read_tree(path, shown)
    if tree.value is None:
        raise DeploymentFileError(shown, None, None, "the file is empty; it needs deployments:.")
    top = Fields(tree, shown, "", _TOP, more=True)  # the others hold what anchors name
    notes = [*_later(top)]
    steps = {key: (top.tree.fields or {}).get(key) for key in _STEPS}
    for key in _STEPS:
        read_steps(steps[key], shown, key)  # also where every entry has its own
    entries = []
    known = only_environment(os.environ)
    for number, item in enumerate(top.items("deployments")):
        where = f"deployments[{number}]"
        fields = Fields(_fill(item, known), shown, where, _ENTRY, open=True, more=True)
        if _is_placeholder(item):
            notes.append(f"{shown}:{item.line}: {where} has neither name nor entrypoint and is skipped.")
            continue
        entry = _entry(fields, steps)
        notes += [*_later(fields), *_unknown(fields), *_bare_secrets(shown, entry)]
        entries.append(replace(entry, tree=item))
    _refuse_twins(entries, shown)
    return DeploymentFile(
        shown=shown,
        folder=str(path.resolve().parent),
        entries=tuple(entries),
        notes=tuple(dict.fromkeys(notes)),
        steps=steps,
    )


def filled_entry(
    file: DeploymentFile, entry: DeploymentEntry, lookup: Lookup, *, jobs: Lookup, pull: Lookup
) -> DeploymentEntry:
    """The entry with its placeholders filled: by `lookup`, by `jobs` in its job variables, by `pull` in its pull steps.

    Raises `DeploymentFileError` for a placeholder that cannot be filled and for a value that does not fit then.
    """
    if entry.tree is None:
        return entry
    try:
        tree = _fill(entry.tree, lookup, jobs, pull)
        steps = {key: _fill_steps(part, pull) for key, part in file.steps.items()}
    except DeploymentFileError:
        raise
    except UsageError as error:
        raise DeploymentFileError(file.shown, entry.line, entry.name, str(error)) from error
    return _entry(Fields(tree, file.shown, entry.name, _ENTRY, more=True), steps)


def _fill(item: Tree, lookup: Lookup, jobs: Lookup | None = None, pull: Lookup | None = None) -> Tree:
    """An entry with its placeholders filled; those of steps and job variables stay when no lookup is given for them."""
    if item.fields is None:
        return item

    def part(key: str, tree: Tree) -> Tree:
        if key in _STEPS:
            return tree if pull is None or key != "pull" else _fill_steps(tree, pull) or tree
        if key == "work_pool" and tree.fields is not None:
            own = dict(tree.fields)
            own |= {name: fill_tree(below, lookup) for name, below in own.items() if name != "job_variables"}
            if jobs is not None and "job_variables" in own:
                own["job_variables"] = fill_tree(own["job_variables"], jobs)
            return _mapping(tree, own)
        return fill_tree(tree, lookup)

    fields = {key: part(key, tree) for key, tree in item.fields.items()}
    return _mapping(item, fields)


def _mapping(tree: Tree, fields: dict[str, Tree]) -> Tree:
    return replace(tree, value={key: part.value for key, part in fields.items()}, fields=fields)


def _fill_steps(tree: Tree | None, lookup: Lookup) -> Tree | None:
    """Steps with their placeholders filled, but for what the environment says about secrets: that is not to be kept."""
    if tree is None:
        return None

    def cautious(below: Tree) -> Tree:
        if below.fields is not None:
            fields = {
                key: fill_tree(one, _without_environment(lookup)) if key in _SECRETS else cautious(one)
                for key, one in below.fields.items()
            }
            return _mapping(below, fields)
        if below.items is not None:
            items = tuple(cautious(one) for one in below.items)
            return replace(below, value=[one.value for one in items], items=items)
        return fill_tree(below, lookup)

    return cautious(tree)


def _without_environment(lookup: Lookup) -> Lookup:
    return lambda placeholder: LATER if placeholder.kind == "environment" else lookup(placeholder)


def _shown(path: Path) -> str:
    """The path as a person would write it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _entry(fields: Fields, file_steps: Mapping[str, Tree | None]) -> DeploymentEntry:
    pool = fields.mapping("work_pool", _POOL)
    build, push, pull = (_steps(fields, key, file_steps) for key in _STEPS)
    limit, strategy, grace = _limit(fields)
    return DeploymentEntry(
        name=_name(fields),
        entrypoint=fields.required("entrypoint"),
        line=fields.tree.line,
        flow_name=fields.text("flow_name"),
        version=fields.text("version"),
        version_type=fields.text("version_type"),
        description=fields.text("description"),
        parameters=fields.json("parameters"),
        enforce_parameter_schema=fields.flag("enforce_parameter_schema", default=True),
        tags=fields.texts("tags"),
        paused=fields.flag("paused", default=False),
        work_pool_name=(pool and pool.text("name")) or "local",
        work_queue_name=(pool and pool.text("work_queue_name")) or "default",
        job_variables=pool.json("job_variables") if pool else {},
        schedules=_schedules(fields),
        concurrency_limit=limit,
        collision_strategy=strategy,
        grace_period_seconds=grace,
        build=build or (),
        push=push or (),
        pull=pull,
    )


def _schedules(fields: Fields) -> tuple[Schedule, ...] | None:
    """Those of the file; `is_schedule_active: false` turns them off, as files of Prefect 2 have it."""
    schedules = read_schedules(fields)
    if schedules is None or fields.flag("is_schedule_active", default=True):
        return schedules
    return tuple(replace(schedule, active=False) for schedule in schedules)


def _steps(fields: Fields, key: str, file_steps: Mapping[str, Tree | None]) -> tuple[Step, ...] | None:
    """Its own, also when that is null or an empty list; else those of the file."""
    if key in (fields.tree.fields or {}):
        return read_steps((fields.tree.fields or {})[key], fields.shown, fields.named(key))
    return read_steps(file_steps.get(key), fields.shown, key)


def _limit(fields: Fields) -> tuple[int | None, CollisionStrategy, float | None]:
    """`concurrency_limit: 3`, or a mapping that also says what becomes of the runs beyond it."""
    tree = fields.get("concurrency_limit")
    if tree is None or tree.fields is None:
        return fields.number("concurrency_limit", least=1), "ENQUEUE", None
    own = fields.mapping("concurrency_limit", _LIMIT)
    assert own is not None, "it is a mapping"
    said = (own.settled("collision_strategy") and own.text("collision_strategy")) or "ENQUEUE"
    strategy = next((known for known in _STRATEGIES if known == said.upper()), None)
    if strategy is None:
        raise own.refuse("collision_strategy", f"must be {' or '.join(_STRATEGIES)}, not {said!r}.")
    return own.number("limit", least=1), strategy, own.number("grace_period_seconds", least=0)


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


def _unknown(fields: Fields) -> Iterable[str]:
    for key in fields.others:
        tree = (fields.tree.fields or {})[key]
        if tree.value not in (None, [], {}):
            yield f"{fields.shown}:{tree.line}: {fields.named(key)} means nothing to flowtui and is ignored."


def _bare_secrets(shown: str, entry: DeploymentEntry) -> Iterable[str]:
    """A note when a secret stands in the file: it will stand in the store too, for everybody to read."""
    for step in entry.pull or ():
        for key in _SECRETS[:3]:
            value = step.inputs.get(key)
            if isinstance(value, str) and value and "{{" not in value:
                yield (
                    f"{shown}:{step.line}: {step.short}.{key} stands in the file as it is, and will be kept with the "
                    "deployment. Save it as a secret block, and name that: {{ flowtui.blocks.secret.NAME }}"
                )


def _refuse_twins(entries: Iterable[DeploymentEntry], shown: str) -> None:
    seen: dict[tuple[str, str], int | None] = {}
    for entry in entries:
        key = (entry.entrypoint, entry.name)
        if key in seen:
            raise DeploymentFileError(
                shown, entry.line, "name", f"{entry.name!r} of the same flow stands on line {seen[key]} already."
            )
        seen[key] = entry.line
