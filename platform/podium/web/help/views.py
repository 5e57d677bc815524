"""Help: the guides for participants and organizers, and the glossary."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from podium.web.help import client, guides


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Show the guide for participants."""
    return _page(request, guides.FIRST)


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """Show one of the guides."""
    if name == guides.FIRST:
        return redirect("help")
    if name not in guides.GUIDES:
        raise Http404
    return _page(request, name)


def _page(request: HttpRequest, name: str) -> HttpResponse:
    tabs = [
        {"label": label, "url": guides.guide_url(other), "current": other == name}
        for other, label in guides.GUIDES.items()
        if label
    ]
    context = {"guide": guides.guide(name), "tabs": tabs, "is_api": name == "api"}
    if name == "client":
        context["install"] = [client.install_command(), client.install_command("pandas")]
    return render(request, "help/guide.html", context)
