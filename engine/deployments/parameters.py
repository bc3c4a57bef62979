"""The parameters of a flow as a JSON schema, and whether given values fit it."""

import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from flowtui.engine.deployments.schema_check import check_value
from flowtui.engine.errors import ParameterError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from flowtui.engine.flows import Flow

__all__ = ["check_parameters", "parameter_problems", "parameter_schema", "with_frozen"]

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def parameter_schema(flow: "Flow[..., Any]") -> dict[str, Any]:
    """The wire's `parameter_openapi_schema` of a flow.

    `{"title": "Parameters", "type": "object", "properties": {name: {"title", "position", "default", …}},
    "required": [name], "definitions": {}}`; a function with `**kwargs` also has `"additionalProperties": True`.
    A type that has no JSON schema accepts anything.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - 68 ms that only deploying pays

    parameters = inspect.signature(flow.fn).parameters
    named = {name: parameter for name, parameter in parameters.items() if parameter.kind not in _VARIADIC}
    hints = _hints(flow.fn)
    adapters = {name: _adapter(_annotation(parameter, hints.get(name, Any))) for name, parameter in named.items()}
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template="#/definitions/{model}"
    )
    described = _descriptions(inspect.getdoc(flow.fn) or "")
    properties: dict[str, Any] = {}
    for position, (name, parameter) in enumerate(named.items()):
        schema = {key: value for key, value in schemas[name, "validation"].items() if key not in ("title", "default")}
        if name in described:
            schema.setdefault("description", described[name])
        properties[name] = {**schema, **_default(parameter), "title": name, "position": position}
    return {
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "required": [name for name, parameter in named.items() if not _has_default(parameter)],
        "definitions": dict(shared.get("$defs", {})),
        **({"additionalProperties": True} if _takes_any(parameters) else {}),
    }


def with_frozen(schema: Mapping[str, Any], frozen: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema in which these parameters have these JSON values and no others."""
    if not frozen:
        return schema
    properties = dict(schema.get("properties", {}))
    properties |= {
        name: {**properties.get(name, {"title": name}), "readOnly": True, "enum": [value], "default": value}
        for name, value in frozen.items()
    }
    return {**schema, "properties": properties}


def parameter_problems(
    schema: Mapping[str, Any], values: Mapping[str, Any], *, partial: bool = False
) -> dict[str, str]:
    """What does not fit, by place: `{"limits.rows": "must be a whole number, not 'ten'"}`.

    With `partial`, required parameters may be missing: they are given when the flow is run. A schema without
    properties knows nothing and accepts everything.
    """
    if "properties" not in schema:
        return {}
    schema = {"additionalProperties": False, **schema}
    if partial:
        schema["required"] = []
    found: dict[str, str] = {}
    for where, problem in check_value(schema, dict(values), schema):
        found.setdefault(where, problem)
    return found


def check_parameters(
    schema_or_flow: "Mapping[str, Any] | Flow[..., Any]", values: Mapping[str, Any], *, partial: bool = False
) -> None:
    """Raise `ParameterError`, with one sentence for each bad parameter, when the values do not fit."""
    schema = schema_or_flow if isinstance(schema_or_flow, Mapping) else parameter_schema(schema_or_flow)
    problems = parameter_problems(schema, values, partial=partial)
    if problems:
        raise ParameterError(
            " ".join(f"Parameter {where or 'values'} {problem.rstrip('.')}." for where, problem in problems.items())
        )


# -- from a signature -------------------------------------------------------------------------------------------------


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations, resolved; one that names something unknown accepts anything."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that exists only for type checkers, or an annotation that raises
        return {name: hint for name, hint in inspect.get_annotations(function).items() if not isinstance(hint, str)}


def _annotation(parameter: inspect.Parameter, hint: Any) -> Any:
    """The annotation; `x: int = Field(gt=0)` is read as `x: Annotated[int, Field(gt=0)]`."""
    from pydantic.fields import FieldInfo  # noqa: PLC0415 - loaded with pydantic above

    return Annotated[hint, parameter.default] if isinstance(parameter.default, FieldInfo) else hint


def _adapter(annotation: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - loaded by the caller

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        adapter.json_schema()
    except Exception:  # pydantic has no schema for it: a class of the user's, a data frame, a callable
        return TypeAdapter(Any)
    return adapter


def _value(parameter: inspect.Parameter) -> Any:
    """The default, out of a pydantic `Field` when it stands in one; `inspect.Parameter.empty` when there is none."""
    from pydantic.fields import FieldInfo  # noqa: PLC0415 - loaded with pydantic above

    default = parameter.default
    if not isinstance(default, FieldInfo):
        return default
    return inspect.Parameter.empty if default.is_required() else default.get_default(call_default_factory=True)


def _has_default(parameter: inspect.Parameter) -> bool:
    return _value(parameter) is not inspect.Parameter.empty


def _default(parameter: inspect.Parameter) -> dict[str, Any]:
    """`{"default": value}`, or nothing when there is none or it has no JSON form."""
    from pydantic import SecretBytes, SecretStr  # noqa: PLC0415 - loaded above
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - loaded with pydantic above

    value = _value(parameter)
    if value is inspect.Parameter.empty or isinstance(value, SecretStr | SecretBytes):  # its JSON form is asterisks
        return {}
    try:
        plain = to_jsonable_python(value)
        json.dumps(plain, allow_nan=False)
    except ValueError:
        return {}
    return {"default": plain}


def _takes_any(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())


_SECTION = re.compile(r"^(\s*)(?:Args|Arguments|Parameters):\s*$", re.MULTILINE)
_SPHINX = re.compile(r"^\s*:param (?:[^:\n]*\s)?\*{0,2}(\w+):\s*(.+)$", re.MULTILINE)


def _descriptions(doc: str) -> dict[str, str]:
    """What a docstring says about each parameter, in the Google style (`Args:`) or Sphinx's (`:param x:`)."""
    found = {name: text.strip() for name, text in _SPHINX.findall(doc)}
    section = _SECTION.search(doc)
    if section is None:
        return found
    base = len(section[1])
    name, indent = "", 0
    for line in doc[section.end() :].splitlines()[1:]:
        depth = len(line) - len(line.lstrip())
        if line.strip() and depth <= base:
            break
        item = re.match(r"\s*\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)$", line)
        if item and (not name or depth <= indent):
            name, indent = item[1], depth
            found[name] = item[2].strip()
        elif line.strip() and name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
