"""Every page of the site as each kind of reader gets it, ready for a browser.

The browser is given what the site answered, so that no page is asked for twice and no server runs.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from playwright.sync_api import Browser, Page, Route

ORIGIN = "http://testserver"
API = "/api/v1/"
_MAIN = re.compile(r"<main\b.*</main>", re.DOTALL)
_TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Rendered:
    """A page as somebody gets it: the request, the status and the headers."""

    reader: str
    method: str
    url: str
    status: int
    headers: dict[str, str]
    html: str

    def __str__(self) -> str:
        return f"{self.method} {self.url} ({self.status}) as {self.reader}"


def pages(clients: dict[str, Client], urls: Iterable[str]) -> list[Rendered]:
    """Return the whole pages that these addresses give, one of each content.

    Each is asked for, and sent an empty form where it takes one; that changes nothing. What
    differs only in the bar at the top counts as the same content.
    """
    found: dict[str, Rendered] = {}
    urls = [url for url in urls if not url.startswith(API) or url.endswith("/docs")]
    for reader, client in clients.items():
        for page in itertools.chain.from_iterable(_of(reader, client, url) for url in urls):
            if "<html" in page.html:
                found.setdefault(_content(page), page)
    return list(found.values())


def _of(reader: str, client: Client, url: str) -> Iterator[Rendered]:
    page = _page(reader, client, "GET", url)
    yield page
    if page.status in (HTTPStatus.OK, HTTPStatus.METHOD_NOT_ALLOWED):  # else a form is not taken
        yield _page(reader, client, "POST", url)


def _page(reader: str, client: Client, method: str, url: str) -> Rendered:
    cookies = client.cookies.copy()
    mark = transaction.savepoint()
    answer: Any = client.generic(method, url)
    transaction.savepoint_rollback(mark)
    client.cookies = cookies  # the address that signs out is among them
    body = answer.getvalue()  # read to its end, which closes files
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    html = body.decode() if is_html else ""
    return Rendered(reader, method, url, answer.status_code, dict(answer.headers), html)


def _content(page: Rendered) -> str:
    """Return what makes the page another one than those that were seen."""
    if page.status == 422:  # a form that is not taken looks alike to all who may send it
        return page.url
    if page.status >= 400:  # all refusals look alike
        return str(page.status)
    main = _MAIN.search(page.html)
    return _TOKEN.sub(r"\1", main[0] if main else page.html)


def of_accounts() -> Iterator[str]:
    """Yield the addresses of allauth's own pages: those without parts, and links of mails."""
    yield from ("/accounts/confirm-email/none/", "/accounts/password/reset/key/1-none/")
    for each in get_resolver("allauth.urls").url_patterns:
        yield from _plain(each, "/accounts/")


def _plain(pattern: Any, before: str) -> Iterator[str]:
    route = str(pattern.pattern)
    if "<" in route:
        return
    if isinstance(pattern, URLPattern):
        yield before + route
        return
    for each in pattern.url_patterns:
        yield from _plain(each, before + route)


def show(browser: Browser, rendered: Iterable[Rendered]) -> Iterator[tuple[Rendered, Page]]:
    """Yield each page as the browser shows it."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    current: list[Rendered] = []
    page.route("**/*", lambda route: _answer(route, current[0]))
    for each in rendered:
        current[:] = [each]
        page.goto(ORIGIN + each.url)
        yield each, page
    context.close()


def _answer(route: Route, page: Rendered) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if route.request.is_navigation_request():
        route.fulfill(status=page.status, headers=page.headers, body=page.html)
    elif path.startswith("/static/") and (file := finders.find(path[8:])):
        route.fulfill(path=file, content_type=_TYPES.get(Path(file).suffix, "font/woff2"))
    else:  # images of data, and parts that come later
        route.fulfill(status=204)
