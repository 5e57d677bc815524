"""Certificates of people: for the rank of their team, and for taking part."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Track
from podium.refusals import Refused
from podium.standings.finalists import final_boards
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.winners.actions import published
from podium.winners.models import Certificate, Place
from podium.winners.pdf import Facts, render

RANK, PART = "rank", "part"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 20


@dataclass(frozen=True)
class Offer:
    """A certificate that a person can have; `rank` is None for taking part."""

    track: Track
    team: Team
    rank: int | None
    ranked: int

    @property
    def kind(self) -> str:
        return PART if self.rank is None else RANK

    @property
    def result(self) -> str:
        return result_of(self.rank, self.ranked)


def result_of(rank: int | None, ranked: int) -> str:
    """Return what a certificate says that the team did."""
    teams = f"{ranked} ranked team{'' if ranked == 1 else 's'}"
    return f"took part, with {teams}" if rank is None else f"Rank {rank} of {teams}"


def offers(user: User, challenge: Challenge) -> list[Offer]:
    """Return the certificates that a person can have: none before the reveal.

    Those of ranks come with the published winners.
    """
    team = team_of(user, challenge)
    if team is None or team.disqualified_at:
        return []
    return [*_of_ranks(team, challenge), *_of_parts(team, challenge)]


def _of_ranks(team: Team, challenge: Challenge) -> Iterator[Offer]:
    winners = published(challenge)
    if winners:
        for place in winners.places.filter(team=team).select_related("track__challenge"):
            ranked = winners.places.filter(track=place.track_id).count()
            yield Offer(place.track, team, place.rank, ranked)


def _of_parts(team: Team, challenge: Challenge) -> Iterator[Offer]:
    for track, board in final_boards(challenge):
        if board.row(team.pk):
            ranked = sum(rank is not None for rank in board.table.rank)
            yield Offer(track, team, None, ranked)


@transaction.atomic
def issue(*, challenge: Challenge, track: str, kind: str, by: User) -> Certificate:
    """Return the person's certificate, the same one as long as it says the same. Raises Refused."""
    offer = next(
        (each for each in offers(by, challenge) if (each.track.kind, each.kind) == (track, kind)),
        None,
    )
    if offer is None:
        raise Refused("no_certificate", "You have no such certificate. Choose one of the page.")
    said = {
        "track": offer.track,
        "team": offer.team,
        "person": by.name,
        "team_name": offer.team.name,
        "rank": offer.rank,
        "ranked": offer.ranked,
    }
    known = Certificate.objects.filter(user=by, **said)
    if found := known.first():
        return found
    day = timezone.now().date()
    try:
        with transaction.atomic():
            made = Certificate.objects.create(user=by, code=_new_code(), day=day, **said)
    except IntegrityError:  # a second click was faster
        return known.get()
    record(
        Verb.ISSUED_CERTIFICATE,
        subject=made,
        by=by,
        challenge=challenge.slug,
        track=track,
        rank=offer.rank,
        team=offer.team.pk,
    )
    return made


def holds(certificate: Certificate) -> bool:
    """Return whether what the certificate says is still so."""
    team = certificate.team
    if team.disqualified_at:
        return False
    if certificate.rank is None:
        return certificate.track.challenge.is_revealed()
    winners = published(certificate.track.challenge)
    places = Place.objects.filter(winners=winners, track=certificate.track, team=team)
    return winners is not None and places.filter(rank=certificate.rank).exists()


def pdf_of(certificate: Certificate) -> bytes:
    """Return the certificate as PDF: always the same bytes."""
    path = reverse("certificate", args=[certificate.code])
    return render(
        Facts(
            challenge=certificate.track.challenge.title,
            track=certificate.track.title,
            person=certificate.person,
            team=certificate.team_name,
            result=result_of(certificate.rank, certificate.ranked),
            day=f"{certificate.day:%-d %B %Y}",
            code=certificate.code,
            url=f"{settings.BASE_URL}{path}",
        )
    )


def forget(user: User) -> None:
    """Delete the certificates of a person who leaves the site: they name them."""
    Certificate.objects.filter(user=user).delete()


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
