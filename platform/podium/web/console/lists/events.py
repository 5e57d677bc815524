"""The events of a challenge: who did what, when, with what before and after, and why."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.challenges.permissions import Permission
from podium.integrity.models import Case
from podium.lists import narrow_events
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.web.base.presenters import crumb
from podium.web.console.lists.listing import Column, Filters, Rows, as_csv, page_context
from podium.web.console.views import console_crumb, get_challenge

FORMER = "Former participant"
_LONGEST = 200


class EventFilters(Filters):
    """Filters by what happened, and by whom."""

    at = "at"
    verb = forms.ChoiceField(
        required=False,
        label="What",
        choices=[("", "anything"), *((verb.value, verb.value) for verb in Verb)],
    )
    who = forms.CharField(required=False, max_length=100)
    field_order = ("verb", "who", "since", "until")

    def narrowed(self, rows: Rows, data: dict[str, Any]) -> Rows:
        return narrow_events(rows, data)


def about(events: Iterable[Event]) -> dict[str, tuple[str, str]]:
    """Return by subject what it is called now and where its page is; "" where it has none."""
    keys: dict[str, set[int]] = defaultdict(set)
    for event in events:
        model, _, key = event.subject.partition(":")
        if key.isdecimal():
            keys[model].add(int(key))
    found: dict[str, tuple[str, str]] = {
        f"user:{key}": (FORMER, "") for key in keys.get("user", ())
    }
    users = User.objects.filter(pk__in=keys.get("user", ()))
    found |= {f"user:{each.pk}": (str(each), "") for each in users}
    for name, model, related in _NAMED:
        rows = model._default_manager.filter(pk__in=keys.get(name, ()))
        for row in rows.select_related(*related):
            found[f"{name}:{row.pk}"] = (str(row), row.get_absolute_url())
    return found


_NAMED: tuple[tuple[str, Any, Sequence[str]], ...] = (
    ("challenge", Challenge, ()),
    ("team", Team, ("challenge",)),
    ("case", Case, ("challenge",)),
    ("task", Task, ("challenge",)),
    ("submission", Submission, ("team", "task")),
)


def changes(event: Event) -> list[str]:
    """Return what the event recorded, a line for each fact; why first, then before → after."""
    facts = event.shown_facts
    lines = [str(facts.pop("why"))] if facts.get("why") else []
    if {"before", "after"} <= facts.keys():
        name = facts.pop("time", "")
        lines.append(f"{name}: {_short(facts.pop('before'))} → {_short(facts.pop('after'))}")
    for name, value in facts.items():
        is_change = isinstance(value, list) and len(value) == 2
        said = " → ".join(_short(each) for each in value) if is_change else _short(value)
        lines.append(f"{name}: {said}")
    return lines


def _short(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@require_safe
@never_cache
@login_required
def events(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the events, or give those that the filters let through as CSV, which is one itself."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    filters, rows = EventFilters(request.GET), Event.objects.filter(challenge=challenge.slug)
    named: dict[str, tuple[str, str]] = {}

    def subject(event: Event) -> str:
        return named.get(event.subject, (event.subject.replace(":", " "), ""))[0]

    def linked(event: Event) -> str:
        label, url = named.get(event.subject, ("", ""))
        return format_html('<a href="{}">{}</a>', url, label) if url else subject(event)

    columns = [
        Column("at", "When", lambda event: event.at, _when, "num"),
        Column("who", "Who", lambda event: event.actor),
        Column("what", "What", lambda event: event.verb),
        Column("about", "About", subject, linked),
        Column("facts", "Change", lambda event: "\n".join(changes(event)), _lines, "wide said"),
    ]
    if "csv" in request.GET:
        found = list(filters.rows(rows))
        named |= about(found)
        return as_csv(request.user, challenge, "events", columns, found)
    context = page_context(request, filters, rows, columns, lambda page: named.update(about(page)))
    context |= {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "title": "Events",
        "lead": "What people and the system did, and why. Nobody can change or delete an event.",
    }
    return render(request, "console/lists/list.html", context)


def _when(event: Event) -> str:
    return render_to_string("components/time.html", {"at": event.at})


def _lines(event: Event) -> str:
    return format_html("{}", "; ".join(changes(event)))
