"""The top-level screens, each loaded when it is first shown, and what to load before a person asks for it."""

from collections.abc import Callable
from typing import Any, Final

from textual.command import Provider
from textual.screen import Screen

__all__ = ["MODES", "NEEDED_SOON", "palette"]


def _home() -> Screen[Any]:
    from flowtui.tui.screens.home import HomeScreen  # noqa: PLC0415 - only when it is shown

    return HomeScreen()


def _runs() -> Screen[Any]:
    from flowtui.tui.screens.runs import RunsScreen  # noqa: PLC0415 - only when it is shown

    return RunsScreen()


def _flows() -> Screen[Any]:
    from flowtui.tui.screens.flows import FlowsScreen  # noqa: PLC0415 - only when it is shown

    return FlowsScreen()


def _deployments() -> Screen[Any]:
    from flowtui.tui.screens.deployments import DeploymentsScreen  # noqa: PLC0415 - brings the forms with it

    return DeploymentsScreen()


def _pools() -> Screen[Any]:
    from flowtui.tui.screens.pools import PoolsScreen  # noqa: PLC0415 - only when it is shown

    return PoolsScreen()


def _blocks() -> Screen[Any]:
    from flowtui.tui.screens.blocks import BlocksScreen  # noqa: PLC0415 - brings the forms with it

    return BlocksScreen()


MODES: Final[dict[str, str | Callable[[], Screen[Any]]]] = {
    "home": _home,
    "runs": _runs,
    "flows": _flows,
    "deployments": _deployments,
    "pools": _pools,
    "blocks": _blocks,
}


NEEDED_SOON: Final = (
    "flowtui.tui.screens.deployments",
    "flowtui.tui.screens.run",
    "flowtui.tui.screens.runs",
    "flowtui.engine.deployments.parameters",
    "coolname",  # the name of a run
    "flowtui.tui.screens.run_form",
    "flowtui.tui.screens.deployment",
    "flowtui.tui.screens.flows",
    "flowtui.tui.screens.confirm",
    "flowtui.tui.screens.why",
    "flowtui.tui.screens.pools",
    "flowtui.tui.screens.blocks",
    "flowtui.tui.screens.pool",
    "flowtui.tui.screens.block",
    "flowtui.tui.screens.help",
    "flowtui.tui.screens.command_line",
    "flowtui.tui.servers.servers",
    "flowtui.tui.screens.palette",
    "flowtui.tui.screens.action_menu",
    "flowtui.tui.screens.journal",
    "flowtui.tui.retrying.screen",
    "flowtui.tui.compare.screen",
)
"""Modules that the first press of a key would otherwise wait for, those most likely to be pressed first."""


def palette() -> type[Provider]:
    """What ctrl+p searches."""
    from flowtui.tui.screens.palette import PaletteProvider  # noqa: PLC0415 - only when it is opened

    return PaletteProvider
