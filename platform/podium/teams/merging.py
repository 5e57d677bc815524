"""How two teams of a challenge become one: captains agree on it, or organizers do it.

The team that proposes survives, or the one into which organizers merge. What it means for
submissions, quota and boards is said by those who keep them: see `signals`.
"""

from collections.abc import Iterator

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.verbs import Verb
from podium.challenges.entry import entry_note, entry_refusal
from podium.challenges.models import Challenge, Phase
from podium.challenges.permissions import Permission, has_permission
from podium.refusals import Refused
from podium.subjects import without_links
from podium.teams.guards import (
    lock_as_captain,
    record_change,
    require_not_disqualified,
    require_not_frozen,
    require_not_merged,
)
from podium.teams.mail_limits import refuse_proposals
from podium.teams.members import may_see_members
from podium.teams.models import Membership, MergeProposal, Outcome, ResearchUse, Team
from podium.teams.signals import Objection, merge_described, merge_questioned, teams_merged

MAX_OPEN_PROPOSALS = 5


# Reading ---------------------------------------------------------------------------------------


def why_not(surviving: Team, absorbed: Team) -> str:
    """Return why the two teams may not merge now, as a sentence, or an empty text.

    It reveals how often both have submitted: only for their captains.
    """
    try:
        _refuse_pair(surviving, absorbed)
    except Refused as refused:
        return refused.message
    if _has_outsiders(surviving, absorbed):
        return (
            f"{entry_note(surviving.challenge)} A member of these teams does not meet that, and "
            "can only stay in the present team, so you cannot merge."
        )
    return next((f"{each.why} {each.advice}" for each in _objections(surviving, absorbed)), "")


def why_not_ordered(surviving: Team, absorbed: Team) -> str:
    """Return why organizers may not merge the two teams now, and what to do, or an empty text."""
    try:
        _refuse_order(surviving, absorbed)
    except Refused as refused:
        return refused.message
    return ""


def consequences(surviving: Team, absorbed: Team) -> list[str]:
    """Return in sentences what a merge would do to what both teams have. Only for organizers."""
    seats = [list(team.memberships.select_related("user")) for team in (surviving, absorbed)]
    movers = ", ".join(str(seat.user) for seat in seats[1]) or "Nobody"
    together = sum(map(len, seats))
    lines = [
        f"{movers} {'move' if len(seats[1]) > 1 else 'moves'} from {absorbed} to {surviving}, "
        f"which has {together} of up to {surviving.challenge.max_team_size} members then. "
        f"{surviving.captain} is its captain.",
        f"The merged team is called {surviving}. {absorbed} leaves the boards, which keep showing "
        "it at dates before the merge. Its invitations and proposals to merge end.",
    ]
    answer = _research_use(surviving, absorbed)
    if answer != surviving.research_use:
        lines.append(
            f"The answer of {surviving} about research use becomes “{answer.label}”, because the "
            "two teams answered differently. Its captain can change it."
        )
    for describe in merge_described:
        lines += describe(surviving, absorbed)
    return [
        *lines,
        f"Each member of both teams is notified once, with your reason ({together} now). Nobody "
        "else is.",
    ]


def candidates(team: Team) -> QuerySet[Team]:
    """Return the teams to which this one may propose, by name: those that somebody leads."""
    others = Team.objects.taking_part().filter(
        challenge=team.challenge_id, disqualified_at=None, captain__is_active=True
    )
    return others.exclude(pk=team.pk)


# Verbs -----------------------------------------------------------------------------------------


@transaction.atomic
def propose(*, team: Team, other: Team, by: User) -> MergeProposal:
    """Return the proposal that `other` becomes part of `team`. Its captain is notified by mail.

    Raises Refused. What only both captains may know, how often each team has submitted, is looked
    at when the other captain accepts.
    """
    team = lock_as_captain(team, by)
    other = Team.objects.get(pk=other.pk)
    _refuse_pair(team, other)
    made = team.proposals_made.still_open()
    if made.filter(absorbed=other).exists():
        raise Refused("proposed", f"You have proposed this to “{other}” already. Await the answer.")
    if made.count() >= MAX_OPEN_PROPOSALS:
        raise Refused(
            "too_many", f"{MAX_OPEN_PROPOSALS} proposals are open already. Withdraw one first."
        )
    refuse_proposals(by)
    proposal = MergeProposal.objects.create(surviving=team, absorbed=other)
    record_change(Verb.PROPOSED_MERGE, team, by, other=other.pk)
    # Robust: if the mail server is down, the proposal is still on the other team's page.
    transaction.on_commit(lambda: _mail_proposal(proposal), robust=True)
    return proposal


