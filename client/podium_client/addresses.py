"""Addresses of a site: which ones a token may be sent to, and what belongs to the same site."""

import ipaddress
from urllib.parse import urljoin, urlsplit, urlunsplit

from podium_client.errors import SiteError, UsageError

API = "/api/v1/"


def normal(address: str, *, insecure: bool = False) -> str:
    """Return a site's address as `https://host[:port][/path]`, https where no scheme is given.

    Errors: UsageError for an invalid address, and unless `insecure` for http:// beyond this
    machine, where others on the network could read the token.
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
        raise UsageError("Give only the site's address: https://host, without anything after it.")
    if parts.scheme == "http" and not (insecure or _is_local(host)):
        raise UsageError(
            f"http://{host} would send your token in the clear. Use https://, or --insecure if you"
            " trust the network."
        )
    path = parts.path.rstrip("/").removesuffix(API.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def within(site: str, reference: str) -> str:
    """Return the absolute address of a reference from the site.

    Errors: SiteError if it leads to another host, which must not get the token.
    """
    address = urljoin(f"{site}/", reference)
    ours, theirs = urlsplit(site), urlsplit(address)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise SiteError(
            f"The site points to another one, {theirs.netloc}; no request was sent there."
        )
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
    """Return an address without the part that may contain a password."""
    return address.strip().rpartition("@")[2]
