"""The sentence that a board opens with: how its teams compare with AutoGluon, and what is left."""

import math
from collections.abc import Sequence

from figures.axes import race
from figures.words import plural
from leaderboard.verdict import Shown, Verdict, compare_with, headroom_left
from podium.challenges.models import Aggregate, Task, Track
from podium.standings.feedback import bounds
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.web.base.presenters import is_reference, reference_row
from scoring import METRICS

MOST_NAMES = 3
_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def verdict_of(subject: Task | Track, board: VisibleBoard) -> str:
    """Return the sentence about a board as it is shown, empty without a team or a baseline."""
    higher = _is_higher_better(subject)
    teams, baseline = _teams(board), _baseline(board, higher)
    if baseline is None or not teams:
        return ""
    return sentence(_shown(baseline), teams, ceiling_of(subject), higher_is_better=higher)


def compared(subject: Task | Track, board: VisibleBoard, row: BoardRow) -> str:
    """Return how a ranked row compares with the baseline: a field of `Verdict`, empty without one.

    As in the sentence, Holm's correction is over all teams of the board.
    """
    higher = _is_higher_better(subject)
    teams, baseline = _teams(board), _baseline(board, higher)
    if baseline is None or row.rank is None or row.score is None:
        return ""
    found = compare_with(_shown(baseline), teams, higher)
    return next(name for name, those in vars(found).items() if _shown(row) in those)


def leaders(board: VisibleBoard) -> str:
    """Return in a few words who leads, as far as the board can tell; empty without a team.

    Rank 1 may be shared, and a bracket of rows that are not separable may begin with it.
    """
    ranked = [row for row in board.rows if row.rank is not None]
    if not ranked:
        return ""
    shared = sum(row.rank == ranked[0].rank for row in ranked)
    places = {row.team.pk: place for place, row in enumerate(ranked)}
    alike = [
        1 + places[last]
        for first, last in board.brackets
        if places.get(first) == 0 and last in places
    ]
    tied = max([0, *alike])
    names = [row.team.name for row in ranked[: max(tied, shared)]]
    who = _listed(names)
    if tied > shared:
        return f"not separable: {who} lead"
    if shared > 1:
        return f"{who} share the lead"
    is_apart = len(ranked) > 1 and ranked[1].separable
    return f"{who} {'leads' if is_apart else 'is first'}"


def ceiling_of(subject: Task | Track) -> float | None:
    """Return the best score that can be reached as far as is known, None if there is no end.

    It is what the organizers know of the task, otherwise the best value of the metric.
    """
    if not isinstance(subject, Task):
        return 1.0  # of a mean skill and of a mean of scores in [0, 1]
    if subject.ceiling is not None:
        return subject.ceiling
    metric = METRICS[subject.headline]
    lowest, highest = bounds(subject, metric)
    best = highest if metric.higher_is_better else lowest
    return best if math.isfinite(best) else None


def range_of(subject: Task | Track) -> tuple[float, float]:
    """Return the lowest and the highest value that a board's score can have."""
    if isinstance(subject, Task):
        return bounds(subject, METRICS[subject.headline])
    return (0.0 if subject.aggregate == Aggregate.MEAN_SCORE else -math.inf), 1.0


def race_of(rows: Sequence[BoardRow]) -> tuple[float, float] | None:
    """Return the part of the scale with the race: around the best row and AutoGluon.

    None where no row has a score. Of the baselines only AutoGluon counts.
    """
    scored = [row for row in rows if row.score is not None]
    racing = [row for row in scored if not row.is_baseline or is_reference(row)] or scored
    ranked = [row for row in racing if row.rank is not None]
    best = min(ranked, key=lambda row: row.rank or 0, default=None)
    core = [row for row in racing if row is best or is_reference(row)]
    values = ends_of(racing)
    return race(ends_of(core), values) if values else None


def ends_of(rows: Sequence[BoardRow]) -> list[float]:
    """Return all scores and ends of intervals of these rows."""
    return [end for row in rows for end in (row.low, row.score, row.high) if end is not None]


def sentence(
    baseline: Shown, teams: Sequence[Shown], ceiling: float | None, *, higher_is_better: bool
) -> str:
    """Return in one sentence how many teams beat or match a baseline and how much is left.

    All values are those that the board shows; `teams` is not empty.
    """
    found = compare_with(baseline, teams, higher_is_better)
    if len(found.untested) == len(teams):
        said = _untested(baseline, teams, higher_is_better=higher_is_better)
    else:
        said = _tested(baseline, found)
    best = (max if higher_is_better else min)(team.score for team in teams)
    left = headroom_left(best, baseline.score, ceiling, higher_is_better)
    return "; ".join([*said, *([] if left is None else [_left(left)])]) + "."


def _tested(baseline: Shown, found: Verdict) -> list[str]:
    if found.ahead:
        said = [f"{_who(found.ahead, 'beats', 'beat')} {baseline.name} beyond noise"]
        more = len(found.match)
        if more:
            said.append(f"{_count(more).lower()} more {'matches' if more == 1 else 'match'} it")
    elif found.match:
        none = "none" if len(found.match) > 1 else "no team"
        said = [
            f"{_who(found.match, 'matches', 'match')} {baseline.name}",
            f"{none} beats it beyond noise",
        ]
    else:
        said = [f"No team matches {baseline.name}"]
    if found.untested:
        said.append(f"{plural(len(found.untested), 'team')} could not be tested")
    return said


def _untested(baseline: Shown, teams: Sequence[Shown], *, higher_is_better: bool) -> list[str]:
    """Return what can be said without any interval."""
    sign = 1 if higher_is_better else -1
    ahead = [team for team in teams if sign * (team.score - baseline.score) > 0]
    if not ahead:
        return [f"No team is ahead of {baseline.name}"]
    who = _who(ahead, "is", "are")
    return [f"{who} ahead of {baseline.name}", "whether by more than noise is not known"]


def _left(share: float) -> str:
    if share <= 0:
        return "no headroom is left"
    if share >= 1:
        return "all of the headroom is left"
    percent = round(100 * share)
    shown = {0: "under 1", 100: "over 99"}.get(percent, str(percent))
    return f"{shown} % of the headroom is left"


def _who(teams: Sequence[Shown], one: str, many: str) -> str:
    if len(teams) == 1:
        return f"{teams[0].name} {one}"
    return f"{_count(len(teams))} teams {many}"


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else f"{number:,}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{len(names)} teams"
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def _baseline(board: VisibleBoard, higher: bool) -> BoardRow | None:
    """Return the row of AutoGluon, or of the best baseline while AutoGluon has no score."""
    reference = reference_row(board)
    if reference is not None and reference.score is not None:
        return reference
    scored = [(row.score, row) for row in board.rows if row.is_baseline and row.score is not None]
    best = (max if higher else min)((score for score, _ in scored), default=None)
    return next((row for score, row in scored if score == best), None)


def _is_higher_better(subject: Task | Track) -> bool:
    return not isinstance(subject, Task) or METRICS[subject.headline].higher_is_better


def _teams(board: VisibleBoard) -> list[Shown]:
    return [_shown(row) for row in board.rows if row.rank is not None and row.score is not None]


def _shown(row: BoardRow) -> Shown:
    return Shown(row.team.name, row.score or 0.0, row.low, row.high)
