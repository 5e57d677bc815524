"""Ranks, display rounding, skill and the boards made of them: numbers in, rows out."""

from leaderboard.boards import (
    Entry,
    Row,
    TrackCell,
    TrackEntry,
    TrackRow,
    TrackTask,
    task_board,
    track_board,
)
from leaderboard.display import decimals, feedback_step, round_to_step
from leaderboard.ranks import competition_ranks
from leaderboard.skills import mean_score, mean_skill, skill

__all__ = [
    "Entry",
    "Row",
    "TrackCell",
    "TrackEntry",
    "TrackRow",
    "TrackTask",
    "competition_ranks",
    "decimals",
    "feedback_step",
    "mean_score",
    "mean_skill",
    "round_to_step",
    "skill",
    "task_board",
    "track_board",
]
