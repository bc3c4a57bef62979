"""A flow whose shape is only known when it runs."""

import random

from prefect import flow, task
from prefect.states import Completed


@task
def roll(seed):
    return random.Random(seed).randint(1, 6)


@task
def skip_if_even(n):
    if n % 2 == 0:
        return Completed(message=f"{n} is even", name="Skipped")
    return n


@flow
def game(rounds: int = 4):
    total = 0
    for number in range(rounds):
        thrown = roll(number)
        state = skip_if_even(thrown, return_state=True)
        if state.name == "Skipped":
            print(number, "skipped:", state.message)
            continue
        total += state.result()
    while total > 0:
        total -= roll(total)
    return "lost" if total else "exact"


print(game())
