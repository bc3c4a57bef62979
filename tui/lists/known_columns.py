"""Which columns each list has."""

from typing import Any

from flowtui.tui.lists.columns import ListColumns

__all__ = ["columns_of_list"]


def columns_of_list(of: str) -> ListColumns[Any, Any]:
    """Those of the list of a name. Each is loaded when it is asked for: those of deployments bring the forms with them,
    which the list of runs need not wait for."""
    match of:
        case "runs":
            from flowtui.tui import run_columns  # noqa: PLC0415 - only for its list

            return run_columns.COLUMNS
        case "deployments":
            from flowtui.tui import deployment_columns  # noqa: PLC0415 - only for its list

            return deployment_columns.COLUMNS
        case "flows":
            from flowtui.tui.flows import columns  # noqa: PLC0415 - only for its list

            return columns.COLUMNS
        case "pools":
            from flowtui.tui import pool_columns  # noqa: PLC0415 - only for its list

            return pool_columns.COLUMNS
        case "blocks":
            from flowtui.tui import block_columns  # noqa: PLC0415 - only for its list

            return block_columns.COLUMNS
    raise ValueError(f"There is no list {of!r}.")
