"""How each shop words an offer: order, abbreviations, units, fillers and slips of the keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

from samples.draw import Draw
from samples.vocabulary import ABBREVIATIONS, CLOSINGS, FILLERS

KEYS = "abcdefghijklmnopqrstuvwxyz"
POUNDS = 2.2046


@dataclass(frozen=True)
class Text:
    """The words that an offer is made of; `noun` and `size` may be empty, `weight` is in kg."""

    brand: str
    line: str
    model: str
    noun: str
    colour: str
    size: str
    use: str
    features: tuple[str, ...]
    material: str
    weight: float


@dataclass(frozen=True)
class Shop:
    """A shop, how it writes a title, how often it slips, and whether it states pounds."""

    name: str
    title: Callable[[Draw, Text], list[str]]
    slip: float
    imperial: bool


def render(draw: Draw, shop: str, words: Text) -> tuple[str, str]:
    """Title and description of an offer in the manner of the shop with that name."""
    style = next(candidate for candidate in SHOPS if candidate.name == shop)
    parts = style.title(draw, words)
    title = " ".join(part for part in parts if part)
    if draw.chance(style.slip):
        title = _slipped(draw, title)
    return title, _description(draw, style, words)


def _model(draw: Draw, words: Text) -> str:
    """The model number with a dash, a space or nothing between letter and digits, or left out."""
    if draw.chance(0.22):
        return ""
    return words.model[0] + draw.pick(("", "", "-", " ")) + words.model[1:]


def _tidy(draw: Draw, words: Text) -> list[str]:
    noun = words.noun.capitalize()
    tail = [words.colour] if draw.chance(0.6) else []
    tail += [words.size] if words.size and draw.chance(0.6) else []
    name = " ".join(part for part in (words.brand, words.line, _model(draw, words), noun) if part)
    return [f"{name}," if tail else name, ", ".join(tail)]


def _noun_first(draw: Draw, words: Text) -> list[str]:
    colour = f"({words.colour})" if draw.chance(0.7) else ""
    return [
        words.noun.title(),
        words.line,
        _model(draw, words),
        "by",
        words.brand,
        words.size if draw.chance(0.4) else "",
        colour,
    ]


def _shouting(draw: Draw, words: Text) -> list[str]:
    text = " ".join([words.noun, words.material if draw.chance(0.3) else ""]).strip()
    for long, short in ABBREVIATIONS.items():
        text = text.replace(long, short)
    return [
        words.brand.upper(),
        words.line.upper(),
        _model(draw, words),
        text,
        ABBREVIATIONS.get(words.colour, words.colour) if draw.chance(0.7) else "",
        words.size if draw.chance(0.7) else "",
    ]


def _marketplace(draw: Draw, words: Text) -> list[str]:
    parts = [
        words.noun,
        words.brand if draw.chance(0.8) else "",
        words.line,
        _model(draw, words),
        words.features[0] if draw.chance(0.5) else "",
        words.colour if draw.chance(0.6) else "",
        words.size if draw.chance(0.5) else "",
        draw.pick(FILLERS),
    ]
    return draw.some(parts, len(parts))


def _terse(draw: Draw, words: Text) -> list[str]:
    return [
        words.brand if draw.chance(0.6) else "",
        words.line,
        _model(draw, words),
        words.noun if draw.chance(0.35) else "",
        words.colour if draw.chance(0.25) else "",
    ]


def _slipped(draw: Draw, text: str) -> str:
    """The text with two neighbours swapped, a letter lost, doubled or mistyped."""
    place = draw.below(max(len(text) - 2, 1))
    first, second, rest = text[place : place + 1], text[place + 1 : place + 2], text[place + 2 :]
    middle = draw.pick((second + first, second, first + first + second, draw.pick(KEYS) + second))
    return text[:place] + middle + rest


def _description(draw: Draw, shop: Shop, words: Text) -> str:
    name = words.noun if words.noun and draw.chance(0.6) else f"{words.brand} {words.line}"
    opening = draw.pick(
        (
            f"The {words.line} is made for {words.use}.",
            f"{_first_up(name)} for {words.use}.",
            f"A companion for {words.use}, from {words.brand}.",
            f"{words.brand} {words.line}: {words.material}, good for {words.use}.",
            f"Our customers use this {words.noun or 'product'} a lot.",
        )
    )
    features = " and ".join(words.features)
    sentences = [
        opening,
        draw.pick((f"{_first_up(features)}.", f"With {features}.", f"Details: {features}.")),
    ]
    if draw.chance(0.4):
        sentences.append(f"Material: {words.material}.")
    if draw.chance(0.35):
        sentences.append(_weight_sentence(shop, words.weight))
    if draw.chance(0.5):
        sentences.append(draw.pick(CLOSINGS))
    text = " ".join(sentences if draw.chance(0.8) else draw.some(sentences, len(sentences)))
    return _slipped(draw, text) if draw.chance(shop.slip) else text


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _weight_sentence(shop: Shop, kilograms: float) -> str:
    if shop.imperial:
        return f"Weight {kilograms * POUNDS:.1f} lb."
    return f"Weight {kilograms * 1000:.0f} g." if kilograms < 1 else f"Weight {kilograms:.1f} kg."


SHOPS: tuple[Shop, ...] = (
    Shop("nordmarkt", _tidy, 0.05, False),
    Shop("fine-things", _noun_first, 0.08, True),
    Shop("OUTLET24", _shouting, 0.15, False),
    Shop("bazaar", _marketplace, 0.35, True),
    Shop("kontor", _terse, 0.10, False),
)
