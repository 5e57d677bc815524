"""Which write-ups and versions each reader sees, and what merging makes of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Track
from podium.teams import merging
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER
from podium.teams.models import MergeProposal, Team
from podium.uploads.receiving import Upload
from podium.writeups import actions
from podium.writeups.models import Attachment, WriteUp
from podium.writeups.reading import version_for, visible_to
from tests.site.factories import make_challenge, make_organizer, make_team, make_user, make_writeup
from tests.site.writeups.conftest import move

INSIDERS = ("alice", "bob", "olga", "viktor", "mara")
OUTSIDERS = ("anonymous", "charlie", "sam", "rival", "neighbour")


@pytest.fixture
def anonymous() -> AnonymousUser:
    return AnonymousUser()


@pytest.fixture
def rival(challenge: Challenge) -> User:
    """The captain of another team."""
    user = make_user("rita")
    make_team(challenge, "Rivals", user)
    return user


@pytest.fixture
def neighbour(db: None) -> User:
    """The owner of another challenge."""
    user = make_user("nora")
    make_organizer(make_challenge("other"), user, Role.OWNER)
    return user


def reads(request: pytest.FixtureRequest, person: str, writeup: WriteUp) -> list[int | None]:
    """Return which of the versions 1 and 2 the person gets by number, then which without one."""
    user = request.getfixturevalue(person)
    challenge = Challenge.objects.get(pk=writeup.team.challenge_id)
    writeup = WriteUp.objects.get(pk=writeup.pk)
    found = [version_for(user, writeup, number) for number in (1, 2, None)]
    listed = visible_to(user, challenge).filter(pk=writeup.pk).count()
    assert listed == (found[2] is not None)
    return [each.number if each else None for each in found]


@pytest.fixture
def writeup(team: Team, track: Track, closed: Challenge) -> WriteUp:
    """A write-up whose first version is published and whose second is a draft."""
    made = make_writeup(team, track, published=True)
    return make_writeup(made.team, track, title="Draft")


@pytest.mark.parametrize("person", INSIDERS)
def test_the_team_and_organizers_read_every_version(
    request: pytest.FixtureRequest, writeup: WriteUp, person: str
) -> None:
    assert reads(request, person, writeup) == [1, 2, 2]


@pytest.mark.parametrize("person", OUTSIDERS)
def test_others_read_what_is_published_alone(
    request: pytest.FixtureRequest, writeup: WriteUp, person: str
) -> None:
    assert reads(request, person, writeup) == [1, None, 1]


@pytest.mark.parametrize("state", ["draft", "hidden", "disqualified", "opened again"])
def test_what_is_not_public_others_do_not_read(
    request: pytest.FixtureRequest, writeup: WriteUp, state: str
) -> None:
    now = timezone.now()
    rows = WriteUp.objects.filter(pk=writeup.pk)
    if state == "draft":
        rows.update(published_version=None, published_at=None)
    if state == "hidden":
        rows.update(hidden_at=now, hidden_reason="Names.")
    if state == "disqualified":
        Team.objects.update(disqualified_at=now, disqualified_reason="Cheated.")
    if state == "opened again":
        move(writeup.team.challenge, closes_at=1)
    for person in OUTSIDERS:
        assert reads(request, person, writeup) == [None, None, None]
    for person in INSIDERS:
        assert reads(request, person, writeup) == [1, 2, 2]


def test_who_deleted_their_account_stays_as_a_former_participant(
    writeup: WriteUp, bob: User
) -> None:
    writeup.versions.update(by=bob)
    delete_account(by=bob)
    version = writeup.latest()
    assert version
    assert str(version.by) == FORMER


# Merging -----------------------------------------------------------------------------------------


@pytest.fixture
def merged(team: Team, rival: User) -> Callable[[], Team]:
    """A function that makes Rita's team a part of Alice's, and returns Alice's."""

    def merge() -> Team:
        proposal = MergeProposal.objects.create(
            surviving=team, absorbed=Team.objects.get(captain=rival)
        )
        return merging.accept(proposal=proposal, by=rival)

    return merge


def test_a_write_up_goes_to_the_team_that_has_none_as_a_draft(
    merged: Callable[[], Team], rival: User, track: Track, bob: User
) -> None:
    make_writeup(rival.memberships.get().team, track, published=True)
    team = merged()
    writeup = WriteUp.objects.get()
    assert writeup.team == team
    assert (writeup.published_version, writeup.published_at) == (None, None)
    assert version_for(bob, writeup)
    assert version_for(rival, writeup)


def test_of_two_write_ups_all_versions_stay_and_the_survivors_newest_is_the_newest(
    merged: Callable[[], Team],
    team: Team,
    rival: User,
    track: Track,
    pdf: Callable[..., Upload],
    kept: Callable[[], list[str]],
) -> None:
    theirs = rival.memberships.get().team
    words: dict[str, Any] = {"body": "Text.", "track": track}
    for number in range(3):
        actions.save(
            team=theirs, title=f"T{number}", based_on=number, by=rival, paper=pdf(), **words
        )
    for number in range(2):
        actions.save(
            team=team, title=f"O{number}", based_on=number, by=team.captain, slides=pdf(), **words
        )
    own = WriteUp.objects.get(team=team)
    merged()
    writeup = WriteUp.objects.get()
    assert writeup == own
    titles = list(writeup.versions.order_by("number").values_list("number", "title"))
    assert titles == [(1, "T0"), (2, "T1"), (3, "T2"), (4, "O0"), (5, "O1")]
    assert Attachment.objects.filter(writeup=writeup).count() == len(kept()) == 2


def test_what_organizers_have_hidden_stays_hidden_after_a_merge(
    merged: Callable[[], Team], team: Team, rival: User, track: Track
) -> None:
    make_writeup(team, track)
    theirs = make_writeup(rival.memberships.get().team, track)
    WriteUp.objects.filter(pk=theirs.pk).update(
        hidden_at=timezone.now(), hidden_reason="It names rows."
    )
    merged()
    assert WriteUp.objects.get().hidden_reason == "It names rows."
