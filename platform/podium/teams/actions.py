"""What people do with teams (make, invite, join, leave, hand over) and organizers to them."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User, Viewer
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.eligibility import refusal_of
from podium.challenges.entry import credentials
from podium.challenges.models import Challenge, Phase
from podium.challenges.permissions import Permission, has_permission
from podium.refusals import Refused
from podium.subjects import without_links
from podium.teams.guards import (
    lock_as_captain,
    record_change,
    require_not_disqualified,
    require_not_frozen,
    why_not_open,
)
from podium.teams.guards import team_freeze_reason as team_freeze_reason
from podium.teams.mail_limits import mark_of, refuse_invitations
from podium.teams.models import (
    MAX_AFFILIATION,
    Invitation,
    Membership,
    ResearchUse,
    RulesAcceptance,
    Team,
    hash_token,
    new_token,
)
from podium.teams.names import (
    clean_label,
    clean_name,
    free_name,
    free_slug,
    lock_names,
    refuse_taken,
)
from podium.teams.signals import announce_labels, team_standing_changed

MAX_OPEN_INVITATIONS = 20


# Reading ---------------------------------------------------------------------------------------


def team_of(user: Viewer, challenge: Challenge) -> Team | None:
    """Return the user's team in the challenge, or None. Anonymous users have none."""
    if not user.is_authenticated:
        return None
    teams = Team.objects.select_related("challenge", "captain")
    return teams.filter(challenge=challenge, memberships__user=user).first()


def has_accepted_rules(user: Viewer, challenge: Challenge) -> bool:
    """Return whether the user accepted the current rules; True if there are none."""
    if not challenge.rules.strip():
        return True
    return RulesAcceptance.objects.filter(
        challenge=challenge, user=user.pk, rules_hash=challenge.rules_hash
    ).exists()


def last_acceptance(user: Viewer, challenge: Challenge) -> RulesAcceptance | None:
    """Return the last version of the rules that the user accepted; it may not stand any more."""
    if not user.is_authenticated:
        return None
    return RulesAcceptance.objects.filter(challenge=challenge, user=user).order_by("-at").first()


def find_invitation(token: str, by: Viewer | None = None) -> Invitation:
    """Return the open invitation of this token. Raises Refused.

    To a member of its team it stays open: joining twice, as after a lost answer, changes nothing.
    """
    invitation = (
        Invitation.objects.select_related("team__challenge", "team__captain")
        .filter(token_hash=hash_token(token))
        .first()
    )
    if invitation is None:
        raise Refused(
            "unknown", "This link belongs to no invitation. Check that you copied all of it."
        )
    if not invitation.is_open and not _is_member(invitation.team, by):
        raise Refused(
            "over", "This invitation is over. Ask the team's captain to send you a new one."
        )
    return invitation


def _is_member(team: Team, user: Viewer | None) -> bool:
    return team.memberships.filter(user=user.pk if user else None).exists()


# Making and entering ---------------------------------------------------------------------------


@transaction.atomic
def create_team(*, challenge: Challenge, name: str, by: User) -> Team:
    """Return a new team of one, whose captain is `by`. Raises Refused."""
    require_not_frozen(challenge)
    lock_names(challenge)
    return _create(challenge, clean_name(name), by)


@transaction.atomic
def ensure_team(user: User, challenge: Challenge, at: datetime | None = None) -> Team:
    """Return the user's team, made now as a team of one if there is none. Raises Refused.

    `at` is when the upload that needs the team began (now by default). It may be after the team
    freeze, for somebody who has not taken part before, but not after the close.
    """
    if team := team_of(user, challenge):
        return team
    if challenge.phase(at) != Phase.OPEN:
        raise Refused("not_open", why_not_open(challenge))
    lock_names(challenge)
    if team := team_of(user, challenge):  # another upload of this person was quicker
        return team
    return _create(challenge, free_name(challenge, user), user)


