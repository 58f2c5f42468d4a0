"""Who is asking: the address that a budget belongs to.

A header that anybody can send is believed only when it comes from a proxy that the operator named. This
module refuses to look a name up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gbvkg.config import Network

UNKNOWN = "unknown"


def client_of(peer: str, headers: dict[bytes, bytes], proxies: Sequence[Network]) -> str:
    """The client: ``peer``, who is connected, or behind trusted proxies the last address of X-Forwarded-For
    that is not one.

    Addresses of one IPv6 network of /64 are one client (RFC 6177: that is what a site gets at least).
    """
    if proxies and _is_trusted(peer, tuple(proxies)):
        hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for hop in reversed([hop.strip() for hop in hops]):
            if _address(hop) is None:
                break
            peer = hop
            if not _is_trusted(hop, tuple(proxies)):
                break
    return _name(peer)


@lru_cache(maxsize=4096)
def _name(peer: str) -> str:
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address or UNKNOWN)


@lru_cache(maxsize=4096)
def _is_trusted(peer: str, proxies: tuple[Network, ...]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
