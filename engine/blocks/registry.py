"""The types of blocks that this process knows: the built-in ones and those that user code defines."""

from typing import TYPE_CHECKING, Any

from flowtui.engine.blocks.names import slugify
from flowtui.engine.errors import BlockError
from flowtui.engine.model import BlockType

if TYPE_CHECKING:
    from flowtui.engine.blocks.base import Block

__all__ = ["block_types", "find_class", "register"]

_BUILT_IN = "flowtui.engine.blocks."
_classes: dict[str, "type[Block]"] = {}


def register(kind: "type[Block]") -> None:
    """Make a type known. The same slug again replaces the class: a file that is loaded twice defines it twice.

    Raises `BlockError` for a slug that is malformed or belongs to one of flowtui's own types.
    """
    slug = kind.get_block_type_slug()
    if not slug or slug != slugify(slug):
        raise BlockError(
            f"{kind.__name__} cannot be a block type with the slug {slug!r}: set _block_type_slug to lowercase "
            "letters, digits and single dashes."
        )
    taken = _classes.get(slug)
    if taken is not None and taken.__module__.startswith(_BUILT_IN) and not kind.__module__.startswith(_BUILT_IN):
        raise BlockError(
            f"{kind.__name__} has the slug {slug!r}, which belongs to flowtui's own {taken.get_block_type_name()}; "
            "give it another _block_type_slug."
        )
    _classes[slug] = kind


def find_class(slug: str) -> "type[Block]":
    """The class of a type. Raises `BlockError` when no code that was imported defines it."""
    _load_built_ins()
    found = _classes.get(slug)
    if found is not None:
        return found
    import difflib  # noqa: PLC0415 - 3 ms, only for this message

    near = difflib.get_close_matches(slug, _classes, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Import the module that defines it first."
    raise BlockError(f"There is no block type {slug!r} here. {hint}")


def block_types() -> tuple[BlockType, ...]:
    """All known types that can be saved, by name."""
    _load_built_ins()
    described = [found for kind in _classes.values() if (found := _describe(kind)) is not None]
    return tuple(sorted(described, key=lambda one: one.name.lower()))


def _describe(kind: "type[Block]") -> BlockType | None:
    """A type's value; None when no schema can be made of it, which its own first `save` says."""
    try:
        schema: dict[str, Any] = kind.get_block_schema()
    except BlockError:
        return None
    return BlockType(
        slug=kind.get_block_type_slug(),
        name=kind.get_block_type_name(),
        description=kind.get_description(),
        schema=schema,
    )


def _load_built_ins() -> None:
    # Here and not above: these modules define subclasses of Block, whose module imports this one.
    import flowtui.engine.blocks.filesystems  # noqa: PLC0415
    import flowtui.engine.blocks.notifications  # noqa: PLC0415
    import flowtui.engine.blocks.secret  # noqa: PLC0415
    import flowtui.engine.blocks.values  # noqa: PLC0415
    import flowtui.engine.blocks.webhook  # noqa: F401, PLC0415
