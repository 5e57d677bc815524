"""What every answer of the API has in common: its reader, limits, problems, tags."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views import defaults

from podium.api.base import ROOT, limits, problems
from podium.api.base.readers import SAFE, identify
from podium.api.document import parameters_of
from podium.catalog.downloads import FOR_ONE


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses before any middleware, such as another site's name as the host."""
    if _is_of_api(request):
        return problems.on_bad_request(request, exception)
    return defaults.bad_request(request, exception)


def _is_of_api(request: HttpRequest) -> bool:
    return request.path_info == ROOT or request.path_info.startswith(f"{ROOT}/")


class Api:
    """Wraps all answers below `/api/v1` and passes all others through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_of_api(request):
            return self.get_response(request)
        response = self._answer(request)
        if response.status_code >= 400 and response["Content-Type"] != problems.CONTENT_TYPE:
            response = problems.instead_of(response)
        response = _tagged(request, response)
        response.headers.setdefault("Cache-Control", FOR_ONE)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        request.api_window.describe(response)  # type: ignore[attr-defined]
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        refusal = None
        try:
            identify(request)
        except problems.Problem as problem:
            refusal = problem
        window = limits.requests_of(request)
        request.api_window = window  # type: ignore[attr-defined]
        if window.is_over:
            refusal = limits.too_many(window)
        if refusal:
            response: HttpResponseBase = problems.answer(refusal)
        else:
            response = self._from_view(request)
        if response.status_code == 429:
            wait = str(request.api_window.reset)  # type: ignore[attr-defined]
            response.headers.setdefault("Retry-After", wait)
        return response

    def _from_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, HEAD like GET but for the body."""
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response = self.get_response(request)
        request.method = "HEAD"
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Refuse a query that the operation does not take: it was meant to change the answer."""
        match = request.resolver_match
        if match is None or not match.route.startswith(ROOT.strip("/")):
            return None
        known = parameters_of(str(request.method), match.route)
        unknown = sorted(set(request.GET) - known) if known is not None else []
        if not unknown:
            return None
        offered = ", ".join(f"`{name}`" for name in sorted(known or ())) or "none"
        said = f"This operation does not take it. It takes {offered}."
        return problems.answer(problems.invalid(f"query.{unknown[0][:100]}", said))


def _tagged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer with a tag of its body, or that the reader has this very one."""
    is_read = request.method in SAFE and response.status_code == 200
    is_json = response.get("Content-Type", "").startswith("application/json")
    if is_read and is_json and isinstance(response, HttpResponse) and "ETag" not in response:
        tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = tag
        unchanged = get_conditional_response(request, etag=tag, response=response)
        response = unchanged or response
    if request.method == "HEAD" and isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
    return response
