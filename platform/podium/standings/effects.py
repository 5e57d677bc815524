"""What a change would do to the boards of a challenge: it is made, read, and taken back."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction

from leaderboard.boards import TRACK_STEP
from podium.accounts.models import User
from podium.challenges.models import Challenge, Task, Track
from podium.challenges.rulings import Ruling
from podium.standings.feedback import step_of
from podium.standings.history import present_rows
from podium.standings.rescore_boards import BoardPreview, changes
from podium.standings.reveal import has_private_boards
from podium.standings.visible import UNROUNDED_DECIMALS, decimals_of
from podium.submissions.models import Part

# Of more rows it would take too long to try what becomes of the boards.
MOST_TRIED = 20


def effects(challenge: Challenge, change: Callable[[], object]) -> list[BoardPreview]:
    """Return the boards on which the change would move somebody. Raises the change's refusal.

    Private boards are among them once they are public. Only for organizers.
    """
    boards = list(_boards(challenge))
    with transaction.atomic():
        before = [present_rows(subject, part) for subject, part in boards]
        change()
        after = [present_rows(subject, part) for subject, part in boards]
        transaction.set_rollback(True)
    previews = [
        BoardPreview(subject, part, changes(old, new), len(new), _decimals(subject, part), False)
        for (subject, part), old, new in zip(boards, before, after, strict=True)
    ]
    return [each for each in previews if each.changes]


def _boards(challenge: Challenge) -> Iterator[tuple[Task | Track, str]]:
    """Yield tracks and tasks with the part that is shown; only one part is, at a time."""
    is_private = challenge.is_revealed() and has_private_boards(challenge)
    part = Part.PRIVATE if is_private else Part.PUBLIC
    for track in challenge.tracks.select_related("challenge"):
        yield track, part
    for task in challenge.tasks.select_related("challenge", "track", "solution", "dataset_version"):
        yield task, part


def _decimals(subject: Task | Track, part: str) -> int:
    if part == Part.PRIVATE:
        return UNROUNDED_DECIMALS
    return decimals_of(step_of(subject) if isinstance(subject, Task) else TRACK_STEP)


def effects_of(ruling: Ruling[Any], challenge: Challenge, by: User) -> list[BoardPreview] | None:
    """Return the boards that an act would change, or None if it has too many rows to be tried."""
    if not ruling.act.moves_ranks or ruling.lacks_target:
        return None
    if not 0 < len(ruling.fit) <= MOST_TRIED:
        return None
    keys = [row.pk for row in ruling.fit]

    def done() -> None:
        for row in ruling.acts.rows(challenge).filter(pk__in=keys):
            ruling.act.carry_out(row, {**ruling.given, "reason": "tried"}, by)

    return effects(challenge, done)
