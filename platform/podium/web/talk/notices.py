"""Notices of the user: the list, opening one, and mail preferences."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.notices import actions
from podium.notices.mailing import address_of
from podium.notices.models import How, Kind
from podium.notices.turning_off import read_token, turn_off
from podium.web.base.access import visible_challenges

PER_PAGE = 20
UNPROCESSABLE = 422


@require_safe
@login_required
@never_cache
def notices(request: SignedInRequest) -> HttpResponse:
    """Show the visitor's notices, newest first."""
    mine = actions.of(request.user)
    ids = mine.order_by().values("challenge").distinct()
    challenges = visible_challenges(request.user).filter(pk__in=ids)
    chosen = request.GET.get("challenge", "")
    chosen = chosen if chosen in {each.slug for each in challenges} else ""
    rows = mine.filter(challenge__slug=chosen) if chosen else mine
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    said = actions.texts(list(page), request.user)
    context = {
        "page_obj": page,
        "rows": [{"notice": each, "said": one} for each, one in zip(page, said, strict=True)],
        "challenges": challenges,
        "chosen": chosen,
        "has_unread": actions.unread(request.user) > 0,
    }
    return render(request, "talk/notices.html", context)


@require_safe
@login_required
@never_cache
def open_notice(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and redirect to its subject."""
    notice = get_object_or_404(actions.of(request.user), pk=pk)
    if request.method == "GET":
        actions.mark_read(user=request.user, ids=[pk])
    said = actions.text(notice, request.user)
    return redirect(said.url or reverse("notices"))


@require_POST
@login_required
def read_all(request: SignedInRequest) -> HttpResponse:
    """Mark all notices as read."""
    actions.mark_read(user=request.user, ids=None)
    messages.success(request, "All notices are marked as read.")
    return redirect("notices")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def choices(request: SignedInRequest) -> HttpResponse:
    """Show how the visitor is mailed of each kind, and change it."""
    user = request.user
    chosen, refused = actions.choices(user), ""
    if request.method == "POST":
        wanted = {kind: request.POST[kind] for kind in chosen if kind in request.POST}
        if set(wanted.values()) <= set(How.values):
            for kind in [kind for kind, how in wanted.items() if chosen[kind] != how]:
                actions.choose(user=user, kind=kind, how=wanted[kind])
            messages.success(request, "Your choice is kept.")
            return redirect("notice-choices")
        refused = f"Choose one of {', '.join(How.labels)} for each kind."
    context = {
        "kinds": [
            {"name": kind, "label": Kind(kind).label, "how": how} for kind, how in chosen.items()
        ],
        "ways": How.choices,
        "address": address_of(user),
        "refused": refused,
    }
    status = UNPROCESSABLE if refused else None
    return render(request, "talk/notice_choices.html", context, status=status)


# Mail programs post here by themselves (RFC 8058), without a session. What allows it is the
# signature in the address, so a forged request from another site needs that address too.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def off(request: HttpRequest, signed: str) -> HttpResponse:
    """Unsubscribe a person from some kinds of mail, without signing in."""
    found = read_token(signed)
    if found is None:
        raise Http404
    user, kinds = found
    if request.method == "POST":
        turn_off(user, kinds)
    context = {"labels": [kind.label for kind in kinds], "is_done": request.method == "POST"}
    return render(request, "talk/notices_off.html", context)
