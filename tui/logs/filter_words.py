"""What a person types to filter a log: `timeout`, `!health`, `level:warning`, `task:load`, `attempt:2`. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from flowtui.engine.errors import UsageError
from flowtui.engine.log_tests import LogTest
from flowtui.tui.logs.facts import RunFacts, number_of_attempt, span_of_attempt
from flowtui.tui.logs.filters import Kind

__all__ = ["HINT", "Asked", "completed_words", "read_filter"]

HINT: Final = "text or regex, !text hides, level: logger: task: task-attempt: attempt: function: context:"
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_FIELDS: Final = ("level", "logger", "task", "task-attempt", "attempt", "function", "run", "context")


class Asked(NamedTuple):
    """A filter that is asked for; `context` is a number of lines instead, when it is not None."""

    kind: Kind
    words: str
    test: LogTest
    context: int | None = None


def read_filter(text: str, facts: RunFacts) -> Asked:
    """Read what was typed. Raises `UsageError` for words that mean nothing here."""
    text = text.strip()
    name, colon, value = text.partition(":")
    if not colon or name not in _FIELDS:
        hides = text.startswith("!")
        words = text[1:].strip() if hides else text.removeprefix("\\")
        if not words:
            raise UsageError("Type a text or a regular expression; ! before it hides the lines that have it.")
        return Asked("hide" if hides else "show", words, LogTest(pattern=words))
    value = value.strip()
    if not value:
        raise UsageError(f"Say which {name}: {name}:…")
    return _BY_FIELD[name](value, facts)


def _level(value: str, _: RunFacts) -> Asked:
    found = [name for name in _LEVELS if name.startswith(value.lower())]
    if value.isdecimal():
        return Asked("level", value, LogTest(level=int(value)))
    if not found:
        raise UsageError(f"There is no level {value!r}; there are {', '.join(_LEVELS)}, and numbers.")
    return Asked("level", found[0].upper(), LogTest(level=_LEVELS[found[0]]))


def _logger(value: str, _: RunFacts) -> Asked:
    return Asked("logger", value, LogTest(loggers=(value,)))


def _task(value: str, facts: RunFacts) -> Asked:
    ids = _named(value, facts.tasks)
    if not ids:
        raise UsageError(f"This run has no task {value!r}." + _some(facts.tasks.values()))
    return Asked("task", value, LogTest(task_runs=ids))


def _run(value: str, facts: RunFacts) -> Asked:
    ids = _named(value, {run.id: run.name for run in facts.runs})
    if not ids:
        raise UsageError(f"There is no run {value!r} in this log." + _some(run.name for run in facts.runs))
    return Asked("run", value, LogTest(flow_runs=ids))


def _attempt(value: str, facts: RunFacts) -> Asked:
    since, until = span_of_attempt(value, facts.attempts)
    return Asked("attempt", value, LogTest(since=since, until=until))


def _task_attempt(value: str, facts: RunFacts) -> Asked:
    number = number_of_attempt(value)
    if number is None:
        raise UsageError(f"There is no attempt {value}; give a number from 1: task-attempt:2.")
    if number > facts.task_attempts:
        most = facts.task_attempts
        known = "no task was tried more than once" if most == 1 else f"no task was tried more than {most} times"
        raise UsageError(f"There is no attempt {value} of a task; {known}.")
    return Asked("task-attempt", value, LogTest(task_attempt=number))


def _function(value: str, _: RunFacts) -> Asked:
    return Asked("function", value, LogTest(function=value))


def _context(value: str, _: RunFacts) -> Asked:
    if not value.isdecimal() or int(value) > 50:
        raise UsageError(f"The context is {value!r}; give a number of lines from 0 to 50.")
    return Asked("show", value, LogTest(), int(value))


_BY_FIELD: Final = {
    "level": _level,
    "logger": _logger,
    "task": _task,
    "attempt": _attempt,
    "task-attempt": _task_attempt,
    "function": _function,
    "run": _run,
    "context": _context,
}


def _named(value: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of that name, else of names that begin so (`load` means `load-0`, `load-1`, …)."""
    exact = tuple(key for key, name in names.items() if name == value)
    return exact or tuple(key for key, name in names.items() if name.startswith(value))


def _some(names: Iterable[str]) -> str:
    few = list(dict.fromkeys(names))[:5]
    return f" There are {', '.join(few)}." if few else ""


def completed_words(text: str, facts: RunFacts, loggers: Iterable[str]) -> str | None:
    """What was typed with the word at its end completed; None when nothing fits."""
    name, colon, value = text.partition(":")
    if not colon:
        found = next((field for field in _FIELDS if text and field.startswith(text)), None)
        return f"{found}:" if found is not None else None
    known: Mapping[str, Iterable[str]] = {
        "level": _LEVELS,
        "logger": sorted(loggers),
        "task": facts.tasks.values(),
        "attempt": [str(number + 1) for number in range(len(facts.attempts))],
        "task-attempt": [str(number + 1) for number in range(facts.task_attempts)],
        "run": [run.name for run in facts.runs],
    }
    fitting = (word for word in known.get(name, ()) if word.startswith(value) and word != value)
    found = next(fitting, None)
    return f"{name}:{found}" if found is not None else None
