"""What every method offers and what it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded

Report = Callable[[float, str], None]


class BaselineError(Exception):
    """A run cannot go on for a reason that its caller can mend; the text says which."""


@dataclass(frozen=True)
class Settings:
    """How a method is to run.

    ``time_limit`` is in seconds for the whole run and counts from ``started`` (monotonic clock);
    ``scratch`` is an empty folder that is removed afterwards; ``report`` takes the share done,
    from 0 to 1, and a sentence.
    """

    time_limit: float
    seed: int
    cpus: int
    scratch: Path
    report: Report
    started: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float:
        """Seconds of the time limit that are left, below 0 once it is over."""
        return self.started + self.time_limit - time.monotonic()


@dataclass(frozen=True)
class Method:
    """A reference method.

    ``run`` gets the public tables of a data set and returns one row per test row in file order:
    for classification ``id`` and one probability column per class in declared order; for matching
    ``id``, ``score`` in [0, 1] and ``prediction``, one of the two labels. It alone imports what
    the method needs, so that listing the methods costs nothing.
    """

    name: str
    title: str
    summary: str
    run: Callable[[Loaded, Settings], pd.DataFrame]
