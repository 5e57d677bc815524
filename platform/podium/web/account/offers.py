"""An offer to edit a data set: what it means, to be accepted or declined."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions.offers import accept_offer, decline_offer, read_offer
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused, refusals_shown
from podium.web.base.access import visible_challenges


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def offer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an offer to the person whom it is for; take their answer."""
    found = read_offer(pk=pk, user=request.user)
    if found is None:
        return _answered(request, pk)
    if request.method == "POST":
        with refusals_shown(request):
            return _answer(request, pk)
        return redirect("offer", pk=pk)
    context = {"offer": found, "challenges": _challenges(request, found.row.name)}
    return render(request, "account/offer.html", context)


def _answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Accept or decline, as the button says. Raises Refused."""
    answer = request.POST.get("answer")
    if answer == "accept":
        read = request.POST.get("fingerprint", "")
        version = accept_offer(pk=pk, fingerprint=read, by=request.user)
        messages.success(request, f"You are a data editor of {version.name} now.")
        return redirect("console-dataset", version.name, version.number)
    if answer == "decline":
        name = decline_offer(pk=pk, by=request.user)
        messages.success(request, f"You declined to edit {name}. Its editors are notified.")
        return redirect("account")
    raise Refused("no_answer", "Choose one of the two buttons: accept or decline.")


def _answered(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lead on from an offer that the person accepted; nobody else learns that there is one."""
    mine = DataEditor.objects.filter(pk=pk, user=request.user, ended_at=None)
    edited = DatasetVersion.objects.filter(name__in=mine.values("name"), editors=request.user)
    newest = edited.order_by("-number").first()
    if newest is None:
        raise Http404
    return redirect("console-dataset", newest.name, newest.number)


def _challenges(request: HttpRequest, name: str) -> list[Challenge]:
    """Return the challenges on the data set that the person can see."""
    using = Task.objects.filter(dataset_version__name=name)
    return list(visible_challenges(request.user).filter(pk__in=using.values("challenge")))
