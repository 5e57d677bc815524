"""The Ladder: replies to submissions that change only after a clear improvement.

Blum & Hardt 2015 (The Ladder: a reliable leaderboard for machine learning competitions). One state
per team and task. A submission with the loss R_S is accepted when it is better than the last reply
by more than a margin: one standard error of the paired difference in losses to the submission
accepted last (parameter-free), or a fixed step. The reply is the loss of the accepted submission in
coarse steps, and nothing else is ever revealed: neither R_S nor by how much it missed.

Losses are in [0, 1], lower is better. A metric that is not a mean of losses has the loss 1 - metric
(or the metric itself where lower is better) and its influence values in place of row losses; no
theorem covers these.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from leaderboard.display import round_to_step
from leaderboard.ranks import SLACK
from scoring.intervals import Units, standard_error

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Attempt:
    """One submission as the Ladder sees it.

    ``number`` orders the submissions of a team to a task (for merged teams, use numbers that are
    unique across both). ``rows`` (n,) are the row losses, or the headline's influence values
    together with its ``loss``; without a loss it is the mean of ``rows``. If both are missing, the
    submission was rejected, failed, or has no defined score, and is passed over. ``pending``: it is
    not final yet, so later submissions get no reply.
    """

    number: int
    rows: Floats | None = None
    loss: float | None = None
    pending: bool = False

    @classmethod
    def of_metric(
        cls, number: int, value: float | None, influence: Floats, *, higher_is_better: bool
    ) -> Attempt:
        """The attempt of a submission with this headline value and influence values (n,)."""
        if value is None:
            return cls(number)
        return cls(number, influence, 1 - value if higher_is_better else value)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The state of one team's Ladder on one task.

    ``step``: the fixed margin; replies are multiples of it; None: parameter-free, where
    replies are multiples of ``grain``, or of 1/n without one (means of n losses need none).
    ``groups`` (n,) are the codes of rows that belong together; None: every row is a group.
    ``reply`` is the last loss replied, None before the first submission; ``accepted`` is the number
    of its submission, and ``accepted_rows`` (n,) are the rows of that submission.
    """

    step: float | None = None
    grain: float | None = None
    groups: Groups | None = None
    reply: float | None = None
    accepted: int | None = None
    accepted_rows: Floats | None = field(default=None, repr=False)

    def submit(self, attempt: Attempt) -> Ladder:
        """The state after this attempt; the same object if it is not accepted.

        ValueError for rows that differ in number from earlier ones or the groups, that are not
        finite although the margin is measured on them, and for a loss that is not finite.
        """
        if attempt.rows is None:
            return self
        rows = np.asarray(attempt.rows, dtype=np.float64)
        self._check(rows)
        loss = float(np.mean(rows)) if attempt.loss is None else attempt.loss
        if not math.isfinite(loss):
            raise ValueError("A loss must be a finite number.")
        if self.reply is not None and not loss < self.reply - self._margin(rows) - SLACK:
            return self
        reply = self._rounded(loss, len(rows))
        return replace(self, reply=reply, accepted=attempt.number, accepted_rows=rows)

    def shown(self, withdrawn: Collection[int] = ()) -> float | None:
        """The loss that the team's row shows; None while the accepted submission is withdrawn.

        A withdrawal never rewinds the Ladder: earlier replies do not come back.
        """
        return None if self.accepted in withdrawn else self.reply

    def _check(self, rows: Floats) -> None:
        others = [each for each in (self.groups, self.accepted_rows) if each is not None]
        if len(rows) == 0 or any(len(each) != len(rows) for each in others):
            raise ValueError("All submissions to a Ladder have the same rows, at least one.")
        if self.step is None and not np.isfinite(rows).all():
            raise ValueError("Without influence values the Ladder needs a fixed step.")

    def _margin(self, rows: Floats) -> float:
        """How far below the last reply a loss must be."""
        if self.step is not None:
            return self.step
        if self.accepted_rows is None:
            raise ValueError("A Ladder with a reply needs the rows of the accepted submission.")
        moved = rows - self.accepted_rows
        moved -= moved.mean()
        sums = moved if self.groups is None else Units.of(self.groups).sums(moved)
        # One row, or one group, has no standard deviation: any improvement counts.
        return standard_error(sums, len(rows)) if len(sums) > 1 else 0.0

    def _rounded(self, loss: float, n: int) -> float:
        step = self.grain if self.step is None else self.step
        # 1/n has no exact decimal form, so its multiples are made by division.
        return math.floor(loss * n + 0.5 + SLACK) / n if step is None else round_to_step(loss, step)


@dataclass(frozen=True)
class Reply:
    """The reply to one submission: the loss after it, and whether it was accepted."""

    number: int
    loss: float
    accepted: bool


def replay(attempts: Iterable[Attempt], start: Ladder) -> tuple[Ladder, list[Reply]]:
    """The state after these attempts, and the replies given so far, by submission number.

    The order is the submission number, regardless of the order of completion: replies end before
    the first attempt that is pending. Attempts that are passed over get no reply. ValueError for a
    number that occurs twice.
    """
    ordered = sorted(attempts, key=lambda attempt: attempt.number)
    if len({attempt.number for attempt in ordered}) < len(ordered):
        raise ValueError("A submission number occurs twice.")
    ladder, replies = start, []
    for attempt in ordered:
        if attempt.pending:
            break
        if attempt.rows is None:
            continue
        after = ladder.submit(attempt)
        assert after.reply is not None  # noqa: S101 - the first attempt is always accepted
        replies.append(Reply(attempt.number, after.reply, after is not ladder))
        ladder = after
    return ladder, replies


def merged(first: Ladder, second: Ladder) -> Ladder:
    """The better of two teams' states, the first if equal, as the state of the merged team."""
    if first.reply is None or second.reply is None:
        return second if first.reply is None else first
    return second if second.reply < first.reply - SLACK else first