@transaction.atomic
def withdraw(*, proposal: MergeProposal, by: User) -> None:
    """Take a proposal back. Raises Refused unless `by` is the captain who may make it."""
    team = lock_as_captain(proposal.surviving, by)
    if _end(proposal, Outcome.WITHDRAWN):
        record_change(Verb.WITHDREW_MERGE, team, by, other=proposal.absorbed_id)


@transaction.atomic
def decline(*, proposal: MergeProposal, by: User) -> None:
    """Say no to a proposal. Raises Refused unless `by` is the captain who was asked."""
    team = lock_as_captain(proposal.absorbed, by)
    if _end(proposal, Outcome.DECLINED):
        record_change(Verb.DECLINED_MERGE, team, by, other=proposal.surviving_id)


@transaction.atomic
def accept(*, proposal: MergeProposal, by: User) -> Team:
    """Return the surviving team, which now has the other's members and submissions.

    Raises Refused unless `by` is the captain of the team that goes, and the two may merge. The
    team that goes keeps its row, because boards of the past show it.
    """
    surviving, absorbed = _lock_both(proposal.surviving_id, proposal.absorbed_id)
    lock_as_captain(absorbed, by)
    if not MergeProposal.objects.still_open().filter(pk=proposal.pk).exists():
        raise Refused(
            "over", "This proposal is over. Ask the other team's captain to propose again."
        )
    if why := why_not(surviving, absorbed):
        raise Refused("not_legal", why)
    _end(proposal, Outcome.ACCEPTED)
    return _become_one(surviving, absorbed, by)


@transaction.atomic
def merge_teams(*, team: Team, into: Team, reason: str, by: User) -> Team:
    """Return the team `into`, which now has the members and submissions of `team`. Raises Refused.

    For organizers, until the reveal. They need neither captain's consent, and may do it after the
    team freeze and the close, and with members who do not meet the entry rule any more: none of
    these gives the merged team an advantage over others. What does holds here too: together the
    teams must not have used more attempts than one team has, a ladder must not have answered both,
    nothing may be in flight, and neither may be disqualified. The size limit holds until it is
    changed in the set-up, for all teams alike.
    """
    if not has_permission(by, Permission.RUN_CHALLENGE, into.challenge):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")
    if not (reason := reason.strip()):
        raise Refused("no_reason", "Write the reason. The members of both teams will read it.")
    surviving, absorbed = _lock_both(into.pk, team.pk)
    _refuse_order(surviving, absorbed)
    return _become_one(surviving, absorbed, by, why=reason, by_organizer=True)


@transaction.atomic
def move_member(*, user: User, to: Team, reason: str, by: User) -> None:
    """Move a person into another team, also after the team freeze. Raises Refused.

    What they submitted stays with the team they leave. Organizers do this until the reveal.
    """
    if not has_permission(by, Permission.RUN_CHALLENGE, to.challenge):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")
    if not (reason := reason.strip()):
        raise Refused("no_reason", "Write the reason. The members of both teams will read it.")
    _refuse_after_reveal(to.challenge)
    seat = Membership.objects.filter(user=user, challenge=to.challenge_id).first()
    if seat is None or seat.team_id == to.pk:
        raise Refused("bad_member", "Choose a person who is in another team of this challenge.")
    locked = Team.objects.select_for_update(no_key=True).filter(pk__in=(seat.team_id, to.pk))
    teams = {team.pk: team for team in locked.select_related("challenge").order_by("pk")}
    left, to = teams[seat.team_id], teams[to.pk]
    _refuse_move(left, to)
    Membership.objects.filter(pk=seat.pk).update(team=to)
    facts = {"member": user.pk, "left": left.pk, "why": reason}
    record_change(Verb.MOVED_MEMBER, to, by, **facts)
    others = left.memberships.filter(user__is_active=True)
    if left.captain_id == user.pk and (heir := others.first()):
        Team.objects.filter(pk=left.pk).update(captain=heir.user_id)
        record_change(Verb.HANDED_OVER_TEAM, left, by, to=heir.user_id)
    if not left.memberships.exists():
        left.delete()


