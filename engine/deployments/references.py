"""What placeholders mean that the store and the environment answer: variables, blocks, and `$NAME`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.deployments.templates import LATER, UNKNOWN, Lookup, Placeholder, from_output, reach
from flowtui.engine.errors import NotFound, UsageError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["lookup_with", "only_environment"]

_SOLE_VALUES: Final = ("value", "root")
"""A block with this field and no other, such as a secret, stands for the field's value."""


def lookup_with(
    client: "Client | None",
    env: Mapping[str, str],
    outputs: Mapping[str, Any] | None = None,
    *,
    env_later: bool = False,
) -> Lookup:
    """A lookup among the outputs of steps, the environment, and the store.

    Without a client, variables and blocks are left for later; without outputs, those of steps are; and a name that the
    environment does not have is, with `env_later`. Raises `UsageError` for a variable or a block that does not exist.
    """

    def lookup(placeholder: Placeholder) -> Any:
        match placeholder.kind:
            case "environment":
                return env.get(placeholder.name, LATER if env_later else UNKNOWN)
            case "output":
                return LATER if outputs is None else from_output(placeholder.name, outputs)
            case "variable":
                return LATER if client is None else _variable(client, placeholder)
            case "block":
                return LATER if client is None else _block(client, placeholder)

    return lookup


def only_environment(env: Mapping[str, str]) -> Lookup:
    """What is known before anything was run or asked: the environment. All else stays for later."""
    return lookup_with(None, env, env_later=True)


def _variable(client: "Client", placeholder: Placeholder) -> Any:
    record = client.find_variable(placeholder.name)
    if record is None:
        raise UsageError(
            f"{placeholder.whole} names a variable that does not exist. "
            f"Set it with: flowtui variable set {placeholder.name} VALUE"
        )
    return record.value


def _block(client: "Client", placeholder: Placeholder) -> Any:
    """`type.name` or `type.name.field.field`: the value with its secrets in the clear."""
    slug, _, rest = placeholder.name.partition(".")
    name, _, path = rest.partition(".")
    if not name:
        raise UsageError(f"{placeholder.whole} is no block; write flowtui.blocks.TYPE.NAME or …NAME.FIELD.")
    try:
        data = client.read_block(slug, name, include_secrets=True).data
    except NotFound as error:
        raise UsageError(f"{placeholder.whole} names a block that does not exist. {error}") from error
    sole = next(iter(data)) if len(data) == 1 and next(iter(data)) in _SOLE_VALUES else None
    if not path:
        return dict(data) if sole is None else data[sole]
    value = reach(data, path)
    if value is UNKNOWN and sole is not None:
        value = reach(data[sole], path)
    if value is UNKNOWN:
        raise UsageError(f"{placeholder.whole}: block {slug}/{name} has no {path}; it has {', '.join(data)}.")
    return value
