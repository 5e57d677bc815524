"""Prizes are part of a track's definition: read, written, planned, copied and refused."""

from typing import Any

import pytest

from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, definition_of, parse
from podium.challenges.export import definition_text
from podium.challenges.models import Challenge, Prize
from podium.challenges.plans import plan
from tests.site.challenges.definitions import applied, document

__all__ = ["document"]

TWO = [{"rank": 1, "text": "Cup", "value": "€5,000"}, {"rank": 2, "text": "Ein Pokal für Ümläut"}]


def with_prizes(document: dict[str, Any], prizes: Any, **more: Any) -> dict[str, Any]:
    document["challenge"]["tracks"][0]["prizes"] = prizes
    document["challenge"] |= more
    return document


def stored() -> list[tuple[int, str, str]]:
    return list(Prize.objects.order_by("rank").values_list("rank", "text", "value"))


def set_to(prizes: object) -> Challenge:
    part = {"slug": "cup", "tracks": [{"kind": "matching", "prizes": prizes}]}
    return apply(definition=definition_of(part))


def test_a_file_with_prizes_makes_them_and_is_written_again_byte_for_byte(
    document: dict[str, Any],
) -> None:
    challenge = applied(with_prizes(document, TWO))
    assert stored() == [(1, "Cup", "€5,000"), (2, "Ein Pokal für Ümläut", "")]
    text = definition_text(challenge)
    challenge.delete()
    again = apply(definition=parse(text))
    assert definition_text(again) == text
    assert stored() == [(1, "Cup", "€5,000"), (2, "Ein Pokal für Ümläut", "")]


def test_the_list_replaces_what_is_stored_and_a_file_without_it_does_not(
    document: dict[str, Any],
) -> None:
    applied(with_prizes(document, TWO))
    apply(definition=definition_of({"slug": "cup", "tracks": [{"kind": "matching"}]}))
    assert len(stored()) == 2
    set_to([{"rank": 2, "text": "Mug"}])
    assert stored() == [(2, "Mug", "")]
    set_to([])
    assert stored() == []


def test_a_plan_says_which_prizes_change(document: dict[str, Any]) -> None:
    challenge = applied(with_prizes(document, TWO))
    made = plan(challenge, lambda: set_to([{"rank": 1, "text": "Mug"}]))
    assert made.lines() == [
        "tracks.matching.prizes.1: Cup (€5,000) → Mug",
        "tracks.matching.prizes.2: Ein Pokal für Ümläut → nothing",
    ]
    assert len(stored()) == 2


@pytest.mark.parametrize(
    ("prizes", "why"),
    [
        ([{"rank": 0, "text": "a"}], "rank: Ensure this value is greater than"),
        ([{"rank": 101, "text": "a"}], "rank: Ensure this value is less than"),
        ([{"rank": 1, "text": "a"}, {"rank": 1, "text": "b"}], "two prizes have this rank"),
        ([{"rank": 1, "text": " "}], "prize 1 .*: text: This field cannot be blank"),
        ([{"rank": 1, "text": "a" * 201}], "at most 200 characters"),
        ([{"rank": 1, "text": "a", "value": "b" * 81}], "at most 80 characters"),
        ([{"rank": 1, "text": "a", "value": 500}], "`500` is not text. Put it in quotes"),
        ([{"rank": "one", "text": "a"}], "is not a whole number"),
        ([{"rank": 1}], "lacks `text`"),
        ([{"rank": 1, "text": "a", "sum": 3}], "has an unknown key `sum`"),
        (["gold"], "must be a mapping"),
        ("gold", "is a list of prizes"),
    ],
)
def test_what_no_prize_can_be_is_refused(document: dict[str, Any], prizes: Any, why: str) -> None:
    with pytest.raises(BadDefinition, match=why):
        applied(with_prizes(document, prizes))
    assert stored() == []


def test_a_rehearsal_has_no_prizes(document: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition, match="A rehearsal has no prizes"):
        applied(with_prizes(document, TWO, is_rehearsal=True))
    applied(with_prizes(document, TWO, is_rehearsal=False))
    with pytest.raises(BadDefinition, match="A rehearsal has no prizes"):
        apply(definition=definition_of({"slug": "cup", "is_rehearsal": True}))
    part = {"slug": "cup", "is_rehearsal": True, "tracks": [{"kind": "matching", "prizes": []}]}
    assert apply(definition=definition_of(part)).is_rehearsal
