"""What a change would do to the boards of a challenge: it is made, read, and taken back."""

from collections.abc import Callable, Iterator

from django.db import transaction

from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Challenge, Task, Track
from podium.standings.feedback import step_of
from podium.standings.history import present_rows
from podium.standings.rescore_boards import BoardPreview, changes
from podium.standings.reveal import has_private_boards
from podium.standings.visible import UNROUNDED_DECIMALS, decimals_of
from podium.submissions.models import Part


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
