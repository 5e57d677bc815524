"""Jumps: one file that takes a team far beyond everything that all others have reached.

Most large rises are honest: a team that began with a trivial file and then sends a good model rises
by dozens of standard errors. What sets a leak of labels apart is where it lands. A good model lands
near the other good models, on whatever path it came; a file made with the labels lands where nobody
is. So a file is a jump only if

- it beats the team's best file before it by five standard errors, and closes at least half of what
  was left up to the best possible score,
- it beats the best of all *others*, teams and baselines, by five standard errors, and closes at
  least half of what that one left,
- and at least four other teams have beaten the trivial score by five standard errors. Before that
  nobody knows how good a good model is.

The others are taken as they are now, not as they were at the time: the first team with a good model
stops being a jump once others have one too, and a leak in the first week is found once they have
not. A team's gradual progress never closes half of the headroom in one file. Halving the error of
the best of all others at once may be a true invention: a question to the team is then in place,
and nothing else happens.

All scores are turned so that higher is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from leaderboard.tails import normal_tail

ERRORS = 5.0
CLOSED = 0.5
FEWEST_OTHERS = 4
MOST_ERRORS = 1e3


@dataclass(frozen=True)
class Reached:
    """A score with its standard error; higher is better."""

    value: float
    error: float


@dataclass(frozen=True)
class Field:
    """What all others have reached now: teams and baselines, the trivial score and the best one."""

    teams: Sequence[Reached]
    baselines: Sequence[Reached]
    trivial: float
    ceiling: float

    @property
    def is_known(self) -> bool:
        """Whether enough teams have a working model."""
        working = [each for each in self.teams if each.value > self.trivial + ERRORS * each.error]
        return len(working) >= FEWEST_OTHERS

    @property
    def best(self) -> Reached:
        """The best of all others."""
        return max([*self.teams, *self.baselines], key=lambda each: each.value)


@dataclass(frozen=True)
class Jump:
    """The file at `place` of a team, the rise to it, and where it landed.

    `rise` and `beyond` are in standard errors, over the team's earlier best and over the best of
    others; `closed` and `closed_beyond` the shares of the headroom that both left. `p` is how
    probable it is to land so far beyond the best of others by the noise of two scores.
    """

    place: int
    rise: float
    closed: float
    beyond: float
    closed_beyond: float
    p: float


def jump(files: Sequence[Reached], field: Field) -> Jump | None:
    """Return the largest jump among the files of a team, in their order, or None."""
    if not field.is_known:
        return None
    best = field.best
    found = []
    for place in range(1, len(files)):
        before = max(files[:place], key=lambda each: each.value)
        rise, closed = _over(before, files[place], field.ceiling)
        beyond, closed_beyond = _over(best, files[place], field.ceiling)
        if min(rise, beyond) >= ERRORS and min(closed, closed_beyond) >= CLOSED:
            p = normal_tail(beyond)
            found.append(Jump(place, rise, closed, beyond, closed_beyond, p))
    return max(found, key=lambda each: each.rise, default=None)


def _over(low: Reached, high: Reached, ceiling: float) -> tuple[float, float]:
    """Return by how many standard errors one beats the other, and how much headroom it closes."""
    gain, room = high.value - low.value, ceiling - low.value
    error = hypot(low.error, high.error)
    errors = min(MOST_ERRORS, gain / error) if error > 0 else MOST_ERRORS * (gain > 0)
    return errors, gain / room if room > 0 else 0.0
