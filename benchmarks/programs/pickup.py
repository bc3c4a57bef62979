"""A deployed flow that says something at once."""

from flowtui import flow


@flow(log_prints=True)
def pickup() -> None:
    print("the first line")
