"""The board after the reveal: which submissions count, their private ranks, and the shake-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard.boards import Entry, Key, Moment, task_board
from leaderboard.ranks import competition_ranks


@dataclass(frozen=True)
class Candidate:
    """A scored submission of a team, neither withdrawn nor disqualified.

    ``displayed`` is its displayed public score, ``private`` the unrounded private one and
    ``tie_break`` the unrounded private value of the tie-break metric. ``selected``: the team chose
    it as final.
    """

    key: Key
    received: Moment
    displayed: float | None
    private: float | None
    tie_break: float | None = None
    selected: bool = False


@dataclass(frozen=True)
class FinalTeam:
    """A team, or a baseline, with its candidates and its rank on the public board, if any."""

    key: Key
    candidates: Sequence[Candidate]
    public_rank: int | None = None
    is_baseline: bool = False


@dataclass(frozen=True)
class FinalRow:
    """A row of the private board: the rank, and the submission that made it.

    ``counted`` is None where no final submission has a private score. The rank is shared by scores
    within 1e-12; the order of the rows also follows the tie-break and decides prizes.
    """

    rank: int | None
    team: FinalTeam
    counted: Candidate | None

    @property
    def rise(self) -> int | None:
        """The shake-up: by how many ranks the team rose (above 0) or fell at the reveal."""
        if self.rank is None or self.team.public_rank is None:
            return None
        return self.team.public_rank - self.rank


@dataclass(frozen=True)
class FinalRule:
    """How a task's private board is ranked: the directions of its headline and its tie-break."""

    higher_is_better: bool
    tie_break_higher: bool


def finals(candidates: Sequence[Candidate], higher_is_better: bool) -> list[Candidate]:
    """The submissions of one team that count: those selected.

    Without a selection, the best by displayed public score (the earlier if equal); none if none has
    a displayed score.
    """
    selected = [candidate for candidate in candidates if candidate.selected]
    if selected:
        return selected
    shown = [candidate for candidate in candidates if candidate.displayed is not None]
    ranks = competition_ranks([candidate.displayed for candidate in shown], higher_is_better)
    best = [each for each, rank in zip(shown, ranks, strict=True) if rank == 1]
    return sorted(best, key=_age)[:1]


def final_board(teams: Sequence[FinalTeam], rule: FinalRule) -> list[FinalRow]:
    """The private board, best first, from unrounded private scores of the final submissions.

    The best of a team's final submissions counts; if equal (1e-12), the one with the better
    tie-break, then the earlier. Shared ranks are ordered in the same way. Baselines are listed
    between the ranks, teams without a private score last.
    """
    counted = {team.key: _counted(team, rule) for team in teams}
    by_key = {team.key: team for team in teams}
    rows = task_board(
        [_entry(team, counted[team.key], rule) for team in teams], rule.higher_is_better
    )
    return [FinalRow(row.rank, by_key[row.entry.key], counted[row.entry.key]) for row in rows]


def _counted(team: FinalTeam, rule: FinalRule) -> Candidate | None:
    chosen = finals(team.candidates, rule.higher_is_better)
    entries = [
        Entry(each.key, each.private, first_reached=each.received, tie_break=goodness(each, rule))
        for each in chosen
        if each.private is not None
    ]
    rows = task_board(entries, rule.higher_is_better)
    return next((each for each in chosen if rows and each.key == rows[0].entry.key), None)


def _entry(team: FinalTeam, counted: Candidate | None, rule: FinalRule) -> Entry:
    if counted is None:
        return Entry(team.key, None, is_baseline=team.is_baseline)
    return Entry(
        team.key,
        counted.private,
        first_reached=counted.received,
        is_baseline=team.is_baseline,
        tie_break=goodness(counted, rule),
    )


def goodness(candidate: Candidate, rule: FinalRule) -> float | None:
    """The candidate's tie-break with its sign turned so that larger is better."""
    value = candidate.tie_break
    return value if value is None or rule.tie_break_higher else -value


def _age(candidate: Candidate) -> tuple[Moment, Key]:
    return (candidate.received, candidate.key)
