"""The interface of a method: what it offers and what it gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded

Report = Callable[[float, str], None]


class BaselineError(Exception):
    """A run cannot continue for a reason that its caller can fix; the text says which."""


@dataclass(frozen=True)
class Reference:
    """An earlier entry: its complete predictions file, and the method that made it."""

    file: Path
    method: Method


@dataclass(frozen=True)
class Backbones:
    """Pretrained networks, each a checkpoint's folder or its name on the hub; None: not given."""

    text: str | None = None
    image: str | None = None


@dataclass(frozen=True)
class Settings:
    """How a method is to run.

    ``time_limit`` is in seconds for the whole run and counts from ``started`` (monotonic clock);
    ``scratch`` is an empty folder that is removed afterwards; ``report`` takes the share done,
    from 0 to 1, and a sentence. ``memory_limit`` is in bytes, for the run with all processes that
    it starts; a run that takes more is ended. None means no limit. ``reference`` is set for methods
    that need one, ``backbones`` for those that take them. A method may add ``facts`` of its
    training: the ``version`` of its library, the types of columns that it ``reads``, and its
    ``validation`` (``metric``, ``score``, ``how``) on training rows.
    """

    time_limit: float
    seed: int
    cpus: int
    scratch: Path
    report: Report
    started: float = field(default_factory=time.monotonic)
    memory_limit: int | None = None
    reference: Reference | None = None
    backbones: Backbones = Backbones()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def remaining(self) -> float:
        """Seconds of the time limit that are left, below 0 once it is over."""
        return self.started + self.time_limit - time.monotonic()


@dataclass(frozen=True)
class Method:
    """A reference method.

    ``run`` gets the public tables of a data set and returns one row per test row in file order:
    for classification ``id`` and one probability column per class in declared order; for matching
    ``id``, ``score`` in [0, 1] and ``prediction``, one of the two labels. Only ``run`` imports what
    the method needs, so listing the methods costs nothing. ``kinds`` are the kinds of task that it
    supports, ``most_rows`` is its limit of training rows. With ``needs_reference`` it starts from
    an earlier entry, with ``needs_backbones`` from pretrained networks.
    """

    name: str
    title: str
    summary: str
    run: Callable[[Loaded, Settings], pd.DataFrame]
    kinds: tuple[str, ...] = ("classification", "matching")
    most_rows: int | None = None
    needs_reference: bool = False
    needs_backbones: bool = False

    def unsuited(self, kind: str, rows: int) -> str:
        """Why it cannot handle a data set of this kind and number of training rows; else ""."""
        if kind not in self.kinds:
            return f"{self.title} serves {' and '.join(self.kinds)} tasks, not {kind}."
        if self.most_rows is not None and rows > self.most_rows:
            most = f"{self.title} takes at most {self.most_rows:,} training rows"
            return f"{most}, and the data set has {rows:,}."
        return ""
