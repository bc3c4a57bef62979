"""Blocks: `from flowtui.blocks import Block, Secret, Webhook`."""

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.secret import Secret
from flowtui.engine.blocks.secretfields import SecretDict
from flowtui.engine.blocks.webhook import Webhook

__all__ = ["Block", "Secret", "SecretDict", "Webhook"]
