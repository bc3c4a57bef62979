"""Steps: functions that a deployment file names, to be called when it is deployed or before a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flowtui.engine.deployments.tree import Tree
from flowtui.engine.errors import DeploymentFileError, UsageError

__all__ = ["BUILT_IN", "Step", "built_in_name", "read_steps", "refuse_later_steps", "steps_from_json"]

_KEYWORDS: Final = ("id", "requires")
_OWN: Final = ("flowtui.deployments.steps.", "prefect.deployments.steps.", "prefect.projects.steps.")
_SUBMODULES: Final = ("core.", "pull.", "utility.", "git.")
BUILT_IN: Final = (
    "set_working_directory",
    "git_clone",
    "pull_from_remote_storage",
    "pull_with_block",
    "run_shell_script",
    "pip_install_requirements",
)
"""The steps that flowtui brings, as functions of `flowtui.engine.deployments.built_in`."""
_OTHER_NAMES: Final = {"git_clone_project": "git_clone"}
_LATER: Final[Mapping[str, str]] = {
    "prefect_docker.": "images are not built or pushed by flowtui yet",
    "prefect_aws.": "code is not moved to S3 by flowtui yet",
    "prefect_gcp.": "code is not moved to Google's storage by flowtui yet",
    "prefect_azure.": "code is not moved to Azure's storage by flowtui yet",
}
"""Packages whose steps need the program that they belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call: a function by its dotted name, and what it is given."""

    function: str
    """As the file has it: `prefect.deployments.steps.git_clone`, `our_tools.fetch`."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """JSON values, which may hold placeholders."""
    id: str | None = None
    """The name under which later placeholders find its outputs: `{{ id.output }}`."""
    requires: tuple[str, ...] = ()
    """Packages that it needs, as pip names them."""
    line: int | None = field(default=None, compare=False)

    @property
    def short(self) -> str:
        """The function's own name."""
        return self.function.rpartition(".")[2]

    def as_json(self) -> dict[str, Any]:
        """`{function: {input: value, "id": …, "requires": …}}`, as the file and the wire write it."""
        keywords: dict[str, Any] = {"id": self.id} if self.id else {}
        if self.requires:
            keywords["requires"] = list(self.requires) if len(self.requires) > 1 else self.requires[0]
        return {self.function: {**keywords, **self.inputs}}


def read_steps(tree: Tree | None, shown: str, where: str) -> tuple[Step, ...] | None:
    """The steps under `build:`, `push:` or `pull:`: one, a list, a list of lists; None when the key says nothing.

    Raises `DeploymentFileError` at the line of what is no step.
    """
    if tree is None or tree.value is None:
        return None
    return tuple(_read(tree, shown, where))


def _read(tree: Tree, shown: str, where: str) -> Iterable[Step]:
    if tree.value is None:
        return
    if tree.items is not None:
        for number, item in enumerate(tree.items):
            yield from _read(item, shown, f"{where}[{number}]")
        return
    if tree.text is not None:
        yield _step(tree.text, None, shown, tree.line, where)
        return
    assert tree.fields is not None, "a tree is a scalar, a list or a mapping"
    named = [key for key, part in tree.fields.items() if "." in key and part.value is None]
    if len(tree.fields) > 1 and len(named) == 1:  # its inputs were not indented below it, which many files have
        rest = {key: part for key, part in tree.fields.items() if key != named[0]}
        inputs = replace(tree, value={key: part.value for key, part in rest.items()}, fields=rest)
        yield _step(named[0], inputs, shown, tree.line, where)
        return
    if len(tree.fields) != 1:
        problem = f"a step is one function with its inputs; this one has {', '.join(tree.fields) or 'nothing'}."
        raise DeploymentFileError(shown, tree.line, where, problem)
    for function, inputs in tree.fields.items():
        yield _step(function, inputs, shown, tree.line, where)


def _step(function: str, inputs: Tree | None, shown: str, line: int, where: str) -> Step:
    value = {} if inputs is None or inputs.value is None else inputs.value
    try:
        return _checked(function, value, line)
    except UsageError as error:
        raise DeploymentFileError(shown, line, where, str(error)) from error


def steps_from_json(steps: Sequence[Any]) -> tuple[Step, ...]:
    """Steps as the wire has them. Raises `UsageError` for what is none."""
    made: list[Step] = []
    for step in steps:
        if not isinstance(step, Mapping) or len(step) != 1:
            raise UsageError("A step is one function with its inputs: {function: {input: value}}.")
        made.extend(_checked(str(function), inputs or {}, None) for function, inputs in step.items())
    return tuple(made)


def _checked(function: str, inputs: Any, line: int | None) -> Step:
    if "." not in function or not all(part.isidentifier() for part in function.split(".")):
        raise UsageError(f"{function!r} is no step; name a function with its module, package.module.function.")
    if not isinstance(inputs, Mapping):
        raise UsageError(f"{function} takes a mapping of inputs, not {inputs!r}.")
    if function.startswith(_OWN) and built_in_name(function) is None:
        raise UsageError(f"there is no step {function}; there is {', '.join(BUILT_IN)}.")
    requires = inputs.get("requires") or ()
    return Step(
        function=function,
        inputs={key: value for key, value in inputs.items() if key not in _KEYWORDS},
        id=str(inputs["id"]) if inputs.get("id") else None,
        requires=(requires,) if isinstance(requires, str) else tuple(str(item) for item in requires),
        line=line,
    )


def built_in_name(function: str) -> str | None:
    """Which of flowtui's own steps a name means; None for those of others."""
    for prefix in _OWN:
        if function.startswith(prefix):
            name = function.removeprefix(prefix)
            for submodule in _SUBMODULES:
                name = name.removeprefix(submodule)
            name = _OTHER_NAMES.get(name, name)
            return name if name in BUILT_IN else None
    return None


def refuse_later_steps(steps: Iterable[Step]) -> None:
    """Raise `UsageError` for a step that a later version will know."""
    for step in steps:
        for package, why in _LATER.items():
            if step.function.startswith(package):
                raise UsageError(
                    f"The step {step.function} cannot be run: {why}. Leave it out, and run a command of your own with "
                    "flowtui.deployments.steps.run_shell_script where you need one."
                )
