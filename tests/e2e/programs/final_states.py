"""States that are returned, asked for, and derived from many."""

from prefect import State, flow, task
from prefect.states import Cancelled, Completed, Failed


@task
def skips():
    return Completed(name="Skipped", message="nothing to do")


@task
def gives_up():
    return Failed(message="gave up")


@task
def fine(x=1):
    return x


@task
def breaks():
    raise ZeroDivisionError("division by zero")


@flow
def returns_state():
    return Completed(message="by hand")


@flow
def returns_failed():
    return Failed(message="on purpose")


@flow
def returns_futures():
    return fine.submit(1), breaks.submit()


@flow
def returns_mixed_data():
    return [fine(return_state=True), "text"]


@flow
def cancels():
    return Cancelled(message="enough")


@flow
def main():
    state = skips(return_state=True)
    print(isinstance(state, State), state.name, state.type.value, state.message, state.is_completed())
    state = gives_up(return_state=True)
    print(state.name, state.is_final(), state.is_failed())
    broken = breaks(return_state=True)
    print(broken.message.endswith("ZeroDivisionError: division by zero"))
    print(repr(broken.result(raise_on_failure=False)))
    try:
        broken.result()
    except ZeroDivisionError as error:
        print("raised", error)
    print(fine(5, return_state=True).result())


main()
print(returns_state(return_state=True).message)
state = returns_failed(return_state=True)
print(state.type.value, state.message)
try:
    returns_failed()
except Exception as error:
    print(type(error).__name__, error)
state = returns_futures(return_state=True)
print(state.type.value, state.message)
print(returns_mixed_data(return_state=True).type.value)
print(cancels(return_state=True).type.value)
