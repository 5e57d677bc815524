"""Write boards: close rows that changed and add their successors, under one lock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from podium import celery
from podium.challenges.models import Challenge, Task, Track
from podium.standings.document import FACTS, BoardTable
from podium.standings.history import states, table_of
from podium.standings.models import Board, BoardDocument, Revision, Standing
from podium.standings.rows import BoardRow
from podium.standings.visible import stood_still
from podium.submissions.models import Part


def lock(track: Track) -> None:
    """Lock the track's public board, to serialize changes to all boards of the track."""
    Board.objects.select_for_update().get_or_create(track=track, part=Part.PUBLIC)


@dataclass(frozen=True)
class Present:
    """The present state of a board, to be followed by the next one."""

    board: Board
    challenge: Challenge
    revision: Revision | None
    table: BoardTable

    @property
    def rows(self) -> list[BoardRow]:
        return self.table.rows(self.challenge.slug)


def present(subject: Task | Track, part: str) -> Present:
    """Return the present state of a board, created if it is new. Its track is locked."""
    revision = states([subject], [part]).select_related("document").defer("study").first()
    if revision:
        return Present(revision.board, subject.challenge, revision, table_of(revision, subject))
    task, track = (subject, None) if isinstance(subject, Task) else (None, subject)
    board, _ = Board.objects.get_or_create(task=task, track=track, part=part)
    return Present(board, subject.challenge, None, BoardTable.of([]))


def write(state: Present, fresh: BoardTable, now: datetime, *, step: float | None) -> None:
    """Close the rows that changed, add their successors, and increment the board's revision."""
    board, before = state.board, state.revision
    old, new = state.table.facts(), fresh.facts()
    added = {team for team, facts in new.items() if old.get(team) != facts}
    over = [team for team in old if team not in new or team in added]
    if not over and not added and (before is None or before.step == step):
        return
    rows = {row.team.pk: row for row in fresh.of_teams(added).rows(state.challenge.slug)}
    closed = Standing.objects.filter(board=board, team__in=over, valid_until=None)
    shown = closed.values_list("team", "score", "score_since")
    since = {team: at for team, score, at in shown if team in rows and score == rows[team].score}
    closed.update(valid_until=now)
    Standing.objects.bulk_create(
        Standing(
            board=board,
            team_id=team,
            valid_from=now,
            score_since=since.get(team, now),
            tasks=row.tasks,
            **{name: getattr(row, name) for name in FACTS},
        )
        for team, row in rows.items()
    )
    board.revision += 1
    board.save(update_fields=["revision"])
    revision = Revision.objects.create(
        board=board,
        number=board.revision,
        at=now,
        step=step,
        best=None if fresh.best == state.table.best else fresh.best,
    )
    _store(state, revision, fresh.encode())
    celery.send("analysis.study", board.pk, expires=60)


def _store(state: Present, revision: Revision, data: bytes) -> None:
    """Store the document of a new state, replacing the last one unless a freeze still shows it."""
    since = stood_still(state.challenge, revision.at)
    before = BoardDocument.objects.filter(revision=state.revision)
    if since:
        before = before.exclude(revision__at__lte=since)
    if not before.update(revision=revision, data=data):
        BoardDocument.objects.create(revision=revision, data=data)


def relabel(challenge: Challenge, change: Callable[[BoardTable], bool]) -> None:
    """Change labels in all stored documents of a challenge; `change` returns whether it did."""
    with transaction.atomic():
        boards = Board.objects.filter(Q(task__challenge=challenge) | Q(track__challenge=challenge))
        # Locks on the public boards of tracks serialize all changes to boards.
        tracks = boards.filter(track__isnull=False, part=Part.PUBLIC).order_by("track")
        list(tracks.select_for_update(of=("self",)))
        for document in BoardDocument.objects.filter(revision__board__in=boards):
            table = BoardTable.decode(bytes(document.data))
            if change(table):
                document.data = table.encode()
                document.save(update_fields=["data"])
