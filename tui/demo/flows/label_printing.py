"""Print the labels of a day's parcels. Its work pool is the printer's, whose worker is not switched on: runs are late.

To switch it on:  flowtui worker start --pool printer
"""

import time

from flowtui import flow, task


@task
def print_label(number: int) -> str:
    time.sleep(0.05)
    return f"PT-{number:05}"


@flow(log_prints=True)
def label_printing(batch: int = 1, labels: int = 20) -> list[str]:
    """Print a batch.

    Args:
        batch: Which of the day's batches.
        labels: How many labels it has.
    """
    printed = [print_label(batch * 1000 + number) for number in range(labels)]
    print(f"batch {batch}: {len(printed)} labels")
    return printed


if __name__ == "__main__":
    label_printing()
