"""After private scores were shown: what comes later is completed, and nothing opens again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from podium.audit.models import Event
from podium.challenges.models import UPLOAD_GRACE, Challenge, Phase, Task, Track
from podium.refusals import Refused
from podium.standings.document import BoardTable
from podium.standings.feedback import is_revealed
from podium.standings.models import Board, Revision
from podium.standings.reveal import due
from podium.standings.visible import visible_board
from podium.submissions.actions import refuse_time
from podium.submissions.models import Part
from podium.teams.models import Team
from tests.site import factories
from tests.site.factories import reveal, reveal_due, tell_owners
from tests.site.standings.conftest import Scored
from tests.site.standings.entrants import reveal_now

Teams = Callable[[str], list[Team]]


@pytest.fixture
def shown(matching_task: Task, teams: Teams, scored: Scored) -> Task:
    """A task with a team on its board, whose challenge has just been revealed."""
    (team,) = teams("Ahorn")
    scored(team, matching_task, 0.9, private=0.7)
    reveal_now(matching_task.challenge)
    return matching_task


# What is added later


def private_boards() -> set[str]:
    boards = Board.objects.filter(part=Part.PRIVATE).select_related("task", "track")
    return {str(board.task or board.track) for board in boards}


def test_a_task_that_is_added_after_the_reveal_gets_its_private_board(shown: Task) -> None:
    before = list(Revision.objects.order_by("pk").values())
    assert due() == []
    added = factories.make_task(shown.challenge, "matching", "late")
    assert due() == [shown.challenge]
    assert not is_revealed(added)
    reveal_due()
    assert is_revealed(added)
    assert str(added) in private_boards()
    assert due() == []
    assert list(Revision.objects.order_by("pk").values()) == before  # there is nothing to show yet


def test_a_track_that_is_added_after_the_reveal_gets_its_private_boards_with_its_scores(
    shown: Task, scored: Scored
) -> None:
    added = factories.make_task(shown.challenge, "classification", "late")
    team = Team.objects.get(name="Ahorn")
    trivial = factories.make_team(shown.challenge, "Trivial", baseline="trivial")
    # As if they had been scored before anybody knew of private boards.
    scored(team, added, 0.4, private=0.3)
    scored(trivial, added, 0.1, private=0.1)
    Board.objects.filter(part=Part.PRIVATE).exclude(task=shown).exclude(track=shown.track).delete()
    reveal_due()
    for subject in (added, added.track):
        board = visible_board(AnonymousUser(), subject)
        assert (board.part, board.rows[0].team.name) == (Part.PRIVATE, "Ahorn")
    assert due() == []


def test_a_reveal_that_is_completed_is_told_once_and_done_once(shown: Task) -> None:
    first = Challenge.objects.get().revealed_at
    factories.make_task(shown.challenge, "matching", "late")
    assert reveal(shown.challenge)
    assert not reveal(shown.challenge)
    assert Challenge.objects.get().revealed_at == first
    assert Event.objects.filter(verb="revealed").count() == 1


def test_of_all_that_is_missing_nothing_appears_if_one_board_fails(
    shown: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podium.standings import reveal as module

    factories.make_task(shown.challenge, "matching", "late")
    factories.make_task(shown.challenge, "classification", "later")
    before, write = private_boards(), module.write_track

    def breaks(track: Track, *rest: Any) -> None:
        if track.kind == "classification":
            raise RuntimeError("no room")
        write(track, *rest)

    monkeypatch.setattr(module, "write_track", breaks)
    with pytest.raises(RuntimeError):
        reveal(shown.challenge)
    assert private_boards() == before
    monkeypatch.undo()
    assert reveal(shown.challenge)
    assert len(private_boards()) == len(before) + 3


def test_a_reveal_that_fails_keeps_no_other_challenge_waiting(
    matching_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podium.standings import reveal as module

    other = factories.make_task(factories.make_challenge("other"), "matching")
    now = timezone.now() - UPLOAD_GRACE
    Challenge.objects.update(team_freeze_at=now, closes_at=now, reveal_at=now)
    tell_owners()
    broken, write = due()[0], module.write_private

    def breaks(task: Task, at: datetime) -> BoardTable:
        if task.challenge_id == broken.pk:
            raise RuntimeError("no room")
        return write(task, at)

    monkeypatch.setattr(module, "write_private", breaks)
    with pytest.raises(RuntimeError):
        reveal_due()
    assert due() == [broken]
    assert {matching_task.challenge_id, other.challenge_id} > {broken.pk}


def test_a_reveal_that_was_moved_since_it_was_found_due_does_not_happen(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    scored(teams("Ahorn")[0], matching_task, 0.9, private=0.7)
    now = timezone.now() - UPLOAD_GRACE
    Challenge.objects.update(team_freeze_at=now, closes_at=now, reveal_at=now)
    tell_owners()
    (found,) = due()
    Challenge.objects.update(reveal_at=now + timedelta(days=1))
    assert not reveal(found)
    assert Challenge.objects.get().revealed_at is None
    assert not private_boards()


def test_no_private_board_is_made_while_an_upload_may_still_end(
    matching_task: Task, teams: Teams, scored: Scored
) -> None:
    scored(teams("Ahorn")[0], matching_task, 0.9, private=0.7)
    for early, is_made in ((timedelta(seconds=5), False), (timedelta(0), True)):
        close = timezone.now() - UPLOAD_GRACE + early
        Challenge.objects.update(team_freeze_at=close, closes_at=close, reveal_at=close)
        tell_owners()
        challenge = Challenge.objects.get()
        assert bool(due()) == is_made
        assert reveal(challenge) == is_made
        assert bool(private_boards()) == is_made


# Nothing opens again


def reopened(task: Task) -> Task:
    """Return the task of a challenge whose times say that it is open, against all verbs."""
    later = timezone.now() + timedelta(days=9)
    Challenge.objects.update(team_freeze_at=later, closes_at=later, reveal_at=later)
    return Task.objects.select_related("challenge").get(pk=task.pk)


def test_a_challenge_is_never_open_again(shown: Task) -> None:
    challenge = reopened(shown).challenge
    assert challenge.phase() == Phase.CLOSED
    assert not challenge.takes_choices()
    assert challenge.revealed_at is not None
    assert challenge.phase(challenge.revealed_at - timedelta(minutes=1)) == Phase.OPEN


def test_no_file_is_taken_any_more(shown: Task) -> None:
    task, now = reopened(shown), timezone.now()
    with pytest.raises(Refused) as refused:
        refuse_time(task, now, now)
    assert refused.value.code == "closed"


def test_its_close_cannot_be_moved_beyond_the_reveal(shown: Task) -> None:
    challenge = Challenge.objects.get()
    challenge.full_clean()
    challenge.closes_at += timedelta(hours=1)
    challenge.reveal_at += timedelta(days=9)
    challenge.full_clean()  # the boards may be hidden again, and what counts stays as it was
    challenge.closes_at = timezone.now() + timedelta(days=1)
    with pytest.raises(ValidationError, match=r"Private scores were .* cannot be moved"):
        challenge.full_clean()
    challenge.revealed_at = None  # as it was in a form that was read before the reveal
    with pytest.raises(ValidationError, match="Make a new challenge instead"):
        challenge.full_clean()
