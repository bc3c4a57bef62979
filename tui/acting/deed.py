"""What is done from the workstation, as values: the deed, the same by other means, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowtui.engine.client.protocol import Client

__all__ = ["Deed", "Done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a deed: a sentence, what the client answered, and what takes it back."""

    words: str
    value: Any = None
    back: "Deed | None" = None
    lasting: str | None = None
    """Why nothing takes it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that is done to the store. `do` runs in a thread, and raises `FlowtuiError` when it is refused."""

    title: str
    """What is done to what: `Pause deployment etl/nightly`."""
    command: str
    """The command line that does the same."""
    python: str
    """The Python that does the same."""
    do: Callable[[Client], Done]
