"""Trains the encoder with and without the margin term, compares both, and predicts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from baselines import holdout
from baselines.decisions import best_threshold
from baselines.features.tables import RESERVE
from baselines.features.texts import as_texts
from baselines.formulas.tcm import operating_point_inconsistency
from baselines.method import BaselineError, Settings
from baselines.tcm_matcher.encoder import Adam, Encoder, hashed
from baselines.tcm_matcher.pairs import Pairs, groups_of, pairs_of
from tabset import ColumnType, Loaded

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEPS, RATE = 200, 0.001
MATCHES, OTHERS = 64, 128  # labelled pairs in a batch; their records' other pairs count too
HASHING, BEFORE, AFTER, PREDICTING = 0.05, 0.2, 0.55, 0.9


@dataclass(frozen=True)
class Examples:
    """The pairs that an encoder is trained on; ``rows`` (records, buckets) has all records."""

    rows: csr_matrix
    pairs: Pairs
    is_match: Mask


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions as `Method.run` describes them, by the encoder trained with the term."""
    dataset, labels = data.dataset, data.train["label"]
    is_match = (labels == dataset.positive_label).to_numpy(bool)
    held = holdout.by_group(labels, data.train["left_id"], settings.seed)
    if labels[held].nunique() < 2:
        raise BaselineError("tcm-matcher needs at least five training pairs of each of two labels.")
    settings.report(HASHING, "Hashing the records' n-grams")
    rows = hashed(_texts(data))
    train, test = pairs_of(data, data.train), pairs_of(data, data.test)
    examples = Examples(rows, train.of(~held), is_match[~held])
    scores = []
    # For products of this size, threads that wait for each other cost more than they gain.
    with threadpool_limits(1):
        for consistent, begin, end in ((False, BEFORE, AFTER), (True, AFTER, PREDICTING)):
            encoder = trained(examples, consistent, settings, begin, end)
            scores.append(_cosines(encoder, rows, train.of(held)))
        unseen = _cosines(encoder, rows, test)
    settings.report(PREDICTING, compared(data, train, is_match, held, scores))
    return _decided(data, scores[-1], is_match[held], unseen)


def trained(
    examples: Examples, consistent: bool, settings: Settings, begin: float, end: float
) -> Encoder:
    """The encoder after 200 steps, or as many as there is time for until the share ``end``.

    A batch has 64 pairs that match and 128 that do not; all other pairs of their records without a
    known match count as not matching.
    """
    encoder, rng = Encoder(settings.seed), np.random.default_rng(settings.seed)
    adam = Adam(encoder.weights, RATE)
    pairs, is_match = examples.pairs, examples.is_match
    entity = pairs.entities(is_match, examples.rows.shape[0])
    matches, others = np.flatnonzero(is_match), np.flatnonzero(~is_match)
    over = (1 - end) * settings.time_limit + RESERVE * settings.time_limit
    for step in range(STEPS):
        drawn = np.concatenate([_some(rng, matches, MATCHES), _some(rng, others, OTHERS)])
        left, right = np.unique(pairs.left[drawn]), np.unique(pairs.right[drawn])
        same = entity[left][:, None] == entity[right]
        loss = encoder.loss(examples.rows[left], examples.rows[right], same, consistent)
        adam.step(loss.gradient)
        if step % 20 == 0 or settings.remaining < over:
            which = "with" if consistent else "without"
            summary = (
                f"Step {step + 1} of {STEPS} {which} TCM: contrastive loss {loss.contrastive:.3f}"
            )
            summary += f", TCM {loss.margin:.3f}" if consistent else ""
            settings.report(begin + (end - begin) * step / STEPS, summary)
        if settings.remaining < over:
            break
    return encoder


def compared(data: Loaded, train: Pairs, is_match: Mask, held: Mask, scores: list[Floats]) -> str:
    """The effect of the margin term on OPIS and average precision of the held-out pairs, in
    words."""
    name, left, right = groups_of(data, train, is_match)
    matches = is_match[held]
    found = [operating_point_inconsistency(s, matches, left[held], right[held]) for s in scores]
    precise = [average_precision_score(matches, each) for each in scores]
    (before, groups), (after, _) = found
    summary = "OPIS not available: fewer than two groups with pairs of both labels"
    if before is not None and after is not None:
        summary = f"OPIS {before:.4f} without TCM, {after:.4f} with it ({groups} groups by {name})"
    without, with_term = precise
    return (
        f"Held-out pairs: {summary}; average precision {without:.3f} without, {with_term:.3f} with"
    )


def _texts(data: Loaded) -> list[str]:
    """All records, table after table, as one text in lower case each; images are left out."""
    texts: list[str] = []
    for name, table in data.records.items():
        columns = [
            as_texts(table[column.name])
            for column in data.dataset.records[name]
            if column.type is not ColumnType.IMAGE
        ]
        texts += [" ".join(row).lower() for row in zip(*columns, strict=True)]
        if not columns:
            raise BaselineError("The records have only image columns, so there is no text.")
    return texts


def _some(
    rng: np.random.Generator, among: npt.NDArray[np.intp], count: int
) -> npt.NDArray[np.intp]:
    return rng.choice(among, min(count, len(among)), replace=False)


def _cosines(encoder: Encoder, rows: csr_matrix, pairs: Pairs) -> Floats:
    found = encoder.embeddings(rows)
    product = found[pairs.left] * found[pairs.right]
    return np.asarray(product.sum(axis=1), dtype=float)


def _decided(data: Loaded, known: Floats, is_match: Mask, unseen: Floats) -> pd.DataFrame:
    """Scores and predictions of the test pairs by their cosines, from those of held-out pairs."""
    curve = LogisticRegression(C=100.0).fit(known[:, None], is_match)
    score, held = (curve.predict_proba(each[:, None])[:, 1] for each in (unseen, known))
    value = best_threshold(held, is_match)
    labels = data.dataset.positive_label, data.dataset.negative_label
    decided = np.where(score >= value, *labels)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": decided})
