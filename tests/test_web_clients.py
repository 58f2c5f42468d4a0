"""gbvkg.web.clients: whose budget it is."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from gbvkg.web.clients import client_of

PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", b"", "192.0.2.1"),
        ("192.0.2.1", b"198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", b"198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"nonsense", "10.0.0.1"),
        ("10.0.0.1", b"evil, 198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: bytes, client: str) -> None:
    """The last address that no trusted proxy has; what stands before it anybody could have written."""
    headers = {b"x-forwarded-for": forwarded} if forwarded else {}
    assert client_of(peer, headers, PROXIES) == client


def test_one_ipv6_network_is_one_client() -> None:
    """Who has a /64 has 2^64 addresses and one budget; a mapped IPv4 address is that address."""
    first, second, mapped = "2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1"
    assert client_of(first, {}, ()) == client_of(second, {}, ())
    assert client_of(mapped, {}, ()) == "192.0.2.1"


def test_a_peer_without_address_is_one_client() -> None:
    """A unix socket has none."""
    assert client_of("", {}, PROXIES) == client_of("nonsense", {}, ())