@transaction.atomic
def invite(*, team: Team, by: User, email: str = "") -> tuple[Invitation, str]:
    """Return a new invitation and its token, which is stored nowhere. Raises Refused.

    With an e-mail address the link is mailed there after the commit and works for that person
    only. Without one it works for everybody who has it.
    """
    team = lock_as_captain(team, by)
    require_not_frozen(team.challenge)
    require_not_disqualified(team)
    _refuse_full(team)
    email = _clean_email(team, email)
    still_open = Q(revoked_at__isnull=True, expires_at__gt=timezone.now())
    if team.invitations.filter(still_open).count() >= MAX_OPEN_INVITATIONS:
        raise Refused(
            "too_many",
            f"{MAX_OPEN_INVITATIONS} invitations are open already. Revoke one that nobody needs.",
        )
    if email:
        refuse_invitations(by, email)
    token = new_token()
    invitation = Invitation.objects.create(team=team, email=email, token_hash=hash_token(token))
    facts = {"address": mark_of(email)} if email else {}
    record_change(Verb.INVITED_TO_TEAM, team, by, by_mail=bool(email), **facts)
    if email:
        # Robust: should the mail server be away, the invitation stands and its link is shown.
        transaction.on_commit(lambda: _mail_invitation(invitation, token, str(by)), robust=True)
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """Make an invitation's link worthless. Raises Refused unless `by` is the captain."""
    team = lock_as_captain(invitation.team, by)
    open_one = Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True)
    if open_one.update(revoked_at=timezone.now()):
        record_change(Verb.REVOKED_INVITATION, team, by, invitation=invitation.pk)


@transaction.atomic
def join(*, token: str, by: User) -> Team:
    """Return the team that `by` has just joined, or was in already. Raises Refused."""
    found = find_invitation(token, by)
    team = Team.objects.select_for_update(no_key=True).get(pk=found.team_id)
    invitation = find_invitation(token, by)  # again: it may have been revoked while we waited
    if _is_member(team, by):
        return team
    if invitation.email and not _has_address(by, invitation.email):
        raise Refused(
            "other_address",
            "This invitation was sent to another e-mail address than yours. Sign in with that "
            "address, or ask the team's captain for an invitation to yours.",
        )
    require_not_frozen(team.challenge)
    require_not_disqualified(team)
    _refuse_person(team.challenge, by)
    _refuse_full(team)
    _add_member(team, by)
    if invitation.email:
        # It has served its one person, who could otherwise come back after being removed.
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())
    record_change(Verb.JOINED_TEAM, team, by)
    return team


@transaction.atomic
def accept_rules(*, challenge: Challenge, by: User, version: str = "") -> None:
    """Keep that `by` accepted the rules as they stand now. A second time changes nothing.

    `version` is the `rules_hash` of the text that the person read, where it is known. Raises
    Refused if the rules have changed since.
    """
    challenge = Challenge.objects.get(pk=challenge.pk)
    if version and version != challenge.rules_hash:
        raise Refused(
            "rules_changed",
            f"The rules changed while you read them: version {challenge.rules_hash[:12]} "
            "applies now. Read that one and accept it.",
        )
    acceptance, is_new = RulesAcceptance.objects.get_or_create(
        challenge=challenge, user=by, rules_hash=challenge.rules_hash
    )
    if is_new:
        record(
            Verb.ACCEPTED_RULES,
            subject=acceptance,
            by=by,
            challenge=challenge.slug,
            rules_hash=acceptance.rules_hash,
        )


# Changing and leaving --------------------------------------------------------------------------


@transaction.atomic
def rename(*, team: Team, name: str, by: User, affiliation: str | None = None) -> Team:
    """Return the team under its new name and affiliation (None: the present one). Raises Refused.

    Its address stays, so that links keep working.
    """
    team = lock_as_captain(team, by)
    if team.challenge.phase() not in {Phase.ANNOUNCED, Phase.OPEN}:
        raise Refused("closed", "The challenge is over, and names stay. Write to the organizers.")
    before, team.name = (team.name, team.affiliation), clean_name(name)
    if affiliation is not None:
        team.affiliation = clean_label(affiliation, "affiliation", MAX_AFFILIATION)
    if (team.name, team.affiliation) == before:
        return team
    lock_names(team.challenge)
    refuse_taken(team.challenge, team.name, except_team=team)
    _save_name(team)
    record_change(Verb.RENAMED_TEAM, team, by, before=before[0], after=team.name)
    announce_labels(team)
    return team


