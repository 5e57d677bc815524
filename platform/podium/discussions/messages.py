"""The private thread between a team and the organizers.

Members of the team and organizers read it; members, owners and managers write. Events carry no
text.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from podium.accounts.models import User, Viewer
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Phase
from podium.challenges.permissions import Permission, has_permission
from podium.discussions.actions import clean_body, lock_person, moderates, refuse_often
from podium.discussions.models import Message
from podium.discussions.signals import message_sent
from podium.refusals import Refused
from podium.teams.models import Team

MESSAGES_PER_DAY = 20


def is_member(user: Viewer, team: Team) -> bool:
    """Return whether the user is in the team now."""
    return user.is_authenticated and team.memberships.filter(user=user.pk).exists()


def may_read(user: Viewer, team: Team) -> bool:
    """Return whether the user reads the thread of the team."""
    return is_member(user, team) or has_permission(user, Permission.SEE_CONSOLE, team.challenge)


def silence_reason(user: Viewer, team: Team) -> str:
    """Return why a reader of the thread cannot write in it, or an empty text."""
    if team.challenge.phase() == Phase.ARCHIVED:
        return "This challenge is archived. Its messages can be read, and none can be added."
    if team.is_baseline:
        return "A baseline has no members, so nobody would read it."
    if not is_member(user, team) and not moderates(user, team.challenge):
        return "Owners and managers write to teams."
    if not team.memberships.filter(user__is_active=True).exists():
        return "The team has no members any more, so nobody would read it."
    return ""


def with_messages(teams: QuerySet[Team]) -> QuerySet[Any]:
    """Return teams with their `messages_sent`, the `last_message_at`, and if it `is_unanswered`."""
    written = Message.objects.filter(team=OuterRef("pk"))
    counted = written.order_by().values("team").annotate(n=Count("pk")).values("n")
    last = written.order_by("-sent_at", "-pk")
    waits = last.annotate(waits=Case(When(by_organizer=False, then=True), default=False))
    return teams.annotate(
        messages_sent=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        last_message_at=Subquery(last.values("sent_at")[:1]),
        is_unanswered=Subquery(waits.values("waits")[:1]),
    )


@transaction.atomic
def send_message(*, team: Team, body: str, by: User) -> Message:
    """Return the new message and notify the other side. Raises Refused.

    Members write to the organizers, owners and managers to the team.
    """
    if not may_read(by, team):
        raise Refused(
            "not_yours", "Only the team and the organizers write here. Ask a member of the team."
        )
    if why := silence_reason(by, team):
        raise Refused("closed", why)
    body = clean_body(body)
    lock_person(by)
    by_organizer = moderates(by, team.challenge)
    if not by_organizer:
        sent = Message.objects.filter(author=by, sent_at__gt=timezone.now() - timedelta(days=1))
        times = sent.order_by("-sent_at").values_list("sent_at", flat=True)
        refuse_often(list(times[:MESSAGES_PER_DAY]), MESSAGES_PER_DAY, "send", "messages")
    made = Message.objects.create(team=team, author=by, body=body, by_organizer=by_organizer)
    record(Verb.SENT_MESSAGE, subject=made, by=by, challenge=team.challenge.slug, team=team.pk)
    for listener in message_sent:
        listener(made)
    return made
