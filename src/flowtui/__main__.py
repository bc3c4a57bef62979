"""The `flowtui` command."""

import sys

from flowtui import __version__


def main() -> int:
    """Run the command line; answers with the exit code."""
    arguments = sys.argv[1:]
    # The version is asked for by scripts: it is answered before anything else is loaded.
    if arguments in (["--version"], ["-v"], ["-V"]):
        print(f"flowtui {__version__}")  # noqa: T201 - this is what was asked for
        return 0
    from flowtui.tui.cli.main import run  # noqa: PLC0415 - 100 ms that the version need not pay

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
