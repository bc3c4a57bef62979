"""Where log lines go: to the console in one shape, and to the store.

The shape is `HH:MM:SS.mmm | INFO    | Flow run 'grinning-crab' - message`, in local time, on stderr. With
`FLOWTUI_LOGGING_FORMAT=json` each line is a JSON object instead, with the wire's field names.
"""

import logging
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flowtui.engine.client.current import current_client
from flowtui.engine.console import Console
from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.model import LogLine
from flowtui.engine.settings import current_settings

__all__ = [
    "FLOW_RUNS",
    "TASK_RUNS",
    "console_only_ours",
    "flush_console",
    "keep_console_quiet",
    "keep_line",
    "print_line",
    "set_up_logging",
    "tear_down_logging",
]

FLOW_RUNS: Final = "flowtui.flow_runs"
TASK_RUNS: Final = "flowtui.task_runs"

_OWN_FIELDS: Final = frozenset({"flow_run_id", "task_run_id", "task_attempt", "run", "message", "asctime"})
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | _OWN_FIELDS | {"taskName"}
_OWN_FOLDER: Final = __file__.removesuffix("log_output.py")
_LEVELS: Final = {10: "DEBUG  ", 20: "INFO   ", 30: "WARNING", 40: "ERROR  ", 50: "CRITICAL"}
_WARNING: Final = logging.WARNING
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_ROOT: Final = logging.getLogger("flowtui")


def keep_line(line: LogLine) -> None:
    """Hand a line to the store of this process."""
    current_client().write_logs((line,))


# -- the console ----------------------------------------------------------------------------------------------------

_second: tuple[datetime, datetime, str] = (_NEVER, _NEVER, "")


def _clock(instant: datetime) -> str:
    """`HH:MM:SS.mmm` in local time. A second is worked out once for all of its lines."""
    global _second
    since, until, text = _second
    if not since <= instant < until:
        since = instant.replace(microsecond=0)
        text = f"{since.astimezone():%H:%M:%S}"
        _second = (since, since + timedelta(seconds=1), text)
    return f"{text}.{instant.microsecond // 1000:03d}"


def _level(level: int) -> str:
    return _LEVELS.get(level) or f"{logging.getLevelName(level):<7}"


def _shaped(line: LogLine, who: str) -> str:
    return f"{_clock(line.timestamp)} | {_level(line.level)} | {who} - {line.message}\n"


def _json(line: LogLine, who: str) -> str:
    import orjson  # noqa: PLC0415 - loaded with the store anyway

    from flowtui.engine.wire import log_json  # noqa: PLC0415 - only for those who ask for this format

    body = {**log_json(line), "level_name": logging.getLevelName(line.level), "run": who}
    try:
        return orjson.dumps(body, default=str, option=orjson.OPT_APPEND_NEWLINE).decode()
    except TypeError:  # a lone surrogate, which no encoding can hold
        import json  # noqa: PLC0415 - 3 ms for what hardly ever happens

        return f"{json.dumps(body, default=str)}\n"


class _Console(logging.StreamHandler[Any]):
    """Writes to whatever stderr is now, so that redirection and test capture work."""

    terminator = ""

    def __init__(self, *, as_json: bool) -> None:
        logging.Handler.__init__(self)
        self.shape = _json if as_json else _shaped

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        """There is nothing to keep: the stream is looked up for each line."""

    def emit(self, record: logging.LogRecord) -> None:
        _printing.flush()  # what was said before stands before it
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        if self.formatter is not None:  # somebody has given it one
            return f"{super().format(record)}\n"
        return self.shape(_line_of(record), record.__dict__.get("run") or record.name)


