"""What people and other runs say to a flow run: typed answers to its pauses, and typed messages."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from flowtui.engine.both_ways import procedure
from flowtui.engine.client.here import client_here
from flowtui.engine.context import current_flow_run
from flowtui.engine.errors import MissingContext, ParameterError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.shared import RunInputRecord
from flowtui.engine.waiting import News, Procedure, Verb, acarry_out, carry_out

__all__ = ["InputMetadata", "ReceivedInputs", "RunInput", "input_model", "loaded", "receive_input", "send_input"]

R = TypeVar("R", bound="RunInput")
_VALUE: Final = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMetadata:
    """How an input came."""

    key: str
    receiver: str
    """The id of the flow run that it was sent to."""
    sender: str | None = None
    """The id of the flow run that sent it."""


class RunInput(BaseModel):
    """The fields of something that a run asks for or is told. Make subclasses of it, as of any pydantic model."""

    model_config = ConfigDict(extra="forbid")

    _description: ClassVar[str | None] = None
    _is_value: ClassVar[bool] = False
    """It stands for a bare value, which is its one field."""
    _metadata: InputMetadata | None = None

    @property
    def metadata(self) -> InputMetadata | None:
        """How it came; None for what was not received."""
        return self._metadata

    @property
    def input_value(self) -> Any:
        """What the user's code is given: the model itself, or the bare value that it stands for."""
        return getattr(self, _VALUE) if self._is_value else self

    @classmethod
    def with_initial_data(cls: type[R], description: str | None = None, **values: Any) -> type[R]:
        """The same fields with these values as defaults, and a text (Markdown) for the person who is asked."""
        known = cls.model_fields
        unknown = ", ".join(sorted(values.keys() - known.keys()))
        if unknown:
            raise UsageError(f"{cls.__name__} has no {unknown}; its fields are {', '.join(known) or 'none'}.")
        made = create_model(cls.__name__, __base__=cls, **{n: _with_default(known[n], v) for n, v in values.items()})
        if description is not None:
            made._description = description
        return made

    @classmethod
    def receive(cls: type[R], **options: Any) -> "ReceivedInputs[R]":
        """The inputs of this kind that are sent to this run; see `receive_input`."""
        return receive_input(cls, **options)

    @procedure
    def send_to(self, flow_run_id: str, sender: str | None = None, key_prefix: str | None = None) -> Procedure[None]:
        """Send it to a flow run. Raises `NotFound`."""
        yield from _send(self, flow_run_id, sender, key_prefix)

    @procedure
    def respond(self, run_input: Any, sender: str | None = None, key_prefix: str | None = None) -> Procedure[None]:
        """Send something to the run that sent this one. Raises `UsageError` when no run did."""
        if self._metadata is None or self._metadata.sender is None:
            raise UsageError("There is nobody to respond to: this input was not sent by a flow run.")
        yield from _send(run_input, self._metadata.sender, sender, key_prefix)


def input_model(kind: Any) -> type[RunInput]:
    """A subclass of `RunInput` as it is; for any other type one that stands for a value of it."""
    if isinstance(kind, type) and issubclass(kind, RunInput):
        return kind
    try:
        TypeAdapter(kind)
    except Exception as error:  # pydantic raises its own kinds for what it cannot understand
        raise UsageError(f"{kind!r} is no type that a run can ask for: {error}") from None
    name = f"{getattr(kind, '__name__', str(kind))}Input"
    made = create_model(name, __base__=RunInput, **{_VALUE: (kind, ...)})  # type: ignore[call-overload]
    made._is_value = True
    return cast("type[RunInput]", made)


def _with_default(known: FieldInfo, value: Any) -> Any:
    """The same field with another default; what it says of itself and what it demands stays."""
    annotation = Annotated[known.annotation, *known.metadata] if known.metadata else known.annotation
    said = {name: getattr(known, name) for name in ("alias", "title", "description", "examples", "json_schema_extra")}
    return (annotation, Field(default=value, **said))


def loaded(model: type[R], values: Mapping[str, Any], metadata: InputMetadata | None = None) -> R:
    """A model from JSON values. Raises `ParameterError`."""
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        words = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'it'}: {item['msg']}" for item in error.errors())
        raise ParameterError(f"The input does not fit {model.__name__}: {words}.") from None
    made._metadata = metadata
    return made


# -- messages ---------------------------------------------------------------------------------------------------------


@procedure
def send_input(
    run_input: Any, flow_run_id: str, sender: str | None = None, key_prefix: str | None = None
) -> Procedure[None]:
    """Send a value, or a `RunInput`, to a flow run, which takes it from `receive_input`. Awaited in async code.

    `sender`: the id of the run that it is from (None: the present one). Raises `NotFound`.
    """
    yield from _send(run_input, flow_run_id, sender, key_prefix)


