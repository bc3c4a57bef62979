"""A script whose flow fails: Python's traceback, and exit code 1."""

from prefect import flow, task


@task
def explode():
    raise RuntimeError("the pipe burst")


@flow
def doomed():
    print("before")
    explode()
    print("never")


if __name__ == "__main__":
    doomed()
    print("never")
