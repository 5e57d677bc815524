"""The final boards of a challenge, and the finalists: the first three ranks of each track."""

from django.contrib.auth.models import AnonymousUser

from podium.challenges.models import Challenge, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard, visible_boards
from podium.submissions.models import Part
from podium.teams.models import Team

LAST_RANK = 3


def final_boards(challenge: Challenge) -> list[tuple[Track, VisibleBoard]]:
    """Return the tracks with their final boards as everybody sees them: none before the reveal."""
    if not challenge.is_revealed():
        return []
    tracks = list(challenge.tracks.select_related("challenge"))
    boards = visible_boards(AnonymousUser(), tracks)
    return [(track, boards[track.pk]) for track in tracks if boards[track.pk].part == Part.PRIVATE]


def first_rows(board: VisibleBoard) -> list[BoardRow]:
    """Return the rows of the finalists on a final board, teams with equal ranks all."""
    return [row for row in board.rows if row.rank is not None and row.rank <= LAST_RANK]


def finalist_of(challenge: Challenge, slug: str) -> Team | None:
    """Return the finalist with this slug, if there is one."""
    if not slug:
        return None
    # Compared here: text from an address need not be valid for the database.
    boards = final_boards(challenge)
    teams = {row.team.slug: row.team.pk for _, board in boards for row in first_rows(board)}
    return challenge.teams.filter(pk=teams[slug]).first() if slug in teams else None
