"""Ask an HTTP API about several repositories at once, and ask again where it fails.

`GITHUB_API` is the address of the API, when it is not GitHub's own.
"""

import os

import httpx

from flowtui import flow, task

API = os.environ.get("GITHUB_API", "https://api.github.com")


@task(retries=3, retry_delay_seconds=0.5)
def get_stars(repo: str) -> int:
    """How many people have starred a repository."""
    answer = httpx.get(f"{API}/repos/{repo}", timeout=5)
    answer.raise_for_status()
    stars: int = answer.json()["stargazers_count"]
    print(f"{repo} has {stars:,} stars")
    return stars


@flow(name="github-stars", log_prints=True)
def github_stars(repos: list[str]) -> int:
    """The stars of all repositories together."""
    total = sum(get_stars.map(repos).result())
    print(f"{total:,} stars together")
    return total


if __name__ == "__main__":
    github_stars(["python/cpython", "Textualize/textual", "encode/httpx"])
