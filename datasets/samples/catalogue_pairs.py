"""The data sets `catalogue-exact` and `catalogue-variant`: two meanings of match, one table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from samples import pairs
from samples.catalogue import Offer, make_offers
from samples.draw import Draw
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split
from tabset.splits import in_test

FAMILIES = 1100
OTHERS = 5  # pairs that do not match, for each that does
TEST_SHARE = 0.34
WORD = re.compile(r"[a-z]{4,}|[a-z]*\d+[a-z]*")

COLUMNS = (
    Column("shop", ColumnType.CATEGORICAL, "The shop that lists the offer."),
    Column("title", ColumnType.TEXT, "The offer's title as the shop wrote it."),
    Column("description", ColumnType.TEXT, "The offer's description."),
    Column("brand", ColumnType.CATEGORICAL, "The brand."),
    Column("colour", ColumnType.CATEGORICAL, "The colour in the shop's words."),
    Column("size", ColumnType.CATEGORICAL, "The size in the shop's words and units."),
    Column("price", ColumnType.NUMERIC, "Price in euro."),
    Column(
        "weight",
        ColumnType.NUMERIC,
        "Weight in kilograms as the shop states it. A few shops enter pounds.",
    ),
)
DESCRIPTION = """\
Pairs of offers of different web shops, from one catalogue of five shops. Find the pairs that match.

{meaning}

The shops word, abbreviate and measure differently, and leave facts out. Each offer is in one pair
that matches and in up to five that do not. Most of these share a brand and product line, or rare
words of their titles, and look alike; the others were put together at random.
"""


@dataclass(frozen=True)
class Task:
    """One meaning of match."""

    name: str
    title: str
    semantics: str
    meaning: str
    by_family: bool


EXACT = Task(
    "catalogue-exact",
    "Exact duplicates among web shop offers",
    "exact: the same product in the same colour and size",
    "Two offers match if they sell the same product in the same colour and size. Another colour or "
    "size of the same product does not match.",
    by_family=False,
)
VARIANT = Task(
    "catalogue-variant",
    "Variants of one product among web shop offers",
    "ignores colour and size: the same product whatever its colour and size",
    "Two offers match if they sell the same product, whatever its colour and size. A sister model "
    "of the same brand and line does not match.",
    by_family=True,
)


def source(task: Task) -> Source:
    """The data set before it is written; the same one on every call."""
    draw = Draw(task.name)
    offers = {f"r{offer.key}": offer for offer in make_offers(FAMILIES)}
    keys = list(offers)
    # Both meanings of match use one division, so no record is in train here and in test there.
    family = {key: offer.product.family.key for key, offer in offers.items()}
    chosen = in_test(list(family.values()), salt="catalogue-pairs", share=TEST_SHARE)
    entity = {
        key: offer.product.family.key if task.by_family else offer.product.key
        for key, offer in offers.items()
    }
    sides = [
        [key for key, test in zip(keys, chosen, strict=True) if test is wanted]
        for wanted in (False, True)
    ]
    train, test = (_pairs(draw, side, offers, entity) for side in sides)
    return Source(
        dataset=_dataset(task),
        train=pairs.values(train, "p"),
        test=pairs.values(test, "q"),
        # Both tasks have pairs in common, so the group is of neither meaning nor order.
        groups=[min(family[pair.left], family[pair.right]) for pair in test],
        slices={
            "left": [offers[pair.left].product.family.type.category for pair in test],
            "right": [offers[pair.right].product.family.type.category for pair in test],
        },
        records={"records": _records(offers)},
        entities={
            "side": ["records"] * len(keys),
            "record_id": keys,
            "entity_id": [entity[key] for key in keys],
        },
    )


def _pairs(
    draw: Draw,
    keys: Sequence[str],
    offers: dict[str, Offer],
    entity: dict[str, str],
) -> list[pairs.Labelled]:
    def families(key: str) -> list[str]:
        return [offers[key].product.family.key]

    def lines(key: str) -> list[str]:
        family = offers[key].product.family
        return [f"{family.brand} {family.line.split()[0]}"]

    def words(key: str) -> set[str]:
        return set(WORD.findall(offers[key].title.lower()))

    candidates = [pairs.within(pairs.blocks(keys, by)) for by in (families, lines, words)]
    picked = pairs.choose(
        draw,
        candidates,
        entity,
        others=OTHERS,
        source={key: offer.shop for key, offer in offers.items()},
    )
    return pairs.swapped(draw, picked)


def _records(offers: dict[str, Offer]) -> dict[str, list[object]]:
    listed = list(offers.values())
    return {
        "record_id": list(offers),
        "shop": [offer.shop for offer in listed],
        "title": [offer.title for offer in listed],
        "description": [offer.description for offer in listed],
        "brand": [offer.brand for offer in listed],
        "colour": [offer.colour for offer in listed],
        "size": [offer.size for offer in listed],
        "price": [offer.price for offer in listed],
        "weight": [offer.weight for offer in listed],
    }


def _dataset(task: Task) -> Dataset:
    return Dataset(
        name=task.name,
        title=task.title,
        description=DESCRIPTION.format(meaning=task.meaning),
        kind=Kind.MATCHING,
        negative_label="0",
        positive_label="1",
        match_semantics=task.semantics,
        columns=(),
        records={"records": COLUMNS},
        licence=Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        citation="Podium sample data: generated product catalogue, version 1.",
        origin="Generated by the package samples of Podium. Brands, shops and products are "
        "invented.",
        split=Split("by product family, so that no family has records on both sides"),
    )
