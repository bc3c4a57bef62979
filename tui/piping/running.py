"""A command of the shell that is given records and whose output is read while it comes."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import Format, Records, encoded, header

__all__ = ["PipedCommand"]

_CHUNK: Final = 65_536
_GRACE: Final = 2.0
"""Seconds between asking a command to end and making it."""


class PipedCommand:
    """Runs once. `heard` is called with what it wrote, and whether that was on its standard error."""

    def __init__(self, command: str, env: Mapping[str, str], heard: Callable[[bytes, bool], None]) -> None:
        self.command = command
        self.exit_code: int | None = None
        """None while it runs; negative when a signal ended it."""
        self.seconds = 0.0
        self.sent = 0
        """Rows that it was given."""
        self._env, self._heard = env, heard
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, records: Records | None, form: Format = "jsonl") -> int:
        """Run it to its end; answers with its exit code. Raises `UsageError` when it cannot be started."""
        begun = time.monotonic()
        try:
            self._process = process = await asyncio.create_subprocess_shell(
                self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **self._env},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(f"The command cannot be started: {error}.") from None
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        feeding = asyncio.ensure_future(self._feed(process.stdin, records, form))
        try:
            await asyncio.gather(self._listen(process.stdout, False), self._listen(process.stderr, True))
            self.exit_code = await process.wait()
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding
            if self.exit_code is None:  # nobody waits for it any more
                self._signal(signal.SIGKILL)
                self.exit_code = await process.wait()
            self.seconds = time.monotonic() - begun
        return self.exit_code

    async def _feed(self, pipe: asyncio.StreamWriter, records: Records | None, form: Format) -> None:
        """Give it all rows; one that has read enough (`head`) is not given more."""
        with suppress(BrokenPipeError, ConnectionResetError):
            if records is not None:
                pipe.write(header(records, form))
                async for rows in records.read():
                    pipe.write(encoded(records, rows, form))
                    self.sent += len(rows)
                    await pipe.drain()
            pipe.close()
            await pipe.wait_closed()

    async def _listen(self, pipe: asyncio.StreamReader, is_error: bool) -> None:
        while data := await pipe.read(_CHUNK):
            self._heard(data, is_error)

    async def kill(self) -> None:
        """End it, and what it has started: politely first."""
        self._signal(signal.SIGTERM)
        for _ in range(20):
            if self.exit_code is not None:
                return
            await asyncio.sleep(_GRACE / 20)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is not None and self.exit_code is None:  # also when only what it has started is left
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
