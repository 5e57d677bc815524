"""What deleting an account means, in words: for the person themselves, and for staff.

Both read the same sentences, to the one and about the other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from podium.accounts.models import User
from podium.catalog.models import DatasetVersion
from podium.challenges.models import Challenge, DeletedAccounts, Organizer, Role
from podium.teams.models import Membership, Team

FORMER = "Former participant"
_DRAFTS = "Drafts of write-ups go."


@dataclass(frozen=True)
class Voice:
    """How a text calls the person it is about, and how it says what must be done first."""

    are: str
    they_are: str
    them: str
    their: str
    hand_over: str
    name_owner: str
    rename: str


YOU = Voice(
    are="You are",
    they_are="You are",
    them="you",
    their="your",
    hand_over="Hand the team over first.",
    name_owner="Another owner must be named first.",
    rename="rename it",
)
THEY = Voice(
    are="This person is",
    they_are="They are",
    them="them",
    their="their",
    hand_over="They hand it over on its page first, or an organizer of the challenge moves them "
    "into another team, which makes the next member the captain.",
    name_owner="Another owner must be named first: by them in its console, or by you on the "
    "server with `manage.py challenge apply`.",
    rename="ask its captain to rename it",
)


@dataclass(frozen=True)
class Departure:
    """What deleting somebody's account would do, to be read first.

    `duties` stop it until they are done. `teams` has a sentence for each team. `fingerprint`
    differs once any of it does.
    """

    duties: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    teams: tuple[str, ...]
    fingerprint: str


def plan_departure(user: User, voice: Voice = YOU, more_duties: Sequence[str] = ()) -> Departure:
    """Return what would become of everything that the person has, did and runs."""
    found = (
        (*more_duties, *duties(user, voice)),
        tuple(_removed(user, voice)),
        tuple(_kept(user, voice)),
        tuple(_of_teams(user, voice)),
    )
    addresses = (
        EmailAddress.objects.filter(user=user).order_by("pk").values_list("email", "verified")
    )
    teams = Team.objects.filter(memberships__user=user).order_by("pk")
    sent = [(team.pk, team.name, team.submissions.count()) for team in teams]
    known = repr((user.pk, user.name, user.email, list(addresses), sent, found))
    return Departure(*found, hashlib.sha256(known.encode()).hexdigest())


def duties(user: User, voice: Voice = YOU) -> list[str]:
    """Return what the person must hand over before they can go, each as a sentence."""
    led = Team.objects.filter(captain=user, merged_into=None).select_related("challenge")
    found = [
        f"{voice.are} the captain of “{team}” in {team.challenge}. {voice.hand_over}"
        for team in led
        if others_in(team, user).exists()
    ]
    owned = Organizer.objects.filter(user=user, role=Role.OWNER).select_related("challenge")
    owners = Organizer.objects.filter(role=Role.OWNER, user__is_active=True).exclude(user=user)
    return found + [
        f"{voice.are} the only owner of {each.challenge}. {voice.name_owner}"
        for each in owned
        if not owners.filter(challenge=each.challenge_id).exists()
    ]


def consequences(user: User, voice: Voice = YOU) -> list[str]:
    """Return what becomes of the person's teams and submissions, a sentence for each team."""
    teams = Team.objects.filter(memberships__user=user, merged_into=None)
    return [_consequence(team, user, voice) for team in teams.select_related("challenge")]


def _of_teams(user: User, voice: Voice) -> list[str]:
    """Return the consequences for teams, and what holds for the names of all of them."""
    found = consequences(user, voice)
    if not found:
        return [
            f"{voice.they_are} not in a team, so none of {voice.their} submissions is on a "
            "leaderboard."
        ]
    return [
        *found,
        f"A team that is named after {voice.them} and stays without {voice.them} is renamed.",
        f"A team with other members keeps its name. If it names {voice.them}, {voice.rename} "
        "first.",
    ]


def removes_submissions(challenge: Challenge) -> bool:
    """Return whether a team's submissions are removed with the account of its last member.

    What was revealed stays whatever the challenge says: without it the places of others, which
    were made next to it would be false.
    """
    is_shown = challenge.revealed_at is not None
    return challenge.deleted_accounts == DeletedAccounts.REMOVE and not is_shown


def others_in(team: Team, user: User) -> QuerySet[Membership]:
    """Return the memberships of the other people who can still act for the team."""
    return Membership.objects.filter(team=team, user__is_active=True).exclude(user=user)


def _removed(user: User, voice: Voice) -> list[str]:
    """Return what is erased, and which roles end."""
    their, are = voice.their, voice.they_are
    found = [
        f"{their.capitalize()} name, e-mail addresses and sign-in methods are erased. {are} signed "
        f"out everywhere and {their} API tokens stop working.",
        f"{their.capitalize()} notices, mail preferences, certificates, checks and unfinished "
        "uploads are deleted.",
    ]
    roles = Organizer.objects.filter(user=user).select_related("challenge").order_by("pk")
    if lines := [f"{role.get_role_display().lower()} of {role.challenge}" for role in roles]:
        found.append(f"{their.capitalize()} roles end: {', '.join(lines)}.")
    return found


def _kept(user: User, voice: Voice) -> list[str]:
    """Return what stays for the sake of others, and under which name."""
    their, former = voice.their.capitalize(), f"under the name “{FORMER}”"
    found = [f"{their} questions, answers and messages stay, {former}."]
    edited = DatasetVersion.objects.filter(editors=user).order_by("name")
    if names := list(edited.values_list("name", flat=True).distinct()):
        found.append(
            f"{their} line in the list of data editors stays, {former}: {', '.join(names)}."
        )
    found.append(f"{their} activity stays in the log, without {voice.their} name.")
    return found


def _consequence(team: Team, user: User, voice: Voice) -> str:
    challenge, former = team.challenge, "as those of a former participant"
    if team.captain_id != user.pk or others_in(team, user).exists():
        return f"{challenge}: {voice.their} submissions stay with the team “{team}”, {former}."
    if not team.submissions.exists():
        return f"{challenge}: the team “{team}” goes. It has no submissions."
    if removes_submissions(challenge):
        return (
            f"{challenge}: the submissions of “{team}” are withdrawn from all boards and their "
            "files deleted, as the challenge says."
        )
    if challenge.deleted_accounts == DeletedAccounts.REMOVE:
        return (
            f"{challenge}: the submissions of “{team}” stay, {former}. Its results are revealed, "
            f"and without them the places of others would be false. {_DRAFTS}"
        )
    return (
        f"{challenge}: the submissions of “{team}” stay, {former}: others compare with them. "
        f"{_DRAFTS}"
    )
