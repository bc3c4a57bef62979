"""Errors by the names of Prefect, and what is raised when a state is asked for its result."""

from prefect import flow, task
from prefect.exceptions import (
    CrashedRun,
    FailedRun,
    MissingContextError,
    PrefectException,
    ReservedArgumentError,
    UnfinishedRun,
)
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Crashed, Failed, Pending, Running, Scheduled


@task
def ends_in(kind):
    states = {"failed": Failed(message="f"), "crashed": Crashed(message="c"), "cancelled": Cancelled(message="x")}
    return states[kind]


@task
def wraps():
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise ValueError("outer") from error


@flow
def asking():
    for kind in ("failed", "crashed", "cancelled"):
        try:
            ends_in(kind, return_state=True).result()
        except PrefectException as error:
            print(type(error).__name__, error)
    try:
        Running().result()
    except UnfinishedRun:
        print("unfinished")
    error = wraps(return_state=True).result(raise_on_failure=False)
    print(repr(error), repr(error.__cause__))


asking()
print(issubclass(FailedRun, PrefectException), issubclass(CrashedRun, Exception))
print(Scheduled().is_scheduled(), Pending().is_pending(), Completed().is_final(), Running().is_final())
try:
    get_run_logger()
except MissingContextError as error:
    print("a RuntimeError too:", isinstance(error, RuntimeError))
try:

    @flow
    def reserved(wait_for):
        pass

except ReservedArgumentError:
    print("reserved")
try:

    @flow(name="a/b")
    def slashed():
        pass

except Exception as error:
    print("bad name:", "a/b" in str(error))
