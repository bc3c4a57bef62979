"""The client that the present code works with: its run's, else the one of the process."""

from typing import TYPE_CHECKING

from flowtui.engine.client.current import current_client
from flowtui.engine.context import current_flow_run

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["client_here"]


def client_here() -> "Client":
    """Raises `StoreError` when the store cannot be opened."""
    flow = current_flow_run()
    return flow.handle.client if flow else current_client()
