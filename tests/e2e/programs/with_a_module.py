"""A script that imports its flows from a module beside it, and refuses to run when imported."""

import beside
import prefect
from prefect.flows import Flow


def main():
    assert isinstance(beside.counted, Flow)
    assert isinstance(beside.shared, prefect.Task)
    print(beside.counted(), beside.counted.name)
    print(beside.counted.with_options(name="other").name)


if __name__ == "__main__":
    main()
