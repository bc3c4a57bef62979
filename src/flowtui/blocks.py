"""Blocks: `from flowtui.blocks import Block, Secret, Webhook`."""

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.filesystems import LocalFileSystem, RemoteFileSystem
from flowtui.engine.blocks.notifications import (
    DiscordWebhook,
    MattermostWebhook,
    MicrosoftTeamsWebhook,
    SlackWebhook,
)
from flowtui.engine.blocks.secret import Secret
from flowtui.engine.blocks.secretfields import SecretDict
from flowtui.engine.blocks.values import JSON, DateTime, String
from flowtui.engine.blocks.webhook import Webhook

__all__ = [
    "JSON",
    "Block",
    "DateTime",
    "DiscordWebhook",
    "LocalFileSystem",
    "MattermostWebhook",
    "MicrosoftTeamsWebhook",
    "RemoteFileSystem",
    "Secret",
    "SecretDict",
    "SlackWebhook",
    "String",
    "Webhook",
]
