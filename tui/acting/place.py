"""The store in which something is done to runs: how it is asked, and what it is called."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["Place"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """`call` awaits what a verb of `client` answers; `profile` is the one whose store it is."""

    client: "Client"
    call: Callable[..., Awaitable[Any]]
    profile: str

    @property
    def name(self) -> str:
        """The server and its store, for a person."""
        return f"{self.profile}: {self.client.address}"
