"""Deciding who wins: eligibility, and lists that owners confirm and take back."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase
from podium.refusals import Refused
from podium.standings.writing import lock
from podium.teams.models import Team
from podium.winners.models import Ineligible, Place, WinnersList
from podium.winners.proposal import Placing, Proposal, TrackWinners, propose

NO_REASON = "Give a reason."


def latest(challenge: Challenge) -> WinnersList | None:
    """Return the last confirmed list, taken back or not."""
    return WinnersList.objects.filter(challenge=challenge).order_by("-number").first()


def published(challenge: Challenge) -> WinnersList | None:
    """Return the list that everybody sees: none before the reveal, and none taken back."""
    found = latest(challenge) if challenge.is_revealed() else None
    return found if found and found.taken_back_at is None else None


def listed(winners: WinnersList) -> Proposal:
    """Return a confirmed list in the shape of a proposal."""
    tracks: dict[int, list[Place]] = {}
    places = winners.places.select_related("track__challenge", "team")
    for place in places.order_by("track__position", "track", "position"):
        tracks.setdefault(place.track_id, []).append(place)
    return Proposal(
        winners.challenge,
        [
            TrackWinners(
                found[0].track,
                [_placing(place) for place in found],
                winners.notes.get(found[0].track.kind, ""),
            )
            for found in tracks.values()
        ],
    )


def _placing(place: Place) -> Placing:
    return Placing(
        *(place.team_id, place.team.name, place.team.slug, place.position, place.rank),
        *(place.decided_by, place.is_eligible, place.prize_rank, place.prize, place.value),
    )


def differs(winners: WinnersList, proposal: Proposal) -> bool:
    """Return whether the rule would now give another list than this one."""
    now = [each for each in proposal.content if each[2]]  # type: ignore[index]
    return listed(winners).content != now


@transaction.atomic
def publish(*, challenge: Challenge, fingerprint: str, reason: str, by: User) -> WinnersList:
    """Confirm the winners as they were proposed, and show them to everybody. Raises Refused."""
    challenge = _locked(challenge)
    _refuse_archived(challenge)
    for track in challenge.tracks.order_by("pk"):
        lock(track)
    proposal, before = propose(challenge), latest(challenge)
    if not any(each.placings for each in proposal.tracks):
        raise Refused("no_winners", "No team has a final rank yet. Wait for the reveal.")
    if proposal.fingerprint(before) != fingerprint:
        raise Refused("moved", "A board or a prize has changed since. Read the winners again.")
    if before and not before.taken_back_at and not differs(before, proposal):
        raise Refused(
            "published", "These winners are published already. Wait for a change of the boards."
        )
    if before and not reason.strip():
        raise Refused("bad_reason", f"{NO_REASON} The members concerned read it.")
    made = _store(proposal, challenge, before)
    was = listed(before) if before and not before.taken_back_at else Proposal(challenge, ())
    _record(Verb.PUBLISHED_WINNERS, made, was, proposal, reason, by)
    return made


@transaction.atomic
def take_back(*, challenge: Challenge, reason: str, by: User) -> None:
    """Hide the published winners again, with a reason. Raises Refused."""
    challenge = _locked(challenge)
    _refuse_archived(challenge)
    winners = latest(challenge)
    if winners is None or winners.taken_back_at:
        raise Refused("not_published", "No winners are published. Publish them first.")
    if not reason.strip():
        raise Refused("bad_reason", f"{NO_REASON} The winners read it.")
    winners.taken_back_at = timezone.now()
    winners.save(update_fields=["taken_back_at"])
    was = listed(winners)
    _record(Verb.TOOK_BACK_WINNERS, winners, was, Proposal(challenge, ()), reason, by)


@transaction.atomic
def set_eligible(*, team: Team, is_eligible: bool, reason: str, by: User) -> None:
    """Say whether a team may take a prize, with a reason that its members read. Raises Refused."""
    challenge = _locked(team.challenge)
    _refuse_archived(challenge)
    if team.is_baseline or team.merged_into_id or team.removed_at:
        raise Refused("bad_team", "Choose a team of people that takes part.")
    if not reason.strip():
        raise Refused("bad_reason", f"{NO_REASON} The members of the team read it.")
    known: QuerySet[Ineligible] = Ineligible.objects.filter(team=team)
    if known.exists() != is_eligible:
        raise Refused("bad_team", "It is so already. Choose another team.")
    if is_eligible:
        known.delete()
    else:
        Ineligible.objects.create(team=team, reason=reason.strip())
    record(
        Verb.CHANGED_ELIGIBILITY,
        subject=team,
        by=by,
        challenge=challenge.slug,
        before="not eligible" if is_eligible else "eligible",
        after="eligible" if is_eligible else "not eligible",
        why=reason.strip(),
    )


def _locked(challenge: Challenge) -> Challenge:
    return Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)


def _refuse_archived(challenge: Challenge) -> None:
    if challenge.phase() == Phase.ARCHIVED:
        raise Refused(
            "archived",
            "The challenge is archived. Remove the time of the archive under Set up → Times first.",
        )


def _store(proposal: Proposal, challenge: Challenge, before: WinnersList | None) -> WinnersList:
    made = WinnersList.objects.create(
        challenge=challenge,
        number=before.number + 1 if before else 1,
        notes={each.track.kind: each.note for each in proposal.tracks},
    )
    Place.objects.bulk_create(
        Place(
            winners=made,
            track=each.track,
            team_id=placing.team,
            position=placing.position,
            rank=placing.rank,
            decided_by=placing.decided_by,
            is_eligible=placing.is_eligible,
            prize_rank=placing.prize_rank,
            prize=placing.prize,
            value=placing.value,
        )
        for each in proposal.tracks
        for placing in each.placings
    )
    return made


def concerned(before: Proposal, after: Proposal) -> list[int]:
    """Return the teams that win something else by the later list than by the earlier one."""
    was, now = _won(before), _won(after)
    return sorted(team for team in {*was, *now} if was.get(team) != now.get(team))


def _won(proposal: Proposal) -> Mapping[int, list[tuple[object, ...]]]:
    return {
        team: [(each.rank, each.prize_rank, each.prize, each.value) for each in placings]
        for team, placings in proposal.winners.items()
    }


def _record(
    verb: Verb, winners: WinnersList, was: Proposal, now: Proposal, reason: str, by: User
) -> None:
    record(
        verb,
        subject=winners,
        by=by,
        challenge=winners.challenge.slug,
        version=winners.number,
        before=in_words(was),
        after=in_words(now),
        why=reason.strip(),
        teams=concerned(was, now),
    )


def in_words(proposal: Proposal) -> list[str]:
    """Return the winners as an event tells them, by the numbers of the teams, which outlive names.

    A line for each: the track, the rank, the team and the prize.
    """
    return [
        f"{each.track.kind} {placing.rank}: team {placing.team}"
        + (f", prize {placing.prize_rank}" if placing.prize_rank else "")
        for each in proposal.tracks
        for placing in each.shown
        if placing.team in proposal.winners
    ]
