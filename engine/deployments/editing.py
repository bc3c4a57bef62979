"""Add a deployment to `flowtui.yaml`, with its comments, its order and its quotes as they were."""

import io
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from flowtui.engine.deployments.entry import DeploymentEntry
from flowtui.engine.deployments.tree import read_tree
from flowtui.engine.errors import DeploymentFileError
from flowtui.engine.schedules.base import Schedule

__all__ = ["add_entry", "entry_as_written", "write_whole"]

_HEAD: Final = "# Deployments of this folder. Make or update them with: flowtui deploy --all\n"


def entry_as_written(entry: DeploymentEntry) -> dict[str, Any]:
    """The keys of a deployment as a person would write them: what is left at its default is left out."""
    keys: dict[str, Any] = {"name": entry.name, "entrypoint": entry.entrypoint}
    texts = {"version": entry.version, "description": entry.description}
    keys |= {key: value for key, value in texts.items() if value}
    if entry.tags:
        keys["tags"] = list(entry.tags)
    if entry.parameters:
        keys["parameters"] = dict(entry.parameters)
    if entry.schedules:
        keys["schedules"] = [_schedule(schedule) for schedule in entry.schedules]
    pool: dict[str, Any] = {"name": entry.work_pool_name} if entry.work_pool_name else {}
    if entry.work_queue_name not in (None, "default"):
        pool["work_queue_name"] = entry.work_queue_name
    if entry.job_variables:
        pool["job_variables"] = dict(entry.job_variables)
    return keys | ({"work_pool": pool} if pool else {})


def _schedule(schedule: Schedule) -> dict[str, Any]:
    written = {key: value for key, value in schedule.to_json().items() if value is not None}
    if written.get("day_or") is True:
        del written["day_or"]
    if not schedule.active:
        written["active"] = False
    return written | ({"parameters": dict(schedule.parameters)} if schedule.parameters else {})


def add_entry(path: Path, entry: DeploymentEntry) -> str:
    """The text of the file with the deployment in it: in the place of one of its name and entrypoint, else as the last.

    Nothing is written. Raises `DeploymentFileError` when the file is not one that a deployment can be added to.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - 84 ms that only the wizard pays

    shown = path.name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.strip():
        read_tree(path, shown)  # within the limits of such a file, and no broken one
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    whole: Any = yaml.load(text) if text.strip() else None
    if whole is None:
        whole = yaml.load("deployments: []\n")
        text = _HEAD
    else:
        text = ""
    if not isinstance(whole, dict) or not isinstance(whole.get("deployments") or [], list):
        raise DeploymentFileError(shown, None, "deployments", "must be a list of deployments.")
    there = whole.get("deployments")
    if not there:
        there = whole["deployments"] = yaml.load("- x\n")
        there.clear()
    new = entry_as_written(entry)
    for number, old in enumerate(there):
        if isinstance(old, dict) and (old.get("name"), old.get("entrypoint")) == (new["name"], new["entrypoint"]):
            there[number] = {**{key: value for key, value in old.items() if key not in new}, **new}
            there[number] = {key: there[number][key] for key in (*new, *(key for key in old if key not in new))}
            break
    else:
        there.append(new)
    out = io.StringIO()
    yaml.dump(whole, out)
    return text + out.getvalue()


def write_whole(path: Path, text: str) -> None:
    """Write a file as a whole: whoever reads it meanwhile finds the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
