"""How many newcomers a network may bring on one day: sign-ups, and people's first uploads."""

import hashlib
import ipaddress
from datetime import UTC, datetime, time, timedelta

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from podium.refusals import Refused
from podium.shared_cache import counted, share_of

DAY_SECONDS = 86_400
IPV4_PREFIX, IPV6_PREFIX = 24, 48


def address_of(request: HttpRequest) -> str:
    """Return the client's address, as the proxy saw it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return "unknown"


def network_of(request: HttpRequest) -> str:
    """Return an opaque name for the network of the client's address."""
    return salted_hmac("podium.network", _network(address_of(request))).hexdigest()[:32]


def refuse_crowd(*, kind: str, reason: str, network: str, newcomer: str, limit: int) -> None:
    """Count a newcomer of the network, once a day. Raises Refused beyond the limit; 0: no limit.

    `kind` names what is counted, and `reason` begins the refusal.
    """
    if not limit:
        return
    now = timezone.now().astimezone(UTC)
    crowd = f"crowd:{kind}:{network}:{now:%Y-%m-%d}"
    known = f"{crowd}:{hashlib.sha256(newcomer.encode()).hexdigest()}"
    if not cache.add(known, 1, DAY_SECONDS):
        return
    if counted(crowd, DAY_SECONDS) <= share_of(limit):
        return
    # Nobody who was refused may fill the limit that an operator then raises.
    cache.delete(known)
    cache.decr(crowd)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    raise Refused(
        "network_full",
        f"{reason} Try again after {tomorrow:%Y-%m-%d %H:%M} UTC, or ask the organizers to raise "
        "this limit for your group.",
        tomorrow,
    )


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    prefix = IPV4_PREFIX if found.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network(f"{found}/{prefix}", strict=False))
