"""Setting the prizes of a track as a definition says them."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from podium.challenges.definition import BadDefinition, PrizeDefinition, place
from podium.challenges.models import Challenge, Prize, Track

_REHEARSAL = "A rehearsal has no prizes. Remove the prizes of its tracks first."


def refuse_prizes_of_rehearsal(challenge: Challenge) -> None:
    """Raise BadDefinition if a challenge whose ranks do not count has prizes."""
    if challenge.is_rehearsal and Prize.objects.filter(track__challenge=challenge).exists():
        raise BadDefinition(f"challenge: {_REHEARSAL}", {"is_rehearsal": _REHEARSAL})


def set_prizes(track: Track, definitions: Sequence[PrizeDefinition]) -> None:
    """Make the prizes of a track as defined, and remove its others. Raises BadDefinition."""
    ranks = [each.rank for each in definitions]
    for each in definitions:
        where = place(f"prize {each.rank}", each.said)
        if ranks.count(each.rank) > 1:
            raise BadDefinition(f"{where}: two prizes have this rank. Keep one of them.")
        words = {"text": each.text.strip(), "value": each.value.strip()}
        _check(Prize(track=track, rank=each.rank, **words), where)
        Prize.objects.update_or_create(track=track, rank=each.rank, defaults=words)
    Prize.objects.filter(track=track).exclude(rank__in=ranks).delete()


def _check(prize: Prize, where: str) -> None:
    """Raise BadDefinition if a field of the prize cannot be."""
    try:
        prize.full_clean(exclude=["track"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        found = {name: " ".join(texts) for name, texts in error.message_dict.items()}
        words = "; ".join(f"{name}: {text}" for name, text in found.items())
        fields = {f"{name}_{prize.rank}": text for name, text in found.items()}
        raise BadDefinition(f"{where}: {words}", fields) from error
