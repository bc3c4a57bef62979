"""Base job templates: from a pool's template and the job variables of deployment and run to one job's configuration.

A template is `{"job_configuration": {field: "{{ variable }}" …}, "variables": {JSON schema of an object}}`. The value
of a variable is what the run says, else what the deployment says, else the default in the schema; `env` is merged by
key, and a dotted key, `env.NAME`, reaches inside.
"""

import copy
import difflib
from collections.abc import Mapping
from typing import Any, Final

from flowtui.engine.deployments.schema_check import Problem, check_value, unknown_name
from flowtui.engine.deployments.templates import Lookup, fill, from_output, placeholders_of
from flowtui.engine.errors import UsageError, WorkPoolError

__all__ = [
    "COMMON_TEMPLATE",
    "PROCESS_TEMPLATE",
    "check_job_variables",
    "check_template",
    "job_configuration",
    "template_of",
    "template_with",
]

Template = Mapping[str, Any]

_TEXTS: Final = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
_COMMON: Final[Mapping[str, Any]] = {
    "name": {"title": "Name", "type": ["string", "null"], "default": None, "description": "What the job is called."},
    "env": {
        "title": "Environment",
        **_TEXTS,
        "default": {},
        "description": "Environment variables of the run's process; one that is null is not set.",
    },
    "labels": {"title": "Labels", **_TEXTS, "default": {}, "description": "Labels of the job, by name."},
    "command": {
        "title": "Command",
        "type": ["string", "null"],
        "default": None,
        "description": "What carries the run out. Unset: flowtui flow-run execute, or something quicker.",
    },
}
_PROCESS: Final[Mapping[str, Any]] = {
    **_COMMON,
    "stream_output": {
        "title": "Stream output",
        "type": "boolean",
        "default": True,
        "description": "Show what a run prints on the worker's console too; it is kept in the run's log anyway.",
    },
    "working_dir": {
        "title": "Working directory",
        "type": ["string", "null"],
        "default": None,
        "description": "Where the run's process is. Unset: the deployment's folder, or a temporary one when pull steps "
        "bring the code.",
    },
}


