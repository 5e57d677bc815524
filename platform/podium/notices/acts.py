"""Notices of what organizers do: moved times, disqualified teams, rescores, roles and the reveal.

Each comes from the event of the act, which is announced once. Several times that moved since the
last sweep are one notice, and so are several submissions with which the same was done.
"""

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.notices.actions import NEWS, is_first, tell
from podium.notices.models import Announced, Kind
from podium.standings.models import Standing
from podium.submissions.models import Rescore

_RULINGS = (Verb.WITHDREW_SUBMISSION, Verb.RESTORED_SUBMISSION, Verb.REFUNDED_SUBMISSION)


def untold() -> list[list[Event]]:
    """Return the acts that nobody was notified of: an event each, moved times by challenge."""
    news = Event.objects.filter(verb__in=list(_TOLD), at__gt=timezone.now() - NEWS)
    shown = news.exclude(verb=Verb.MOVED_TIME, is_public=False).order_by("pk")
    known = Announced.objects.filter(at__gt=timezone.now() - 2 * NEWS, key__startswith="act:")
    ids = {int(key.partition(":")[2]) for key in known.values_list("key", flat=True)}
    acts: dict[str, list[Event]] = {}
    for event in shown:
        if event.pk not in ids:
            acts.setdefault(_act_of(event), []).append(event)
    return list(acts.values())


def _act_of(event: Event) -> str:
    """Return what events share that one notice reports together."""
    if event.verb == Verb.MOVED_TIME:
        return event.challenge
    if event.verb in _RULINGS:
        return f"{event.verb} {event.facts.get('team')} {event.facts.get('why')}"
    return f"act {event.pk}"


def tell_act(events: list[Event]) -> None:
    """Notify the people concerned of an act, once."""
    with transaction.atomic():
        fresh = [event for event in events if is_first(f"act:{event.pk}")]
        if not fresh:
            return
        challenge = Challenge.objects.filter(slug=fresh[-1].challenge).first()
        if challenge is not None:
            _TOLD[Verb(fresh[-1].verb)](challenge, fresh)


def _moved(challenge: Challenge, events: list[Event]) -> None:
    times = sorted({event.facts["time"] for event in events})
    key = f"moved:{events[-1].pk}"
    tell(_members(challenge), Kind.MOVED, key, challenge=challenge.pk, times=times)


def _standing(challenge: Challenge, events: list[Event]) -> None:
    event = events[-1]
    team = int(event.subject.partition(":")[2])
    people = User.objects.filter(memberships__team=team)
    key = f"standing:{event.pk}"
    tell(people, Kind.STANDING, key, challenge=challenge.pk, team=team, event=event.pk)


def _member(challenge: Challenge, events: list[Event]) -> None:
    """Notify the members of both teams, each of their own."""
    event = events[-1]
    joined, left = int(event.subject.partition(":")[2]), event.facts["left"]
    for team in (joined, left):
        people = User.objects.filter(memberships__team=team)
        key = f"standing:{event.pk}"
        tell(people, Kind.STANDING, key, challenge=challenge.pk, team=team, event=event.pk)


def _merged(challenge: Challenge, events: list[Event]) -> None:
    if events[-1].facts.get("by_organizer"):  # else the captains agreed on it
        _standing(challenge, events)


def _writeup(challenge: Challenge, events: list[Event]) -> None:
    event = events[-1]
    people = User.objects.filter(memberships__team=event.facts["team"])
    facts = {"team": event.facts["team"], "event": event.pk}
    tell(people, Kind.STANDING, f"standing:{event.pk}", challenge=challenge.pk, **facts)


def _ruling(challenge: Challenge, events: list[Event]) -> None:
    ruled = [event for event in events if event.facts.get("by_organizer")]
    if not ruled:
        return  # the team did it itself
    event = ruled[-1]
    people = User.objects.filter(memberships__team=event.facts["team"])
    submission = int(event.subject.partition(":")[2])
    facts = {"submission": submission, "count": len(ruled), "event": event.pk}
    tell(people, Kind.RULING, f"ruling:{event.pk}", challenge=challenge.pk, **facts)


def _rescored(challenge: Challenge, events: list[Event]) -> None:
    found = Rescore.objects.filter(pk=int(events[-1].subject.partition(":")[2])).first()
    if found is None:
        return
    ranked = Standing.objects.filter(board__task=found.task_id, valid_until=None).values("team")
    people = User.objects.filter(memberships__team__in=ranked)
    key = f"rescored:{events[-1].pk}"
    tell(
        people, Kind.RESCORED, key, challenge=challenge.pk, task=found.task_id, event=events[-1].pk
    )


def _winners(challenge: Challenge, events: list[Event]) -> None:
    """Notify the members of the teams that win something else than before."""
    event = events[-1]
    people = User.objects.filter(memberships__team__in=event.facts["teams"])
    key = f"winners:{event.pk}"
    tell(people, Kind.WINNERS, key, challenge=challenge.pk, event=event.pk)


def _revealed(challenge: Challenge, events: list[Event]) -> None:
    organizers = Q(organizer__challenge=challenge)
    people = User.objects.filter(Q(memberships__challenge=challenge) | organizers)
    tell(people, Kind.REVEALED, f"revealed:{events[-1].pk}", challenge=challenge.pk)


def _role(challenge: Challenge, events: list[Event]) -> None:
    event = events[-1]
    kind, _, pk = event.subject.partition(":")
    if kind != "user" or int(pk) == event.actor_id:
        return  # nobody has confirmed the address, or they know
    people = User.objects.filter(pk=int(pk))
    role = event.facts["role"] if event.verb == Verb.GAVE_ROLE else ""
    tell(people, Kind.ROLE, f"role:{event.pk}", challenge=challenge.pk, role=role)


def _members(challenge: Challenge) -> QuerySet[User]:
    return User.objects.filter(
        memberships__challenge=challenge, memberships__team__disqualified_at=None
    )


_TOLD: dict[Verb, Callable[[Challenge, list[Event]], None]] = {
    Verb.MOVED_TIME: _moved,
    Verb.DISQUALIFIED_TEAM: _standing,
    Verb.REINSTATED_TEAM: _standing,
    Verb.GRANTED_ATTEMPTS: _standing,
    Verb.MOVED_MEMBER: _member,
    Verb.MERGED_TEAMS: _merged,
    Verb.HID_WRITE_UP: _writeup,
    Verb.SHOWED_WRITE_UP: _writeup,
    Verb.PUBLISHED_RESCORE: _rescored,
    Verb.REVEALED: _revealed,
    Verb.CHANGED_ELIGIBILITY: _standing,
    Verb.PUBLISHED_WINNERS: _winners,
    Verb.TOOK_BACK_WINNERS: _winners,
    **dict.fromkeys(_RULINGS, _ruling),
    Verb.GAVE_ROLE: _role,
    Verb.TOOK_ROLE: _role,
}
