"""Personal data on request: staff find a person, export their data, and delete the account.

An address typed to find somebody is posted, so that it is in no log of addresses.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Organizer
from podium.refusals import RefusalForm
from podium.teams.deleting import is_former, is_reachable
from podium.teams.personal_data import (
    MOST_FOUND,
    MOST_REASON,
    delete_on_request,
    find_people,
    plan_deletion,
    record_export,
    requests_of,
)
from podium.web.account.account_data import export
from podium.web.base.presenters import Context
from podium.web.console.views import UNPROCESSABLE

_WHY_HELP = (
    "Required, such as “Request 17 of 3 March”. It stays in the log, so do not name the person."
)


class FindForm(forms.Form):
    """Asks whom a request is from."""

    who = forms.CharField(
        max_length=254,
        label="E-mail address or name",
        help_text="Exactly as in the account.",
        error_messages={"required": "Enter the address or the name."},
    )


class ExportForm(RefusalForm):
    """Asks on what request the data is exported."""

    why = forms.CharField(
        label="On what request",
        max_length=MOST_REASON,
        help_text=_WHY_HELP,
        error_messages={"required": "Say on what request."},
    )


class DeletePersonForm(ExportForm):
    """Asks for the address of the account too, so that nobody deletes the wrong one."""

    typed = forms.CharField(
        max_length=254,
        label="E-mail address of the account",
        error_messages={"required": "Type the address of the account."},
    )
    fingerprint = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["typed"].help_text = f"Type “{email}” to confirm."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def people(request: SignedInRequest) -> HttpResponse:
    """Ask for a person, and lead to them; of several with one name show all."""
    _require_staff(request)
    form = FindForm(request.POST if request.method == "POST" else None)
    found: list[User] = []
    if form.is_valid():
        found = find_people(form.cleaned_data["who"])
        if len(found) == 1:
            return redirect("console-person", found[0].pk)
        if not found:
            form.add_error("who", "No account has this address or name. Check its spelling.")
    context = {"form": form, "found": found, "most": MOST_FOUND, "crumbs": _crumbs()}
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/people/people.html", context, status=status)


@require_safe
@never_cache
@login_required
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show who somebody is, and what can be done on their request."""
    return _page(request, _get_person(request, pk), ExportForm())


@require_POST
@never_cache
@login_required
def person_data(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Give all personal data of somebody as a zip, the same that they get on their own page."""
    found = _get_person(request, pk)
    form = ExportForm(request.POST)
    if form.is_valid():
        with form.refusing():
            record_export(person=found, why=form.cleaned_data["why"], by=request.user)
            answer = StreamingHttpResponse(export(found), content_type="application/zip")
            answer["Content-Disposition"] = f'attachment; filename="podium-data-{found.pk}.zip"'
            return answer
    return _page(request, found, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def person_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what deleting somebody's account would do, and do it when that is confirmed."""
    found = _get_person(request, pk)
    plan = plan_deletion(found, request.user)
    sent = request.POST if request.method == "POST" else None
    form = DeletePersonForm(sent, email=found.email, initial={"fingerprint": plan.fingerprint})
    if form.is_valid():
        with form.refusing():
            delete_on_request(person=found, by=request.user, **form.cleaned_data)
            return _deleted(request, found)
        # What is shown next is what is confirmed next; what was typed stays.
        form.data = form.data.copy()
        form.data["fingerprint"] = plan.fingerprint
    context = {
        "person": found,
        "is_reachable": is_reachable(found.email),
        "plan": plan,
        "form": form,
        "crumbs": _crumbs(found),
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/people/delete.html", context, status=status)


def _deleted(request: SignedInRequest, person: User) -> HttpResponse:
    is_own = person.pk == request.user.pk
    if is_own:
        logout(request)
    messages.success(request, "The account is deleted.")
    return redirect("home" if is_own else "console-people")


def _page(request: SignedInRequest, person: User, form: ExportForm) -> HttpResponse:
    context = {
        "person": person,
        "addresses": EmailAddress.objects.filter(user=person).order_by("-primary", "email"),
        "memberships": person.memberships.select_related("team", "challenge"),
        "roles": Organizer.objects.filter(user=person).select_related("challenge"),
        "requests": requests_of(person)[:MOST_FOUND],
        "form": form,
        "crumbs": _crumbs(person)[:2],
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/people/person.html", context, status=status)


def _crumbs(person: User | None = None) -> list[Context]:
    found: list[Context] = [{"label": "Your challenges", "url": reverse("consoles")}]
    if person is not None:
        found.append({"label": "People", "url": reverse("console-people")})
        found.append({"label": str(person), "url": reverse("console-person", args=[person.pk])})
    return found


def _require_staff(request: SignedInRequest) -> None:
    if not request.user.is_staff:
        raise Http404


def _get_person(request: SignedInRequest, pk: int) -> User:
    """Return somebody with an account, to staff. Everybody else gets 404."""
    _require_staff(request)
    found = User.objects.filter(pk=pk).first()
    if found is None or is_former(found):
        raise Http404
    return found
