"""Whom a network address means, however a socket or a proxy spells it."""

import ipaddress
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

NETWORK_BITS = {4: 24, 6: 48}
"""What one customer of a provider usually has."""
WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([^:]+):[0-9]{1,5}", re.ASCII)
"""As some proxies write an address: with the port of a connection, which is nobody's name."""


def plain_address(text: str) -> str:
    """Return an address without port, brackets and zone, in its one spelling; "" if it is none.

    Whoever sends a zone may choose it, and so whoever sends what is no address: neither makes a
    client of its own.
    """
    known = _address(text)
    return "" if known is None else str(known)


def caller_address(peer: str, forwarded: str, is_proxy: Callable[[str], bool]) -> str:
    """Return a caller's address: behind our own proxies, what the last of them saw.

    "" if that is no address.

    Read from the right: what stands further left in X-Forwarded-For, the caller may have written.

    Args:
        peer: at the other end of the connection.
        forwarded: X-Forwarded-For; those of several headers joined by commas; "" without any.
        is_proxy: whether an address is one of our own proxies.
    """
    address = plain_address(peer)
    hops = forwarded.split(",")
    while is_proxy(address) and hops and hops[-1].strip():
        address = plain_address(hops.pop().strip())
    return address


def network_of(address: str) -> str:
    """Return the network of an address, such as ``192.0.2.0/24``; "" of all that are none."""
    known = _address(address)
    if known is None:
        return ""
    return str(ipaddress.ip_network((known, NETWORK_BITS[known.version]), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    found = WITH_PORT.fullmatch(text)
    bare = (found.group(1) or found.group(2)) if found else text
    try:
        known = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
        return known.ipv4_mapped  # so a socket for both families spells an IPv4 peer
    return known
