"""What can be done to a block from any screen: delete it, copy its Python, call it to see whether it answers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import BlockError
from flowtui.engine.model import BlockDocument
from flowtui.tui.acting.calls import command, python
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.acting.questions import Question
from flowtui.tui.acting.run_verbs import Danger
from flowtui.tui.block_cells import snippet

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["Answered", "can_be_called", "copy_snippet", "delete_block", "save_deed", "try_webhook"]

_CALLABLE = "webhook"
_HELLO = {"text": "This is a test from flowtui.", "source": "flowtui", "test": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a webhook answered a test call."""

    status: int
    milliseconds: float

    @property
    def well(self) -> bool:
        """Whether the status says that the call was taken."""
        return self.status < 400

    @property
    def words(self) -> str:
        """`answered 200 in 84 ms`."""
        return f"answered {self.status} in {self.milliseconds:,.0f} ms"


async def delete_block(app: "FlowtuiApp", block: BlockDocument) -> bool:
    """Ask for its name, then delete this very block, whatever has become of the list since. Await it in a worker."""
    question = Question(
        danger=Danger.TYPE,
        title=f"Delete the {block.type_slug} block {block.name}?",
        detail=f"In {app.client.address}.\nFlows that load it will fail. Its secrets cannot be restored.",
        word=block.name,
    )
    return await app.acting.ask(question) and await app.acting.perform(_delete_deed(block)) is not None


def _delete_deed(block: BlockDocument) -> Deed:
    name = f"{block.type_slug}/{block.name}"

    def do(client: Client) -> Done:
        client.delete_block(block.id)
        return Done(words=f"{name} is deleted.", lasting="its secrets are gone")

    return Deed(
        title=f"Delete block {name}",
        command=command("block", "delete", name, yes=True),
        python=python("delete_block", block.id),
        do=do,
    )


def save_deed(type_slug: str, name: str, data: Mapping[str, Any], *, overwrite: bool) -> Deed:
    """Keep a block. Its fields are not written down: they may be secrets."""

    def do(client: Client) -> Done:
        saved = client.save_block(type_slug, name, data, overwrite=overwrite)
        return Done(words="", value=saved, lasting="what it was before is not kept")

    load = snippet(type_slug, name).strip()
    block = load.splitlines()[-1].partition(" =")[0]
    return Deed(
        title=f"Save block {type_slug}/{name}",
        command="",
        python=f"{load}\n# its fields, which are not written down here\n{block}.save({name!r}, overwrite=True)",
        do=do,
    )


def copy_snippet(app: "FlowtuiApp", type_slug: str, name: str) -> None:
    """Copy the Python that loads a block."""
    text = snippet(type_slug, name)
    app.copy_to_clipboard(text)
    app.tell(f"Copied: {text.strip().splitlines()[-1]}")


def can_be_called(type_slug: str) -> bool:
    """Whether a block of this type can be tested by calling it."""
    return type_slug == _CALLABLE


def try_webhook(client: Client, name: str | None, data: Mapping[str, Any]) -> Answered:
    """Call a webhook as its form describes it; what the form shows masked is taken from the saved block `name`.

    Blocks until it answers. Raises `BlockError` when a field does not fit or the call fails.
    """
    import httpx  # noqa: PLC0415 - 110 ms that only a test pays

    from flowtui.engine.blocks.documents import MASK, merge_masked, split_secrets  # noqa: PLC0415 - as above
    from flowtui.engine.blocks.webhook import Webhook  # noqa: PLC0415 - brings pydantic

    fields = dict(data)
    if name is not None and MASK in repr(fields):
        stored = client.read_block(_CALLABLE, name, include_secrets=True)
        fields = merge_masked(split_secrets(Webhook.get_block_schema(), stored.data)[1], fields)
    webhook = Webhook.from_data(fields)
    begun = time.perf_counter()
    try:
        response = webhook.call(_HELLO)
    except httpx.TimeoutException:
        raise BlockError("The address did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BlockError(f"The call failed: {_said(error)}.") from None
    return Answered(status=response.status_code, milliseconds=(time.perf_counter() - begun) * 1000)


def _said(error: Exception) -> str:
    """httpx's words, without the address, which is a secret."""
    words = str(error).rstrip(".")
    return type(error).__name__ if not words or "://" in words else words
