"""The product catalogue: families, their variants, and the offers of five shops for them."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

from samples.draw import Draw
from samples.shops import SHOPS, Text, render
from samples.vocabulary import (
    CATEGORIES,
    COLOURS,
    LINES,
    SIZES,
    SUFFIXES,
    TYPES,
    Colour,
    ProductType,
)

FIRST_DAY = dt.datetime(2025, 1, 1)
OFFER_COUNTS = (0.42, 0.31, 0.17, 0.10)
VARIANT_COUNTS = (0.45, 0.25, 0.15, 0.10, 0.05)


@dataclass(frozen=True)
class Family:
    """One product line entry, whatever its colour and size: the entity of "variant" matching."""

    key: str
    type: ProductType
    brand: str
    line: str
    model: str
    features: tuple[str, ...]
    material: str
    price: float
    weight: float


@dataclass(frozen=True)
class Product:
    """One variant of a family: the entity of "exact" matching."""

    key: str
    family: Family
    colour: Colour
    size: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A product as one shop lists it: euro, kg; None is missing."""

    key: str
    product: Product
    shop: str
    title: str
    description: str | None
    brand: str | None
    colour: str | None
    size: str | None
    price: float | None
    weight: float | None
    listed_on: dt.datetime | None


@cache
def make_offers(families: int) -> tuple[Offer, ...]:
    """The offers of that many families in random order, the same ones on every call.

    Keys and order reveal nothing about the family.
    """
    draw = Draw("catalogue")
    made = [_family(draw, number) for number in range(families)]
    offers = [
        offer
        for family in made
        for product in _products(draw, family)
        for offer in _offers(draw, product)
    ]
    order = draw.order(len(offers))
    return tuple(replace(offers[place], key=str(number)) for number, place in enumerate(order))


def _family(draw: Draw, number: int) -> Family:
    kind = TYPES[draw.weighted([candidate.share for candidate in TYPES])]
    category = CATEGORIES[kind.category]
    # A quarter of the features is not typical of the type, so no single word settles it.
    pool = [*kind.features, *draw.some(category.features, 2)]
    digits = draw.pick((f"{draw.below(9) + 1}", f"{(draw.below(9) + 1) * 10}"))
    model = f"{draw.pick('ABCDEFGHKLMNPRSTVX')}{digits}{draw.pick(('', '0', '5'))}"
    return Family(
        key=f"f{number}",
        type=kind,
        brand=draw.pick(category.brands),
        line=f"{draw.pick(LINES)} {draw.pick(SUFFIXES)}".strip(),
        model=model,
        features=tuple(draw.some(pool, 3)),
        material=draw.pick(kind.materials),
        price=draw.around(kind.price, 0.32),
        weight=draw.around(kind.weight, 0.22),
    )


def _products(draw: Draw, family: Family) -> list[Product]:
    count = draw.weighted(VARIANT_COUNTS) + 1
    colours = draw.some(COLOURS, 2)
    sizes = draw.some(SIZES[family.type.sizes], 3)
    variants = [(colour, size) for colour in colours for size in sizes]
    return [
        Product(f"{family.key}-{number}", family, colour, size)
        for number, (colour, size) in enumerate(draw.some(variants, count))
    ]


def _offers(draw: Draw, product: Product) -> list[Offer]:
    count = draw.weighted(OFFER_COUNTS) + 1
    shops = draw.some(SHOPS, count)
    return [_offer(draw, product, shop.name) for shop in shops]


def _offer(draw: Draw, product: Product, shop: str) -> Offer:
    family = product.family
    colour = draw.pick(product.colour.names) if draw.chance(0.5) else product.colour.names[0]
    size = draw.pick(product.size) if draw.chance(0.5) else product.size[0]
    words = Text(
        brand=family.brand,
        line=family.line,
        model=family.model,
        noun=_noun(draw, family.type),
        colour=colour,
        size=size,
        use=draw.pick(family.type.uses),
        features=tuple(draw.some(family.features, 1 + draw.below(2))),
        material=family.material,
        weight=family.weight,
    )
    title, description = render(draw, shop, words)
    return Offer(
        key="",
        product=product,
        shop=shop,
        title=title,
        description=None if draw.chance(0.24) else description,
        brand=None if draw.chance(0.15) else family.brand,
        colour=None if draw.chance(0.22) else colour,
        size=None if draw.chance(0.22) or not size else size,
        price=None if draw.chance(0.06) else round(draw.around(family.price, 0.09), 2),
        weight=_weight(draw, family.weight),
        listed_on=None if draw.chance(0.05) else FIRST_DAY + dt.timedelta(days=draw.below(600)),
    )


def _noun(draw: Draw, kind: ProductType) -> str:
    """A telling noun, one that the whole category shares, or none at all."""
    which = draw.weighted((0.46, 0.34, 0.20))
    return (
        ""
        if which == 2
        else draw.pick(kind.nouns if which == 0 else CATEGORIES[kind.category].nouns)
    )


def _weight(draw: Draw, weight: float) -> float | None:
    """The weight as the shop states it; one shop in sixteen enters pounds as kilograms."""
    if draw.chance(0.20):
        return None
    stated = weight * draw.between(0.96, 1.06)
    return round(stated * 2.2046 if draw.chance(0.06) else stated, 2)
