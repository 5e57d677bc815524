"""One site's API over HTTP: responses as JSON, refusals as errors, retries of safe requests."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from podium_client import __version__, addresses
from podium_client.errors import PodiumError, SiteError, UsageError, refusal
from podium_client.retries import Retries

# Timeouts in seconds to connect and between two blocks; large boards may take a while.
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
SAFE = frozenset({"GET", "HEAD"})
PAGE = 200
NO_ADDRESS = "No site is set. Run `podium login`, or set PODIUM_URL to its address."


class Site:
    """The API of the site at `url`, as the owner of `token` (as anybody without one)."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        retries: Retries | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if not url:
            raise UsageError(NO_ADDRESS)
        self.url = url
        self.retries = retries or Retries()
        headers = {
            "User-Agent": f"podium-client/{__version__}",
            "Accept": "application/json, application/problem+json",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # Redirects are not followed: the API has none, and the token must not follow them.
        self._http = httpx.Client(
            headers=headers, timeout=timeout, transport=transport, follow_redirects=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: object) -> Any:
        """Return the JSON of an operation. Errors: PodiumError, as for all that follow."""
        return _json(self.send("GET", path, params=_given(params)))

    def listing(self, path: str, **params: object) -> list[dict[str, Any]]:
        """Return all items of a list, page by page."""
        return list(self.pages(path, **params)["items"])

    def pages(self, path: str, **params: object) -> dict[str, Any]:
        """Return a list's first page with the items of all pages in it."""
        answer = self.send("GET", path, params=_given({"limit": PAGE, **params}))
        first = page = body_of(answer)
        items = list(page.get("items") or [])
        # A page without items would repeat forever.
        while page.get("next") and page.get("items"):
            answer = self.send("GET", urljoin(str(answer.url), str(page["next"])))
            page = body_of(answer)
            items += page.get("items") or []
        return {**first, "items": items, "next": None}

    def post(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
    ) -> httpx.Response:
        """Send JSON; with an idempotency key it may be sent again."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.send("POST", path, json=dict(body or {}), headers=headers, again=bool(key))

    def post_file(
        self, path: str, file: Path, name: str, fields: Mapping[str, str], *, key: str = ""
    ) -> httpx.Response:
        """Send a file in a form, opened again for each attempt."""
        headers = {"Idempotency-Key": key} if key else {}

        def attempt() -> httpx.Response:
            with file.open("rb") as content:
                parts = {"file": (name, content, "application/octet-stream")}
                return self._http.post(
                    self._address(path), data=dict(fields), files=parts, headers=headers
                )

        return self._answered(attempt, again=bool(key))

    def send(
        self, method: str, path: str, *, again: bool | None = None, **options: Any
    ) -> httpx.Response:
        """Return the response. GET is retried by itself, other methods if `again`."""
        again = method in SAFE if again is None else again
        address = self._address(path)
        return self._answered(
            lambda: self._http.request(method, address, **options), again=bool(again)
        )

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Give the answer of a GET, whose body is read in blocks. Errors: PodiumError for a
        refusal; httpx.TransportError from the body, if the connection breaks.
        """
        request = self._http.build_request("GET", self._address(path), headers=dict(headers))
        answer = self._answered(lambda: self._http.send(request, stream=True), again=True)
        try:
            yield answer
        finally:
            answer.close()

    def unreachable(self, error: httpx.TransportError) -> SiteError:
        """Return the error for a missing response."""
        host = urlsplit(self.url).netloc
        if isinstance(error, httpx.TimeoutException):
            words = f"{host} did not answer in time. Try again in a while."
        elif isinstance(error, httpx.ConnectError):
            words = (
                f"{host} cannot be reached. You seem to be offline, the address is wrong, or the"
                " site is down."
            )
        else:
            words = f"The connection to {host} broke off. Try again."
        return SiteError(words, title="No answer from the site", code="unreachable")

    def _address(self, path: str) -> str:
        if path.startswith(("/", "http://", "https://")):  # a reference that the site gave
            return addresses.within(self.url, path)
        return f"{self.url}{addresses.API}{path}"

    def _answered(self, attempt: Callable[[], httpx.Response], *, again: bool) -> httpx.Response:
        number = 0
        while True:
            number += 1
            try:
                answer = attempt()
            except httpx.TransportError as error:
                if not self.retries.after_error(number, error, again=again):
                    raise self.unreachable(error) from error
                continue
            except httpx.InvalidURL:
                raise UsageError(f"`{self.url}` is not the address of a site.") from None
            if answer.status_code < 300:
                return answer
            answer.read()
            if not self.retries.after_answer(number, answer, again=again):
                raise self._refusal(answer)

    def _refusal(self, answer: httpx.Response) -> PodiumError:
        """Return the error of an unsuccessful response."""
        status = answer.status_code
        if 300 <= status < 400:
            target = httpx.URL(self.url).join(answer.headers.get("Location", ""))
            return SiteError(
                f"{self.url} sends on to {target.scheme}://{target.netloc.decode()}. If that is"
                " the site, log in with its address.",
                title="The site is somewhere else",
                code="redirect",
                status=status,
            )
        problem = _problem(answer)
        if problem is not None:
            return refusal(status, problem)
        if status >= 500:
            words = f"The site has a problem ({status}). Try again in a while."
            return SiteError(words, title="The site failed", status=status)
        if status == 429:
            return refusal(status, {"detail": "Too many requests. Try again in a while."})
        if status == 413:
            words = "The file is larger than the site takes."
            return refusal(status, {"detail": words, "code": "too_large"})
        return self._no_podium(status)

    def _no_podium(self, status: int) -> SiteError:
        return _no_podium(self.url, status)


def _no_podium(where: str, status: int) -> SiteError:
    return SiteError(
        f"{where} answers, but is not a Podium site. Check the address.",
        title="Not a Podium site",
        code="no_podium",
        status=status,
    )


def _json(answer: httpx.Response) -> Any:
    """Return the JSON of an answer. Errors: SiteError for anything else, such as a web page."""
    try:
        return json.loads(answer.content)
    except ValueError:
        raise _no_podium(f"{answer.url.scheme}://{answer.url.netloc.decode()}", 200) from None


def body_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer. Errors: SiteError if there is none."""
    return _mapping(_json(answer))


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SiteError("The site's answer has another form than Podium's.", code="no_podium")
    return value


def _problem(answer: httpx.Response) -> dict[str, Any] | None:
    """Return the problem that the answer describes, or None for a foreign answer."""
    try:
        value = json.loads(answer.content)
    except ValueError:
        return None
    if not isinstance(value, dict) or not {"title", "detail", "code"} & set(value):
        return None
    return value


def _given(params: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value not in (None, "")}
