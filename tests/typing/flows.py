"""What a type checker says of flows. Checked by `test_types.py`; a `type: ignore` here is a mistake that is noticed."""

from typing import Any, assert_type

from flowtui import State, flow, get_run_logger, tags


@flow
def bare(a: int, b: str = "") -> list[int]:
    return [a]


@flow(name="named", retries=2, flow_run_name="x-{a}", timeout_seconds=1.5, log_prints=True)
def with_arguments(a: int) -> str:
    return str(a)


@flow
async def asynchronous(a: int) -> dict[str, int]:
    return {"a": a}


@flow
def of_nothing() -> None: ...


@flow
def of_anything(a: int) -> Any:
    return a


@flow
def returns_a_state() -> State: ...  # type: ignore[empty-body]


assert_type(bare(1), list[int])
assert_type(bare(1, b="x"), list[int])
assert_type(with_arguments(1), str)
assert_type(of_nothing(), None)
assert_type(returns_a_state(), State)
assert_type(of_anything(1), Any)
assert_type(of_anything(1, return_state=True), State)
of_anything(1)


async def awaits() -> None:
    assert_type(await asynchronous(1), dict[str, int])
    assert_type(await asynchronous(1, return_state=True), State)


assert_type(bare(1, return_state=True), State)
assert_type(bare.with_options(name="other")(1), list[int])
assert_type(bare.fn(1), list[int])
assert_type(bare.name, str)
assert_type(bare(1, return_state=True).is_completed(), bool)

with tags("a", "b") as now:
    assert_type(now, frozenset[str])

get_run_logger().info("x")

bare("1")  # type: ignore[call-overload]
bare()  # type: ignore[call-overload]
bare(1, c=2)  # type: ignore[call-overload]
flow(retires=2)  # type: ignore[call-overload]
