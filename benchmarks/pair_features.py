"""Times the features of record pairs against one RapidFuzz call after another over a pandas table.

    python -m benchmarks.pair_features [--pairs 100000] [--records 10000] [--cpus 2] [--json FILE]

The pairs have five columns of text and are made here. The alternative is what is commonly written
first: for each pair and column four RapidFuzz scores by `DataFrame.apply`, on a part of the pairs;
it gives 20 features, the same ones or like them. Prints one JSON object: processor and wall
seconds of both for all pairs, and their ratios.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from baselines.features.pairs import pair_features
from tabset import Column, ColumnType

COLUMNS = {"title": 8, "description": 20, "brand": 1, "category": 3, "model": 2}  # words in each
PART = 0.02  # of the pairs for the alternative
SCORERS = (
    fuzz.ratio,
    fuzz.token_set_ratio,
    fuzz.partial_ratio,
    JaroWinkler.normalized_similarity,
)


@dataclass(frozen=True)
class Taken:
    """Seconds."""

    wall: float
    processor: float

    def of_whole(self, part: float) -> "Taken":
        return Taken(self.wall / part, self.processor / part)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pair_features")
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=10_000, help="in each of the two tables")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the result here as well")
    options = parser.parse_args()
    rng = random.Random(0)
    records = {side: _records(rng, options.records) for side in ("left", "right")}
    pairs = _pairs(rng, records, options.pairs)
    columns = [Column(name, ColumnType.TEXT) for name in map(str, pairs) if name[-3:] != "_id"]
    made, taken = _timed(
        lambda: pair_features(pairs, columns, records, options.cpus, lambda _: None)
    )
    part = pairs.sample(frac=PART, random_state=0)
    plain, plainly = _timed(lambda: part.apply(_plain, axis=1))
    plainly = plainly.of_whole(len(part) / len(pairs))
    result = {
        "pairs": len(pairs),
        "features": made.shape[1],
        "seconds": round(taken.wall, 1),
        "processor_seconds": round(taken.processor, 1),
        "alternative": "rapidfuzz by DataFrame.apply",
        "alternative_features": len(plain.iloc[0]),
        "alternative_seconds": round(plainly.wall, 1),
        "alternative_processor_seconds": round(plainly.processor, 1),
        "features_per_processor_second_ratio": round(
            (made.shape[1] / taken.processor) / (len(plain.iloc[0]) / plainly.processor), 2
        ),
        "processor_seconds_ratio": round(plainly.processor / taken.processor, 2),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 0


def _records(rng: random.Random, count: int) -> pd.DataFrame:
    """Records of few common and many rare words, as in product catalogues."""
    words = [_word(rng) for _ in range(20_000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    table: dict[str, list[Any]] = {"record_id": [f"r{index}" for index in range(count)]}
    for name, length in COLUMNS.items():
        drawn = rng.choices(words, weights, k=count * length)
        texts = [" ".join(drawn[at : at + length]) for at in range(0, len(drawn), length)]
        table[name] = [f"{text} {rng.randrange(1000)}x" for text in texts]
    return pd.DataFrame(table)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randrange(3, 10)))


def _pairs(rng: random.Random, records: dict[str, pd.DataFrame], count: int) -> pd.DataFrame:
    """Pairs drawn by chance, flattened as a data set has them."""
    parts = []
    for side, table in records.items():
        drawn = table.iloc[[rng.randrange(len(table)) for _ in range(count)]]
        renamed = drawn.rename(columns={"record_id": "id"}).add_prefix(f"{side}_")
        parts.append(renamed.reset_index(drop=True))
    return pd.concat(parts, axis=1)


def _plain(row: "pd.Series[str]") -> list[float]:
    scores = []
    for name in COLUMNS:
        left, right = row[f"left_{name}"], row[f"right_{name}"]
        scores += [float(scorer(left, right)) for scorer in SCORERS]
    return scores


def _timed(work: Callable[[], Any]) -> tuple[Any, Taken]:
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, Taken(time.perf_counter() - wall, time.process_time() - processor)


if __name__ == "__main__":
    sys.exit(main())
