"""Small data set folders that the baselines' tests write for themselves."""

import io
import random
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
from PIL import Image

from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build

WORDS = {
    "fruit": ["apple", "pear", "ripe", "juicy", "orchard"],
    "tool": ["hammer", "steel", "handle", "drill", "bolt"],
    "it's, odd": ["quantum", "flux", "paradox", "strange", "void"],
}
COLOURS = {"fruit": (200, 40, 40), "tool": (90, 90, 90), "it's, odd": (20, 20, 220)}


def write_classification(folder: Path, train: int = 150, test: int = 60) -> Path:
    """The public folder of three classes that text, number, category and image all tell apart."""
    rng = random.Random(1)
    images = {f"{label[0]}.png": _png(colour) for label, colour in COLOURS.items()}
    dataset = _dataset(
        "things",
        Kind.CLASSIFICATION,
        classes=tuple(WORDS),
        columns=(
            Column("id_code", ColumnType.ID),
            Column("title", ColumnType.TEXT),
            Column("weight", ColumnType.NUMERIC),
            Column("shop", ColumnType.CATEGORICAL),
            Column("made", ColumnType.DATETIME),
            Column("used", ColumnType.BOOLEAN),
            Column("tags", ColumnType.LIST),
            Column("photo", ColumnType.IMAGE),
        ),
    )
    parts = [_things(rng, "a", train), _things(rng, "b", test)]
    groups = [f"g{index}" for index in range(test)]
    source = Source(dataset, *parts, groups=groups, images=images)
    return build(source, folder / "public", folder / "private", salt="s").public


def write_matching(folder: Path, train: int = 200, test: int = 80) -> Path:
    """The public folder of pairs of two tables in which matches share most of their words."""
    rng = random.Random(2)
    count = (train + test) // 2
    left = [_product(rng, index) for index in range(count)]
    right = [_garbled(rng, product, index) for index, product in enumerate(left)]
    pairs = [(a, a) for a in range(count) if a % 3] + [(a, (a + 1) % count) for a in range(count)]
    rng.shuffle(pairs)
    columns = (
        Column("title", ColumnType.TEXT),
        Column("price", ColumnType.NUMERIC),
        Column("since", ColumnType.DATETIME),
        Column("photo", ColumnType.IMAGE),
    )
    dataset = _dataset(
        "products",
        Kind.MATCHING,
        negative_label="no",
        positive_label="yes",
        match_semantics="exact",
        columns=(),
        records={"left": columns, "right": columns},
    )
    source = Source(
        dataset,
        _pairs(pairs[:train], "a"),
        _pairs(pairs[train : train + test], "b"),
        groups=[f"L{a}" for a, _ in pairs[train : train + test]],
        records={"left": _columns(left), "right": _columns(right)},
        images={f"{index}.png": _png((index * 20, 90, 10)) for index in range(10)},
    )
    return build(source, folder / "public", folder / "private", salt="s").public


def solution(public: Path) -> pd.DataFrame:
    """The id and label of every test row, from the private folder next to the public one."""
    return pd.read_parquet(public.parent / "private" / "solution.parquet")[["id", "label"]]


def _dataset(name: str, kind: Kind, **facts) -> Dataset:
    return Dataset(
        name=name,
        title=name,
        description="For tests.",
        kind=kind,
        licence=Licence("CC0-1.0"),
        citation="",
        origin="generated",
        split=Split("by row", public_share=0.5),
        **facts,
    )


def _things(rng: random.Random, prefix: str, count: int) -> dict[str, list]:
    labels = [list(WORDS)[index % 3] for index in range(count)]
    return {
        "id": [f"{prefix}{index}" for index in range(count)],
        "id_code": [f"code {index}" for index in range(count)],
        "title": [" ".join(rng.choices(WORDS[label], k=4)) for label in labels],
        "weight": [len(label) + rng.random() if rng.random() > 0.1 else None for label in labels],
        "shop": [rng.choice(["north", "south", None]) for _ in labels],
        "made": [datetime(2020, 1, 1) + timedelta(days=rng.randrange(900)) for _ in labels],
        "used": [rng.choice([True, False, None]) for _ in labels],
        "tags": [rng.choices(WORDS[label], k=2) for label in labels],
        "photo": [f"images/{label[0]}.png" if rng.random() > 0.1 else None for label in labels],
        "label": labels,
    }


def _product(rng: random.Random, index: int) -> dict:
    words = rng.sample([word for group in WORDS.values() for word in group], 3)
    return {
        "record_id": f"L{index}",
        "title": f"{' '.join(words)} X{rng.randrange(10_000)}",
        "price": rng.randrange(100, 900) / 10,
        "since": datetime(2021, 1, 1) + timedelta(days=rng.randrange(900)),
        "photo": f"images/{rng.randrange(10)}.png",
    }


def _garbled(rng: random.Random, product: dict, index: int) -> dict:
    words = product["title"].split()
    rng.shuffle(words)
    price = product["price"] * rng.choice([1, 1, 1.05])
    title = " ".join(words).upper() if rng.random() > 0.05 else None
    return product | {"record_id": f"R{index}", "title": title, "price": price}


def _pairs(pairs: list[tuple[int, int]], prefix: str) -> dict[str, list]:
    return {
        "id": [f"{prefix}{index}" for index in range(len(pairs))],
        "left_id": [f"L{a}" for a, _ in pairs],
        "right_id": [f"R{b}" for _, b in pairs],
        "label": ["yes" if a == b else "no" for a, b in pairs],
    }


def _columns(rows: list[dict]) -> dict[str, list]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(buffer, "PNG")
    return buffer.getvalue()
