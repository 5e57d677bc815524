"""The user's account: name, sign-in methods, data export, deletion."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows import reauthentication
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.models import ApiToken, User
from podium.accounts.people import choose_time_zone, rename
from podium.accounts.requests import SignedInRequest
from podium.accounts.zones import in_words, known, offered
from podium.catalog.actions.offers import offers_to
from podium.refusals import RefusalForm
from podium.teams.deleting import delete_account
from podium.teams.departure import plan_departure
from podium.teams.models import RulesAcceptance
from podium.web.account.account_data import export

UNPROCESSABLE = 422
# As long as a password that was asked for again holds.
RECENT_SECONDS = 300


class NameForm(forms.Form):
    """Asks for the name that others see."""

    name = forms.CharField(
        max_length=80, label="Name", help_text="Shown to others next to your team."
    )


class ZoneForm(forms.Form):
    """Asks in which time zone times are shown."""

    zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        help_text="Times are shown in this zone and in UTC.",
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data)
        self.initial = {"zone": user.time_zone}
        # One that was chosen elsewhere stays, though the list has another name for it.
        own = [user.time_zone] if user.time_zone in known() else []
        names = dict.fromkeys([*own, *offered()])
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = [("", "Browser default"), *((name, name) for name in names)]


class DeleteForm(RefusalForm):
    """Asks whether the person means it."""

    sure = forms.BooleanField(
        label="I have read what happens and want my account deleted",
        error_messages={"required": "Tick this box if you want your account deleted."},
    )


@require_safe
@login_required
@never_cache
def account(request: SignedInRequest) -> HttpResponse:
    """Show the account page."""
    return _page(request)


@require_POST
@login_required
def change_name(request: SignedInRequest) -> HttpResponse:
    """Take another name."""
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            rename(by=request.user, name=form.cleaned_data["name"])
        except forms.ValidationError as refused:
            form.add_error("name", refused)
        else:
            messages.success(request, "Your name was changed.")
            return redirect("account")
    return _page(request, name_form=form)


@require_POST
@login_required
def change_zone(request: SignedInRequest) -> HttpResponse:
    """Take another time zone, or that of the browser."""
    form = ZoneForm(request.POST, user=request.user)
    if form.is_valid():
        user = choose_time_zone(by=request.user, name=form.cleaned_data["zone"])
        now = in_words(timezone.now(), user.time_zone)
        told = f"It is {now}." if user.time_zone else "Times are shown in your browser's time zone."
        messages.success(request, f"Your time zone is saved. {told}")
        return redirect("account")
    return _page(request, zone_form=form)


@require_safe
@login_required
@never_cache
def data(request: SignedInRequest) -> StreamingHttpResponse:
    """Give everything that the site knows of the person, as a zip."""
    user = request.user
    answer = StreamingHttpResponse(export(user), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="podium-my-data.zip"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def delete(request: SignedInRequest) -> HttpResponse:
    """Say what deleting the account means, and delete it.

    Users with a password or second factor enter it again first; with only single sign-on they must
    have done so a moment ago.
    """
    if reauthentication.is_reauthentication_required(request, app=""):
        if request.method == "POST":
            return redirect("account-delete")  # kept for later, it could delete unasked
        raise ReauthenticationRequired
    form = DeleteForm(request.POST if request.method == "POST" else None)
    asked = reauthentication.get_reauthentication_flows(request.user)
    is_recent = bool(asked) or _signed_in_recently(request)
    if is_recent and form.is_valid():
        with form.refusing():
            delete_account(by=request.user)
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("home")
    context = {
        "form": form,
        "plan": plan_departure(request.user),
        "is_recent": is_recent,
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "account/delete.html", context, status=status)


def _page(request: SignedInRequest, **refused: forms.Form) -> HttpResponse:
    """Return the page of the account; `refused` is a form with errors, by its name."""
    user = request.user
    context = {
        "name_form": NameForm(initial={"name": str(user)}),
        "zone_form": ZoneForm(user=user),
        **refused,
        "is_two_step": is_mfa_enabled(user),
        "single_sign_on": settings.OIDC_NAME if settings.OIDC_URL else "",
        "is_connected": SocialAccount.objects.filter(user=user).exists(),
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "offers": offers_to(user),
        "memberships": user.memberships.select_related("team", "challenge"),
        "accepted": RulesAcceptance.objects.filter(user=user).select_related("challenge"),
        "working_tokens": ApiToken.objects.working().filter(user=user).count(),
    }
    status = UNPROCESSABLE if refused else None
    return render(request, "account/mine.html", context, status=status)


def _signed_in_recently(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < RECENT_SECONDS