@transaction.atomic
def hand_over(*, team: Team, to: User, by: User) -> None:
    """Make another member the captain. Raises Refused."""
    team = lock_as_captain(team, by)
    if not team.memberships.filter(user=to).exists():
        raise Refused("not_a_member", f"{to} is not in the team. Invite them first.")
    if not team.memberships.filter(user=to, user__is_active=True).exists():
        raise Refused("not_a_member", "Choose a member who still has an account.")
    if to == by:
        return
    Team.objects.filter(pk=team.pk).update(captain=to)
    record_change(Verb.HANDED_OVER_TEAM, team, by, to=to.pk)


@transaction.atomic
def say_research_use(*, team: Team, answer: str, by: User) -> Team:
    """Return the team with its answer: may its submissions be kept for research? Raises Refused.

    It can be changed at any time, also after the challenge.
    """
    team = lock_as_captain(team, by)
    if answer not in ResearchUse.values:
        raise Refused("bad_answer", "Choose yes, no or not answered.")
    if answer != team.research_use:
        team.research_use = answer
        team.save(update_fields=["research_use"])
        record_change(Verb.ANSWERED_ABOUT_RESEARCH, team, by, answer=answer)
    return team


@transaction.atomic
def remove_member(*, team: Team, user: User, by: User) -> None:
    """Take a member out of the team and close the links by which they could return."""
    team = lock_as_captain(team, by)
    if user == by:
        raise Refused("yourself", "To go yourself, hand the team over and leave it.")
    require_not_frozen(team.challenge)
    require_not_disqualified(team)
    gone, _ = team.memberships.filter(user=user.pk).delete()
    if gone:
        links = Q(email="") | Q(email__iexact=user.email)
        team.invitations.filter(links, revoked_at__isnull=True).update(revoked_at=timezone.now())
        record_change(Verb.REMOVED_MEMBER, team, by, member=user.pk)


