"""One flow, two tasks."""

from flowtui import flow, task


@task
def greet(name: str) -> str:
    return f"hello {name}"


@task
def shout(text: str) -> str:
    return text.upper()


@flow(log_prints=True)
def hello(name: str = "world") -> None:
    print(shout(greet(name)))


if __name__ == "__main__":
    hello()
