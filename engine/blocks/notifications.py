"""Built-in block types that tell people something: a message to a chat, by the address that the chat gave."""

from typing import Any, ClassVar, Final

from pydantic import BaseModel, Field, SecretStr, field_validator

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.webhook import Webhook
from flowtui.engine.both_ways import both_ways
from flowtui.engine.errors import BlockError

__all__ = ["DiscordWebhook", "MattermostWebhook", "MicrosoftTeamsWebhook", "SlackWebhook"]

_FINE: Final = 400
"""Answers below this status say that it arrived."""


class Chat(BaseModel):
    """What the types share: an address, and `notify(body, subject)`. They say what is sent."""

    url: SecretStr = Field(
        title="URL", description="The address for incoming messages, as the chat gave it: it is a secret."
    )
    allow_private_urls: bool = Field(
        default=True, description="Whether the address may lie in a private network or on this machine."
    )

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: SecretStr) -> SecretStr:
        return Webhook._is_web_address(url)

    def message(self, body: str, subject: str | None) -> dict[str, Any]:
        """What is sent, as JSON."""
        return {"text": f"*{subject}*\n{body}" if subject else body}

    @both_ways
    def notify(self, body: str, subject: str | None = None) -> None:
        """Send it; awaited in async code. Raises `BlockError` when it is refused, and httpx's errors when the address
        cannot be reached."""
        hook = Webhook(url=self.url, allow_private_urls=self.allow_private_urls)
        response = hook.call(self.message(body, subject))
        if response.status_code >= _FINE:
            why = response.text[:200] or "no reason given"
            raise BlockError(f"The message was refused with status {response.status_code}: {why}.")


class SlackWebhook(Chat, Block):
    """A channel of Slack."""

    _block_type_name: ClassVar[str | None] = "Slack Webhook"
    _block_type_slug: ClassVar[str | None] = "slack-webhook"


class MattermostWebhook(Chat, Block):
    """A channel of Mattermost."""

    _block_type_name: ClassVar[str | None] = "Mattermost Webhook"
    _block_type_slug: ClassVar[str | None] = "mattermost-webhook"


class DiscordWebhook(Chat, Block):
    """A channel of Discord."""

    _block_type_name: ClassVar[str | None] = "Discord Webhook"
    _block_type_slug: ClassVar[str | None] = "discord-webhook"

    def message(self, body: str, subject: str | None) -> dict[str, Any]:
        """What is sent, as JSON."""
        return {"content": f"**{subject}**\n{body}" if subject else body}


class MicrosoftTeamsWebhook(Chat, Block):
    """A channel of Microsoft Teams, by a workflow that posts to it."""

    _block_type_name: ClassVar[str | None] = "Microsoft Teams Webhook"
    _block_type_slug: ClassVar[str | None] = "ms-teams-webhook"

    def message(self, body: str, subject: str | None) -> dict[str, Any]:
        """What is sent: an adaptive card."""
        title = [{"type": "TextBlock", "text": subject, "weight": "bolder", "wrap": True}] if subject else []
        card = {
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [*title, {"type": "TextBlock", "text": body, "wrap": True}],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return {"type": "message", "attachments": [attachment]}
