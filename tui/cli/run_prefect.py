"""`flowtui run --prefect`: a script that was written for Prefect, here, in this process."""

from collections.abc import Sequence

from flowtui.engine.errors import UsageError

__all__ = ["run_prefect"]


def run_prefect(arguments: Sequence[str]) -> int:
    """Run the script, or with `-m` the module, as Python does, with the arguments that follow; answers its exit code.

    Raises `UsageError` when there is no script.
    """
    if len(arguments) > 1 and arguments[0] == "-m":
        from flowtui.engine.compat.scripts import run_module  # noqa: PLC0415 - as below

        return run_module(arguments[1], arguments[2:])
    if not arguments or arguments[0].startswith("-"):
        raise UsageError(
            "flowtui run --prefect needs a script, and its arguments after it, as in: "
            "flowtui run --prefect script.py --limit 3"
        )
    from flowtui.engine.compat.scripts import run_script  # noqa: PLC0415 - 100 ms that this message need not pay

    return run_script(arguments[0], arguments[1:])
