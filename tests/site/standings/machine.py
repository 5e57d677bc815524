"""A challenge in which anything may happen in any order, and what its boards must be then.

The workers' own functions run, but no file is scored: `World.outcomes` says what the scorer finds.
Time moves with every step only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from podium.catalog.models import Kind, Solution
from podium.challenges.models import Challenge, Feedback, Task, Track
from podium.standings.actions import rebuild
from podium.standings.history import present_rows, ranked_at, table_of
from podium.standings.models import Board, BoardDocument, Standing
from podium.standings.reveal import TIE_BREAK
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard, visible_board
from podium.submissions.jobs import rescore_batches, rescoring, scoring_runs
from podium.submissions.models import Part, State, Submission
from podium.teams.models import Team
from scoring.result import Failed, Problem, Rejected, Score, Scored
from tests.site import factories
from tests.site.standings import oracle
from tests.site.standings.oracle import Attempt, Entrant, Result, Row, TaskRule

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PUBLIC_ROWS = 1000
NOISE = Fraction(1, 100)  # of a mean over as many rows: sqrt(0.25 / 1000) is 0.0158
STANDARD_ERROR = 0.0063
REFERENCE_NOISE = Fraction(5, 1000)
MODES = {"pairs": Feedback.ROUNDED, "steps": Feedback.LADDER, "photos": Feedback.EXACT}
KINDS = {"pairs": Kind.MATCHING, "steps": Kind.MATCHING, "photos": Kind.CLASSIFICATION}
# The interval of an average precision is Wilson's, over as many matches as the solution counts.
TRIALS = {"pairs": 15_000, "steps": 15_000, "photos": None}
AGGREGATES = {Kind.MATCHING: "mean_skill", Kind.CLASSIFICATION: "mean_score"}
Outcome = Scored | Rejected | Failed
Shown = tuple[Any, ...]


@dataclass
class Moment:
    """What readers saw at a time: by reader and subject. `status` is what the timeline said."""

    at: datetime
    status: tuple[datetime | None, bool]
    shown: dict[tuple[str, str], Shown]


@dataclass
class World:
    """The challenge, and with it what the oracle knows of it."""

    clock: time_machine.Traveller
    challenge: Challenge
    olga: Any
    entrants: dict[str, Entrant]
    rules: dict[str, TaskRule]
    outcomes: list[Outcome] = field(default_factory=list)
    selections: int = 0
    revealed: bool = False
    fixed: set[str] = field(default_factory=set)
    moments: list[Moment] = field(default_factory=list)
    revisions: dict[int, int] = field(default_factory=dict)
    written: dict[int, Shown] = field(default_factory=dict)

    def tick(self, minutes: int = 1) -> None:
        self.clock.shift(timedelta(minutes=minutes))

    def task(self, slug: str) -> Task:
        """Return the task as a request would read it."""
        needed = ("challenge", "track__challenge", "solution", "dataset_version")
        return Task.objects.select_related(*needed).get(slug=slug)

    def subjects(self) -> dict[str, Task | Track]:
        tracks = Track.objects.select_related("challenge")
        return {**{slug: self.task(slug) for slug in MODES}, **{t.kind: t for t in tracks}}

    def team(self, name: str) -> Team:
        return Team.objects.select_related("challenge", "captain").get(pk=self.entrants[name].pk)

    def submission(self, attempt: Attempt) -> Submission:
        needed = ("team", "task__challenge", "task__track", "task__solution")
        return Submission.objects.select_related(*needed).get(pk=attempt.pk)

    def attempts(self, slug: str) -> list[Attempt]:
        return [a for each in self.entrants.values() for a in each.attempts.get(slug, [])]

    def found(self, wanted: Callable[[Attempt], bool]) -> list[tuple[str, Attempt]]:
        """Return such attempts, each with the slug of its task."""
        return [(slug, a) for slug in MODES for a in self.attempts(slug) if wanted(a)]

    def score(self, attempt: Attempt, outcome: Outcome) -> None:
        """Let a worker find this outcome."""
        self.outcomes = [outcome]
        held = Submission.claim(attempt.pk)
        assert held is not None
        scoring_runs.score(held, None)  # type: ignore[arg-type]  # nothing is scored
        attempt.state = State(self.submission(attempt).state)
        attempt.has_failed |= attempt.state == State.FAILED

    def outcome_of(self, submission: Submission, solution: Solution, scorer: object) -> Outcome:
        """Stand in for the scorer: the outcomes in turn."""
        outcome = self.outcomes.pop(0)
        self.outcomes.append(outcome)
        return outcome


@contextmanager
def world() -> Iterator[World]:
    """Make a world whose clock stands and whose rows vanish at the end."""
    with (
        pytest.MonkeyPatch.context() as patch,
        time_machine.travel(BEGIN, tick=False) as clock,
        transaction.atomic(),
    ):
        made = _make(clock)
        patch.setattr(scoring_runs, "outcome_of", made.outcome_of)
        patch.setattr(rescore_batches, "outcome_of", made.outcome_of)
        patch.setattr(rescore_batches, "_somebody_waits", lambda: False)
        patch.setattr(rescoring, "send", lambda pk, ids: rescore_batches.work(pk, ids, None))
        try:
            yield made
        finally:
            transaction.set_rollback(True)


def _make(clock: time_machine.Traveller) -> World:
    now = timezone.now()
    challenge = factories.make_challenge(
        "any",
        team_freeze_at=now + timedelta(hours=1),
        closes_at=now + timedelta(hours=10),
        reveal_at=now + timedelta(hours=14),
        freeze_hours=3,
    )
    for slug, mode in MODES.items():
        task = factories.make_task(challenge, KINDS[slug], slug, feedback=mode, step=None)
        Solution.objects.filter(pk=task.solution_id).update(public_rows=PUBLIC_ROWS)
        Track.objects.filter(pk=task.track_id).update(aggregate=AGGREGATES[KINDS[slug]])
    olga = factories.make_user("olga")
    factories.make_organizer(challenge, olga)
    names = ("Ann", "Ben", "Cem")
    teams = {n: factories.make_team(challenge, n, factories.make_user(n.lower())) for n in names}
    for name in ("trivial", "autogluon"):
        teams[name] = factories.make_team(challenge, name.title(), baseline=name)
    return World(
        clock=clock,
        challenge=challenge,
        olga=olga,
        entrants={name: Entrant(team.pk, team.baseline) for name, team in teams.items()},
        rules={
            slug: TaskRule(slug, mode.value, NOISE, TRIALS[slug]) for slug, mode in MODES.items()
        },
    )


def scored(slug: str, result: Result) -> Scored:
    """Return what the scorer says of a file with this result."""
    kind = KINDS[slug]
    found: list[Score] = []
    for part, value in (("public", result.public), ("private", result.private)):
        headline = factories.HEADLINES[kind]
        if value is None:
            found.append(Score(part, headline, None, None, None, None, 3, "undefined"))  # type: ignore[arg-type]
            continue
        low, high = float(value - oracle.HALF_WIDTH), float(value + oracle.HALF_WIDTH)
        found.append(Score(part, headline, float(value), low, high, STANDARD_ERROR, 3))  # type: ignore[arg-type]
    # A larger tie-break is better here; of the Brier score the smaller one is.
    tie = float(result.tie_break if kind == Kind.MATCHING else -result.tie_break)
    found.append(Score("private", TIE_BREAK[kind], tie, None, None, None, 3))
    return Scored(scores=tuple(found), rows=b"rows", seconds=0.1)


REJECTED = Rejected((Problem("duplicated_id", "An id occurs twice."),))
FAILED = Failed("The disk is full.")


def check(made: World) -> None:
    """Assert everything that must hold after any step, and remember what is shown now."""
    subjects = made.subjects()
    _check_stored(made, subjects)
    _check_revisions(made)
    _check_rebuilt(subjects)
    boards = {
        (name, key): visible_board(reader, subject)
        for name, reader in _readers(made).items()
        for key, subject in subjects.items()
    }
    _check_shown(made, subjects, boards)
    now = timezone.now()
    shown = {key: digest(board) for key, board in boards.items()}
    _remember(made, Moment(now, _status(made, now), shown))


def _remember(made: World, moment: Moment) -> None:
    """Keep the moment; of many alike the first and the last are enough."""
    alike = [(each.status, each.shown) for each in (*made.moments[-2:], moment)]
    if len(alike) == 3 and alike[0] == alike[1] == alike[2]:
        made.moments.pop()
    made.moments.append(moment)


def look_back(made: World) -> None:
    """Assert that every earlier moment looks as it did then, unless its timeline was changed."""
    subjects = made.subjects()
    readers = _readers(made)
    for moment in made.moments:
        if moment.status != _status(made, moment.at):
            continue
        for (name, key), then in moment.shown.items():
            now = digest(visible_board(readers[name], subjects[key], at=moment.at))
            assert now == then, (name, key, moment.at)


def digest(board: VisibleBoard) -> Shown:
    """Return all that a board shows. Without any revision nothing was ever rounded."""
    digits = board.decimals if board.revision else None
    # Only the id of its team: a later disqualification is shown on earlier boards too.
    rows = tuple((row.team.pk, *row[1:]) for row in board.rows)
    return (board.part, board.revision, digits, board.frozen_since, rows)


def _readers(made: World) -> dict[str, Any]:
    ann = made.team("Ann").captain
    return {"anonymous": AnonymousUser(), "ann": ann, "olga": made.olga}


def _status(made: World, at: datetime) -> tuple[datetime | None, bool]:
    """Return what the timeline says of a moment: since when it was frozen, whether revealed."""
    challenge = Challenge.objects.get(pk=made.challenge.pk)
    is_revealed = challenge.is_revealed(at)
    since = challenge.closes_at - timedelta(hours=challenge.freeze_hours)
    return (since if since <= at and not is_revealed else None, is_revealed)


def expected(made: World, part: str = Part.PUBLIC) -> dict[str, list[Row]]:
    """Return every board of a part as the oracle has it, by task and track."""
    everyone = list(made.entrants.values())
    boards = {slug: oracle.task_board(rule, everyone) for slug, rule in made.rules.items()}
    if part == Part.PRIVATE:
        for slug, rule in made.rules.items():
            boards[slug] = oracle.private_board(rule, boards[slug], everyone)
    step = oracle.TRACK_STEP if part == Part.PUBLIC else None
    tracks = {}
    for kind, aggregate in AGGREGATES.items():
        rules = [rule for slug, rule in made.rules.items() if KINDS[slug] == kind]
        mine = {rule.slug: boards[rule.slug] for rule in rules}
        tracks[str(kind)] = oracle.track_board(rules, mine, aggregate, step)
    return {**boards, **tracks}


def _check_stored(made: World, subjects: dict[str, Task | Track]) -> None:
    """Assert that documents and history both have the rows that the oracle has."""
    parts = [Part.PUBLIC]
    if Board.objects.filter(part=Part.PRIVATE).exists():
        assert made.revealed, "private boards before the reveal"
        parts.append(Part.PRIVATE)
    for part in parts:
        for key, rows in expected(made, part).items():
            _assert_same(present_rows(subjects[key], part), rows, f"{part} {key}")
    for document in BoardDocument.objects.select_related("revision__board"):
        board, at = document.revision.board, document.revision.at
        subject = next(s for s in subjects.values() if s in (board.task, board.track))
        is_current = document.revision.number == board.revision
        shown = ranked_at(board, subject, None if is_current else at)
        table = table_of(document.revision, subject)
        assert table.rows(subject.challenge.slug) == shown, board


def _assert_same(stored: list[BoardRow], rows: list[Row], name: str) -> None:
    assert [row.team.pk for row in stored] == [row.team for row in rows], name
    for found, row in zip(stored, rows, strict=True):
        assert found.rank == row.rank, name
        assert _numbers(found) == pytest.approx(
            [_float(n) for n in (row.score, row.low, row.high)]
        ), name
        assert (found.submission_id, found.attempts) == (row.submission, row.attempts), name
        assert found.first_reached == row.first_reached, name
        cells = [(each["task"], each["score"], each["skill"]) for each in found.tasks]
        assert [c[0] for c in cells] == [c[0] for c in row.cells], name
        for cell, wanted in zip(cells, row.cells, strict=True):
            assert cell[1:] == pytest.approx(tuple(_float(n) for n in wanted[1:])), name


def _numbers(row: BoardRow) -> list[float | None]:
    return [row.score, row.low, row.high]


def _float(number: Fraction | None) -> float | None:
    return None if number is None else float(number)


def _check_revisions(made: World) -> None:
    """Assert that no board changed twice in one step, and that no written row ever changed."""
    for board in Board.objects.all():
        before = made.revisions.get(board.pk, 0)
        assert board.revision - before in (0, 1), board
        made.revisions[board.pk] = board.revision
        assert board.revisions.count() == board.revision
    for row in Standing.objects.values():
        was = made.written.get(row["id"])
        values = tuple(value for name, value in row.items() if name != "valid_until")
        assert was is None or was[0] == values
        assert was is None or was[1] in (None, row["valid_until"])
        made.written[row["id"]] = (values, row["valid_until"])


def _check_rebuilt(subjects: dict[str, Task | Track]) -> None:
    """Assert that making every board from all scores again changes nothing."""
    before = _revisions()
    mark = transaction.savepoint()
    for subject in subjects.values():
        if isinstance(subject, Task) and Board.objects.filter(task=subject).exists():
            rebuild(subject)
    assert _revisions() == before
    transaction.savepoint_rollback(mark)


def _revisions() -> dict[int, int]:
    return dict(Board.objects.filter(revision__gt=0).values_list("pk", "revision"))


def _check_shown(
    made: World, subjects: dict[str, Task | Track], boards: dict[tuple[str, str], VisibleBoard]
) -> None:
    """Assert who sees what: nothing private before the reveal, others' rows still in a freeze."""
    since, is_revealed = _status(made, timezone.now())
    assert is_revealed or all(board.part == Part.PUBLIC for board in boards.values())
    for key, subject in subjects.items():
        seen, live = boards["anonymous", key], boards["olga", key]
        if not is_revealed:
            assert visible_board(made.olga, subject, part=Part.PRIVATE) == live
        if since is None:
            assert _lines(seen) == _lines(live), key
            continue
        then = visible_board(made.olga, subject, at=since)
        assert _lines(seen) == _lines(then), key
        _check_own_row(made, boards["ann", key], then, live)


def _check_own_row(made: World, seen: VisibleBoard, then: VisibleBoard, live: VisibleBoard) -> None:
    """Assert that Ann's row is the live one among the others of then, ranked again."""
    ann = made.entrants["Ann"].pk
    mixed = [row for row in then.rows if row.team.pk != ann]
    mixed += [row for row in live.rows if row.team.pk == ann]
    ranked = oracle.in_order(
        Row(
            team=row.team.pk,
            score=None if row.score is None else Fraction(row.score),
            low=None,
            high=None,
            submission=row.submission_id,
            first_reached=row.first_reached,
            attempts=row.attempts,
            is_baseline=row.is_baseline,
        )
        for row in mixed
    )
    wanted = [(row.rank, row.team, row.submission, row.attempts) for row in ranked]
    assert [(r.rank, r.team.pk, r.submission_id, r.attempts) for r in seen.rows] == wanted


def _lines(board: VisibleBoard) -> list[tuple[Any, ...]]:
    return [(r.rank, r.team.pk, r.score, r.low, r.high, r.attempts) for r in board.rows]
