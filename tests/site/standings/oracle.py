"""Boards by the words of docs/leaderboard.md, in plain arithmetic: what the stored ones must be.

Nothing here calls the site or the leaderboard package. Scores are fractions, so that rounding and
ties are exact.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

EXACT_STEP = Fraction(1, 1_000)
TRACK_STEP = Fraction(1, 1000)
HALF_WIDTH = Fraction(1, 100)  # of every interval that the tests make
MOST_SELECTED = 2


@dataclass(frozen=True)
class Result:
    """What the scorer found. `public` is None where the headline is undefined."""

    public: Fraction | None
    private: Fraction
    tie_break: Fraction


@dataclass
class Attempt:
    """A submission. If it was scored it `counts` by a result.

    Later replies of the Ladder wait for it, but not once it has failed.
    """

    pk: int
    received: datetime
    state: str = "queued"
    has_failed: bool = False
    counts: Result | None = None
    by_solution: dict[int, Result] = field(default_factory=dict)
    is_withdrawn: bool = False
    selected: int = 0
    """Which selection of all it was; 0: none."""


@dataclass
class Entrant:
    """A team or a baseline, with its attempts by task, in order."""

    pk: int
    baseline: str = ""
    is_disqualified: bool = False
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)


@dataclass
class TaskRule:
    """How a task shows scores: its mode and the step of its noise.

    Of a score that is a mean over these `trials`, the displayed interval is Wilson's.
    """

    slug: str
    mode: str
    noise: Fraction
    trials: int | None = None

    @property
    def step(self) -> Fraction:
        return {"exact": EXACT_STEP, "rounded": self.noise, "ladder": 5 * self.noise}[self.mode]


@dataclass(frozen=True)
class Row:
    """A line of a board. `cells` are slug, score and skill of each task of a track."""

    team: int
    score: Fraction | None
    low: Fraction | None
    high: Fraction | None
    submission: int | None
    first_reached: datetime
    attempts: int
    is_baseline: bool
    trivial: bool = False
    rank: int | None = None
    tie_break: Fraction | None = None
    cells: tuple[tuple[str, Fraction | None, Fraction | None], ...] = ()


def rounded(value: Fraction, step: Fraction) -> Fraction:
    """Return the nearest multiple of the step, the one further from 0 of two."""
    multiple = math.floor(abs(value) / step + Fraction(1, 2))
    return step * (multiple if value >= 0 else -multiple)


def task_board(rule: TaskRule, entrants: Iterable[Entrant]) -> list[Row]:
    """Return the public board of a task."""
    stand = _told if rule.mode == "ladder" else _best
    rows = [
        stand(rule, each, mine)
        for each in entrants
        if not each.is_disqualified and (mine := each.attempts.get(rule.slug, []))
    ]
    return in_order(row for row in rows if row is not None)


def track_board(
    rules: list[TaskRule],
    boards: dict[str, list[Row]],
    aggregate: str,
    step: Fraction | None = TRACK_STEP,
) -> list[Row]:
    """Return the board of a track from those of its tasks."""
    bases = {
        rule.slug: row.score
        for rule in rules
        for row in boards[rule.slug]
        if row.trivial and row.score is not None
    }
    counted = list(bases) if aggregate == "mean_skill" else [rule.slug for rule in rules]
    by_team: dict[int, dict[str, Row]] = {}
    for slug, board in boards.items():
        for row in board:
            by_team.setdefault(row.team, {})[slug] = row
    rows = []
    for mine in by_team.values():
        scores = {slug: mine[slug].score if slug in mine else None for slug in counted}
        if all(score is None for score in scores.values()):
            continue
        skills = {slug: _skill(score, bases.get(slug)) for slug, score in scores.items()}
        value = _mean(skills.values() if aggregate == "mean_skill" else _zeros(scores.values()))
        if value is not None and step is not None:
            value = rounded(value, step)
        reached = [mine[slug].first_reached for slug, score in scores.items() if score is not None]
        rows.append(
            replace(
                next(iter(mine.values())),
                score=value,
                low=None,
                high=None,
                submission=None,
                first_reached=max(reached),
                attempts=sum(row.attempts for row in mine.values()),
                rank=None,
                tie_break=None,
                cells=tuple((slug, scores[slug], skills[slug]) for slug in counted),
            )
        )
    return in_order(rows)


def private_board(rule: TaskRule, public: list[Row], entrants: Iterable[Entrant]) -> list[Row]:
    """Return the private board of a task, from its public one and the final selections."""
    by_pk = {each.pk: each for each in entrants}
    rows = []
    for row in public:
        mine = by_pk[row.team].attempts[rule.slug]
        counted = _final(row, mine)
        found = counted.counts if counted else None
        value = found.private if found else None
        rows.append(
            replace(
                row,
                score=value,
                low=None if value is None else value - HALF_WIDTH,
                high=None if value is None else value + HALF_WIDTH,
                submission=counted.pk if counted else None,
                first_reached=counted.received if counted else row.first_reached,
                tie_break=found.tie_break if found else None,
                rank=None,
            )
        )
    return in_order(rows)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the rows as they are shown, with their ranks."""
    everyone = list(rows)
    teams = [row for row in everyone if row.score is not None and not row.is_baseline]
    baselines = [row for row in everyone if row.score is not None and row.is_baseline]
    ordered = sorted(teams, key=_best_first)
    shown = [replace(row, rank=1 + _better(row, ordered)) for row in ordered]
    for row in sorted(baselines, key=_best_first, reverse=True):
        place = sum(_value(other) >= _value(row) for other in teams)
        shown.insert(place, row)
    unscored = [row for row in everyone if row.score is None]
    return shown + sorted(unscored, key=lambda r: (r.is_baseline, r.first_reached, r.team))


