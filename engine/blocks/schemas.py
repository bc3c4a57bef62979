"""The JSON schema of a block type: pydantic's, with the secret fields marked and no secret default in it."""

import copy
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, NoDefault
from pydantic_core import core_schema

from flowtui.engine.blocks.secretfields import has_secret, plain, secret_fields
from flowtui.engine.errors import BlockError

__all__ = ["block_schema"]


def block_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Draft 2020-12 schema of an object. `secret_fields` lists dotted names; `*` stands for every key or item.

    Raises `BlockError` for a type that JSON schema, or a dotted name, cannot describe.
    """
    try:
        return copy.deepcopy(_schema(model))
    except PydanticUserError as error:
        raise BlockError(f"{model.__name__} cannot be a block type: {str(error).splitlines()[0]}") from None


class _Generator(GenerateJsonSchema):
    """Tells nothing of a default that holds a secret, unless the secret is empty; pydantic writes asterisks there."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        default = super().get_default_value(schema)
        if default is NoDefault and not schema.get("default_factory_takes_data") and "default_factory" in schema:
            made = schema["default_factory"]()  # type: ignore[call-arg]
            default = made if has_secret(made) or made in ([], {}) else NoDefault
        if default is NoDefault or not has_secret(default):
            return default
        shown = plain(default)
        return shown if shown in (None, "", [], {}) else NoDefault


@lru_cache(256)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema: JsonSchemaValue = model.model_json_schema(schema_generator=_Generator)
    secrets = secret_fields(model)
    properties: dict[str, Any] = schema.setdefault("properties", {})
    for key, node in properties.items():
        properties[key] = _marked(node, key in secrets, f"{key}.*" in secrets)
    return {**schema, "secret_fields": secrets}


def _marked(node: dict[str, Any], is_secret: bool, holds_secrets: bool) -> dict[str, Any]:
    """A property's schema, saying itself that it is secret: pydantic says so of SecretStr only."""
    password = {"format": "password", "writeOnly": True}
    if is_secret and "anyOf" not in node:
        return {**node, **password}
    if holds_secrets and node.get("additionalProperties") is True:
        return {**node, "additionalProperties": password}
    return node
