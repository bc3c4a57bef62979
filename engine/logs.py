"""Logs: lines of runs, printed in one shape and kept in the store.

The shape is `HH:MM:SS.mmm | INFO    | Flow run 'grinning-crab' - message`, in local time, on stderr.
"""

import builtins
import logging
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.errors import MissingContext
from flowtui.engine.model import LogLine
from flowtui.engine.settings import current_settings

__all__ = [
    "RunLogger",
    "error_info",
    "flow_run_logger",
    "get_logger",
    "get_run_logger",
    "set_up_logging",
    "task_run_logger",
]

_SHAPE: Final = "%(asctime)s.%(msecs)03d | %(levelname)-7s | %(run)s - %(message)s"
_OWN_FOLDER: Final = __file__.removesuffix("logs.py")
_FLOW_RUNS: Final = "flowtui.flow_runs"
_TASK_RUNS: Final = "flowtui.task_runs"


class RunLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose lines belong to a run."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs


def get_logger(name: str | None = None) -> logging.Logger:
    """A logger of flowtui's own: `flowtui`, or `flowtui.NAME`."""
    return logging.getLogger(f"flowtui.{name}" if name else "flowtui")


def get_run_logger() -> RunLogger:
    """The logger of the current run. Raises `MissingContext` outside any run."""
    task = current_task_run()
    if task is not None:
        return task_run_logger(task.task_run.id, task.task_run.name, task.task_run.flow_run_id)
    flow = current_flow_run()
    if flow is not None:
        return flow_run_logger(flow.handle.run_id, flow.handle.name)
    raise MissingContext(
        "get_run_logger() was called outside any run. Call it inside a flow or a task, or use logging.getLogger()."
    )


def flow_run_logger(run_id: str, name: str) -> RunLogger:
    """The logger of a flow run."""
    return RunLogger(logging.getLogger(_FLOW_RUNS), {"flow_run_id": run_id, "run": f"Flow run {name!r}"})


def task_run_logger(run_id: str, name: str, flow_run_id: str | None) -> RunLogger:
    """The logger of a task run."""
    return RunLogger(
        logging.getLogger(_TASK_RUNS),
        {"task_run_id": run_id, "flow_run_id": flow_run_id, "run": f"Task run {name!r}"},
    )


def error_info(error: BaseException | None) -> Any:
    """What `exc_info=` wants, with flowtui's own frames left out of the traceback: only the user's code is news."""
    if error is None:
        return None
    frames = []
    trace = error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
            frames.append(trace)
        trace = trace.tb_next
    shown: TracebackType | None = None
    for frame in reversed(frames):
        shown = TracebackType(shown, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return (type(error), error, shown or error.__traceback__)


class _Shape(logging.Formatter):
    """The promised shape; lines outside runs carry their logger's name."""

    def __init__(self) -> None:
        super().__init__(_SHAPE, "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        if not hasattr(record, "run"):
            record.run = record.name
        return super().format(record)


class _Console(logging.StreamHandler[Any]):
    """Writes to whatever stderr is now, so that redirection and test capture work."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(_Shape())

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        """There is nothing to keep: the stream is looked up for each line."""


class _Keeper(logging.Handler):
    """Hands the lines of runs to the store."""

    def __init__(self, write: Callable[[list[LogLine]], None]) -> None:
        super().__init__()
        self._write = write
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        fields = record.__dict__
        flow_run_id, task_run_id = fields.get("flow_run_id"), fields.get("task_run_id")
        if flow_run_id is None and task_run_id is None:
            return
        try:
            self._write([self._line(record, flow_run_id, task_run_id)])
        except Exception:
            self.handleError(record)

    def _line(self, record: logging.LogRecord, flow_run_id: str | None, task_run_id: str | None) -> LogLine:
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self._formatter.formatException(record.exc_info)}"
        return LogLine(
            timestamp=datetime.fromtimestamp(record.created, UTC),
            level=record.levelno,
            message=message,
            logger=record.name,
            flow_run_id=flow_run_id,
            task_run_id=task_run_id,
            source=f"{record.filename}:{record.lineno}",
        )


_ready = threading.Event()
_lock = threading.Lock()
_quiet = False


def keep_console_quiet() -> None:
    """Print nothing: for processes whose lines are read from the store, such as a worker's children."""
    global _quiet
    _quiet = True


def set_up_logging() -> None:
    """Attach the console and the store to flowtui's loggers, once per process."""
    if _ready.is_set():
        return
    with _lock:
        if _ready.is_set():
            return
        level = current_settings().logging_level
        root = logging.getLogger("flowtui")
        root.setLevel(level)
        root.propagate = False  # the user's own root handlers would print each line a second time
        if not _quiet:
            root.addHandler(_Console())
        keeper = _Keeper(_write_lines)
        for name in (_FLOW_RUNS, _TASK_RUNS):
            logging.getLogger(name).addHandler(keeper)
        _ready.set()


def tear_down_logging() -> None:
    """Undo `set_up_logging`, for a process that goes on without: a test's."""
    for name in ("flowtui", _FLOW_RUNS, _TASK_RUNS):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    _ready.clear()


def _write_lines(lines: list[LogLine]) -> None:
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store is opened by the first run

    current_client().write_logs(lines)


# -- print ----------------------------------------------------------------------------------------------------------

_log_prints: ContextVar[bool] = ContextVar("flowtui_log_prints", default=False)
_print = builtins.print


def _print_or_log(*values: object, sep: str | None = " ", end: str | None = "\n", **kwargs: Any) -> None:
    """`print`, which becomes a log line inside runs that ask for it. Prints to a file stay prints."""
    if _log_prints.get() and kwargs.get("file") in (None, sys.stdout):
        try:
            logger = get_run_logger()
        except MissingContext:
            pass
        else:
            logger.info((sep if sep is not None else " ").join(map(str, values)), stacklevel=3)
            return
    _print(*values, sep=sep, end=end, **kwargs)


@contextmanager
def prints_logged(wanted: bool) -> Iterator[None]:
    """Within the block `print` writes to the log of the current run, or does not."""
    if wanted and builtins.print is not _print_or_log:
        builtins.print = _print_or_log
    token = _log_prints.set(wanted)
    try:
        yield
    finally:
        _log_prints.reset(token)
