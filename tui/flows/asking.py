"""What a flow of the folder asks for, from a screen."""

from typing import TYPE_CHECKING

from flowtui.engine.deployments.describing import FlowOutline, describe
from flowtui.engine.settings import current_settings
from flowtui.server.environment import environment_of

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["outline_of"]


async def outline_of(app: "FlowtuiApp", entrypoint: str) -> FlowOutline:
    """The flow's name and schema, found out by a child process. Raises `EntrypointError` with the user's own line."""
    return await app.call(describe, app.folder, entrypoint, environment_of(current_settings()))
