"""Call public addresses only: the guard of a webhook that must not reach into a private network."""

import ipaddress
import socket

import httpx

from flowtui.engine.errors import BlockError

__all__ = ["PublicTransport", "is_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """True for an IP address that belongs to the public internet, also when IPv6 wraps an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class PublicTransport(httpx.HTTPTransport):
    """Looks a host's name up once, refuses it unless every address is public, and connects to what it has checked.

    Connecting by name would look it up again, and a name can answer differently the second time.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = _checked_address(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        extensions = {**request.extensions, "sni_hostname": host}
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # with the Host header of the name
            stream=request.stream,
            extensions=extensions,
        )
        return super().handle_request(pinned)


def _checked_address(host: str, port: int) -> str:
    """One public address of a host. Raises `BlockError` when any of its addresses is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"The host {host} cannot be found: {error.strerror or error}.") from error
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not is_public(address)]
    if private or not addresses:
        raise BlockError(
            f"The address of this webhook leads to a private network ({host}), and allow_private_urls is off. "
            "Turn it on if that is meant."
        )
    return addresses[0]
