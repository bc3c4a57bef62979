"""Everything about one line of a log, for the panel: its fields, its message, what its call gave. Pure."""

import json
import textwrap
from datetime import tzinfo

from flowtui.engine.model import LogLine
from flowtui.tui.log_text import level_role, level_word
from flowtui.tui.logs.facts import RunFacts
from flowtui.tui.logs.template import json_of
from flowtui.tui.widgets.paint import Spans
from flowtui.tui.widgets.value_view import json_lines

__all__ = ["record_rows", "record_text"]

_LABEL = 10


def record_rows(line: LogLine, facts: RunFacts, zone: tzinfo | None, width: int) -> list[Spans]:
    """The rows of the panel, at most `width` cells wide."""
    structured = json_of(line.message)
    rows: list[Spans] = [[("message", "muted"), ("  JSON" if structured is not None else "", "faint")]]
    if structured is not None:
        rows.extend(json_lines(_pretty(structured), width))
    else:
        for part in line.message.rstrip("\n").split("\n"):
            rows.extend([[(piece, "text")] for piece in _broken(part, width)])
    if line.extra:
        rows.extend(([], [("extra", "muted")], *json_lines(_pretty(dict(line.extra)), width)))
    fields = _fields(line, facts, zone)
    return [*rows, [], *([(f"{label:<{_LABEL}}", "muted"), (value, role)] for label, value, role in fields)]


def _fields(line: LogLine, facts: RunFacts, zone: tzinfo | None) -> list[tuple[str, str, str]]:
    local = line.timestamp.astimezone(zone)
    file, _, number = (line.source or "").rpartition(":")
    run = next((run for run in facts.runs if run.id == line.flow_run_id), None)
    attempt = sum(begun <= line.timestamp for begun in facts.attempts)
    found = [
        ("time", f"{local:%Y-%m-%d %H:%M:%S.%f} {local.tzname() or ''}".rstrip(), "text"),
        ("level", level_word(line.level), level_role(line.level)),
        ("logger", line.logger, "text"),
        ("run", run.name if run is not None else line.flow_run_id or "", "text"),
        ("task", _task(line, facts), "text"),
        ("attempt", f"{max(attempt, 1)} of {len(facts.attempts)}" if len(facts.attempts) > 1 else "", "text"),
        ("file", file, "text"),
        ("line", number, "text"),
        ("function", line.function or "", "text"),
    ]
    return [field for field in found if field[1]]


def _task(line: LogLine, facts: RunFacts) -> str:
    """`load-0`; `load-0, attempt 2` where tasks were tried more than once."""
    name = facts.tasks.get(line.task_run_id or "", line.task_run_id or "")
    if line.task_attempt is None or max(line.task_attempt, facts.task_attempts) == 1:
        return name
    return f"{name}, attempt {line.task_attempt}"


def record_text(line: LogLine) -> str:
    """The line as JSON, for the clipboard."""
    from flowtui.tui.logs.export import record_of  # noqa: PLC0415 - it takes its fields from here and there

    return _pretty(record_of(line))


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, drop_whitespace=False, expand_tabs=True, tabsize=4) or [""]
