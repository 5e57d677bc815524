"""Recomputes a published board from its bundle and names every difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from leaderboard.aggregates import elo, mean_ranks
from leaderboard.boards import Entry, TrackEntry, TrackRow, TrackTask, task_board, track_board
from leaderboard.bundle import BadBundle, Bundle, Document
from leaderboard.evidence import Evidence
from leaderboard.intervals import SkillTask, mean_skill_intervals, rank_intervals
from leaderboard.separation import separation, track_separation

NEAR = 1e-9
"""Numbers of a board that are made by random draws agree this closely on every machine."""

Line = dict[str, Any]


@dataclass
class Recomputed:
    """Rows and brackets recomputed from a bundle, and the differences from the published ones.

    ``rows`` are in order, each with its ``key``. ``unchecked`` are published columns that this
    bundle has no inputs for.
    """

    rows: list[Line]
    brackets: list[list[str]] | None = None
    differences: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def recompute(bundle: Bundle) -> Recomputed:
    """The board recomputed from a bundle, compared with the rows published in it.

    A listed file that is missing or has another hash is a difference. BadBundle if an input is
    missing or malformed.
    """
    if bundle.damaged:
        return Recomputed([], differences=list(bundle.damaged))
    kinds = {"task": _task, "track": _track}
    kind = bundle.document.get("kind")
    if kind not in kinds:
        raise BadBundle(f"the kind is {kind!r}, neither 'task' nor 'track'")
    try:
        found = kinds[kind](bundle)
        _compare(found, bundle.document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadBundle(f"an input is malformed: {type(error).__name__}: {error}") from error
    return found


def _task(bundle: Bundle) -> Recomputed:
    document = bundle.document
    up = bool(document["higher_is_better"])
    entries = [
        Entry(
            key=str(each["key"]),
            score=each["score"],
            first_reached=_moment(each),
            is_baseline=bool(each.get("is_baseline", False)),
            tie_break=each.get("tie_break"),
        )
        for each in document["entries"]
    ]
    rows = task_board(entries, up)
    found = Recomputed([{"key": row.entry.key, "rank": row.rank} for row in rows])
    if "evidence" in document:
        scores = {str(row.entry.key): row.entry.score for row in rows if row.rank is not None}
        evidence = _evidence(bundle, document["evidence"], document["metric"], scores)
        found.differences += _wrong_scores(document, evidence, list(scores))
        _add_uncertainty(found, evidence, up, str(document["solution_version"]))
    return found


def _add_uncertainty(found: Recomputed, evidence: Evidence, up: bool, version: str) -> None:
    """Rank intervals, separability and brackets of the ranked rows."""
    ranked = [line for line in found.rows if line["rank"] is not None]
    apart = separation(evidence)
    intervals = rank_intervals(evidence, up, version)
    for line, separable, interval in zip(ranked, apart.from_above, intervals, strict=True):
        line["separable_from_above"] = separable
        line["rank_low"] = interval and interval.low
        line["rank_high"] = interval and interval.high
    found.brackets = [[ranked[place]["key"] for place in ends] for ends in apart.brackets]


def _track(bundle: Bundle) -> Recomputed:
    document = bundle.document
    tasks = [
        TrackTask(str(each["key"]), each["base"], each["ceiling"], bool(each["higher_is_better"]))
        for each in document["tasks"]
    ]
    entries = [
        TrackEntry(
            key=str(each["key"]),
            scores=dict(each["scores"]),
            first_reached=_moment(each),
            is_baseline=bool(each.get("is_baseline", False)),
            tie_break=each.get("tie_break"),
        )
        for each in document["entries"]
    ]
    rows = track_board(tasks, entries, document["aggregate"], document.get("step"))
    keys = [str(task.key) for task in tasks]
    found = Recomputed([_track_line(row, keys) for row in rows])
    if rows and tasks:
        _add_ranks_and_elo(found, rows, tasks, document.get("elo_anchor"))
    if all("evidence" in each for each in document["tasks"]) and tasks:
        _add_intervals(found, bundle, rows)
    return found


def _track_line(row: TrackRow, tasks: Sequence[str]) -> Line:
    skills = dict(zip(tasks, row.skills, strict=True))
    return {"key": row.entry.key, "rank": row.rank, "value": row.value, "skills": skills}


def _add_ranks_and_elo(
    found: Recomputed, rows: Sequence[TrackRow], tasks: Sequence[TrackTask], anchor: str | None
) -> None:
    """Mean rank, and Elo if the board names an anchor: over all rows, baselines too."""
    scores = np.array(
        [[row.entry.scores.get(task.key) for row in rows] for task in tasks], dtype=np.float64
    )
    up = [task.higher_is_better for task in tasks]
    for line, rank in zip(found.rows, mean_ranks(scores, up).tolist(), strict=True):
        line["mean_rank"] = rank
    if anchor is not None:
        keys = [row.entry.key for row in rows]
        ratings = elo(scores, keys.index(anchor), up)
        assert ratings is not None  # noqa: S101 - with virtual ties there always are some
        for line, rating in zip(found.rows, ratings.tolist(), strict=True):
            line["elo"] = rating


def _add_intervals(found: Recomputed, bundle: Bundle, rows: Sequence[TrackRow]) -> None:
    """The intervals of mean skill and of the ranks by it, separability and brackets."""
    place = {str(row.entry.key): number for number, row in enumerate(rows)}
    tasks = []
    for each in bundle.document["tasks"]:
        column = {str(row.entry.key): row.entry.scores.get(each["key"]) for row in rows}
        scores = {key: score for key, score in column.items() if score is not None}
        evidence = _evidence(bundle, each["evidence"], each["metric"], scores)
        numbers = tuple(place[key] for key in scores)
        version = str(each["solution_version"])
        tasks.append(SkillTask(evidence, numbers, each["base"], each["ceiling"], version))
    unranked = [number for number, row in enumerate(rows) if row.rank is None]
    intervals = mean_skill_intervals(tasks, len(rows), unranked)
    ranked = [number for number, row in enumerate(rows) if row.rank is not None]
    apart = track_separation(tasks, intervals.value, ranked)
    keys = [str(rows[number].entry.key) for number in ranked]
    found.brackets = [[keys[place] for place in ends] for ends in apart.brackets]
    for number, separable in zip(ranked, apart.from_above, strict=True):
        found.rows[number]["separable_from_above"] = separable
    for number, line in enumerate(found.rows):
        line["low"], line["high"] = float(intervals.low[number]), float(intervals.high[number])
        rank = intervals.ranks[number]
        line["rank_low"], line["rank_high"] = rank and rank.low, rank and rank.high


def _evidence(
    bundle: Bundle, given: Document, metric: str, scores: Mapping[str, float | None]
) -> Evidence:
    """The evidence on the entries with these scores, in their order."""
    arrays = bundle.arrays(given["file"])
    place = {str(key): number for number, key in enumerate(given["entries"])}
    if missing := [key for key in scores if key not in place]:
        raise BadBundle(f"{given['file']} has no rows of {', '.join(missing)}")
    order = [place[key] for key in scores]
    return Evidence(
        metric,
        arrays["groups"],
        np.array(list(scores.values()), dtype=np.float64),
        arrays["hit"][order],
        arrays["influence"][order],
    )


def _wrong_scores(document: Document, evidence: Evidence, keys: Sequence[str]) -> list[str]:
    """Unrounded accuracies that are not the share of right rows."""
    if evidence.metric != "accuracy" or document.get("step") is not None:
        return []
    shares = (evidence.hit == 1).mean(axis=1).tolist()
    return [
        f"{key}: score is {score!r}, its rows give {share!r}"
        for key, score, share in zip(keys, evidence.scores.tolist(), shares, strict=True)
        if not _same(score, share)
    ]


def _moment(each: Document) -> datetime | None:
    text = each.get("first_reached")
    return None if text is None else datetime.fromisoformat(text)


def _compare(found: Recomputed, document: Document) -> None:
    """Adds the differences of the published rows and brackets, and the unchecked columns."""
    published = list(document["rows"])
    keys, expected = [row["key"] for row in published], [line["key"] for line in found.rows]
    if keys != expected:
        found.differences.append(f"the order is {_listed(keys)}, recomputed {_listed(expected)}")
    lines = {line["key"]: line for line in found.rows}
    unchecked: set[str] = set()
    for row in published:
        line = lines.get(row["key"], {})
        for name in sorted(set(row) - {"key"}):
            if name in line:
                if not _same(row[name], line[name]):
                    found.differences.append(
                        f"{row['key']}: {name} is {row[name]!r}, recomputed {line[name]!r}"
                    )
            elif line:
                unchecked.add(name)
    if "brackets" in document and found.brackets is None:
        unchecked.add("brackets")
    elif "brackets" in document and document["brackets"] != found.brackets:
        found.differences.append(
            f"the brackets are {document['brackets']!r}, recomputed {found.brackets!r}"
        )
    found.unchecked += sorted(unchecked)


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys) or "empty"


def _same(published: Any, computed: Any) -> bool:
    """Whether two values of a board agree: numbers within 1e-9, all else exactly."""
    if isinstance(published, dict) and isinstance(computed, dict):
        return published.keys() == computed.keys() and all(
            _same(published[key], computed[key]) for key in computed
        )
    if _is_number(published) and _is_number(computed):
        return math.isclose(published, computed, rel_tol=NEAR, abs_tol=NEAR)
    return type(published) is type(computed) and bool(published == computed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