def _refuse_move(left: Team, to: Team) -> None:
    for team in (left, to):
        require_not_merged(team)
        if team.disqualified_at:
            raise Refused(
                "disqualified", f"“{team}” is disqualified. Choose another, or reinstate it first."
            )
    if to.memberships.count() >= (limit := to.challenge.max_team_size):
        raise Refused("full", f"“{to}” is full: up to {limit} members. Choose another team.")
    stay = left.memberships.filter(user__is_active=True).count() > 1
    if not stay and (left.submissions.exists() or left.memberships.count() > 1):
        raise Refused(
            "last_member",
            f"Nobody would be left to answer for the submissions of “{left}”. Ask both captains to "
            "merge the teams instead.",
        )


# Steps -----------------------------------------------------------------------------------------


def _lock_both(surviving: int, absorbed: int) -> tuple[Team, Team]:
    """Return both teams, locked: always the older one first, so that no two merges block."""
    ids = [surviving, absorbed]
    locked = Team.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    teams = {team.pk: team for team in locked}
    return teams[surviving], teams[absorbed]


def _become_one(surviving: Team, absorbed: Team, by: User, **facts: object) -> Team:
    """Return the surviving team, with all that the other had; both are locked and may merge."""
    seats = [team.memberships.count() for team in (surviving, absorbed)]
    sent = [team.submissions.count() for team in (surviving, absorbed)]
    members = sorted(absorbed.memberships.values_list("user", flat=True))
    absorbed.memberships.update(team=surviving)
    now = timezone.now()
    absorbed.merged_into, absorbed.merged_at = surviving, now
    absorbed.save(update_fields=["merged_into", "merged_at"])
    absorbed.invitations.filter(revoked_at=None).update(revoked_at=now)
    for other in MergeProposal.objects.filter(Q(surviving=absorbed) | Q(absorbed=absorbed)):
        _end(other, Outcome.WITHDRAWN)
    answer = _research_use(surviving, absorbed)
    if answer != surviving.research_use:
        facts["research_use"] = [surviving.research_use, answer.value]
        surviving.research_use = answer
        surviving.save(update_fields=["research_use"])
    record_change(
        Verb.MERGED_TEAMS,
        surviving,
        by,
        absorbed=absorbed.pk,
        name=absorbed.name,
        members=members,
        before=f"{seats[0]} + {seats[1]} members, {sent[0]} + {sent[1]} submissions",
        after=f"{sum(seats)} members, {sum(sent)} submissions",
        **facts,
    )
    for listener in teams_merged:
        listener(surviving, absorbed)
    return surviving


def _research_use(*teams: Team) -> ResearchUse:
    """Return the answer that gives away nothing that one of the teams has not given away."""
    answers = {ResearchUse(team.research_use) for team in teams}
    careful = (ResearchUse.NO, ResearchUse.UNSAID, ResearchUse.YES)
    return next(answer for answer in careful if answer in answers)


def _refuse_after_reveal(challenge: Challenge) -> None:
    """Raise Refused once private scores were shown, also if the reveal was moved since then."""
    if challenge.revealed_at:
        raise Refused("revealed", "Private scores have been shown, so teams stay. Leave them.")


