"""Small data sets from which the tests build folders."""

import datetime as dt
import io
from dataclasses import replace
from typing import Any

from PIL import Image

from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split

FEATURES = (
    Column("title", ColumnType.TEXT, "Some | text."),
    Column("price", ColumnType.NUMERIC, "A price."),
    Column("colour", ColumnType.CATEGORICAL, "A colour."),
    Column("listed", ColumnType.DATETIME, "A date."),
    Column("image", ColumnType.IMAGE, "A picture."),
    Column("sold", ColumnType.BOOLEAN, "Whether it is sold."),
    Column("tags", ColumnType.LIST, "Tags."),
)
CLASSIFICATION = Dataset(
    name="small",
    title="A small data set",
    description="For tests.",
    kind=Kind.CLASSIFICATION,
    classes=("None", "007", "1.0", "ü, or ue"),
    columns=FEATURES,
    licence=Licence("CC0", "https://example.org/cc0"),
    citation="Nobody",
    origin="Made up",
    split=Split("by group"),
)
MATCHING = replace(
    CLASSIFICATION,
    name="small-pairs",
    kind=Kind.MATCHING,
    classes=(),
    columns=(),
    negative_label="0",
    positive_label="1",
    match_semantics="exact",
    records={"records": FEATURES[:3]},
)
TEST_ROWS = 80


def png(shade: int = 0, size: tuple[int, int] = (4, 3)) -> bytes:
    """A PNG of one shade of grey."""
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, "PNG")
    return buffer.getvalue()


def rows(count: int, prefix: str) -> dict[str, list[Any]]:
    """That many classification rows, with missing values, awkward labels and ids."""
    return {
        "id": [f"{prefix}{number:03d}" for number in range(count)],
        "title": [
            (f'say "{number}",\nplease', None, " padded ", "NA")[number % 4]
            for number in range(count)
        ],
        "price": [None if number % 5 == 0 else number / 3 for number in range(count)],
        "colour": [("red", "None", None)[number % 3] for number in range(count)],
        "listed": [dt.datetime(2026, 1, 1) + dt.timedelta(hours=number) for number in range(count)],
        "image": [
            None if number % 7 == 0 else f"images/{number % 3}.png" for number in range(count)
        ],
        "sold": [(True, False, None)[number % 3] for number in range(count)],
        "tags": [([], ["a", "b,c"], None)[number % 3] for number in range(count)],
        "label": [CLASSIFICATION.classes[number % 4] for number in range(count)],
    }


def classification() -> Source:
    """A classification source with every column type."""
    return Source(
        dataset=CLASSIFICATION,
        train=rows(40, "t"),
        test=rows(TEST_ROWS, "q"),
        groups=[f"g{number}" for number in range(TEST_ROWS)],
        slices={"half": ["ab"[number % 2] for number in range(TEST_ROWS)]},
        images={f"{number}.png": png(number) for number in range(3)},
    )


def matching(*, two_tables: bool = False) -> Source:
    """A matching source over one record table, or over a left and a right one."""
    records = rows(30, "r")
    table = {"record_id": records["id"]} | {
        name: records[name] for name in ("title", "price", "colour")
    }
    names = ("left", "right") if two_tables else ("records",)
    return Source(
        dataset=replace(MATCHING, records=dict.fromkeys(names, FEATURES[:3])),
        train=pairs(20, "t"),
        test=pairs(TEST_ROWS, "q"),
        groups=[f"e{number % 29}" for number in range(TEST_ROWS)],
        slices={"colour": ["red"] * TEST_ROWS},
        records=dict.fromkeys(names, table),
        entities={
            "side": [name for name in names for _ in range(30)],
            "record_id": records["id"] * len(names),
            "entity_id": [f"e{number % 29}" for number in range(30)] * len(names),
        },
    )


def pairs(count: int, prefix: str) -> dict[str, list[Any]]:
    """That many pairs of the records r000 to r029."""
    return {
        "id": [f"{prefix}{number}" for number in range(count)],
        "left_id": [f"r{number % 29:03d}" for number in range(count)],
        "right_id": [f"r{number % 29 + 1:03d}" for number in range(count)],
        "label": ["1" if number % 4 == 0 else "0" for number in range(count)],
    }
