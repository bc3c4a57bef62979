"""Ask before something is lost."""

import sys

__all__ = ["can_ask", "confirmed"]


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """True when the person says yes. Where nobody can be asked the command was meant as it stands."""
    from flowtui.tui.cli.output import clean  # noqa: PLC0415 - keeps this module free of the parser

    if not can_ask():
        return True
    print(f"{clean(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
