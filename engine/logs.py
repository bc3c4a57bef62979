"""Loggers: lines that belong to a run.

A line of a run that nobody but flowtui listens to is written past the logging module, at a quarter of its price: a
flow that writes ten thousand lines a second should not notice.
"""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from flowtui.engine.clock import utc_now
from flowtui.engine.containers import ATOMS
from flowtui.engine.context import FlowRunContext, TaskRunContext, current_flow_run, current_task_run
from flowtui.engine.errors import FlowtuiError, MissingContext
from flowtui.engine.log_output import FLOW_RUNS, TASK_RUNS, console_only_ours, keep_line, print_line
from flowtui.engine.model import LogLine

__all__ = [
    "RunLogger",
    "disable_run_logger",
    "error_info",
    "flow_run_logger",
    "get_logger",
    "get_run_logger",
    "say",
    "task_run_logger",
]

_OWN_FOLDER: Final = __file__.removesuffix("logs.py")
_FLOW_LOGGER: Final = logging.getLogger(FLOW_RUNS)
_TASK_LOGGER: Final = logging.getLogger(TASK_RUNS)
_IDS: Final = (
    4  # flow_run_id, task_run_id, task_attempt and run: a logger with more fields than these has some of the user's
)
_outside: "list[Callable[[], RunLogger]]" = []
"""What `get_run_logger()` answers where there is no run, while run loggers are disabled."""


def _method(level: int) -> Callable[..., None]:
    """`RunLogger.info` and the like. In one frame for lines as most are: whoever writes ten thousand a second notices
    another one."""

    def write(self: "RunLogger", msg: Any, *args: Any, **kwargs: Any) -> None:
        logger, ids = self.logger, self.extra
        if not logger.isEnabledFor(level):
            return
        if not kwargs and ids is not None and len(ids) == _IDS and console_only_ours(logger):
            message = _filled(msg, args)
            if message is not None:
                caller = sys._getframe(1)
                code = caller.f_code
                _emit(logger.name, level, message, ids, f"{code.co_filename}:{caller.f_lineno}", code.co_name)
                return
        self._write(level, msg, args, kwargs)

    write.__name__ = logging.getLevelName(level).lower()
    write.__doc__ = f"A line of level {logging.getLevelName(level)}, as the standard library's loggers write it."
    return write


class RunLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose lines belong to a run. Use it as any logger of the standard library."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs

    def log(self, level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
        """A line, as `logging.Logger.log` writes it."""
        self._write(level, msg, args, kwargs)

    debug = _method(logging.DEBUG)
    info = _method(logging.INFO)
    warning = _method(logging.WARNING)
    error = _method(logging.ERROR)
    critical = _method(logging.CRITICAL)

    def exception(self, msg: Any, *args: Any, exc_info: Any = True, **kwargs: Any) -> None:
        self._write(logging.ERROR, msg, args, {**kwargs, "exc_info": exc_info})

    def _write(self, level: int, msg: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        logger = self.logger
        if not logger.isEnabledFor(level):
            return
        fields = self.extra
        level_up = kwargs.pop("stacklevel", 1)
        if not kwargs and fields is not None and len(fields) == _IDS and console_only_ours(logger):
            message = _filled(msg, args)
            if message is not None:
                caller = sys._getframe(1 + level_up)
                code = caller.f_code
                _emit(logger.name, level, message, fields, f"{code.co_filename}:{caller.f_lineno}", code.co_name)
                return
        kwargs["stacklevel"] = level_up + 2
        msg, kwargs = self.process(msg, kwargs)  # type: ignore[assignment]
        logger.log(level, msg, *args, **kwargs)


def _filled(msg: Any, args: tuple[Any, ...]) -> str | None:
    """The message with its arguments, by the rules of `logging.LogRecord.getMessage`; None when they do not fit it."""
    if not args:
        return str(msg)
    try:
        one = args[0]
        if len(args) == 1 and type(one) not in ATOMS and isinstance(one, Mapping) and one:
            return str(msg) % one
        return str(msg) % args
    except Exception:  # the logging module says so in its own way, and the program goes on
        return None


def _emit(
    logger: str, level: int, message: str, ids: Mapping[str, Any], source: str | None, function: str | None
) -> None:
    flow_run_id, task_run_id, attempt = ids["flow_run_id"], ids["task_run_id"], ids["task_attempt"]
    line = LogLine(
        utc_now(), level, message, logger, flow_run_id, task_run_id, source, function, None, attempt
    )  # by position: half the price
    print_line(line, ids["run"])
    keep_line(line)


def get_logger(name: str | None = None) -> logging.Logger:
    """A logger of flowtui's own: `flowtui`, or `flowtui.NAME`."""
    return logging.getLogger(f"flowtui.{name}" if name else "flowtui")


def get_run_logger(context: FlowRunContext | TaskRunContext | None = None, **extra: Any) -> RunLogger:
    """The logger of the current run, or of the run of `context`. `extra` is kept on each of its lines.

    Raises `MissingContext` outside any run.
    """
    where = context or current_task_run() or current_flow_run()
    if isinstance(where, TaskRunContext):
        run = where.task_run
        return task_run_logger(run.id, run.name, run.flow_run_id, run.run_count, **extra)
    if isinstance(where, FlowRunContext):
        return flow_run_logger(where.handle.run_id, where.handle.name, **extra)
    if _outside:
        return _outside[-1]()
    raise MissingContext(
        "get_run_logger() was called outside any run. Call it inside a flow or a task, or use logging.getLogger()."
    )


def flow_run_logger(run_id: str, name: str, **extra: Any) -> RunLogger:
    """The logger of a flow run."""
    ids = {"flow_run_id": run_id, "task_run_id": None, "task_attempt": None, "run": f"Flow run {name!r}"}
    return RunLogger(_FLOW_LOGGER, {**extra, **ids} if extra else ids)


def task_run_logger(run_id: str, name: str, flow_run_id: str | None, attempt: int, **extra: Any) -> RunLogger:
    """The logger of one attempt of a task run, from 1; what is said before the first (0) counts to it."""
    ids = {
        "flow_run_id": flow_run_id,
        "task_run_id": run_id,
        "task_attempt": attempt or 1,
        "run": f"Task run {name!r}",
    }
    return RunLogger(_TASK_LOGGER, {**extra, **ids} if extra else ids)


def say(logger: RunLogger, level: int, message: str, error: BaseException | None = None) -> None:
    """A line of flowtui's own about a run: it has no place in anybody's code."""
    if error is not None:
        logger.logger.log(level, "%s", message, exc_info=error_info(error), extra=logger.extra)
    elif logger.logger.isEnabledFor(level):
        if console_only_ours(logger.logger):
            _emit(logger.logger.name, level, message, logger.extra or {}, None, None)
        else:
            logger.logger.log(level, "%s", message, extra=logger.extra)


def error_info(error: BaseException | None) -> Any:
    """What `exc_info=` wants, with flowtui's own frames left out of the traceback: only the user's code is news."""
    if error is None:
        return None
    frames = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(_OWN_FOLDER) and file != contextlib.__file__:
            frames.append(trace)
        trace = trace.tb_next
    shown: TracebackType | None = None
    for frame in reversed(frames):
        shown = TracebackType(shown, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    if shown is None and not isinstance(error, FlowtuiError) and not hasattr(error, "__notes__"):
        shown = error.__traceback__
    return (type(error), error, shown)


@contextmanager
def disable_run_logger() -> Iterator[None]:
    """Within the block the lines of runs go nowhere; for tests that call `task.fn` or `flow.fn` directly,
    `get_run_logger()` then also works outside runs."""
    was = [(logger, logger.disabled) for logger in (_FLOW_LOGGER, _TASK_LOGGER)]
    _outside.append(lambda: flow_run_logger("", "none"))
    for logger, _ in was:
        logger.disabled = True
    try:
        yield
    finally:
        _outside.pop()
        for logger, disabled in was:
            logger.disabled = disabled
