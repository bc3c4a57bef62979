"""Built-in block types for one plain value: `JSON`, `String` and `DateTime`. New programs rather use a `Variable`."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field, JsonValue

from flowtui.engine.blocks.base import Block

__all__ = ["JSON", "DateTime", "String"]


class JSON(Block):
    """A JSON value that flows read."""

    _block_type_name: ClassVar[str | None] = "JSON"
    _block_type_slug: ClassVar[str | None] = "json"

    value: JsonValue = Field(description="Any JSON value.")


class String(Block):
    """A text that flows read."""

    _block_type_name: ClassVar[str | None] = "String"
    _block_type_slug: ClassVar[str | None] = "string"

    value: str = Field(description="A text.")


class DateTime(Block):
    """An instant that flows read."""

    _block_type_name: ClassVar[str | None] = "Date Time"
    _block_type_slug: ClassVar[str | None] = "date-time"

    value: datetime = Field(description="An instant, such as 2024-03-01T08:00:00Z.")
