"""From a run that failed to the line of the user's own code at which it did, opened in the editor."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from flowtui.engine.errors import FlowtuiError, UsageError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import FlowRun
    from flowtui.tui.app import FlowtuiApp

__all__ = ["failing_place", "open_failing_code"]

_LINES: Final = 300
"""Lines at the end of the log that are looked through: a failure is said last."""
_ERROR: Final = 40


async def open_failing_code(app: "FlowtuiApp", run: "FlowRun") -> None:
    """Open the code, as it was when it ran. Await it in a worker."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - only when it is wanted
    from flowtui.tui.logs.code import find_code  # noqa: PLC0415 - as above
    from flowtui.tui.piping.opening import open_in_editor  # noqa: PLC0415 - as above

    try:
        file, line = await app.call(failing_place, app.client, run)
        found = await asyncio.to_thread(find_code, file, line, run.provenance, current_settings().path_map)
        try:
            editor, closed = await open_in_editor(app, found.file, found.line, read_only=found.copy)
            app.tell(f"{found.file.name}:{found.line} in {editor}, {found.note}.")
        except BaseException:
            closed = True
            raise
        finally:
            if closed and found.copy:
                with contextlib.suppress(OSError):
                    found.file.unlink()
                    found.file.parent.rmdir()
    except FlowtuiError as error:
        app.notify_error(error)


def failing_place(client: "Client", run: "FlowRun") -> tuple[str, int]:
    """File and line of the last traceback of its log. Raises `UsageError` when there is none."""
    from flowtui.tui.logs.tracebacks import message_rows  # noqa: PLC0415 - only when it is wanted

    for line in reversed(client.read_logs(run.id, start=-_LINES).lines):
        frames = [row.frame for row in message_rows(line.message) if row.frame is not None]
        if line.level >= _ERROR and frames:
            return frames[-1].file, frames[-1].line
    raise UsageError(f"The log of {run.name} has no traceback; l shows it.")
