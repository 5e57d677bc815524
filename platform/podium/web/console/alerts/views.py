"""The page on which owners have the alerts of a challenge posted to a chat or a program."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.refusals import RefusalForm, refusals_shown
from podium.watch import actions
from podium.watch.models import Form, Webhook
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

SHOWN = 20


class WebhookForm(RefusalForm):
    """Asks where alerts are posted, and in which form."""

    field_of = {"bad_webhook": "url"}

    url = forms.CharField(
        label="Address",
        max_length=1000,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="Slack and Teams give it to you. It is not shown again.",
    )
    form = forms.ChoiceField(label="It belongs to", choices=Form.choices, initial=Form.SLACK)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def alerts(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the webhook and what was posted, and save another one; htmx asks only for the list."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    webhook = Webhook.objects.filter(challenge=challenge).first()
    if request.headers.get("HX-Request"):
        return render(request, "console/alerts/_posts.html", _list(challenge, webhook))
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusing():
            actions.set_webhook(challenge=challenge, by=request.user, **form.cleaned_data)
            messages.success(request, "Saved. Post a test to see whether it works.")
            return redirect("console-alerts", slug)
    context = {
        **_list(challenge, webhook),
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "form": form,
        "hosts": sorted(settings.WEBHOOK_HOSTS),
        "webhook": webhook,
        "is_signed": webhook is not None and webhook.form == Form.PLAIN,
        "host": actions.host_of(webhook) if webhook else "",
        "problem": actions.problem_of(webhook) if webhook else "",
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "console/alerts/alerts.html", context, status=status)


@require_POST
@login_required
def try_alerts(request: SignedInRequest, slug: str) -> HttpResponse:
    """Post a test."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    with refusals_shown(request):
        actions.try_webhook(challenge=challenge, by=request.user)
        messages.success(request, "The test is posted within a minute. Its result appears below.")
    return redirect("console-alerts", slug)


@require_POST
@login_required
def remove_alerts(request: SignedInRequest, slug: str) -> HttpResponse:
    """Remove the webhook."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    with refusals_shown(request):
        actions.remove_webhook(challenge=challenge, by=request.user)
        messages.success(request, "The webhook is removed. Mails go out as before.")
    return redirect("console-alerts", slug)


def _list(challenge: Challenge, webhook: Webhook | None) -> dict[str, object]:
    posts = list(actions.posts_of(webhook)[:SHOWN]) if webhook else []
    return {
        "challenge": challenge,
        "posts": posts,
        "is_waiting": any(post.due_at for post in posts),
    }
