"""Names of blocks and slugs of block types: lowercase letters, digits and dashes."""

import re

from flowtui.engine.errors import BlockError

__all__ = ["LONGEST_NAME", "block_name", "name_problem", "slugify", "split_reference"]

LONGEST_NAME = 200
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def name_problem(name: str) -> str | None:
    """What is wrong with a block's name, as a sentence; None when nothing is."""
    if not name:
        return "A block needs a name."
    if len(name) > LONGEST_NAME:
        return f"The name is {len(name)} characters long; {LONGEST_NAME} is the most."
    if _NAME.fullmatch(name):
        return None
    nearest = slugify(name)
    hint = f" {nearest!r} would do." if nearest else ""
    return f"{name!r} cannot name a block: use lowercase letters, digits and single dashes between them.{hint}"


def block_name(name: str) -> str:
    """The name itself. Raises `BlockError` when it cannot name a block."""
    problem = name_problem(name)
    if problem is not None:
        raise BlockError(problem)
    return name


def slugify(text: str) -> str:
    """`Slack Webhook` → `slack-webhook`."""
    return _OTHER.sub("-", text.lower()).strip("-")[:LONGEST_NAME]


def split_reference(reference: str) -> tuple[str | None, str]:
    """`slack-webhook/team-alerts` → (`slack-webhook`, `team-alerts`); `team-alerts` → (None, `team-alerts`).

    Raises `BlockError` for anything that is neither.
    """
    slug, slash, name = reference.rpartition("/")
    if slash and not _NAME.fullmatch(slug):
        raise BlockError(f"{reference!r} does not name a saved block: write type/name, such as secret/api-key.")
    return (slug if slash else None), block_name(name)
