"""The built-in block type `Webhook`: an address that a flow calls."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.secretfields import SecretDict

if TYPE_CHECKING:
    import httpx

__all__ = ["Webhook"]

_TIMEOUT_SECONDS = 30.0


class Webhook(Block):
    """An address that is called over HTTP, with headers that may hold a token."""

    _block_type_name: ClassVar[str | None] = "Webhook"
    _block_type_slug: ClassVar[str | None] = "webhook"

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(default="POST", description="How it is called.")
    url: SecretStr = Field(
        title="URL", description="Where it is called: an http or https address.", examples=["https://example.com/hook"]
    )
    headers: SecretDict = Field(default_factory=lambda: SecretDict({}), description="Sent with each call.")
    allow_private_urls: bool = Field(
        default=True, description="Whether the address may lie in a private network or on this machine."
    )
    verify: bool = Field(default=True, description="Whether the server must show a valid certificate.")

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: SecretStr) -> SecretStr:
        """Refuse what could never be called, without repeating it: an address may hold a token."""
        try:
            parts = urlsplit(url.get_secret_value())
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("give a whole address, beginning with http:// or https://")
        return url

    def call(self, payload: dict[str, Any] | str | None = None) -> "httpx.Response":
        """Call the address and answer with the response, whatever its status. A mapping is sent as JSON, text as it is.

        Raises `BlockError` for a private address when those are not allowed, and httpx's errors when the call fails.
        """
        import httpx  # noqa: PLC0415 - 110 ms that only a call pays

        from flowtui.engine.blocks.addresses import PublicTransport  # noqa: PLC0415 - imports httpx

        body: dict[str, Any] = {"content": payload} if isinstance(payload, str) else {"json": payload}
        guarded: dict[str, Any] = {}
        if not self.allow_private_urls:
            # A proxy from the environment would look the name up itself, behind the guard's back.
            guarded = {"transport": PublicTransport(verify=self.verify), "trust_env": False}
        headers = {name: str(value) for name, value in self.headers.get_secret_value().items()}
        with httpx.Client(verify=self.verify, timeout=_TIMEOUT_SECONDS, **guarded) as client:
            return client.request(
                self.method, self.url.get_secret_value(), headers=headers, **(body if payload is not None else {})
            )
