"""The programs of `examples/`, run as anybody would: `python examples/….py` in an empty home."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import CompletedProcess

from flowtui.engine.client.local import LocalClient
from tests.support import ROOT, clean_environment, run_flowtui, run_python

SHAPE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} \| (DEBUG  |INFO   |WARNING|ERROR  ) \| (?:Flow run '[a-z-]+'|Task run '[\w-]+') - \S.*"
)


def run_example(name: str, **env: str) -> CompletedProcess[str]:
    done = run_python(str(ROOT / "examples" / name), env=clean_environment(**env))
    assert done.returncode == 0, done.stderr
    return done


def test_every_example_is_tested_here() -> None:
    names = {path.name for path in (ROOT / "examples").glob("*.py")}
    assert names == {"hello.py", "etl_pipeline.py", "daily_etl.py", "github_stars.py"}


def test_hello_prints_log_lines_of_the_promised_shape_and_is_remembered() -> None:
    done = run_example("hello.py")
    lines = done.stderr.splitlines()
    assert [line for line in lines if not SHAPE.fullmatch(line)] == []
    name = re.search(r"Flow run '([a-z]+-[a-z-]+)'", lines[0])
    assert name is not None
    assert lines[0].endswith(f"- Beginning flow run '{name[1]}' for flow 'hello'")
    assert any(line.endswith("- Good morning, world!") for line in lines)
    assert lines[-1].endswith("- Finished in state Completed()")
    listed = run_flowtui("flow-run", "ls", "-o", "json")
    assert [(run["name"], run["state_type"]) for run in json.loads(listed.stdout)] == [(name[1], "COMPLETED")]


def test_the_pipeline_returns_its_text() -> None:
    done = run_example("etl_pipeline.py")
    assert done.stdout == "loaded 2 rows: Lisbon 76.1 °F, Oslo 46.4 °F\n"
    for name in ("extract", "transform", "load"):
        assert f"Created task run '{name}-0' for task '{name}'" in done.stderr
    assert all(SHAPE.fullmatch(line) for line in done.stderr.splitlines())


def test_the_second_run_of_daily_etl_does_not_repeat_the_cached_task() -> None:
    first, second = run_example("daily_etl.py"), run_example("daily_etl.py")
    assert "computing the figures of 200 readings" in first.stderr
    assert "computing the figures" not in second.stderr
    assert re.search(r"Task run 'transform-0' - Finished in state Cached", second.stderr)
    figures = [re.search(r"mean [\d.]+, spread [\d.]+", done.stderr) for done in (first, second)]
    assert figures[0] is not None
    assert figures[1] is not None
    assert figures[0][0] == figures[1][0]


class Api(BaseHTTPRequestHandler):
    """Knows how many stars a repository has; the first question about each is answered with 503."""

    asked: Counter[str]

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        ok = self.asked[self.path] > 1
        body = json.dumps({"stargazers_count": len(self.path)} if ok else {"message": "later"}).encode()
        self.send_response(200 if ok else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet: what was asked is counted."""


@contextmanager
def api() -> Iterator[tuple[str, Counter[str]]]:
    handler = type("Handler", (Api,), {"asked": Counter()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler.asked
        finally:
            server.shutdown()
            thread.join()


def test_github_stars_asks_again_where_the_api_failed(client: LocalClient) -> None:
    with api() as (address, asked):
        done = run_example("github_stars.py", GITHUB_API=address)
    repos = ("python/cpython", "Textualize/textual", "encode/httpx")
    assert asked == {f"/repos/{repo}": 2 for repo in repos}
    together = sum(len(f"/repos/{repo}") for repo in repos)
    assert f"{together:,} stars together" in done.stderr
    assert done.stderr.count("retry 1 of 3") == 3
    run = client.list_flow_runs().items[0]
    assert (run.flow_name, run.state.name, run.result) == ("github-stars", "Completed", str(together))
    assert [task.run_count for task in client.list_task_runs().items] == [2, 2, 2]


def test_github_stars_fails_when_nobody_answers(client: LocalClient) -> None:
    """Nothing listens there: after three retries the run fails, and the script with it."""
    with api() as (address, _):
        pass
    env = clean_environment(GITHUB_API=address)
    done = run_python(str(ROOT / "examples" / "github_stars.py"), env=env)
    assert done.returncode == 1
    assert "httpx.ConnectError" in done.stderr
    assert client.list_flow_runs().items[0].state.name == "Failed"
