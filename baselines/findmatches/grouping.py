"""Groups the records of plain tables: blocking, scores, a threshold, transitive closure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.decisions import best_threshold
from baselines.findmatches.blocking import candidates
from baselines.findmatches.closure import closed_scores, groups
from baselines.findmatches.labels import Labels, read_labels
from baselines.findmatches.tables import Records, read_records
from baselines.findmatches.training import (
    FITTING,
    PREDICTING,
    Scored,
    quality,
    records_of,
    scored,
    task_of,
)
from baselines.formulas.findmatches import candidates_per_record
from baselines.method import BaselineError, Settings
from tabset import Column, ColumnType, Dataset, Kind, Licence, Loaded, Split

Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

NO_MATCH, MATCH = "0", "1"
SIDES = ("left", "right")
MOST_DRAWN = 20_000
AGAIN = 0.75
MOST_CANDIDATES = 3_000_000  # each takes some kilobytes of features


@dataclass(frozen=True)
class Knobs:
    """The two settings of AWS, each in [0, 1]. ``precision_recall``: 1 asks for only precision, 0
    for only recall. ``accuracy_cost``: 1 compares a record with 256 others, 0 with 2.
    """

    precision_recall: float = 0.5
    accuracy_cost: float = 0.5


def group_records(
    paths: Sequence[Path], labels: Path, key: str, knobs: Knobs, settings: Settings
) -> pd.DataFrame:
    """``match_id`` of each record of one table or two, in file order.

    Columns: ``table`` (left or right; only for two tables), ``record_id``, ``match_id``: the
    smallest id of the group in code point order, prefixed by left: or right: for two tables. Raises
    BaselineError for input that cannot be used.
    """
    settings.report(0.0, f"Reading {' and '.join(path.name for path in paths)}")
    columns, tables = read_records(paths, key)
    known = read_labels(labels, tables)
    compared = ", ".join(f"{column.name} ({column.type})" for column in columns)
    read = " and ".join(f"{len(table.ids):,} records of {table.file}" for table in tables)
    settings.report(
        0.02, f"Read {read} and {len(known.pairs):,} labelled pairs; compares {compared}"
    )
    each = candidates_per_record(knobs.accuracy_cost)
    found = _candidates(tables, known, each, settings)
    drawn = _drawn(known, found, each, settings.seed)
    data = _loaded(columns, tables, known, drawn, found)
    kept, is_match, scores = _scored(data, len(known.pairs), settings)
    # Matches are closed afterwards, so the threshold must suit closed pairs.
    unseen = closed_scores(*records_of(data, data.train[kept]), scores.unseen)
    value = best_threshold(unseen, is_match, knobs.precision_recall)
    settings.report(PREDICTING, f"{quality(is_match, unseen >= value)}, from score {value:.3f}")
    return _grouped(tables, found[scores.test >= value], settings)


def _drawn(known: Labels, found: Places, each: int, seed: int) -> Places:
    """Candidates without a label, drawn at random, because labels rarely cover all that blocking
    finds. If a record matches one of its ``each`` candidates, half as many of the drawn pairs match
    as of the labelled ones.
    """
    labelled = set(known.pairs)
    order = np.random.default_rng(seed).permutation(len(found))
    others = (place for place in order.tolist() if tuple(found[place].tolist()) not in labelled)
    return found[list(islice(others, min(sum(known.is_match) * each // 2, MOST_DRAWN)))]


def _scored(data: Loaded, labelled: int, settings: Settings) -> tuple[Mask, Mask, Scored]:
    """The training pairs that were used, which of these match, and the scores. Training pairs after
    the labelled ones are assumed not to match; those that first forests call a match without having
    seen them are left out.
    """
    task = task_of(data, settings)
    first = scored(task, settings, FITTING, AGAIN).unseen
    kept = first < best_threshold(first, task.is_match)
    kept[:labelled] = True
    settings.report(AGAIN, f"{kept.sum() - labelled:,} pairs without a label assumed not to match")
    return kept, task.is_match[kept], scored(task.of(kept), settings, AGAIN, PREDICTING)


def _candidates(tables: Sequence[Records], known: Labels, each: int, settings: Settings) -> Places:
    """The pairs to score. Reports their number and their share of the labelled matches."""
    right = tables[1].texts if len(tables) > 1 else None
    found = candidates(tables[0].texts, right, each)
    pairs = set(map(tuple, found.tolist()))
    matches = [pair for pair, match in zip(known.pairs, known.is_match, strict=True) if match]
    recall = sum(pair in pairs for pair in matches) / len(matches)
    records = sum(len(table.ids) for table in tables)
    settings.report(
        0.05,
        f"Blocking: {len(found):,} candidate pairs, {len(found) / records:.1f} per record; recall "
        f"{recall:.1%} of {len(matches):,} labelled matches",
    )
    if len(found) > MOST_CANDIDATES:
        raise BaselineError(
            f"{len(found):,} candidate pairs are more than {MOST_CANDIDATES:,}: lower "
            "--accuracy-cost, or divide the tables by what matching records share."
        )
    return found


def _loaded(
    columns: tuple[Column, ...],
    tables: Sequence[Records],
    known: Labels,
    drawn: Places,
    found: Places,
) -> Loaded:
    """The labelled and the drawn pairs as training rows, the candidates as test rows."""
    sides = [(SIDES[0], tables[0]), (SIDES[1], tables[-1])]
    flat = tuple(
        Column(f"{side}_{column.name}", column.type)
        for side, _ in sides
        for column in (Column("id", ColumnType.ID), *columns)
    )
    names = SIDES if len(tables) > 1 else ("records",)
    dataset = Dataset(
        name="records",
        title="",
        description="",
        kind=Kind.MATCHING,
        columns=flat,
        licence=Licence(""),
        citation="",
        origin="",
        split=Split(""),
        negative_label=NO_MATCH,
        positive_label=MATCH,
        records=dict.fromkeys(names, columns),
    )
    train = _pairs(sides, np.vstack([np.array(known.pairs, dtype=np.intp), drawn]))
    matches = np.append(known.is_match, np.zeros(len(drawn), dtype=bool))
    train["label"] = np.where(matches, MATCH, NO_MATCH)
    records = {
        name: table.values.assign(record_id=table.ids)
        for name, table in zip(names, tables, strict=True)
    }
    return Loaded(dataset, train, _pairs(sides, found), records)


def _pairs(sides: Sequence[tuple[str, Records]], places: Places) -> pd.DataFrame:
    parts = []
    for number, (side, table) in enumerate(sides):
        part = table.values.take(places[:, number]).reset_index(drop=True)
        part.insert(0, "id", np.array(table.ids, dtype=object)[places[:, number]])
        parts.append(part.add_prefix(f"{side}_"))
    return pd.concat([pd.Series(range(len(places)), name="id").astype(str), *parts], axis=1)


def _grouped(tables: Sequence[Records], matched: Places, settings: Settings) -> pd.DataFrame:
    """The records with the id of their group, when these pairs of places match."""
    alone = len(tables) == 1
    names = tables[0].ids if alone else []
    if not alone:
        names = [
            f"{side}:{record}" for side, t in zip(SIDES, tables, strict=True) for record in t.ids
        ]
        matched = matched + np.array([0, len(tables[0].ids)])
    group = groups(len(names), matched)
    smallest: dict[int, str] = {}
    for number, name in zip(group.tolist(), names, strict=True):
        smallest[number] = min(smallest.get(number, name), name)
    sizes = np.bincount(group)
    settings.report(
        0.98,
        f"{len(matched):,} pairs match: {(sizes > 1).sum():,} groups of two and more, the largest "
        f"of {sizes.max():,} records; {(sizes == 1).sum():,} records match no other",
    )
    table = pd.DataFrame(
        {
            "record_id": [record for t in tables for record in t.ids],
            "match_id": [smallest[number] for number in group.tolist()],
        }
    )
    if not alone:
        table.insert(0, "table", np.repeat(SIDES, [len(t.ids) for t in tables]))
    return table
