"""The teams of a challenge as a CSV file for its organizers, with their consent to research."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from podium.accounts.requests import SignedInRequest
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.boards.export import formula_safe
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.submissions.models import Submission
from podium.teams.models import RulesAcceptance, Team
from podium.web.console.views import get_challenge
from podium.writeups.models import WriteUp

_SAVED = Count("versions")
COLUMNS = (
    "team", "address", "members", "entered_tasks", "disqualified",
    "research_use", "research_said_by", "research_said_at", "research_rules", "write_ups",
)  # fmt: skip


@never_cache
@require_GET
@login_required
def teams_file(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give the teams of people as CSV. As it names people, the download is recorded."""
    challenge = get_challenge(request, slug, Permission.SEE_CONSOLE)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    with transaction.atomic():
        for row in _rows(challenge):
            writer.writerow({name: formula_safe(str(value)) for name, value in row.items()})
        record(Verb.DOWNLOADED_TEAMS, subject=challenge, by=request.user, challenge=challenge.slug)
    answer = HttpResponse(text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{slug}-teams.csv")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _rows(challenge: Challenge) -> Iterator[dict[str, object]]:
    """Yield a row for each team that takes part, by name, in as many queries for one as for all."""
    teams: list[Any] = list(challenge.teams.taking_part().annotate(people=Count("memberships")))
    entered, said, writeups = _entered(challenge), _said(teams), _writeups(challenge)
    rules = _rules(challenge, said)
    for team in teams:
        answer = said.get(team.pk)
        yield {
            "team": team.name,
            "address": team.slug,
            "members": team.people,
            "entered_tasks": "; ".join(entered[team.pk]),
            "disqualified": "yes" if team.disqualified_at else "no",
            "research_use": team.get_research_use_display(),
            "research_said_by": answer.actor if answer else "",
            "research_said_at": _time(answer.at) if answer else "",
            "research_rules": rules.get(team.pk, ""),
            "write_ups": "; ".join(writeups[team.pk]),
        }


def _entered(challenge: Challenge) -> dict[int, list[str]]:
    """Return the slugs of the tasks to which each team has submitted."""
    sent = Submission.objects.filter(task__challenge=challenge).order_by("task__slug")
    found: dict[int, list[str]] = defaultdict(list)
    for team, task in sent.values_list("team_id", "task__slug").distinct():
        found[team].append(task)
    return found


def _said(teams: Iterable[Team]) -> dict[int, Event]:
    """Return the last answer of each team that has been asked about research."""
    subjects = {f"team:{team.pk}": team.pk for team in teams}
    events = Event.objects.filter(verb=Verb.ANSWERED_ABOUT_RESEARCH, subject__in=subjects)
    return {subjects[event.subject]: event for event in events.order_by("pk")}


def _rules(challenge: Challenge, said: dict[int, Event]) -> dict[int, str]:
    """Return by team the version of the rules that who answered had accepted last, its hash."""
    people = {answer.actor_id for answer in said.values()}
    accepted: dict[int, list[RulesAcceptance]] = defaultdict(list)
    rows = RulesAcceptance.objects.filter(challenge=challenge, user__in=people)
    for each in rows.order_by("at", "pk"):
        accepted[each.user_id].append(each)
    return {
        team: each.rules_hash
        for team, answer in said.items()
        for each in accepted[answer.actor_id or 0]
        if each.at <= answer.at
    }


def _writeups(challenge: Challenge) -> dict[int, list[str]]:
    """Describe which write-ups each team has, by track."""
    rows = WriteUp.objects.filter(team__challenge=challenge).annotate(versions_saved=_SAVED)
    values = rows.order_by("track__position", "track").values_list(
        "team", "track__kind", "published_version__number", "versions_saved", "hidden_at"
    )
    found: dict[int, list[str]] = defaultdict(list)
    for team, kind, published, saved, hidden_at in values:
        state = f"version {published} published" if published else "draft"
        hidden = ", hidden" if hidden_at else ""
        found[team].append(f"{kind}: {state}, {saved} saved{hidden}")
    return found


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
