"""One https request to an address that somebody typed, which can reach nothing inside.

The name is resolved at each call, all of its addresses must be public, and the connection goes to
the address that was checked: a name that changes between check and connection gains nothing.
Redirects are not followed, no proxy is used, and time and size of the answer are limited.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

HTTPS_PORT = 443
CONNECT_SECONDS = 4.0
CALL_SECONDS = 10.0
MOST_ANSWER_BYTES = 32 * 1024
_NAT64 = IPv6Network("64:ff9b::/96")
# Whose addresses contain an IPv4 address that a relay goes on to: 6to4 and Teredo.
_RELAYED = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
_UNICAST = IPv6Network("2000::/3")

Address = IPv4Address | IPv6Address


class CallFailed(Exception):
    """The request was refused or failed; the text says why and what to do.

    `is_final`: another try gives nothing new, or the message has arrived.
    """

    def __init__(self, code: str, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_final = is_final


@dataclass(frozen=True)
class Target:
    """Where to post, as checked without the network."""

    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"


def target_of(url: str, hosts: Collection[str]) -> Target:
    """Return where the address leads; raise CallFailed if nobody may post there."""
    target = parsed(url)
    if not any(_is_of(target.name, allowed) for allowed in hosts):
        allowed = ", ".join(sorted(hosts)) or "none"
        raise CallFailed(
            "host_not_allowed",
            f"The host {target.name} is not allowed here. Allowed hosts: {allowed}. The operator "
            "of the site allows hosts in PODIUM_WEBHOOK_HOSTS.",
        )
    return target


def parsed(url: str) -> Target:
    """Return where the address leads, to an allowed host or not; raise CallFailed if nowhere."""
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise CallFailed("bad_url", "The address has characters that none can have. Copy it again.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or HTTPS_PORT
    except ValueError as error:
        raise CallFailed("bad_url", f"The address cannot be read: {error}.") from error
    if parts.scheme != "https":
        raise CallFailed("not_https", "Webhooks need an address that begins with https://.")
    if not host or "@" in parts.netloc or _is_number(host):
        reason = "The address must be https://host/path, with the name of a host and no user."
        raise CallFailed("bad_url", reason)
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_of(name: str, allowed: str) -> bool:
    """Return whether the host is the allowed one; `.example.org` allows all names below it."""
    return name.endswith(allowed) if allowed.startswith(".") else name == allowed


def is_public(address: Address) -> bool:
    """Return whether the address is one of the internet, and hides no address that is not."""
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    is_relayed = any(address in network for network in _RELAYED)
    return address in _UNICAST and address.is_global and not is_relayed


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses that the name has now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Caller:
    """Posts. Tests name another resolver, rule and certificate authority; the site never does."""

    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[Address], bool] = is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = CALL_SECONDS

    def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> None:
        """Post the body; raise CallFailed unless the host takes it (any answer 2xx)."""
        deadline = time.monotonic() + self.seconds
        try:
            status = self._status(target, _request(target, body, headers), deadline)
        except ssl.SSLCertVerificationError as error:
            reason = f"The certificate of {target.name} is not valid: {error.verify_message}."
            raise CallFailed("bad_certificate", reason) from error
        except ssl.SSLError as error:
            reason = f"{target.name} does not answer by TLS: {error.reason or 'it hung up'}."
            raise CallFailed("no_tls", reason) from error
        except TimeoutError as error:
            reason = f"{target.name} did not answer within {self.seconds:g} seconds."
            raise CallFailed("too_slow", reason) from error
        except http.client.HTTPException as error:
            reason = f"{target.name} does not answer as a web server does."
            raise CallFailed("no_http", reason) from error
        except _TooLarge as error:
            kilobytes = MOST_ANSWER_BYTES // 1024
            reason = (
                f"{target.name} answered with more than {kilobytes} kB, which is a page and not a "
                "webhook. Check the address."
            )
            raise CallFailed("too_large", reason, is_final=True) from error
        except OSError as error:
            reason = f"No connection to {target.name}: {error.strerror or type(error).__name__}."
            raise CallFailed("no_connection", reason) from error
        _check_status(target, status)

    def _status(self, target: Target, request: bytes, deadline: float) -> int:
        with (
            self._connected(target, deadline) as plain,
            self.context.wrap_socket(plain, server_hostname=target.host) as secure,
        ):
            secure.settimeout(_left(deadline))
            secure.sendall(request)
            # The response reads from a socket only by its makefile.
            sock: Any = _Answer(secure, deadline)
            return _status_of(http.client.HTTPResponse(sock, method="POST"))

    def _connected(self, target: Target, deadline: float) -> socket.socket:
        """Connect to an address of the name. All its addresses must be allowed."""
        addresses = self._checked(target)
        for address in addresses[:-1]:
            try:
                return _connect(address, target.port, deadline)
            except OSError:
                continue
        return _connect(addresses[-1], target.port, deadline)

    def _checked(self, target: Target) -> list[str]:
        try:
            addresses = self.resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            reason = f"The name {target.host} cannot be found. Check it, and the name server."
            raise CallFailed("unknown_name", reason) from error
        if not addresses or not all(self.is_allowed(ip_address(each)) for each in addresses):
            reason = f"{target.host} has an address that is not public. Webhooks cannot go there."
            raise CallFailed("private_address", reason)
        return addresses


def _connect(address: str, port: int, deadline: float) -> socket.socket:
    """Connect to the number itself: no name is looked up again."""
    sock = socket.create_connection((address, port), min(CONNECT_SECONDS, _left(deadline)))
    sock.settimeout(_left(deadline))
    return sock


def _left(deadline: float) -> float:
    """Return the seconds until then; raise TimeoutError after it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = {
        "Host": target.name,
        "User-Agent": "Podium",
        "Accept": "*/*",
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    return "\r\n".join([*head, "", ""]).encode("ascii") + body


def _status_of(response: http.client.HTTPResponse) -> int:
    """Return the status; of what was taken, raise _TooLarge if a webhook would not answer so much.

    Nothing else that happens after the status is a failure: the message has arrived.
    """
    response.begin()
    if 200 <= response.status < 300:
        with suppress(OSError, http.client.HTTPException):
            response.read()
    return response.status


def _check_status(target: Target, status: int) -> None:
    """Raise CallFailed unless the message was taken."""
    if 300 <= status < 400:
        reason = (
            f"{target.name} redirects elsewhere, which is not followed. Enter the final address."
        )
        raise CallFailed("redirect", reason)
    if not 200 <= status < 300:
        hint = " Was the webhook removed there?" if status in {401, 403, 404, 410} else ""
        raise CallFailed("refused_there", f"{target.name} answered with status {status}.{hint}")


class _TooLarge(Exception):
    pass


class _Answer(io.RawIOBase):
    """The answer as it comes: until a moment, and up to a size, with status line and headers."""

    def __init__(self, sock: ssl.SSLSocket, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline
        self._left = MOST_ANSWER_BYTES

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._deadline))
        size = self._sock.recv_into(buffer)
        self._left -= size
        if self._left < 0:
            raise _TooLarge
        return size
