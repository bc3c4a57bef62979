"""Asks a web server, here one in a thread, with retries: the tutorial's kind of flow."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
from prefect import flow, task

asked = []


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        flaky = self.path == "/repos/flaky" and asked.count(self.path) < 2
        self.send_response(503 if flaky else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"stargazers_count": 10 * len(self.path)}).encode())

    def log_message(self, *args):
        pass


@task(retries=3, retry_delay_seconds=0)
def get_stars(base: str, repo: str) -> int:
    response = httpx.get(f"{base}/repos/{repo}", trust_env=False)
    response.raise_for_status()
    count = response.json()["stargazers_count"]
    print(f"» {repo}: {count} stars")
    return count


@flow(name="GitHub Stars", log_prints=True)
def github_stars(base: str, repos: list[str]):
    return sum(get_stars(base, repo) for repo in repos)


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(github_stars(f"http://127.0.0.1:{server.server_port}", ["one", "flaky", "three"]))
    server.shutdown()
    server.server_close()
    print(asked.count("/repos/flaky"))
