"""The program of the process that tries regular expressions for `patient_search`. It imports next to nothing.

What takes too long ends the process from outside Python, by a timer of the kernel that counts the processor's time.
"""

import marshal
import re
import select
import signal
import struct
import sys
from typing import Any

_SIZE = struct.Struct("<Q")
_IDLE_SECONDS = 60


def _found(what: str, pattern: "re.Pattern[str]", texts: Any) -> Any:
    if what == "find":
        return bytes([pattern.search(text) is not None for text in texts])
    return [match.span() for match in pattern.finditer(texts)]


def main() -> None:
    """Answer until nobody asks any more."""
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    while select.select([inward], [], [], _IDLE_SECONDS)[0]:
        head = inward.read(_SIZE.size)
        if len(head) < _SIZE.size:
            return
        what, pattern, flags, texts, seconds = marshal.loads(inward.read(_SIZE.unpack(head)[0]))  # noqa: S302
        signal.setitimer(signal.ITIMER_PROF, seconds)
        answer = marshal.dumps(_found(what, re.compile(pattern, flags), texts))
        signal.setitimer(signal.ITIMER_PROF, 0)
        outward.write(_SIZE.pack(len(answer)) + answer)
        outward.flush()


if __name__ == "__main__":
    main()