def _send(run_input: Any, flow_run_id: str, sender: str | None, key_prefix: str | None) -> Procedure[None]:
    if not isinstance(run_input, RunInput):
        run_input = input_model(type(run_input))(**{_VALUE: run_input})
    flow = current_flow_run()
    sender = sender or (flow.handle.run_id if flow else None)
    key = f"{key_prefix or _prefix(type(run_input))}-{new_id()}"
    value = run_input.model_dump(mode="json")
    client = client_here()
    yield Verb(lambda: client.save_run_input(str(flow_run_id), key, value, sender=sender))


def _prefix(model: type[RunInput]) -> str:
    """What the keys of a kind's messages begin with."""
    return f"{model.__name__.lower()}-auto"


class ReceivedInputs(Generic[R]):
    """The inputs that are sent to a run, oldest first: `for` and `async for` wait for the next, `next()` for one.

    After `timeout` seconds without one the loop ends, or `TimeoutError` is raised when `raise_timeout_error` is set;
    `next()` always raises.
    """

    def __init__(
        self,
        model: type[R],
        *,
        timeout: float | None,
        poll_interval: float,
        raise_timeout_error: bool,
        exclude_keys: Iterable[str],
        key_prefix: str | None,
        flow_run_id: str,
        with_metadata: bool,
    ) -> None:
        self.model = model
        self.timeout, self.poll_interval, self.raise_timeout_error = timeout, poll_interval, raise_timeout_error
        self.exclude_keys = set(exclude_keys)
        self.key_prefix = key_prefix or _prefix(model)
        self.flow_run_id = flow_run_id
        self.with_metadata = with_metadata
        self._client = client_here()
        self._last: str | None = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return carry_out(self._one())
        except TimeoutError:
            if self.raise_timeout_error:
                raise
            raise StopIteration from None

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return await acarry_out(self._one())
        except TimeoutError:
            if self.raise_timeout_error:
                raise
            raise StopAsyncIteration from None

    @procedure
    def next(self) -> Procedure[Any]:
        """Wait for the next one. Raises `TimeoutError`. Awaited in async code."""
        return (yield from self._one())

    def _one(self) -> Procedure[Any]:
        deadline = None if self.timeout is None else monotonic() + self.timeout
        seen = 0
        while True:
            record = yield from self._unread()
            if record is not None:
                return self._opened(record)
            left = self.poll_interval if deadline is None else deadline - monotonic()
            if left <= 0:
                raise TimeoutError(f"No {self.model.__name__} came within {self.timeout:g} second(s).")
            seen = yield News(self._client, seen, min(left, self.poll_interval))

    def _unread(self) -> Procedure[RunInputRecord | None]:
        while True:
            found = yield Verb(
                lambda: self._client.list_run_inputs(
                    self.flow_run_id, prefix=f"{self.key_prefix}-", after=self._last, limit=1
                )
            )
            if not found:
                return None
            record: RunInputRecord = found[0]
            self._last = record.id
            if record.key not in self.exclude_keys:
                return record

    def _opened(self, record: RunInputRecord) -> Any:
        metadata = InputMetadata(key=record.key, sender=record.sender, receiver=record.flow_run_id)
        received = loaded(self.model, record.value, metadata)
        return received if self.with_metadata else received.input_value


def receive_input(
    input_type: Any,
    timeout: float | None = 3600,
    poll_interval: float = 10,
    raise_timeout_error: bool = False,
    exclude_keys: Iterable[str] | None = None,
    key_prefix: str | None = None,
    flow_run_id: str | None = None,
    with_metadata: bool = False,
) -> ReceivedInputs[Any]:
    """What is sent to a run (None: the present one) of a type, to be looped over with `for` or `async for`.

    A bare value comes as it was sent; with `with_metadata` it comes as a `RunInput` with `.metadata` and `.respond`.
    What comes is noticed at once, whatever the `poll_interval`, which is the longest time between two looks.
    A run that is started again receives everything from the beginning. Raises `MissingContext` outside any run.
    """
    flow = current_flow_run()
    if flow_run_id is None and flow is None:
        raise MissingContext("receive_input() was called outside any flow run; say which with flow_run_id=…")
    return ReceivedInputs(
        input_model(input_type),
        timeout=timeout,
        poll_interval=poll_interval,
        raise_timeout_error=raise_timeout_error,
        exclude_keys=exclude_keys or (),
        key_prefix=key_prefix,
        flow_run_id=str(flow_run_id or (flow.handle.run_id if flow else "")),
        with_metadata=with_metadata,
    )