def _better(row: Row, others: list[Row]) -> int:
    return sum(_value(other) > _value(row) for other in others)


def _value(row: Row) -> Fraction:
    assert row.score is not None
    return row.score


def _best_first(row: Row) -> tuple[Fraction, bool, Fraction, datetime, int]:
    tie = row.tie_break
    return (-_value(row), tie is None, -(tie or Fraction(0)), row.first_reached, row.team)


def _scored(attempts: list[Attempt]) -> list[Attempt]:
    return [each for each in attempts if each.counts and not each.is_withdrawn]


def _best(rule: TaskRule, team: Entrant, attempts: list[Attempt]) -> Row | None:
    """Return the row of a team by its best displayed score, the first of equals."""
    kept = _scored(attempts)
    if not kept:
        return None
    shown = [(each, _displayed(rule, each)) for each in kept]
    defined = [(each, value) for each, value in shown if value is not None]
    if not defined:
        return _row(rule, team, kept[0], _tries(team, attempts))
    highest = max(value for _, value in defined)
    best = next(each for each, value in defined if value == highest)
    return _row(rule, team, best, _tries(team, attempts))


def _tries(team: Entrant, attempts: list[Attempt]) -> int:
    """Return how many scored submissions a team made, withdrawn ones too.

    What a baseline has off the boards are other seeds.
    """
    return sum(bool(e.counts) and not (team.baseline and e.is_withdrawn) for e in attempts)


def _told(rule: TaskRule, team: Entrant, attempts: list[Attempt]) -> Row | None:
    """Return the row of a team by the Ladder: the last submission that was accepted.

    What a baseline has off the boards are other seeds, to which nobody got a reply.
    """
    accepted, reply = None, None
    for each in attempts:
        if each.state == "queued" and not each.has_failed:
            break
        if team.baseline and each.is_withdrawn:
            continue
        if each.counts is None or each.counts.public is None:
            continue
        loss = 1 - each.counts.public
        if reply is None or loss < reply - rule.step:
            accepted, reply = each, rounded(loss, rule.step)
    kept = _scored(attempts)
    if accepted is None or not kept:
        return None
    row = _row(rule, team, accepted, _tries(team, attempts))
    if accepted.is_withdrawn:
        return replace(row, score=None, low=None, high=None, submission=None)
    return row


def _displayed(rule: TaskRule, attempt: Attempt) -> Fraction | None:
    assert attempt.counts
    value = attempt.counts.public
    return None if value is None else rounded(value, rule.step)


def _row(rule: TaskRule, team: Entrant, attempt: Attempt, attempts: int) -> Row:
    assert attempt.counts
    shown = _displayed(rule, attempt)
    low, high = _ends(rule, attempt.counts.public, shown)
    return Row(
        team=team.pk,
        score=shown,
        low=low,
        high=high,
        submission=attempt.pk,
        first_reached=attempt.received,
        attempts=attempts,
        is_baseline=bool(team.baseline),
        trivial=team.baseline == "trivial",
    )


def _final(row: Row, attempts: list[Attempt]) -> Attempt | None:
    """Return the submission that counts in the end: the best final one on the private part."""
    chosen = [each for each in attempts if each.selected and each.counts]
    if not chosen:
        shown = None if row.score is None else row.submission
        return next((each for each in attempts if each.pk == shown), None)
    kept = sorted((e for e in chosen if not e.is_withdrawn), key=lambda e: -e.selected)
    goodness: Callable[[Attempt], tuple[Fraction, Fraction, float]] = lambda each: (  # noqa: E731
        each.counts.private if each.counts else Fraction(0),
        each.counts.tie_break if each.counts else Fraction(0),
        -each.received.timestamp(),
    )
    return max(kept[:MOST_SELECTED], key=goodness, default=None)


def _skill(score: Fraction | None, base: Fraction | None) -> Fraction | None:
    if base is None or base == 1:
        return None
    if score is None:
        return Fraction(0)
    return max(Fraction(-1), min(Fraction(1), (score - base) / (1 - base)))


def _zeros(scores: Iterable[Fraction | None]) -> list[Fraction | None]:
    return [score or Fraction(0) for score in scores]


def _mean(values: Iterable[Fraction | None]) -> Fraction | None:
    usable = [value for value in values if value is not None]
    return sum(usable, Fraction(0)) / len(usable) if usable else None


def _ends(
    rule: TaskRule, raw: Fraction | None, shown: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """Return the ends of the interval as a public board shows them."""
    if raw is None or shown is None:
        return None, None
    low, high = raw - HALF_WIDTH, raw + HALF_WIDTH
    if rule.trials is not None:
        low, high = _wilson(float(shown), rule.trials)
    return max(Fraction(0), rounded(low, rule.step)), min(Fraction(1), rounded(high, rule.step))


def _wilson(share: float, trials: int) -> tuple[Fraction, Fraction]:
    z = 1.959963984540054
    middle, scale = share + z * z / (2 * trials), 1 + z * z / trials
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return Fraction((middle - half) / scale), Fraction((middle + half) / scale)
