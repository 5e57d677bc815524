"""A team's own words about a submission: who may change them, to what, and when."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions.actions import describe, submit
from podium.submissions.models import Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.pets import predictions


@pytest.fixture
def mine(team: Team, pets: Task) -> Submission:
    return factories.make_submission(team, pets, method="forest", note="200 trees")


def verbs() -> list[str]:
    told = Event.objects.filter(subject__startswith="submission:").order_by("pk")
    return list(told.values_list("verb", flat=True))


def test_members_change_what_they_call_it(mine: Submission, bob: User) -> None:
    describe(submission=mine, method=" deep \n forest ", note=" 300\ntrees ", by=bob)
    assert (mine.method, mine.note) == ("deep forest", "300\ntrees")
    mine.refresh_from_db()
    assert (mine.method, mine.note) == ("deep forest", "300\ntrees")
    event = Event.objects.get(subject=f"submission:{mine.pk}")
    assert (event.verb, event.actor, event.facts) == ("renamed method", "Bob", {})


def test_none_leaves_as_it_is_and_no_change_is_no_event(mine: Submission, alice: User) -> None:
    describe(submission=mine, by=alice)
    describe(submission=mine, method="forest", by=alice)
    assert verbs() == []
    describe(submission=mine, note="", by=alice)
    assert (mine.method, mine.note) == ("forest", "")
    describe(submission=mine, method="", by=alice)
    assert mine.method == ""
    assert verbs() == ["changed note", "renamed method"]


def test_it_is_open_after_the_close(mine: Submission, alice: User) -> None:
    challenge = mine.task.challenge
    for name in ("opens_at", "team_freeze_at", "closes_at", "reveal_at"):
        setattr(challenge, name, getattr(challenge, name) - timedelta(days=365))
    challenge.save()
    assert timezone.now() > challenge.reveal_at
    describe(submission=mine, method="the best of all", by=alice)
    assert mine.method == "the best of all"


def test_nobody_else_describes_it(mine: Submission, charlie: User, olga: User, sam: User) -> None:
    for stranger in (charlie, olga, sam):
        with pytest.raises(Refused) as caught:
            describe(submission=mine, method="mine", by=stranger)
        assert caught.value.code == "not_a_member"
    mine.refresh_from_db()
    assert mine.method == "forest"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"method": "x" * 121}, "too_long"),
        ({"note": "x" * 2001}, "too_long"),
        ({"note": "a\0b"}, "bad_text"),
        ({"method": "a\0b"}, "bad_text"),
        ({"method": "a\x1b[2Jb"}, "bad_text"),
        ({"method": "a\u202eb"}, "bad_text"),
    ],
)
def test_words_have_limits(
    mine: Submission, alice: User, tmp_path: Path, words: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        describe(submission=mine, by=alice, **words)
    assert caught.value.code == code
    with pytest.raises(Refused) as caught:
        submit(
            team=mine.team,
            task=mine.task,
            upload=predictions(mine.task, tmp_path),
            by=alice,
            **words,
        )
    assert caught.value.code == code