def _refuse_order(surviving: Team, absorbed: Team) -> None:
    """Raise Refused for what is in the way of organizers, who read what they can do about it."""
    challenge = surviving.challenge
    if challenge.pk != absorbed.challenge_id:
        raise Refused("other_challenge", "Both teams must be of this challenge. Choose another.")
    if surviving.pk == absorbed.pk:
        raise Refused("same_team", "Choose another team than the one that is merged into it.")
    if challenge.phase() == Phase.ARCHIVED:
        raise Refused(
            "archived",
            "The challenge is archived. Remove the time of the archive under Set up → Times first.",
        )
    _refuse_after_reveal(challenge)
    for team in (surviving, absorbed):
        if team.is_baseline:
            raise Refused("baseline", f"“{team}” is a baseline. Choose a team of people.")
        require_not_merged(team)
        if team.disqualified_at:
            raise Refused(
                "disqualified", f"“{team}” is disqualified. Choose another, or reinstate it first."
            )
    if surviving.captain is None or not surviving.captain.is_active:
        raise Refused(
            "no_captain",
            f"Nobody with an account leads “{surviving}”. Choose a team that somebody leads.",
        )
    together = surviving.memberships.count() + absorbed.memberships.count()
    if together > (limit := challenge.max_team_size):
        raise Refused(
            "full",
            f"Together they would be {together} members, and a team has up to {limit}. Choose a "
            "smaller one, or raise the limit for all teams in the set-up first.",
        )
    for objection in _objections(surviving, absorbed):
        raise Refused("not_legal", f"{objection.why} {objection.remedy}")


def _objections(surviving: Team, absorbed: Team) -> Iterator[Objection]:
    for ask in merge_questioned:
        if objection := ask(surviving, absorbed):
            yield objection


def _refuse_pair(surviving: Team, absorbed: Team) -> None:
    """Raise Refused for what everybody may know: which teams they are, and when it is."""
    if surviving.challenge_id != absorbed.challenge_id:
        raise Refused(
            "other_challenge", "Both teams must be of the same challenge. Choose one of yours."
        )
    if surviving.pk == absorbed.pk:
        raise Refused("same_team", "Choose another team than your own.")
    for team in (surviving, absorbed):
        if team.is_baseline:
            raise Refused("baseline", f"“{team}” is a baseline. Choose a team of people.")
        require_not_merged(team)
    require_not_frozen(surviving.challenge)
    require_not_disqualified(surviving)
    if absorbed.disqualified_at:
        raise Refused(
            "disqualified", f"“{absorbed}” is disqualified, so it cannot change. Choose another."
        )
    together = surviving.memberships.count() + absorbed.memberships.count()
    limit = surviving.challenge.max_team_size
    if together > limit:
        raise Refused(
            "full",
            f"Together you would be {together} members. A team has up to {limit} here, so choose "
            "a smaller one.",
        )


def _has_outsiders(*teams: Team) -> bool:
    """Return whether a member of these teams could not enter one now."""
    members = User.objects.filter(memberships__team__in=teams, is_active=True)
    return any(entry_refusal(user, teams[0].challenge) for user in members)


def _end(proposal: MergeProposal, outcome: Outcome) -> bool:
    """End an open proposal. Returns whether it was open."""
    ended = MergeProposal.objects.filter(pk=proposal.pk, outcome=Outcome.OPEN).update(
        outcome=outcome, ended_at=timezone.now()
    )
    return bool(ended)


def _mail_proposal(proposal: MergeProposal) -> None:
    """Mail the proposal to the captain of the team that would go."""
    surviving, absorbed = proposal.surviving, proposal.absorbed
    link = settings.BASE_URL + reverse("merge", args=[absorbed.challenge.slug, proposal.pk])
    captain = absorbed.captain
    assert captain is not None  # noqa: S101  (a team of people has one)
    until = in_words(proposal.expires_at, captain.time_zone)
    name = without_links(surviving.name)
    is_named = may_see_members(surviving, captain)
    who = without_links(str(surviving.captain)) if is_named else f"The team {name}"
    send_mail(
        subject=f"Podium: the team {name} proposes to merge",
        message=(
            f"{who} proposes that your team {absorbed.name} becomes part of the "
            f"team {name} in {absorbed.challenge.title}.\n\n"
            f"See what it means, accept or decline: {link}\n\n"
            f"The proposal ends on {until}. Until you accept, nothing changes."
            "\n"
        ),
        from_email=None,
        recipient_list=[captain.email],
    )
