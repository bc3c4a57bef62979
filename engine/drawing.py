"""Draw a flow instead of running it: its function is called, and its tasks note who was called with whose value."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from flowtui.engine.annotations import allow_failure, unmapped
from flowtui.engine.errors import UsageError
from flowtui.engine.states import Completed, State

__all__ = ["Drawing", "Node", "active", "called", "current", "drawn", "submitted"]

active = 0
"""How many drawings are being made in this process: nearly always none, which is all that a task's call looks at."""

_SHARED: Final = (str, bytes, int, float, bool, type(None))
"""Values that are one and the same wherever they come from, so they do not tell who made them."""

_current: ContextVar["Drawing | None"] = ContextVar("flowtui_drawing", default=None)


@dataclass(frozen=True, slots=True)
class Node:
    """A task or a subflow that was called."""

    id: str
    name: str
    is_flow: bool


@dataclass(slots=True)
class Drawing:
    """Who was called, and whose value went to whom."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    values: dict[int, tuple[Any, Node]] = field(default_factory=dict)
    """Stand-ins by their identity, with who made them; they are kept alive, so that none takes another's identity."""

    def note(self, whose: Any, parameters: Mapping[str, Any], wait_for: Any) -> tuple[Node, Any]:
        """Note a call; its node, and the value that stands for what it gives."""
        is_flow = not hasattr(whose, "submit")
        same = sum(node.name.rpartition("-")[0] == whose.name for node in self.nodes)
        node = Node(f"n{len(self.nodes)}", f"{whose.name}-{same}", is_flow)
        self.nodes.append(node)
        for source in self._sources([*parameters.values(), wait_for], set()):
            if (source, node.id) not in self.edges:
                self.edges.append((source, node.id))
        value = None if is_flow else whose.viz_return_value
        if value is None:
            value = StandIn(node)
        if not isinstance(value, _SHARED):
            self.values[id(value)] = (value, node)
        return node, value

    def _sources(self, value: Any, seen: set[int]) -> Iterator[str]:
        """The nodes whose values are in this one."""
        if isinstance(value, DrawnFuture):
            yield value.node.id
        elif id(value) in self.values:
            yield self.values[id(value)][1].id
        elif isinstance(value, unmapped | allow_failure):
            yield from self._sources(value.value, seen)
        elif isinstance(value, list | tuple | set | frozenset | dict) and id(value) not in seen:
            seen.add(id(value))
            for item in value.values() if isinstance(value, dict) else value:
                yield from self._sources(item, seen)


class DrawnFuture:
    """What submitting a task that is only drawn gives: a future that is done."""

    def __init__(self, node: Node, value: Any) -> None:
        self.node, self.name, self._value = node, node.name, value

    @property
    def state(self) -> State:
        return Completed(data=self._value)

    def wait(self, timeout: float | None = None) -> None:
        """There is nothing to wait for."""

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        return self._value

    def add_done_callback(self, fn: Any) -> None:
        fn(self)


class StandIn:
    """Stands for the value of a task that is only drawn: it can be handed on, and nothing else."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __repr__(self) -> str:
        return f"<the value of {self.node.name}>"

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        what = "subflow" if self.node.is_flow else "task"
        raise UsageError(
            f"{what} {self.node.name!r} is only drawn, so there is no value of it to look at. "
            "Give the task a value for drawings: @task(viz_return_value=…)."
        )

    __iter__ = __len__ = __getitem__ = __contains__ = __bool__ = __call__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __index__ = __format__ = __enter__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python itself asks for those, to see what it has got
            raise AttributeError(name)
        self._refuse()


def current() -> Drawing | None:
    """The drawing that this code is run for; None where it really runs."""
    return _current.get()


def called(whose: Any, parameters: Mapping[str, Any], wait_for: Any) -> Any:
    """What calling a task or a subflow gives while it is drawn."""
    _, value = _drawing().note(whose, parameters, wait_for)
    if whose.kind == "async":
        return _given(value)
    if whose.kind == "generator":
        return iter(value if isinstance(value, list | tuple) else [value])
    return _each(value) if whose.kind == "async generator" else value


def submitted(whose: Any, parameters: Mapping[str, Any], wait_for: Any) -> DrawnFuture:
    """What submitting a task gives while it is drawn."""
    return DrawnFuture(*_drawing().note(whose, parameters, wait_for))


def drawn(flow: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Drawing:
    """Call the function of a flow for a drawing. Raises `UsageError` when it fails, in words that say what to do."""
    parameters = flow.signature.bind(args, kwargs)
    with _being_made() as drawing:
        try:
            _run(flow.signature.call(flow.fn, parameters), flow.kind)
        except UsageError as error:
            raise UsageError(f"Flow {flow.name!r} cannot be drawn: {error}") from error
        except Exception as error:
            raise UsageError(
                f"Flow {flow.name!r} cannot be drawn, because its function raised {type(error).__name__}: {error}. "
                "What it does with the value of a task needs one: @task(viz_return_value=…)."
            ) from error
    return drawing


def _run(outcome: Any, kind: str) -> None:
    if kind == "generator":
        for _ in outcome:
            pass
    elif kind != "sync":
        from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - only for async flows

        run_to_end(_walk(outcome) if kind == "async generator" else outcome)


async def _walk(items: Any) -> None:
    async for _ in items:
        pass


@contextmanager
def _being_made() -> Iterator[Drawing]:
    global active
    drawing = Drawing()
    token = _current.set(drawing)
    active += 1
    try:
        yield drawing
    finally:
        active -= 1
        _current.reset(token)


def _drawing() -> Drawing:
    drawing = _current.get()
    assert drawing is not None
    return drawing


async def _given(value: Any) -> Any:
    return value


async def _each(value: Any) -> AsyncIterator[Any]:
    for item in value if isinstance(value, list | tuple) else [value]:
        yield item
