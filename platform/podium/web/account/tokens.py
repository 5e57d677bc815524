"""API tokens of the signed-in user: list, create (shown once), revoke."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from podium.accounts import tokens as verbs
from podium.accounts.models import ApiToken, Scope, User
from podium.accounts.requests import SignedInRequest
from podium.refusals import RefusalForm
from podium.web.base.access import visible_challenges
from podium.web.help.client import install_command

UNPROCESSABLE = 422
SHOWN_PAST = 20


class TokenForm(RefusalForm):
    """Asks what a token is for, what it may do, and for how long."""

    name = forms.CharField(
        max_length=60, label="Name", help_text="What it is for, such as “training server”."
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.READ, Scope.SUBMIT],
        label="Permissions",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=verbs.MOST_DAYS,
        initial=verbs.DEFAULT_DAYS,
        label="Expires in (days)",
    )


@require_safe
@login_required
@never_cache
def tokens(request: SignedInRequest) -> HttpResponse:
    """Show the user's tokens and the form to create one."""
    return _page(request, TokenForm())


@require_POST
@login_required
@never_cache
def make(request: SignedInRequest) -> HttpResponse:
    """Make a token and show it, this once: nothing keeps it, not even the session."""
    form = TokenForm(request.POST)
    if form.is_valid():
        with form.refusing():
            token, text = verbs.make(user=request.user, **form.cleaned_data)
            lines = "\n".join(_first_lines(request.user))
            return _page(request, TokenForm(), made=token, text=text, lines=lines)
    return _page(request, form, status=UNPROCESSABLE)


@require_POST
@login_required
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Revoke one of the user's tokens."""
    token = get_object_or_404(ApiToken, pk=pk, user=request.user)
    verbs.revoke(token=token, by=request.user)
    messages.success(request, f"The token {token.name} is revoked.")
    return redirect("tokens")


def _first_lines(user: User) -> list[str]:
    """Return what to paste into a terminal: install the client, sign in, look around."""
    newest = visible_challenges(user).order_by("-opens_at", "pk").first()
    look = f"podium tasks {newest.slug}" if newest else "podium challenges"
    return [install_command(), f"podium login {settings.BASE_URL}", look]


def _page(
    request: HttpRequest, form: TokenForm, status: int | None = None, **shown: object
) -> HttpResponse:
    mine = ApiToken.objects.filter(user=request.user.pk)
    working = list(mine.working())
    past = mine.exclude(pk__in=[token.pk for token in working])[:SHOWN_PAST]
    context = {"form": form, "tokens": working, "past": past, **shown}
    return render(request, "account/tokens.html", context, status=status)
