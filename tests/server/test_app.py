"""What the HTTP API answers, over real sockets."""

import asyncio
import contextlib
import socket
import threading

import httpx
import pytest

import flowtui
from flowtui.server.address import AddressError, bind, url_of
from flowtui.server.app import HttpServer, make_app
from tests.support import wait_until


@contextlib.contextmanager
def serving(report=dict):
    """A running server; gives the address of its API."""
    listening = bind("127.0.0.1", 0)
    server = HttpServer(make_app(report))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    wait_until(lambda: server.started, what="the server to listen")
    try:
        yield url_of(listening)
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_health_is_true_and_version_is_a_text():
    with serving() as api:
        assert httpx.get(f"{api}/health").json() is True
        assert httpx.get(f"{api}/version").json() == flowtui.__version__


def test_the_health_of_the_parts_is_reported_as_it_is_now():
    reports = iter([{"services": []}, {"services": ["late runs"]}])
    with serving(lambda: next(reports)) as api:
        assert httpx.get(f"{api}/flowtui/health").json() == {"services": []}
        assert httpx.get(f"{api}/flowtui/health").json() == {"services": ["late runs"]}


def test_what_does_not_exist_is_a_404_with_a_json_body():
    with serving() as api:
        answer = httpx.get(f"{api}/nonsense")
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Not Found"}


def test_a_port_in_use_is_named_in_the_sentence():
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"Port {port} on 127.0.0.1 is in use"):
            bind("127.0.0.1", port)


def test_a_host_that_is_none_is_named_in_the_sentence():
    with pytest.raises(AddressError, match="'no such host' is no address"):
        bind("no such host", 0)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(AddressError, match=r"Cannot listen on 192\.0\.2\.1"):
        bind("192.0.2.1", 0)


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python knows no IPv6")
def test_an_address_of_the_sixth_version_is_written_in_brackets():
    try:
        listening = bind("::1", 0)
    except AddressError:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert url_of(listening).startswith("http://[::1]:")
