"""The built-in block type `Secret`: one secret value."""

from typing import Any, ClassVar

from pydantic import Field, JsonValue
from pydantic import Secret as Hidden

from flowtui.engine.blocks.base import Block

__all__ = ["Secret"]


class Secret(Block):
    """One secret value, such as an API key, kept encrypted."""

    _block_type_name: ClassVar[str | None] = "Secret"
    _block_type_slug: ClassVar[str | None] = "secret"

    value: Hidden[JsonValue] = Field(description="Text, or any JSON value.")

    def get(self) -> Any:
        """The value in the clear."""
        return self.value.get_secret_value()