@transaction.atomic
def leave(*, team: Team, by: User) -> None:
    """Take `by` out of the team. The last one takes the team along, if it never submitted."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    membership = team.memberships.filter(user=by).first()
    if membership is None:
        return
    require_not_frozen(team.challenge)
    require_not_disqualified(team)
    others = team.memberships.exclude(user=by).exists()
    if others and team.captain_id == by.pk:
        raise Refused("captain", "You are the captain. Hand the team over first, then leave.")
    if not others and team.submissions.exists():
        raise Refused(
            "last_member",
            "You are the last member and the team has submissions, which somebody must answer "
            "for. Invite another person and hand the team over, or stay.",
        )
    record_change(Verb.LEFT_TEAM, team, by, name=team.name)
    if others:
        membership.delete()
    else:
        team.delete()


# Organizers ------------------------------------------------------------------------------------


def disqualify(*, team: Team, reason: str, by: User) -> None:
    """Take a team off the boards, with a reason that its members read. Raises Refused."""
    if team.is_baseline:
        raise Refused("baseline", "A baseline is not ranked. Choose a team of people.")
    _set_disqualified(team, timezone.now(), reason, Verb.DISQUALIFIED_TEAM, by)


def reinstate(*, team: Team, reason: str, by: User) -> None:
    """Put a disqualified team back on the boards; its members read why. Raises Refused."""
    _set_disqualified(team, None, reason, Verb.REINSTATED_TEAM, by)


@transaction.atomic
def _set_disqualified(team: Team, at: datetime | None, reason: str, verb: Verb, by: User) -> None:
    if not has_permission(by, Permission.RUN_CHALLENGE, team.challenge):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")
    if not (reason := reason.strip()):
        raise Refused("no_reason", "Write the reason. The team's members will read it.")
    # The lock orders this against a merge: each changes what the other may do.
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    if team.is_merged:
        raise Refused(
            "merged", f"The team became part of “{team.merged_into}”. Choose that team instead."
        )
    changed = Team.objects.filter(pk=team.pk, disqualified_at__isnull=at is not None).update(
        disqualified_at=at, disqualified_reason=reason if at else ""
    )
    if changed:
        team.refresh_from_db()
        record_change(verb, team, by, why=reason)
        for listener in team_standing_changed:
            listener(team)


# Steps that verbs share ------------------------------------------------------------------------


def _create(challenge: Challenge, name: str, by: User) -> Team:
    _refuse_person(challenge, by)
    refuse_taken(challenge, name)
    team = Team(challenge=challenge, name=name, captain=by, slug=free_slug(challenge, name))
    _save_name(team)
    _add_member(team, by)
    record_change(Verb.CREATED_TEAM, team, by)
    return team


def _save_name(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:  # another request took the name since we looked
        raise Refused("name_taken", "Somebody just took that name. Choose another.") from error


def _add_member(team: Team, user: User) -> None:
    entered_by = _credential(team.challenge, user)
    try:
        with transaction.atomic():
            Membership.objects.create(
                team=team, challenge=team.challenge, user=user, entered_by=entered_by
            )
    except IntegrityError as error:  # another request of this person was quicker
        raise Refused("other_team", "You have just entered a team. Open your team page.") from error


def _credential(challenge: Challenge, user: User) -> str:
    """Return what lets the user in that nobody else came in by, or "" where everybody may."""
    found = credentials(user, challenge)
    used = Membership.objects.filter(challenge=challenge, entered_by__in=found)
    unused = set(found) - set(used.values_list("entered_by", flat=True))
    if found and not unused:
        raise Refused(
            "not_admitted",
            "Another account entered this challenge with your address or single sign-on. Use "
            "that account, or ask the organizers to invite another address of yours.",
        )
    return next((name for name in found if name in unused), "")


def _refuse_person(challenge: Challenge, user: User) -> None:
    """Raise Refused if the person may not enter; locked, so that they take no role meanwhile."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
    if refused := refusal_of(user, challenge):
        raise refused
    if team := team_of(user, challenge):
        raise Refused(
            "other_team", f"You are in the team “{team}”. Leave it before you enter another."
        )


def _refuse_full(team: Team) -> None:
    limit = team.challenge.max_team_size
    if team.memberships.count() >= limit:
        raise Refused("full", f"The team is full: up to {limit} members. Choose another.")


def _clean_email(team: Team, email: str) -> str:
    email = email.strip().lower()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("bad_email", f"“{email}” is not an e-mail address. Retype it.") from error
    if team.memberships.filter(user__email=email).exists():
        raise Refused("already_member", f"{email} is in the team already. Invite another.")
    return email


def _has_address(user: User, email: str) -> bool:
    if settings.PRODUCTION:
        owned = EmailAddress.objects.filter(user=user, email__iexact=email, verified=True)
        return bool(owned.exists())
    return bool(user.email.lower() == email.lower())


def _mail_invitation(invitation: Invitation, token: str, sender: str) -> None:
    """Mail the link to the invited address, which may be a stranger's: no name makes a link."""
    team, sender = without_links(invitation.team.name), without_links(sender)
    link = settings.BASE_URL + reverse("join", args=[token])
    send_mail(
        subject=f"Podium: join the team {team}",
        message=(
            f"{sender} invites you to the team {team} in {invitation.team.challenge.title}.\n\n"
            f"Join: {link}\n\n"
            f"The link works only for you, until {in_words(invitation.expires_at)}. "
            f"If you do not know {sender}, do nothing.\n"
        ),
        from_email=None,
        recipient_list=[invitation.email],
    )
