"""Parameters: from a call's arguments to a dictionary, checked against the function's signature."""

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Final

from flowtui.engine.errors import ParameterError, ReservedArgument, UsageError

__all__ = ["Signature", "json_parameters"]

_RESERVED: Final = frozenset({"return_state", "wait_for"})


class Signature:
    """The signature of a flow's or a task's function. Raises `ReservedArgument` for names that flowtui uses itself."""

    def __init__(self, fn: Callable[..., Any], kind: str, name: str) -> None:
        self._what = f"{kind} {name!r}"
        try:
            self._signature = inspect.signature(fn)
        except ValueError:  # some functions written in C do not tell
            raise UsageError(f"The parameters of {self._what} cannot be known; call it from a function.") from None
        self._fn = fn
        self._model: Any = None
        self._of_method: Signature | None = None
        reserved = _RESERVED & set(self._signature.parameters)
        if reserved:
            raise ReservedArgument(
                f"{self._what} has a parameter named {min(reserved)!r}, which flowtui uses itself; rename it."
            )
        self._prepare()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in their order."""
        return tuple(self._signature.parameters)

    def _prepare(self) -> None:
        kinds = [p.kind for p in self._signature.parameters.values()]
        # The common case binds without the inspect module: plain names only, 1 µs instead of 6.
        plain = all(kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for kind in kinds)
        self._plain = tuple(self._signature.parameters) if plain else None
        self._defaults = {
            p.name: p.default for p in self._signature.parameters.values() if p.default is not inspect.Parameter.empty
        }

    def of_method(self) -> "Signature":
        """The signature without its first parameter, which a method gets from its object."""
        if self._of_method is None:
            method = copy(self)
            method._signature = self._signature.replace(parameters=list(self._signature.parameters.values())[1:])
            method._model = None
            method._prepare()
            self._of_method = method
        return self._of_method

    def __getstate__(self) -> dict[str, Any]:
        """For another process: without what is made from the rest, and may not go there."""
        return {**self.__dict__, "_model": None, "_of_method": None}

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """`{parameter: value}` with defaults filled in. Raises `ParameterError` when the arguments do not fit."""
        quick = self._bind_plain(args, kwargs)
        if quick is not None:
            return quick
        try:
            arguments = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ParameterError(f"{self._what} cannot be called like this: {error}. It takes {self.text()}.") from None
        arguments.apply_defaults()
        return dict(arguments.arguments)

    def _bind_plain(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """The common case; None leaves it to `inspect`, which also words the errors."""
        plain = self._plain
        if plain is None or len(args) > len(plain) or not kwargs.keys() <= set(plain[len(args) :]):
            return None
        bound = dict(zip(plain, args, strict=False))
        for name in plain[len(args) :]:
            if name in kwargs:
                bound[name] = kwargs[name]
            elif name in self._defaults:
                bound[name] = self._defaults[name]
            else:
                return None
        return bound

    def text(self) -> str:
        """The parameters as one writes them: `(repos: list[str], limit: int = 10)`."""
        return str(self._signature.replace(return_annotation=inspect.Signature.empty))

    def call(self, fn: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        """Call `fn` with bound values, also through `*args` and `**kwargs`."""
        if self._plain is not None:
            return fn(**values)
        arguments = inspect.BoundArguments(self._signature, dict(values))
        return fn(*arguments.args, **arguments.kwargs)

    def validate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values coerced to the annotations by pydantic. Raises `ParameterError` with a sentence for each bad one."""
        annotated = [p for p in self._signature.parameters.values() if p.annotation is not inspect.Parameter.empty]
        if not annotated:
            return dict(values)
        from pydantic import ValidationError  # noqa: PLC0415 - 40 ms that a flow without annotations need not pay

        model = self._validating_model()
        # A default is taken as it is: many a `day: date = None` is meant.
        missing = object()
        given = {name: value for name, value in values.items() if value is not self._defaults.get(name, missing)}
        try:
            valid = model.model_validate(given)
        except ValidationError as error:
            raise ParameterError(f"The parameters do not fit {self._what}. {_sentences(error)}") from None
        checked = {field.alias: getattr(valid, key) for key, field in type(valid).model_fields.items()}
        return {name: checked[name] if name in given and name in checked else value for name, value in values.items()}

    def _validating_model(self) -> Any:
        """A model with a field for each annotated parameter, by its alias: as names, pydantic keeps some to itself."""
        if self._model is None:
            from pydantic import ConfigDict, Field, create_model  # noqa: PLC0415 - see validate

            hints = _hints(self._fn)
            fields: dict[str, Any] = {}
            for number, parameter in enumerate(self._signature.parameters.values()):
                plain = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
                if plain and parameter.annotation is not parameter.empty:
                    fields[f"p{number}"] = (hints.get(parameter.name, Any), Field(None, alias=parameter.name))
            config = ConfigDict(arbitrary_types_allowed=True)
            self._model = create_model("Parameters", __config__=config, **fields)
        return self._model


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    """Annotations with their strings resolved; those that cannot be are left unchecked."""
    from typing import get_type_hints  # noqa: PLC0415 - beside its only use

    try:
        return get_type_hints(fn, include_extras=True)
    except Exception:  # an annotation may name anything, also what is imported for the type checker only
        annotations: dict[str, Any] = getattr(fn, "__annotations__", {})
        return {name: hint for name, hint in annotations.items() if not isinstance(hint, str)}


def _sentences(error: Any) -> str:
    """One sentence for each problem that pydantic found."""
    parts = []
    for problem in error.errors(include_url=False):
        place = ".".join(map(str, problem["loc"]))
        given = repr(problem.get("input"))
        shown = given if len(given) <= 60 else given[:57] + "…"
        parts.append(f"{place}: {problem['msg']} (given: {shown}).")
    return " ".join(parts)


def json_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the store shows them: JSON, with the text of what is no JSON."""
    import orjson  # noqa: PLC0415 - loaded with the store anyway

    shown: dict[str, Any] = {}
    for name, value in values.items():
        try:
            shown[name] = orjson.loads(orjson.dumps(value, default=_shown, option=orjson.OPT_NON_STR_KEYS))
        except (TypeError, ValueError, RecursionError):
            shown[name] = _text(value)
    return shown


def _shown(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if isinstance(value, set | frozenset):
        return list(value)
    return _text(value)


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 2_000 else text[:2_000] + "…"
