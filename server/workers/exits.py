"""Say in words how a process ended."""

import signal
from typing import Final

__all__ = ["explain_exit"]

_SIGNALS: Final = {
    "SIGKILL": "the system may have run out of memory, or somebody killed it",
    "SIGSEGV": "it touched memory that is not its own, usually in a compiled extension",
    "SIGBUS": "it touched memory that is not there, as when a mapped file was cut short or a disk is full",
    "SIGABRT": "it gave up by itself, usually in a compiled extension; its last lines say why",
    "SIGILL": "it met an instruction that this processor does not know",
    "SIGFPE": "a calculation in compiled code was impossible",
    "SIGTERM": "it was asked to stop",
    "SIGINT": "it was interrupted from a keyboard",
    "SIGHUP": "the terminal that it belonged to was closed",
    "SIGPIPE": "it wrote to something that nobody reads any more",
    "SIGXCPU": "it used more processor time than it may",
    "SIGXFSZ": "it wrote a file larger than it may",
}
_CODES: Final = {
    0: "it ended before it could say how the run went, as after os._exit()",
    1: "an error ended it before it could say how the run went",
    2: "it was called in a way that it did not understand",
    126: "what it was to run cannot be executed",
    127: "what it was to run was not found",
}


def explain_exit(returncode: int | None, last_words: str | None = None) -> str:
    """A sentence about a process that ended without recording a final state.

    `returncode` is as in `subprocess`: −9 means "by signal 9"; None means that nobody could see how it ended.
    `last_words` is the last line that it wrote to its error stream, if any.
    """
    if returncode is None:
        sentence = "The process of the run ended together with the process that had started it."
    elif returncode < 0 or returncode > 128:
        sentence = _by_signal(returncode)
    else:
        reason = _CODES.get(returncode)
        sentence = f"The process of the run ended with exit code {returncode}" + (f": {reason}." if reason else ".")
    return sentence + (f" Its last words: {last_words.strip()[:500]}" if last_words and last_words.strip() else "")


def _by_signal(returncode: int) -> str:
    number = -returncode if returncode < 0 else returncode - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"The process of the run ended with exit code {returncode}."
    reason = _SIGNALS.get(name)
    # A shell in between reports the signal as 128 + its number.
    how = f"was ended by {name}" if returncode < 0 else f"ended with exit code {returncode}, which stands for {name}"
    return f"The process of the run {how}" + (f": {reason}." if reason else ".")