class _Keeper(logging.Handler):
    """Hands the lines of runs to the store. A line that names no run belongs to the one it was written in."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = _line_of(record)
            if line.flow_run_id is not None or line.task_run_id is not None:
                keep_line(line)
        except Exception:
            self.handleError(record)


def _line_of(record: logging.LogRecord) -> LogLine:
    fields = record.__dict__
    flow_run_id, task_run_id, attempt = map(fields.get, ("flow_run_id", "task_run_id", "task_attempt"))
    if flow_run_id is None and task_run_id is None:
        flow_run_id, task_run_id, attempt = _here()
    message, ours = record.getMessage(), record.pathname.startswith(_OWN_FOLDER)
    if record.exc_info:
        message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
    if record.stack_info:
        message = f"{message}\n{record.stack_info}"
    return LogLine(
        timestamp=datetime.fromtimestamp(record.created, UTC),
        level=record.levelno,
        message=message,
        logger=record.name,
        flow_run_id=flow_run_id,
        task_run_id=task_run_id,
        source=None if ours else f"{record.pathname}:{record.lineno}",
        function=None if ours else record.funcName,
        extra=_extra(fields),
        task_attempt=attempt,
    )


def _here() -> tuple[str | None, str | None, int | None]:
    """The flow run, the task run and its attempt that the present code belongs to."""
    task, flow = current_task_run(), current_flow_run()
    if task is not None:
        return task.task_run.flow_run_id, task.task_run.id, task.task_run.run_count or 1
    return (flow.handle.run_id if flow else None), None, None


def _extra(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the call gave as `extra=`."""
    return {name: value for name, value in fields.items() if name not in _STANDARD} or None


_console: _Console | None = None
_printing: Final = Console()


def print_line(line: LogLine, who: str) -> None:
    """Print a line as the console handler would."""
    handler, stream = _console, sys.stderr
    if handler is not None and stream is not None:
        _printing.write(stream, handler.shape, line, who, urgent=line.level >= _WARNING)


def flush_console() -> None:
    """Print what waits to be printed with others."""
    _printing.flush()


# -- setting it up --------------------------------------------------------------------------------------------------

_ready = False
_lock = threading.Lock()
_quiet = False
_followed: list[str] = []
"""The loggers whose lines are kept: flowtui's own, and those that were asked for."""


def console_only_ours(logger: logging.Logger) -> bool:
    """True when nobody but flowtui listens to this logger of runs: a line can then skip the logging module's ways."""
    if not _ready or _ROOT.propagate or _ROOT.filters or logger.filters or len(logger.handlers) != 1:
        return False
    handlers, console = _ROOT.handlers, _console
    if console is None:
        return not handlers
    return len(handlers) == 1 and console.formatter is None and not console.filters and not console.level


def keep_console_quiet() -> None:
    """Print nothing: for processes whose lines are read from the store, such as a worker's children."""
    global _quiet
    _quiet = True


def set_up_logging() -> None:
    """Attach the console and the store to the loggers of runs, once per process."""
    global _ready
    if _ready:
        return
    with _lock:
        if not _ready:
            _attach()
            _ready = True


def _attach() -> None:
    global _console
    settings = current_settings()
    _ROOT.setLevel(settings.logging_level)
    _ROOT.propagate = False  # the user's own root handlers would print each line a second time
    if not _quiet:
        _console = _Console(as_json=settings.logging_format == "json")
        _ROOT.addHandler(_console)
    keeper = _Keeper()
    for name in (FLOW_RUNS, TASK_RUNS):
        logging.getLogger(name).addHandler(keeper)
        _followed.append(name)
    for name in settings.logging_extra_loggers:
        _follow(logging.getLogger(name), keeper, settings.logging_level)


def _follow(logger: logging.Logger, keeper: _Keeper, level: str) -> None:
    """Keep what a logger of somebody else says inside runs; print it, when nobody else does."""
    if logger.level == logging.NOTSET:
        logger.setLevel(level)
    if _console is not None and not logger.hasHandlers():
        logger.addHandler(_console)
    logger.addHandler(keeper)
    _followed.append(logger.name)


def tear_down_logging() -> None:
    """Undo `set_up_logging`, for a process that goes on without: a test's."""
    global _console, _ready
    for name in ("flowtui", *_followed):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    _followed.clear()
    _console, _ready = None, False
