"""Ranks, display rounding, skill and the boards made of them: numbers in, rows out.

Import what only workers and figures need from its own module: `ladder`, `aggregates`,
`friedman`, `evidence` with `separation` and `intervals`, and `bundle`.
"""

from leaderboard.boards import (
    Entry,
    Row,
    TrackEntry,
    TrackRow,
    TrackTask,
    task_board,
    track_board,
)
from leaderboard.display import decimals, feedback_step, noise_decimals, round_to_step
from leaderboard.final import Candidate, FinalRow, FinalRule, FinalTeam, final_board, finals
from leaderboard.ranks import competition_ranks
from leaderboard.skills import mean_score, mean_skill, skill

__all__ = [
    "Candidate",
    "Entry",
    "FinalRow",
    "FinalRule",
    "FinalTeam",
    "Row",
    "TrackEntry",
    "TrackRow",
    "TrackTask",
    "competition_ranks",
    "decimals",
    "feedback_step",
    "final_board",
    "finals",
    "mean_score",
    "mean_skill",
    "noise_decimals",
    "round_to_step",
    "skill",
    "task_board",
    "track_board",
]
