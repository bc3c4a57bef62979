"""`flowtui demo`: a living example in a home of its own."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flowtui.tui.cli.output import narrate

__all__ = ["demo"]


def demo(
    *,
    home: Annotated[Path, Parameter(name="--home")] = Path("~/.flowtui-demo"),
    reset: Annotated[bool, Parameter(name="--reset", negative="")] = False,
    prepare_only: Annotated[bool, Parameter(name="--prepare-only", negative="")] = False,
) -> int:
    """Prepare a living example and open the workstation on it. Your own flows and runs are not touched.

    Parameters
    ----------
    home
        Where the example lives.
    reset
        Begin again: delete the example and make it anew.
    prepare_only
        Make the example and do not open the workstation.
    """
    from flowtui.engine.client.current import close_current_client, current_client  # noqa: PLC0415 - 300 ms of store
    from flowtui.tui.cli.workstation import need_terminal, workstation  # noqa: PLC0415 - as above
    from flowtui.tui.demo.home import enter_home, make_home, remove_home  # noqa: PLC0415 - as above
    from flowtui.tui.demo.prepare import prepare  # noqa: PLC0415 - as above

    if not prepare_only:
        need_terminal()
    home = home.expanduser().absolute()
    enter_home(home)

    def in_use() -> bool:
        used = bool((home / "flowtui.db").exists() and current_client().list_backends())
        close_current_client()
        return used

    if reset:
        remove_home(home, in_use)
    flows = make_home(home)
    prepare(current_client(), flows, narrate)
    close_current_client()
    return 0 if prepare_only else workstation(folder=flows)
