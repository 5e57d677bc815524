"""What organizers are advised before the opening: feedback, and rows that others reveal."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from podium.accounts.zones import in_words
from podium.challenges.advice import proposals, shared_rows
from podium.challenges.models import Challenge, Task, VisibleTo
from tests.site import factories
from tests.site.challenges.definitions import applied, document

__all__ = ["document"]


@pytest.mark.parametrize(
    ("limit", "feedback", "is_proposed"),
    [(7, "rounded", False), (8, "rounded", True), (8, "exact", True), (8, "ladder", False)],
)
def test_the_ladder_is_proposed_where_a_team_may_submit_more_than_a_hundred_times(
    document: dict[str, Any], limit: int, feedback: str, is_proposed: bool
) -> None:
    document["challenge"]["tracks"][0]["tasks"][0] |= {"daily_limit": limit, "feedback": feedback}
    document["challenge"] |= {"is_rehearsal": feedback == "exact", "prizes": ""}
    found = proposals(applied(document))  # open from yesterday for thirteen days
    assert bool(found) == is_proposed
    if found:
        assert "may submit 112 times, 8 on each of 14 days" in found[0]
        assert f"Feedback `{feedback}` does not stop anybody" in found[0]
        assert re.search(r"by \d+\.\d points that its private score does not share", found[0])


@pytest.mark.parametrize(
    ("ours", "theirs", "is_told"),
    [(13, 13, False), (13, 20, True), (13, 12, True), (-2, -1, False)],
)
def test_rows_that_are_revealed_elsewhere_at_another_time_are_told(
    document: dict[str, Any], ours: int, theirs: int, is_told: bool
) -> None:
    challenge, now = applied(document), timezone.now()
    past = dict.fromkeys(("opens_at", "team_freeze_at", "closes_at"), now - timedelta(days=9))
    past["opens_at"] -= timedelta(days=1)
    Challenge.objects.update(**past, reveal_at=now + timedelta(days=ours))
    challenge.refresh_from_db()
    assert shared_rows(challenge) == []
    (task,) = challenge.tasks.all()
    other = factories.make_challenge("other", title="Their event")
    Challenge.objects.filter(pk=other.pk).update(**past, reveal_at=now + timedelta(days=theirs))
    twin = factories.make_task(other, "matching", "twin")
    assert shared_rows(challenge) == [], "of another version"
    Task.objects.filter(pk=twin.pk).update(
        dataset_version=task.dataset_version, solution=task.solution
    )
    found = shared_rows(challenge)
    assert bool(found) == is_told == bool(shared_rows(Challenge.objects.get(slug="other")))
    if is_told:
        first = now + timedelta(days=min(ours, theirs))
        assert "Task exact: its data set pairs 1 is in Their event (task twin) too" in found[0]
        assert f"{in_words(first)} and " in found[0]


def test_an_unannounced_challenge_with_the_same_rows_is_not_named(document: dict[str, Any]) -> None:
    task = applied(document).tasks.get()
    later = {
        f"{name}_at": timezone.now() + timedelta(days=90 + n)
        for n, name in enumerate(("opens", "team_freeze", "closes", "reveal"))
    }
    draft = factories.make_challenge("secret", title="Secret event", announced_at=None, **later)
    twin = factories.make_task(draft, "matching", "twin")
    Task.objects.filter(pk=twin.pk).update(
        dataset_version=task.dataset_version, solution=task.solution
    )
    (told,) = shared_rows(task.challenge)
    assert "in a challenge that is not public too" in told
    assert "ecret" not in told
    assert "twin" not in told
    draft.announced_at, draft.visible_to = timezone.now(), VisibleTo.SIGNED_IN
    draft.save()
    assert shared_rows(task.challenge) == [told]
