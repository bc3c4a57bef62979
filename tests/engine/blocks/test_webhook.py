"""The webhook block against a real HTTP server, and the guard against private addresses."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flowtui.blocks import Webhook
from flowtui.engine.errors import BlockError


@dataclass
class Endpoint:
    """A server that answers 202 and remembers what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path, dict(self.headers), body))
            self.send_response(202)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_PUT = do_GET = do_PATCH = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Endpoint(f"http://127.0.0.1:{server.server_port}/hook?x=1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def hook(url: str, **fields: Any) -> Webhook:
    return Webhook.from_data({"url": url, **fields})


def test_a_mapping_is_sent_as_json_with_the_headers(endpoint: Endpoint) -> None:
    answer = hook(endpoint.url, headers={"X-Token": "t", "X-Number": 5}).call({"text": "héllo"})
    [(method, path, headers, body)] = endpoint.asked
    assert (answer.status_code, answer.text) == (202, "ok")
    assert (method, path) == ("POST", "/hook?x=1")
    assert (headers["X-Token"], headers["X-Number"], headers["Content-Type"]) == ("t", "5", "application/json")
    assert json.loads(body) == {"text": "héllo"}


def test_text_is_sent_as_it_is_and_nothing_as_nothing(endpoint: Endpoint) -> None:
    hook(endpoint.url, method="PUT").call("plain")
    hook(endpoint.url, method="GET").call()
    assert [(method, body) for method, _, _, body in endpoint.asked] == [("PUT", b"plain"), ("GET", b"")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_not_called_when_that_is_not_allowed(endpoint: Endpoint, host: str) -> None:
    url = endpoint.url.replace("127.0.0.1", host)
    with pytest.raises(BlockError, match="leads to a private network"):
        hook(url, allow_private_urls=False).call({})
    assert endpoint.asked == []


def test_a_proxy_does_not_lead_around_the_guard(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", endpoint.url)
    with pytest.raises(BlockError, match="leads to a private network"):
        hook("http://10.0.0.1/", allow_private_urls=False).call({})
    assert endpoint.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),  # where clouds keep the credentials of a machine
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    from flowtui.engine.blocks.addresses import is_public

    assert is_public(address) is public


def test_the_address_that_was_checked_is_the_one_that_is_called(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and private when it is called must not get through."""
    from flowtui.engine.blocks import addresses

    port = int(endpoint.url.split(":")[2].split("/")[0])
    asked: list[str] = []
    real = socket.getaddrinfo

    def changing(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        asked.append(name)
        return real("127.0.0.1" if name == "rebinding.test" else host, *rest, **more)

    monkeypatch.setattr(addresses, "is_public", lambda _: len(asked) == 1)
    monkeypatch.setattr(socket, "getaddrinfo", changing)
    hook(f"http://rebinding.test:{port}/", allow_private_urls=False).call({})
    assert asked.count("rebinding.test") == 1
    assert endpoint.asked[0][2]["Host"] == f"rebinding.test:{port}"


def test_a_host_that_does_not_exist_is_a_connection_error() -> None:
    import httpx

    with pytest.raises(httpx.ConnectError, match=r"The host nowhere\.invalid cannot be found"):
        hook("http://nowhere.invalid/", allow_private_urls=False).call({})
