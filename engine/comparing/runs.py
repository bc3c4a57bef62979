"""What differs between two runs, from all that is known of them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flowtui.engine.comparing.differences import Change, Comparison, Difference, Section, in_order
from flowtui.engine.comparing.nested import nested_changes
from flowtui.engine.comparing.tasks import task_differences, took_longer
from flowtui.engine.comparing.templates import Template
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.provenance import BlockUse, Provenance

__all__ = ["RunFacts", "compare"]

_OUTCOME, _MESSAGE, _LONGER, _SHORTER = 100, 90, 40, 18
_PARAMETER, _EDITED, _JOB_VARIABLE, _TAG = 80, 72, 50, 12
_CODE: Final[tuple[tuple[str, str, int], ...]] = (
    ("commit", "commit", 75),
    ("source_hash", "source file", 78),
    ("branch", "branch", 42),
    ("entrypoint", "flow", 48),
    ("python", "Python", 65),
    ("flowtui", "flowtui", 60),
    ("root", "folder", 14),
    ("host", "machine", 16),
)
"""Fields of `Provenance`, what people call them, and how telling it is when they differ."""
_DIRTY: Final = 62
_VERSION: Final = 46
_PACKAGE: Final[Mapping[Change, int]] = {"changed": 56, "missing": 58, "new": 34, "same": 0}
_BLOCK: Final[Mapping[Change, int]] = {"changed": 64, "missing": 44, "new": 44, "same": 0}
_LINES: Final[Mapping[int, tuple[int, int]]] = {50: (92, 26), 40: (92, 26), 30: (70, 25), 20: (30, 28), 10: (6, 5)}
"""How telling a new template is, and a missing one, by level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run, and what is kept beside it."""

    run: FlowRun
    tasks: Sequence[TaskRun] = ()
    packages: Sequence[str] | None = None
    """`name==version`; None when they are not known."""
    blocks: Sequence[BlockUse] = ()


def compare(
    older: RunFacts, newer: RunFacts, templates: Iterable[Template] = (), notes: Sequence[str] = ()
) -> Comparison:
    """Everything in which the newer run differs from the older one, also what is noise: that has no weight."""
    was, now = older.run, newer.run
    seconds = _took(was)
    found = [
        *_outcome(was, now),
        *_values("parameters", was.parameters, now.parameters, _PARAMETER),
        *_code(was, now),
        *_packages(older.packages, newer.packages),
        *_blocks(older.blocks, newer.blocks),
        *task_differences(older.tasks, newer.tasks, seconds),
        *_lines(templates),
        *_edited(older, newer),
        *_values("run", was.job_variables, now.job_variables, _JOB_VARIABLE, "job variable "),
        *_tags(was.tags, now.tags),
    ]
    said = [*notes]
    if older.packages is None or newer.packages is None:
        said.append("Their packages cannot be compared: at least one of them did not keep which it had.")
    return Comparison(older=was, newer=now, differences=in_order(found), notes=tuple(said))


def _took(run: FlowRun) -> float:
    if run.start_time is None or run.end_time is None:
        return 0.0
    return (run.end_time - run.start_time).total_seconds()


def _outcome(was: FlowRun, now: FlowRun) -> Iterator[Difference]:
    if was.state.name != now.state.name:
        yield _changed("outcome", "state", was.state.name, now.state.name, _OUTCOME)
    if (was.state.message or "") != (now.state.message or ""):
        yield _changed("outcome", "message", was.state.message, now.state.message, _MESSAGE)
    before, after = _took(was), _took(now)
    felt = took_longer(before, after, before)
    yield Difference(
        section="outcome",
        what="duration",
        change="changed" if felt else "same",
        before=before,
        after=after,
        is_duration=True,
        weight=(_LONGER if after > before else _SHORTER) if felt and now.state.is_completed() else 0,
    )


def _changed(section: Section, what: str, before: Any, after: Any, weight: int) -> Difference:
    change: Change = "new" if before is None else "missing" if after is None else "changed"
    return Difference(section=section, what=what, change=change, before=before, after=after, weight=weight)


def _values(
    section: Section, before: Mapping[str, Any], after: Mapping[str, Any], weight: int, lead: str = ""
) -> Iterator[Difference]:
    for path, change, was, now in nested_changes(before, after):
        yield Difference(section=section, what=f"{lead}{path}", change=change, before=was, after=now, weight=weight)


def _code(was: FlowRun, now: FlowRun) -> Iterator[Difference]:
    before, after = was.provenance or Provenance(), now.provenance or Provenance()
    for name, word, weight in _CODE:
        old, new = getattr(before, name), getattr(after, name)
        if old != new and old is not None and new is not None:
            yield _changed("code", word, old, new, weight)
    if before.commit == after.commit and before.dirty != after.dirty and None not in (before.dirty, after.dirty):
        words = {True: "files were changed", False: "as committed"}
        yield _changed("code", "checkout", words[bool(before.dirty)], words[bool(after.dirty)], _DIRTY)
    if was.deployment_version != now.deployment_version:
        yield _changed("code", "deployment version", was.deployment_version, now.deployment_version, _VERSION)


def _packages(before: Sequence[str] | None, after: Sequence[str] | None) -> Iterator[Difference]:
    if before is None or after is None:
        return
    old, new = (dict(package.split("==", 1) for package in packages) for packages in (before, after))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            found = _changed("packages", name, old.get(name), new.get(name), 0)
            yield _weighed(found, _PACKAGE)


def _blocks(before: Sequence[BlockUse], after: Sequence[BlockUse]) -> Iterator[Difference]:
    old, new = ({use.reference: use for use in uses} for uses in (before, after))
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was is None or now is None or was.updated != now.updated or was.block_id != now.block_id:
            yield _weighed(_changed("blocks", name, _version(was), _version(now), 0), _BLOCK)


def _version(use: BlockUse | None) -> str | None:
    return None if use is None else f"as of {use.updated:%Y-%m-%d %H:%M:%S} UTC"


def _weighed(difference: Difference, weights: Mapping[Change, int]) -> Difference:
    return Difference(
        section=difference.section,
        what=difference.what,
        change=difference.change,
        before=difference.before,
        after=difference.after,
        weight=weights[difference.change],
    )


def _lines(templates: Iterable[Template]) -> Iterator[Difference]:
    for template in templates:
        before, after = template.counts
        new, missing = _LINES.get(min(template.level, 50), _LINES[10])
        change: Change = "same" if before and after else "missing" if before else "new"
        yield Difference(
            section="log",
            what=template.text,
            change=change,
            before=_times(before),
            after=_times(after),
            weight={"new": new, "missing": missing}.get(change, 0),
            level=template.level,
            line=template.first[0 if change == "missing" else 1],
        )


def _times(count: int) -> str | None:
    return f"{count:,}×" if count else None


def _edited(older: RunFacts, newer: RunFacts) -> Iterator[Difference]:
    """Inputs of tasks that a person has changed to retry one of the runs."""
    before, after = _inputs(older), _inputs(newer)
    for name in dict.fromkeys([*after, *before]):
        for path, change, was, now in nested_changes(before.get(name, {}), after.get(name, {})):
            what = f"edited input {name}.{path}"
            yield Difference(section="run", what=what, change=change, before=was, after=now, weight=_EDITED)


def _inputs(facts: RunFacts) -> dict[str, Mapping[str, Any]]:
    amendments = facts.run.amendments
    if amendments is None:
        return {}
    names = {task.id: task.name for task in facts.tasks}
    return {names.get(task, task): values for task, values in amendments.inputs.items()}


def _tags(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    for tag in sorted({*before} ^ {*after}):
        change: Change = "missing" if tag in before else "new"
        yield Difference(section="run", what=f"tag {tag}", change=change, weight=_TAG)
