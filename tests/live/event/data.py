"""Raw files of a classification and a matching data set, and predictions for their test rows."""

import csv
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROWS = 900
TEST_SHARE = "0.5"
KINDS = ("cat", "dog", "owl")
WORDS = ("red", "blue", "old", "new", "small", "large", "soft", "hard", "dry", "wet")


@dataclass(frozen=True)
class Raw:
    """A raw file and the label of each of its rows by id; the first label is the trivial guess."""

    name: str
    content: bytes
    labels: Mapping[str, str]

    @property
    def classes(self) -> list[str]:
        return sorted(set(self.labels.values()))


def pets() -> Raw:
    """Return a table of pets: the kind follows from weight and words."""
    draw = random.Random(11)
    rows = []
    for number in range(ROWS):
        kind = draw.choice(KINDS)
        weight = 5 * KINDS.index(kind) + draw.gauss(0, 3)
        rows.append([f"pet-{number:04}", f"{weight:.3f}", _words(draw), kind])
    return _raw("pets.csv", ["id", "weight", "note", "kind"], rows, lambda row: row[3])


def offers() -> Raw:
    """Return pairs of offers of two shops: do they mean the same product?"""
    draw = random.Random(12)
    rows = []
    for number in range(ROWS):
        is_match = draw.random() < 0.3
        left = _words(draw)
        right = " ".join(reversed(left.split())) if is_match else _words(draw)
        price = draw.uniform(5, 90)
        other = price * draw.gauss(1, 0.05) if is_match else draw.uniform(5, 90)
        cells = [left, f"{price:.2f}", right, f"{other:.2f}", str(int(is_match))]
        rows.append([f"pair-{number:04}", f"a{number:04}", f"b{number:04}", *cells])
    names = ["left_name", "left_price", "right_name", "right_price", "label"]
    header = ["pair_id", "left_id", "right_id", *names]
    return _raw("offers.csv", header, rows, lambda row: row[-1])


def _words(draw: random.Random) -> str:
    return " ".join([*draw.sample(WORDS, 4), str(draw.randrange(10**6))])


def _raw(
    name: str, header: list[str], rows: list[list[str]], label: Callable[[list[str]], str]
) -> Raw:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return Raw(name, text.getvalue().encode(), {row[0]: label(row) for row in rows})


def predictions(raw: Raw, test: str, *, skill: float, seed: int, constant: bool = False) -> bytes:
    """Return predictions for the rows of a test.csv.

    A share `skill` of the labels is right, the others are drawn among all. Pairs get a score.
    """
    draw = random.Random(seed)
    matching = raw.name == "offers.csv"
    lines = ["id,score" if matching else "id,prediction"]
    for row in csv.DictReader(io.StringIO(test)):
        label = raw.labels[row["id"]] if draw.random() < skill else draw.choice(raw.classes)
        label = raw.classes[0] if constant else label
        lines.append(f"{row['id']},{int(label) * 0.8 + 0.2 * draw.random():.4f}" if matching
                     else f"{row['id']},{label}")  # fmt: skip
    return ("\n".join(lines) + "\n").encode()