def template_with(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A template of these variables, `{name: JSON schema}`, whose configuration has a field for each."""
    return {
        "job_configuration": {name: f"{{{{ {name} }}}}" for name in variables},
        "variables": {"type": "object", "properties": dict(variables)},
    }


COMMON_TEMPLATE: Final[Template] = template_with(_COMMON)
"""What workers of every type understand."""
PROCESS_TEMPLATE: Final[Template] = template_with(_PROCESS)
"""The template of pools of type `process` that have none of their own."""

_BUILT_IN: Final[Mapping[str, Template]] = {"process": PROCESS_TEMPLATE}


def template_of(pool_type: str, own: Template | None) -> Template | None:
    """The template that a pool goes by: its own, else that of its type; None when only its workers know that one."""
    return _BUILT_IN.get(pool_type) if own is None else own


def check_template(template: Any) -> None:
    """Raise `WorkPoolError` unless both halves are there, each placeholder has a variable, and each default fits."""
    if not isinstance(template, Mapping):
        raise WorkPoolError("A base job template is an object with job_configuration and variables.")
    for half in ("job_configuration", "variables"):
        if not isinstance(template.get(half), Mapping):
            raise WorkPoolError(
                f"A base job template needs the objects job_configuration and variables; {half!r} is missing."
            )
    known = _properties(template)
    for placeholder in placeholders_of(template["job_configuration"]):
        name = placeholder.name.split(".")[0].split("[")[0]
        if placeholder.kind == "output" and name not in known:
            problem = unknown_name(name, known, "variables")
            raise WorkPoolError(f"The base job template uses {placeholder.whole}, but {name!r} {_sentence(problem)}")
    for name, schema in known.items():
        if isinstance(schema, Mapping) and schema.get("default") is not None:
            for where, problem in check_value(schema, schema["default"], template["variables"], name):
                raise WorkPoolError(f"The base job template's default for {where} {problem}.")


def _properties(template: Template) -> Mapping[str, Any]:
    properties = template["variables"].get("properties") or {}
    if not isinstance(properties, Mapping):
        raise WorkPoolError("The properties of a base job template's variables are an object.")
    return properties


def check_job_variables(pool: str, template: Template, *layers: Mapping[str, Any], partial: bool = False) -> None:
    """Raise `UsageError`, a sentence, unless the variables of the layers, later over earlier, fit the template.

    What holds a placeholder is not known yet, and fits. With `partial`, required ones may still be missing.
    """
    _refuse(pool, _problems(template, variables(template, *layers), partial=partial))


def _refuse(pool: str, problems: list[Problem]) -> None:
    if problems:
        shown = "; ".join(f"{where} {problem}" for where, problem in problems[:3])
        raise UsageError(f"The job variables do not fit work pool {pool!r}: {_sentence(shown)}")


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."


def _problems(template: Template, values: Mapping[str, Any], *, partial: bool) -> list[Problem]:
    schema, known = template["variables"], _properties(template)
    problems: list[Problem] = []
    for name, value in values.items():
        if name in known:
            if next(placeholders_of(value), None) is None:
                problems += check_value(known[name], value, schema, name)
        elif _rooted(name) not in template["job_configuration"] and _is_a_mistake(name, schema, known):
            problems.append((name, unknown_name(name, known, "variables")))
    if not partial:
        problems += [(name, "is missing") for name in schema.get("required", ()) if name not in values]
    return problems


def _is_a_mistake(name: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a variable that nobody knows is one: where others are not forbidden, only what is nearly a known one.

    What a deployment says to a pool of one type may be said to a pool of another, which has no use for it.
    """
    others = schema.get("additionalProperties")
    if others is not None:
        return others is False
    return bool(difflib.get_close_matches(name, list(known), n=1, cutoff=0.75))


def _rooted(name: str) -> str | None:
    """The field of the configuration that a dotted key reaches into."""
    root, dot, _ = name.partition(".")
    return root if dot else None


def variables(template: Template, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each variable. Dotted keys that reach into no variable stay as they are, for the configuration."""
    known = _properties(template)
    values = {
        name: copy.deepcopy(schema["default"])
        for name, schema in known.items()
        if isinstance(schema, Mapping) and "default" in schema
    }
    for layer in layers:
        for key, value in layer.items():
            root = _rooted(key)
            if root is not None and root in known and key not in known:
                values[root] = _placed(values.get(root), key.split(".")[1:], value)
            elif key == "env" and isinstance(value, Mapping) and isinstance(values.get("env"), Mapping):
                values["env"] = {**values["env"], **value}
            else:
                values[key] = value
    return values


def _placed(inside: Any, path: list[str], value: Any) -> Any:
    """`inside` with the value at the end of the path; what is no mapping or list on the way becomes a mapping."""
    if not path:
        return value
    head, *rest = path
    if isinstance(inside, list | tuple) and head.isdigit() and int(head) < len(inside):
        return [_placed(part, rest, value) if n == int(head) else part for n, part in enumerate(inside)]
    base = dict(inside) if isinstance(inside, Mapping) else {}
    return {**base, head: _placed(base.get(head), rest, value)}


def job_configuration(pool: str, template: Template, *layers: Mapping[str, Any], lookup: Lookup) -> dict[str, Any]:
    """One job's configuration. `lookup` answers for blocks, variables of the store and `$NAME`s, in the layers and in
    the template. Raises `UsageError`, a sentence, when something does not fit or a lookup finds nothing."""
    values = fill(variables(template, *layers), lookup)
    _refuse(pool, _problems(template, values, partial=False))
    wanted = dict(template["job_configuration"])
    own_env = wanted.get("env")
    if isinstance(own_env, Mapping) and isinstance(values.get("env"), Mapping):
        wanted["env"] = {**own_env, **values["env"]}

    def everything(placeholder: Any) -> Any:
        return from_output(placeholder.name, values) if placeholder.kind == "output" else lookup(placeholder)

    configuration: dict[str, Any] = fill(wanted, everything)
    for key, value in values.items():
        root = _rooted(key)
        if root is not None and key not in _properties(template) and root in configuration:
            configuration[root] = _placed(configuration[root], key.split(".")[1:], value)
    return configuration
