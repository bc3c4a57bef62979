"""Ask before something is lost."""

import sys

__all__ = ["confirmed"]


def confirmed(question: str) -> bool:
    """True when the person says yes. Where nobody can be asked the command was meant as it stands."""
    from flowtui.tui.cli.output import clean  # noqa: PLC0415 - keeps this module free of the parser

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print(f"{clean(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
