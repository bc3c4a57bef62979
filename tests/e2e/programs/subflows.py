"""Flows in flows: parameters, failures that are caught, states."""

from datetime import date

from prefect import flow, task
from prefect.runtime import flow_run


@task
def square(x):
    return x * x


@flow(flow_run_name="report-{day:%Y-%m-%d}")
def report(day: date, factor: int = 1) -> str:
    assert flow_run.parent_flow_run_id is not None
    return f"{flow_run.name}: {day.isoformat()} x{factor}"


@flow
def squares(numbers: list[int]) -> list[int]:
    return [future.result() for future in square.map(numbers)]


@flow
def fails():
    raise LookupError("no data for today")


@flow
def parent():
    assert flow_run.parent_flow_run_id is None
    print(report("2024-02-29", factor="3"))
    print(squares([1, "2", 3]))
    try:
        fails()
    except LookupError as error:
        print("caught:", error)
    state = fails(return_state=True)
    print(state.type.value, state.is_failed(), type(state.result(raise_on_failure=False)).__name__)
    return [squares([2], return_state=True), report(date(2024, 1, 1), return_state=True)]


final = parent(return_state=True)
print(final.type.value, final.message)
