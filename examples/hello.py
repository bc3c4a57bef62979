"""The smallest flow: `python hello.py`. Nothing has to run for it, and `flowtui` shows the run afterwards."""

from flowtui import flow, task


@task
def pick_greeting(hour: int) -> str:
    return "Good morning" if hour < 12 else "Good evening"


@task
def greet(greeting: str, name: str) -> str:
    return f"{greeting}, {name}!"


@flow(log_prints=True)
def hello(name: str = "world", hour: int = 9) -> str:
    words = greet(pick_greeting(hour), name)
    print(words)
    return words


if __name__ == "__main__":
    hello()
