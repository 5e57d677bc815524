"""Where newcomers come from: sign-ups, and people's first uploads.

A network may bring only a number of them on one day, and addresses are remembered for 30 days.
"""

import hashlib
import ipaddress
from datetime import UTC, datetime, time, timedelta

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from podium.accounts.models import Sighting, User
from podium.accounts.zones import in_words
from podium.refusals import Refused
from podium.shared_cache import counted, share_of

DAY_SECONDS = 86_400
IPV4_PREFIX, IPV6_PREFIX = 24, 48
UNKNOWN = "unknown"
SIGHTING_LIFE = timedelta(days=30)


def address_of(request: HttpRequest) -> str:
    """Return the client's address, as the proxy saw it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return UNKNOWN


def network_of(request: HttpRequest) -> str:
    """Return an opaque name for the network of the client's address."""
    network = _network(address_of(request), IPV4_PREFIX, IPV6_PREFIX)
    return salted_hmac("podium.network", network).hexdigest()[:32]


def remember(user: User, request: HttpRequest) -> None:
    """Store for a while that the person came from the client's address, under a keyed hash."""
    address = address_of(request)
    if address == UNKNOWN:
        return
    # With IPv6 each household has a network, in which its devices change their addresses.
    name = salted_hmac("podium.address", _network(address, 32, 64)).hexdigest()[:32]
    Sighting.objects.get_or_create(user=user, address=name)


def forget_old() -> int:
    """Delete sightings after their time; return how many."""
    return Sighting.objects.filter(at__lt=timezone.now() - SIGHTING_LIFE).delete()[0]


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
        f"{reason} Try again after {in_words(tomorrow)}, or ask the organizers to raise "
        "this limit for your group.",
        tomorrow,
    )


def _network(address: str, prefix4: int, prefix6: int) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    prefix = prefix4 if found.version == 4 else prefix6
    return str(ipaddress.ip_network(f"{found}/{prefix}", strict=False))
