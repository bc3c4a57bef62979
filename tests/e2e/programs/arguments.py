"""A command line of its own, and an exit code of its own."""

import argparse
import sys
from pathlib import Path

from prefect import flow


@flow
def count(words: list[str], limit: int):
    return len(words[:limit])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--limit", "-p", type=int, default=10)
    given = parser.parse_args()
    print(Path(sys.argv[0]).name, __name__, Path(__file__).name)
    print(count(given.words, given.limit))
    print(Path(sys.path[0]) == Path(__file__).resolve().parent)
    return 3


if __name__ == "__main__":
    sys.exit(main())
