"""Messages to runs: typed, in order, answered; in sync and in async code."""

import asyncio
import threading
from typing import Any

import pytest

from flowtui import RunInput, flow, receive_input, send_input
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MissingContext, NotFound, ParameterError, UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.inputs import input_model
from flowtui.engine.model import FlowRun
from tests.engine.sdk.asking import only_run
from tests.engine.store.made import owned_running
from tests.support import wait_until


class Order(RunInput):
    number: int
    what: str = "tea"


@pytest.fixture
def run(client: LocalClient) -> FlowRun:
    """A run to talk to."""
    return owned_running(client)


def test_messages_come_in_order_as_what_they_were_sent_as(run: FlowRun) -> None:
    for number in range(3):
        send_input(Order(number=number), run.id)
    send_input("a bare text", run.id)
    orders = list(receive_input(Order, timeout=0.01, flow_run_id=run.id))
    assert [(order.number, order.what) for order in orders] == [(0, "tea"), (1, "tea"), (2, "tea")]
    assert list(receive_input(str, timeout=0.01, flow_run_id=run.id)) == ["a bare text"]
    assert list(receive_input(int, timeout=0.01, flow_run_id=run.id)) == []


def test_a_flow_takes_what_is_sent_while_it_waits(client: LocalClient) -> None:
    @flow
    def main() -> list[int]:
        return [order.number for order, _ in zip(Order.receive(timeout=20, poll_interval=3600), range(2), strict=False)]

    def sending() -> None:
        wait_until(lambda: client.list_flow_runs().items, what="the run")
        for number in (1, 2, 3):
            Order(number=number).send_to(only_run(client).id)

    thread = threading.Thread(target=sending)
    thread.start()
    assert main() == [1, 2]
    thread.join()


def test_an_async_flow_takes_them_without_blocking(client: LocalClient) -> None:
    @flow
    async def main() -> list[Any]:
        taken = []
        async for text in receive_input(str, timeout=20):
            taken.append(text)
            if text == "stop":
                break
        return taken

    async def sending() -> None:
        while not client.list_flow_runs().items:
            await asyncio.sleep(0.001)
        for text in ("one", "stop"):
            await send_input(text, only_run(client).id)

    async def both() -> Any:
        return (await asyncio.gather(main(), sending()))[0]

    assert asyncio.run(both()) == ["one", "stop"]


def test_the_loop_ends_or_raises_when_nobody_says_anything(run: FlowRun) -> None:
    assert list(receive_input(str, timeout=0.01, flow_run_id=run.id)) == []
    with pytest.raises(TimeoutError, match=r"No strInput came within 0.01 second"):
        list(receive_input(str, timeout=0.01, raise_timeout_error=True, flow_run_id=run.id))
    with pytest.raises(TimeoutError):
        receive_input(str, timeout=0, flow_run_id=run.id).next()

    async def waiting() -> Any:
        return await receive_input(str, timeout=0.01, flow_run_id=run.id).next()

    with pytest.raises(TimeoutError):
        asyncio.run(waiting())


def test_keys_that_are_known_are_left_out_and_prefixes_keep_talks_apart(run: FlowRun) -> None:
    send_input(1, run.id, key_prefix="left")
    send_input(2, run.id, key_prefix="right")
    (right,) = receive_input(int, timeout=0, key_prefix="right", flow_run_id=run.id, with_metadata=True)
    assert right.value == 2
    again = receive_input(int, timeout=0, key_prefix="right", flow_run_id=run.id, exclude_keys={right.metadata.key})
    assert list(again) == []


def test_a_message_is_answered_to_the_run_that_sent_it(client: LocalClient, run: FlowRun) -> None:
    @flow
    def asking() -> Any:
        send_input(Order(number=7), run.id)
        return next(iter(receive_input(str, timeout=20)))

    def answering() -> None:
        order = receive_input(Order, timeout=20, flow_run_id=run.id, with_metadata=True).next()
        assert order.metadata.receiver == run.id
        order.respond(f"no {order.number} is on its way")

    thread = threading.Thread(target=answering)
    thread.start()
    assert asking() == "no 7 is on its way"
    thread.join()


def test_what_no_run_has_sent_cannot_be_answered(run: FlowRun) -> None:
    send_input(Order(number=1), run.id)
    order = receive_input(Order, timeout=0, flow_run_id=run.id).next()
    with pytest.raises(UsageError, match="nobody to respond to"):
        order.respond("hello?")
    with pytest.raises(UsageError):
        Order(number=2).respond("hello?")


def test_a_message_that_does_not_fit_is_named(client: LocalClient, run: FlowRun) -> None:
    client.save_run_input(run.id, f"order-auto-{new_id()}", {"number": "many"})
    with pytest.raises(ParameterError, match="does not fit Order: number: Input should be a valid integer"):
        receive_input(Order, timeout=0, flow_run_id=run.id).next()


def test_a_run_that_does_not_exist_cannot_be_told_anything(client: LocalClient) -> None:
    with pytest.raises(NotFound):
        send_input("hello", new_id())
    with pytest.raises(MissingContext, match="outside any flow run"):
        receive_input(str)


def test_a_type_that_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(UsageError, match="is no type that a run can ask for"):
        input_model(object())


def test_initial_data_must_be_of_fields_that_exist() -> None:
    with pytest.raises(UsageError, match="Order has no colour; its fields are number, what"):
        Order.with_initial_data(colour="red")
    assert Order.with_initial_data(number=3)().number == 3  # type: ignore[call-arg]
