"""Addresses of a site: which ones a token may be sent to, and what belongs to the same site."""

import ipaddress
from urllib.parse import urljoin, urlsplit, urlunsplit

from podium_client.errors import SiteError, UsageError

API = "/api/v1/"


def normal(address: str, *, insecure: bool = False) -> str:
    """Return a site's address as `https://host[:port][/path]`, https where no scheme is given.

    Errors: UsageError for what is no address, and for http:// beyond this machine, where anybody
    on the way could read the token, unless `insecure`.
    """
    text = address.strip()
    if "://" not in text:
        text = f"{'http' if _is_local(urlsplit(f'//{text}').hostname) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not text.isprintable() or " " in text:
        raise UsageError(f"`{_shown(address)}` is not the address of a site.")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("Give the site's address alone: https://host, without anything behind it.")
    if parts.scheme == "http" and not (insecure or _is_local(host)):
        raise UsageError(
            f"http://{host} would send your token in the clear. Use https://, or --insecure if you"
            " know that nobody is on the way."
        )
    path = parts.path.rstrip("/").removesuffix(API.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def within(site: str, reference: str) -> str:
    """Return the absolute address of a reference that the site gave.

    Errors: SiteError if it leads to another host, which must not get the token.
    """
    address = urljoin(f"{site}/", reference)
    ours, theirs = urlsplit(site), urlsplit(address)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise SiteError(f"The site leads to another one, {theirs.netloc}; nothing was asked there.")
    return address


def _is_local(host: str | None) -> bool:
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(address: str) -> str:
    """Return an address without what may be a password in it."""
    return address.strip().rpartition("@")[2]
