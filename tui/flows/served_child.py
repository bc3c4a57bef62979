"""The program of a process that serves a deployment until the end of whoever started it: `flowtui flow serve`."""

import os
import signal
import sys
import threading

from flowtui.tui.cli.main import run

__all__ = ["serve_until_the_end"]


def serve_until_the_end(arguments: list[str]) -> int:
    """`flowtui flow serve` with these arguments, until standard input ends: whoever holds its other end is gone then,
    however that came."""
    pipe = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # flows have no part in it
    threading.Thread(target=_await_end, args=(pipe,), name="flowtui-await-end", daemon=True).start()
    return run(["flow", "serve", *arguments])


def _await_end(pipe: int) -> None:
    while os.read(pipe, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(serve_until_the_end(sys.argv[1:]))
