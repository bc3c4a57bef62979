"""A flow that is sent messages while it runs, here by itself from a thread."""

import threading

from prefect import flow, task
from prefect.input import RunInput, receive_input, send_input
from prefect.runtime import flow_run


class Order(RunInput):
    item: str
    count: int = 1


@task
def total(counts):
    return sum(counts)


def customer(run_id):
    for item, count in (("apples", 3), ("pears", 4), ("stop", 0)):
        Order(item=item, count=count).send_to(run_id)


@flow
def shop():
    thread = threading.Thread(target=customer, args=(flow_run.id,))
    thread.start()
    counts = {}
    for order in Order.receive(timeout=60, poll_interval=0.2):
        if order.item == "stop":
            break
        counts[order.item] = order.count
    thread.join()
    print(sorted(counts.items()))
    send_input("a plain text", flow_run.id)
    for text in receive_input(str, timeout=60, poll_interval=0.2):
        print(text)
        break
    return total(list(counts.values()))


if __name__ == "__main__":
    print(shop())
