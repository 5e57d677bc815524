"""What a worker adds to a board: how certain its ranks are, and aggregates over its tasks.

A study is a document of plain dictionaries, lists, texts and numbers, to be stored as JSON with the
state of the board that it describes. Values are unrounded unless they say so: while labels are
hidden, callers pass a study through the task's feedback first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leaderboard.aggregates import elo_intervals, mean_ranks, significant
from leaderboard.display import round_to_step
from leaderboard.evidence import Evidence
from leaderboard.friedman import friedman
from leaderboard.intervals import SkillTask, TrackIntervals, mean_skill_intervals, rank_intervals
from leaderboard.ranks import SLACK
from leaderboard.separation import separation, track_separation
from scoring.bootstrap import RESAMPLES
from scoring.comparison import flips

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]
Study = dict[str, Any]

ELO_WORK = 3e10
"""A fit of k ratings solves equations, about k³ steps: this many take about ten seconds."""
_FEWEST_RESAMPLES = 20


def task_study(
    metric: str,
    higher_is_better: bool,
    version: str,
    groups: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    ranked: Sequence[tuple[str, float, Arrays]],
    reference_arrays: Arrays | None,
    unranked: Sequence[tuple[str, Arrays]] = (),
) -> Study:
    """The study of a task's board, `{"rows": {key: {…}}, "brackets": [[first key, last key], …]}`.

    ``ranked`` are the ranked entries, best first: key, the score that ranks them and the arrays of
    rows.npz; ``unranked`` are the baselines except the reference. ``groups`` (N,) are the
    solution's group codes, ``rows`` (n,) the row numbers of the part, ``version`` names the
    solution version. Each row has ``rank_low`` and ``rank_high``, ``separable`` (from the row
    above), and ``nfr``, the share of rows that the reference has right and the entry wrong; None if
    it cannot be computed. A row of ``unranked`` has only ``nfr``. ValueError for a part without
    rows and for arrays of another length.
    """
    scored = [(score, arrays) for _, score, arrays in ranked]
    others = [arrays for _, arrays in unranked]
    others += [] if reference_arrays is None else [reference_arrays]
    _check(groups, [*(arrays for _, arrays in scored), *others])
    evidence = Evidence.of(metric, groups, rows, scored)
    apart = separation(evidence)
    intervals = rank_intervals(evidence, higher_is_better, version)
    reference = None if reference_arrays is None else reference_arrays["hit"][rows]
    keys = [key for key, _, _ in ranked]
    found: dict[str, Study] = {}
    for place, (key, interval) in enumerate(zip(keys, intervals, strict=True)):
        # All rows in one group: no variation, which does not mean certainty.
        known = interval if evidence.units.count > 1 else None
        found[key] = {
            "rank_low": known and known.low,
            "rank_high": known and known.high,
            "separable": apart.from_above[place],
            "nfr": _nfr(reference, evidence.hit[place]),
        }
    found |= {key: {"nfr": _nfr(reference, arrays["hit"][rows])} for key, arrays in unranked}
    return {
        "rows": found,
        "brackets": [[keys[first], keys[last]] for first, last in apart.brackets],
    }


@dataclass(frozen=True, eq=False)
class StudiedTask:
    """A task of a track that counts in its ranking, for `track_study`.

    ``keys`` are those of the k rows of ``evidence``: every row of the track with a score in the
    task, baselines too. ``base`` and ``ceiling`` are as in `leaderboard.skill`; for a track that
    ranks by the mean score they are 0 and 1. ``version`` names the solution version.
    """

    evidence: Evidence
    keys: tuple[str, ...]
    higher_is_better: bool
    base: float
    ceiling: float
    version: str


def track_study(
    tasks: Sequence[StudiedTask],
    ranks: Mapping[str, int | None],
    anchor: str | None,
    step: float | None = None,
) -> Study:
    """The study of a track's board: `{"rows": {key: {…}}, "friedman": {…}, …}`.

    ``ranks`` are all rows of the board in its order with the rank that each shows, None for
    baselines. Each row gets ``low`` and ``high`` of its aggregate (rounded to ``step``),
    ``rank_low`` and ``rank_high``, ``mean_rank``, and ``elo`` with ``elo_low`` and ``elo_high``;
    there is no Elo without the key ``anchor`` among the rows. Only without a ``step`` are ranks
    tested: then a ranked row has ``separable``, and there are ``brackets``, as for a task. In
    addition to the rows: ``over_tasks`` (tasks were drawn too), ``elo_resamples`` (their number,
    lower for many rows), and ``friedman``: ``keys``, ``mean_ranks``, ``p``,
    ``critical_difference``, ``no_diagram`` and, if that is empty, ``cliques`` as indices into
    ``keys``; empty for fewer than two rows.
    """
    keys = list(ranks)
    study: Study = {"rows": {key: {} for key in keys}, "friedman": {}}
    if not keys or not tasks:
        return study
    scores, up = _table(tasks, keys), [task.higher_is_better for task in tasks]
    _add(study, keys, mean_rank=mean_ranks(scores, up))
    if any(abs(task.ceiling - task.base) > SLACK for task in tasks):
        _add_intervals(study, tasks, ranks, step)
    if anchor in ranks:
        _add_elo(study, keys, scores, up, str(anchor), "‖".join(task.version for task in tasks))
    if len(keys) > 1:
        study["friedman"] = _friedman(keys, scores, up)
    return study


def elo_resamples(k: int) -> int:
    """The number of Elo resamples of k entries that a worker has time for."""
    return int(min(RESAMPLES, max(_FEWEST_RESAMPLES, ELO_WORK / k**3)))


def _check(groups: npt.NDArray[np.int64], entries: Sequence[Arrays]) -> None:
    """Raises ValueError if an artefact does not belong to this solution."""
    if any(len(arrays["hit"]) != len(groups) for arrays in entries):
        raise ValueError("A submission and the solution differ in their number of rows.")


def _nfr(reference: npt.NDArray[np.int8] | None, hit: npt.NDArray[np.int8]) -> float | None:
    if reference is None or (reference < 0).any() or (hit < 0).any():
        return None
    return flips(reference == 1, hit == 1).nfr


def _table(tasks: Sequence[StudiedTask], keys: Sequence[str]) -> Floats:
    """The scores (tasks, keys), NaN = not entered."""
    place = {key: number for number, key in enumerate(keys)}
    scores = np.full((len(tasks), len(keys)), np.nan)
    for row, task in zip(scores, tasks, strict=True):
        row[[place[key] for key in task.keys]] = task.evidence.scores
    return scores


def _add(study: Study, keys: Sequence[str], **columns: Floats) -> None:
    for name, values in columns.items():
        for key, value in zip(keys, significant(values).tolist(), strict=True):
            study["rows"][key][name] = value


def _add_intervals(
    study: Study,
    tasks: Sequence[StudiedTask],
    ranks: Mapping[str, int | None],
    step: float | None,
) -> None:
    """The intervals of the aggregate and of the ranks by it, None if a task has no error
    estimate."""
    place = {key: number for number, key in enumerate(ranks)}
    given = [
        SkillTask(
            task.evidence,
            tuple(place[key] for key in task.keys),
            task.base,
            task.ceiling,
            task.version,
        )
        for task in tasks
    ]
    unranked = [place[key] for key, rank in ranks.items() if rank is None]
    found = mean_skill_intervals(given, len(ranks), unranked)
    study["over_tasks"] = found.over_tasks
    if step is None:
        ranked = [key for key, rank in ranks.items() if rank is not None]
        apart = track_separation(given, found.value, [place[key] for key in ranked])
        study["brackets"] = [[ranked[first], ranked[last]] for first, last in apart.brackets]
        for key, separable in zip(ranked, apart.from_above, strict=True):
            study["rows"][key]["separable"] = separable
    missing = {key for task in tasks for key in _without_errors(task)}
    for key, rank in ranks.items():
        empty = dict.fromkeys(("low", "high", "rank_low", "rank_high"))
        study["rows"][key] |= empty if key in missing else _ends(found, place[key], rank, step)


def _without_errors(task: StudiedTask) -> list[str]:
    """The keys without an error estimate from the rows of the task."""
    if task.evidence.units.count < 2:
        return list(task.keys)
    missing = np.isnan(task.evidence.sums).any(axis=1)
    return [task.keys[place] for place in np.flatnonzero(missing)]


def _ends(found: TrackIntervals, place: int, rank: int | None, step: float | None) -> Study:
    low, high = float(found.low[place]), float(found.high[place])
    if step is not None:
        low, high = round_to_step(low, step), round_to_step(high, step)
    ends: Study = {"low": low, "high": high, "rank_low": None, "rank_high": None}
    interval = found.ranks[place]
    if interval is not None and rank is not None:
        # Rounded values can share a rank that unrounded ones do not.
        ends |= {"rank_low": min(interval.low, rank), "rank_high": max(interval.high, rank)}
    return ends


def _add_elo(
    study: Study, keys: Sequence[str], scores: Floats, up: Sequence[bool], anchor: str, version: str
) -> None:
    count = elo_resamples(len(keys))
    found = elo_intervals(scores, keys.index(anchor), version, up, count=count)
    _add(study, keys, elo=found.ratings, elo_low=found.low, elo_high=found.high)
    study["elo_resamples"] = count


def _friedman(keys: Sequence[str], scores: Floats, up: Sequence[bool]) -> Study:
    found = friedman(scores, up)
    return {
        "keys": list(keys),
        "mean_ranks": list(found.mean_ranks),
        "p": found.p,
        "critical_difference": found.critical_difference,
        "no_diagram": found.no_diagram,
        # Hundreds of rows have thousands of cliques, which no figure draws.
        "cliques": [] if found.no_diagram else [list(clique) for clique in found.cliques],
    }
