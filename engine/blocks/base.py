"""`Block`: a pydantic model that is saved under a name, its secrets encrypted, and loaded anywhere."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from flowtui.engine.blocks.names import block_name, slugify, split_reference
from flowtui.engine.blocks.registry import find_class, register
from flowtui.engine.blocks.schemas import block_schema
from flowtui.engine.blocks.secretfields import plain
from flowtui.engine.blocks.sentences import BlockFieldError, field_problems
from flowtui.engine.both_ways import awaited, both_ways
from flowtui.engine.context import current_flow_run
from flowtui.engine.errors import BlockError
from flowtui.engine.model import BlockDocument
from flowtui.engine.provenance import BlockUse

__all__ = ["Block"]


class Block(BaseModel):
    """A typed value of a person or a team that the store keeps: a credential, an address, a setting.

    Each subclass is a type of block. `_block_type_name`, `_block_type_slug` and `_description` say what people see;
    without them the class's name and docstring do. Fields of type `SecretStr`, `SecretBytes`, `Secret[…]` or
    `SecretDict` are encrypted when saved, and shown as `********`.
    """

    model_config = ConfigDict(extra="allow", validate_by_name=True, validate_by_alias=True)

    _block_type_name: ClassVar[str | None] = None
    _block_type_slug: ClassVar[str | None] = None
    _description: ClassVar[str | None] = None
    _block_document_id: str | None = PrivateAttr(None)
    _block_document_name: str | None = PrivateAttr(None)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        register(cls)

    def model_post_init(self, context: Any, /) -> None:
        """When a block has been made or loaded, it makes itself ready."""
        self.block_initialization()

    def block_initialization(self) -> None:
        """For subclasses: what is to be done once the fields are there."""

    # A type's words are its own: a subclass that says nothing must not pass for its parent.

    @classmethod
    def get_block_type_name(cls) -> str:
        """The type's name as people read it: `Slack Webhook`."""
        return cls.__dict__.get("_block_type_name") or cls.__name__

    @classmethod
    def get_block_type_slug(cls) -> str:
        """The type's name in references: `slack-webhook`."""
        return cls.__dict__.get("_block_type_slug") or slugify(cls.get_block_type_name())

    @classmethod
    def get_description(cls) -> str:
        """What the type is for, in a sentence or two."""
        words: str = cls.__dict__.get("_description") or inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
        return " ".join(words.split())

    @classmethod
    def get_block_schema(cls) -> dict[str, Any]:
        """JSON schema of the type's fields; `secret_fields` lists the dotted names of the secret ones."""
        return block_schema(cls)

    def plain_data(self) -> dict[str, Any]:
        """The fields as JSON values, secrets in the clear. Raises `BlockError` for what JSON cannot hold."""
        try:
            data: dict[str, Any] = to_jsonable_python(plain(self.model_dump(by_alias=True)), by_alias=True)
        except (PydanticSerializationError, ValueError) as error:
            raise BlockError(f"This {self.get_block_type_name()} cannot be saved as JSON: {error}.") from None
        return data

    @both_ways
    def save(self, name: str | None = None, overwrite: bool = False) -> str:
        """Keep the block under `name` (default: the one it was loaded from) and answer with the document's id.

        `save`, `load` and `delete` are awaited in async code; `asave`, `aload` and `adelete` always are.
        Raises `BlockError` when the name is taken and `overwrite` is False.
        """
        return self._save(name, overwrite)

    async def asave(self, name: str | None = None, overwrite: bool = False) -> str:
        """`save` for async code."""
        return await awaited(self._save, name, overwrite)

    def _save(self, name: str | None, overwrite: bool) -> str:
        from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store, when it is needed

        chosen = block_name(name or self._block_document_name or "")
        slug = self.get_block_type_slug()
        document = current_client().save_block(slug, chosen, self.plain_data(), overwrite=overwrite)
        self._block_document_id, self._block_document_name = document.id, document.name
        return document.id

    @classmethod
    @both_ways
    def load(cls, name: str, validate: bool = True) -> Self:
        """The block saved as `name`, or as `type/name`. `validate=False` takes the fields as they are stored.

        Raises `NotFound` when there is none, `BlockError` when it is of another type or its fields no longer fit.
        """
        return cls.load_here(name, validate)

    @classmethod
    async def aload(cls, name: str, validate: bool = True) -> Self:
        """`load` for async code."""
        return await awaited(cls.load_here, name, validate)

    @classmethod
    def load_here(cls, name: str, validate: bool = True) -> Self:
        """`load`, never to be awaited: for code that does not know where it is called."""
        from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store, when it is needed

        kind, chosen = cls._kind_and_name(name)
        client = current_client()
        document = client.read_block(kind.get_block_type_slug(), chosen, include_secrets=True)
        run = current_flow_run()
        if run is not None:
            client.note_block(_use_of(document, run.handle.run_id))
        return kind.from_document(document, validate=validate)

    @classmethod
    @both_ways
    def delete(cls, name: str) -> None:
        """Remove the block saved as `name`, or as `type/name`. Raises `NotFound` when there is none."""
        cls._delete(name)

    @classmethod
    async def adelete(cls, name: str) -> None:
        """`delete` for async code."""
        await awaited(cls._delete, name)

    @classmethod
    def _delete(cls, name: str) -> None:
        from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store, when it is needed

        kind, chosen = cls._kind_and_name(name)
        client = current_client()
        client.delete_block(client.read_block(kind.get_block_type_slug(), chosen).id)

    @classmethod
    def from_document(cls, document: BlockDocument, *, validate: bool = True) -> Self:
        """The block that a document with its secrets describes. Raises `BlockError` when a field does not fit."""
        block = (
            cls.from_data(document.data, title=f"Block {document.type_slug}/{document.name}")
            if validate
            else (cls.model_construct(**document.data))
        )
        block._block_document_id, block._block_document_name = document.id, document.name
        return block

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, title: str | None = None) -> Self:
        """The block with these fields. Raises `BlockError` with one sentence for each field that does not fit."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise BlockFieldError(title or cls.get_block_type_name(), field_problems(error)) from None

    @classmethod
    def _kind_and_name(cls, reference: str) -> tuple[type[Self], str]:
        """Which type a reference means when it is asked of this class, and the block's name."""
        slug, name = split_reference(reference)
        if slug is None:
            if cls is Block:
                raise BlockError(f"Block.load needs the type as well: write type/{name}, such as secret/{name}.")
            return cls, name
        if slug == cls.get_block_type_slug():
            return cls, name
        found = find_class(slug)
        if not issubclass(found, cls):
            raise BlockError(f"{reference!r} is a {found.get_block_type_name()}, not a {cls.get_block_type_name()}.")
        return found, name


def _use_of(document: BlockDocument, run_id: str) -> BlockUse:
    return BlockUse(
        flow_run_id=run_id,
        block_id=document.id,
        type_slug=document.type_slug,
        name=document.name,
        updated=document.updated,
    )
