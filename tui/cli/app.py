"""The tree of commands. Each is imported when it is called, so that help and errors stay quick."""

from collections.abc import Mapping
from typing import Final

from cyclopts import App, CycloptsError

from flowtui import __version__
from flowtui.engine.errors import UsageError
from flowtui.tui.cli.help import HelpLayout

__all__ = ["COMMANDS", "call", "make_app"]

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("demo:demo", "Prepare a living example and open the workstation on it."),
    "run": ("run:run_here", "Run a flow here, in this process, like a script."),
    "init": ("init:init", "Write a flowtui.yaml for the flows of this folder."),
    "deploy": ("deploy:deploy", "Create or update deployments, from flowtui.yaml or from an entrypoint."),
    "deployment": ("deployments:app", "List, inspect, run, pause and delete deployments."),
    "flow-run": (
        "flow_runs:app",
        "List, inspect, watch, cancel, pause, retry, tag and delete flow runs, one or many.",
    ),
    "task": ("tasks:app", "Serve tasks that run in the background."),
    "task-run": ("task_runs:app", "List and inspect task runs, and print their logs."),
    "flow": ("flows:app", "List flows, and serve one."),
    "work-pool": ("work_pools:app", "Where runs of deployments wait for a worker: list, make, pause and limit them."),
    "work-queue": ("work_queues:app", "The lines of runs within a work pool, and which comes first."),
    "worker": ("workers:app", "List, inspect and forget the processes that serve work pools."),
    "block": ("blocks:app", "List, inspect and delete blocks, and list their types."),
    "variable": ("variables:app", "List, show, set and forget variables."),
    "artifact": ("artifacts:app", "List, show and delete what runs have made."),
    "asset": ("assets:app", "List and show the assets that tasks make and read."),
    "concurrency-limit": ("limits:app", "How many tasks with a tag run at once."),
    "global-concurrency-limit": ("global_limits:app", "Limits that concurrency() and rate_limit() ask for; also gcl."),
    "cache": ("cache:app", "List what tasks have cached, and clear it."),
    "view": ("views:app", "List, share and forget the saved views of the Runs screen."),
    "profile": ("profiles:app", "Settings under names, as many servers need them: list, make, choose, delete."),
    "server": ("server:app", "Run flows and schedules without a terminal, and see who does."),
    "info": ("info:info", "Show versions, settings and the store: what a bug report needs."),
    "version": ("info:version", "Show versions."),
}
"""Name → where it is, and the line of help."""

_NOUNS: Final = (
    *("deployment", "flow-run", "task-run", "flow", "block", "variable", "artifact", "asset", "view", "profile"),
    *("work-pool", "work-queue", "worker"),
    *("concurrency-limit", "global-concurrency-limit"),
)
_OTHER_NAMES: Final = {f"{name}s": name for name in _NOUNS} | {"gcl": "global-concurrency-limit"}
_HELP: Final = """Write Python flows, and run, schedule, watch, retry and explain them from the terminal.

Without a command, the workstation opens; with --read-only it can change nothing, with --all it shows the runs of all
profiles. --profile NAME, or -p NAME, before a command or without one, uses the settings of that name."""


def make_app() -> App:
    """The parser, with every command and nothing loaded."""
    app = App(
        name="flowtui",
        help=_HELP,
        version=f"flowtui {__version__}",
        version_flags=["--version", "-v"],
        help_format="plaintext",
        help_formatter=HelpLayout(),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for number, (name, (place, words)) in enumerate(COMMANDS.items()):
        app.command(f"flowtui.tui.cli.{place}", name=name, help=words, sort_key=number)
    return app


def call(arguments: list[str]) -> int:
    """Carry out a command line; answers with the exit code. Raises `UsageError` for one that makes no sense."""
    first = _OTHER_NAMES.get(arguments[0], arguments[0])
    if not first.startswith("-") and first not in COMMANDS:
        raise UsageError(f"There is no command {first!r}.{_hint(first)}")
    arguments = [first, *arguments[1:]]
    if arguments[:2] == ["run", "--prefect"]:
        from flowtui.tui.cli.run_prefect import run_prefect  # noqa: PLC0415 - its arguments are the script's, unparsed

        return run_prefect(arguments[2:])
    try:
        code = make_app()(arguments)
    except CycloptsError as error:
        words = " ".join(str(error).split())
        command = f"flowtui {first} --help" if first in COMMANDS else "flowtui --help"
        raise UsageError(f"{words} ({command} shows what there is)") from error
    return code if isinstance(code, int) else 0


def _hint(word: str) -> str:
    """The command that was probably meant, or where all of them are listed."""
    import difflib  # noqa: PLC0415 - 3 ms that only this error pays

    near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else " flowtui --help lists them."
