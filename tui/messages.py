"""Facts that travel between the live feed, the screens and their widgets."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import Change
    from flowtui.tui.live import News

__all__ = ["NewsArrived", "StoreChanged"]


class StoreChanged(Message):
    """Something was committed to the store. `changes` is empty when only log lines were."""

    bubble = False

    def __init__(self, changes: tuple["Change", ...]) -> None:
        super().__init__()
        self.changes = changes


class NewsArrived(Message):
    """The live feed of a client learned something; for the app, which hands on what concerns the screen."""

    bubble = False

    def __init__(self, news: "News", client: "Client") -> None:
        super().__init__()
        self.news, self.client = news, client
