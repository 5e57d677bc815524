"""All teams of a challenge: which submit, which are silent, and which are disqualified."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.permissions import Permission, permissions_in
from podium.lists import TEAM_STATES, narrow_teams, teams_of
from podium.submissions.team_rulings import ACTS
from podium.web.base.presenters import crumb
from podium.web.console.lists.listing import Column, Filters, Rows, as_csv, page_context
from podium.web.console.views import console_crumb, get_challenge


class TeamFilters(Filters):
    """Filters by name, by member and by what the team does; the days are of its entry."""

    at = "created_at"
    name = forms.CharField(required=False, max_length=100)
    member = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(
        required=False,
        choices=[("", "any"), *TEAM_STATES.items()],
    )
    field_order = ("name", "member", "state", "since", "until")

    def narrowed(self, rows: Rows, data: dict[str, Any]) -> Rows:
        return narrow_teams(rows, data)


def _link(row: Any) -> str:
    return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.name)


def _sent(row: Any) -> str:
    url = reverse("console-submissions", args=[row.challenge.slug])
    query = urlencode({"team": row.name})
    return format_html('<a href="{}?{}">{}</a>', url, query, row.sent)


def _messages(row: Any) -> str:
    url = reverse("console-messages", args=[row.challenge.slug, row.slug])
    said = f"{row.messages_sent} messages" if row.messages_sent else "Write"
    waits = ", unanswered" if row.is_unanswered else ""
    return format_html('<a href="{}">{}</a>{}', url, said, waits)


def _last(row: Any) -> str:
    return render_to_string("components/time.html", {"at": row.last_at}) if row.last_at else "never"


COLUMNS = (
    Column("team", "Team", lambda row: row.name, _link, "team"),
    Column("address", "Address", lambda row: row.slug),
    Column("captain", "Captain", lambda row: row.captain.name if row.captain else ""),
    Column("members", "Members", lambda row: row.people, kind="num"),
    Column("submissions", "Submissions", lambda row: row.sent, _sent, "num"),
    Column("last_at", "Last one", lambda row: row.last_at, _last, "num"),
    Column("messages", "Messages", lambda row: row.messages_sent, _messages),
    Column("disqualified", "Disqualified", lambda row: row.disqualified_reason, kind="wide said"),
)


@require_safe
@never_cache
@login_required
def teams(request: SignedInRequest, slug: str) -> HttpResponse:
    """List the teams of people that the filters let through, or give them as CSV. No scores."""
    challenge = get_challenge(request, slug, Permission.SEE_CONSOLE)
    rows = teams_of(challenge)
    filters = TeamFilters(request.GET)
    if "csv" in request.GET:
        return as_csv(request.user, challenge, "teams", COLUMNS, filters.rows(rows))
    can_run = Permission.RUN_CHALLENGE in permissions_in(request.user, challenge)
    context = page_context(request, filters, rows, COLUMNS) | {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "title": "Teams",
        "lead": "Teams of people. Baselines are on the console.",
        "noun": "team",
        "kind": "teams",
        "acts": ACTS.by_name if can_run else {},
    }
    return render(request, "console/lists/list.html", context)
