"""The options that all importers share, how options are checked, and the draft they give."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from tabset.draft import Draft, DraftColumn, Keep, Order, Roles, SplitMethod, SplitRule
from tabset.errors import DatasetError
from tabset.importers import files
from tabset.importers.base import Importer, Option, Request
from tabset.schema import SLUG, Kind, Licence

Choice = TypeVar("Choice", bound=StrEnum)

POSITIVE = Option("positive", "the label that means match; without it 1, true or yes")
SEMANTICS = Option("match_semantics", "what match means, such as: exact, ignores colour and size")
MATCHING = (POSITIVE, SEMANTICS)
IMAGES = Option("images", "folder of image files next to or below the tables, if there are several")
READING = (
    Option("delimiter", "what separates cells of text files: a character, or tab"),
    Option("encoding", "encoding of text files, such as utf-8 or cp1252"),
    Option("escape", "backslash or none: what escapes quotes in text files"),
    Option("comment", "leading lines that begin so are skipped"),
)
COMMON = (
    Option("name", "short name for addresses: lower case letters, digits, hyphens"),
    Option("title", "heading of the data set's page"),
    Option("description", "what a row is, where it comes from, what to predict; markdown"),
    Option("licence", "name of the licence, such as CC-BY-4.0"),
    Option("licence_url", "address of the licence's text"),
    Option("citation", "whom to cite, as text or BibTeX"),
    Option("origin", "where the raw data come from, with a version or date"),
    Option("split_method", "given, random, group or time; by default what fits the raw data"),
    Option("test_share", "share of the rows that become the test set", default="0.25"),
    Option("public_share", "share of the test rows scored in public, 0.3 if nothing is known"),
    Option("strict", "true: drop pairs whose records are on both sides", default="false"),
    Option("ids", "keep, or new: ids that reveal nothing", default="keep"),
    Option("image_names", "keep, or new: image file names that reveal nothing", default="keep"),
    Option("order", "keep or shuffle the order of the test rows"),
    *READING,
    Option("draft", "an earlier, edited draft.json (or its folder) whose decisions are taken over"),
)
ROLES = (
    Option("group", "column that names the unit of independence"),
    Option("time", "column by which the newest rows become the test set"),
    Option("slices", "columns, separated by commas, whose values name slices"),
)


def checked(importer: Importer, given: Mapping[str, str]) -> dict[str, str]:
    """The options with their defaults; `DatasetError` for unknown, absent and ill-formed ones."""
    known = {option.name: option for option in importer.options}
    for name, value in given.items():
        if name not in known:
            raise DatasetError(
                f"the importer {importer.name} has no option {name!r}; it knows {', '.join(known)}"
            )
        if not _is_text(value):
            raise DatasetError(f"the option {name} is not text in Unicode: {value!r}")
    found = {name: given.get(name, "").strip() or known[name].default for name in known}
    if absent := [option.name for option in importer.options if _is_absent(option, found)]:
        raise DatasetError(
            f"the importer {importer.name} needs the option {absent[0]}:"
            f" {known[absent[0]].help}; it knows {', '.join(known)}"
        )
    _check_forms(found)
    return found


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _is_absent(option: Option, found: Mapping[str, str]) -> bool:
    return option.required and not found[option.name]


def _check_forms(options: Mapping[str, str]) -> None:
    share(options, "test_share")
    if options["public_share"]:
        share(options, "public_share")
    flag(options, "strict")
    choice(options, "ids", Keep)
    choice(options, "image_names", Keep)
    for name, kind in (("split_method", SplitMethod), ("order", Order)):
        if options[name]:
            choice(options, name, kind)
    if options["name"] and not SLUG.fullmatch(options["name"]):
        raise DatasetError(
            f"the option name is {options['name']!r}; expected lower case letters, digits and"
            " single hyphens, such as shop-offers"
        )


def share(options: Mapping[str, str], name: str) -> float:
    """The option as a share in (0, 1)."""
    try:
        value = float(options[name])
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise DatasetError(
            f"the option {name} is {options[name]!r}, expected a number between 0 and 1"
        )
    return value


def flag(options: Mapping[str, str], name: str) -> bool:
    """The option as true or false."""
    try:
        return {"true": True, "false": False}[options[name].lower()]
    except KeyError as error:
        raise DatasetError(
            f"the option {name} is {options[name]!r}, expected true or false"
        ) from error


def choice(options: Mapping[str, str], name: str, kind: type[Choice]) -> Choice:
    """The option as one of a few words."""
    try:
        return kind(options[name])
    except ValueError as error:
        raise DatasetError(
            f"the option {name} is {options[name]!r}, expected one of {', '.join(kind)}"
        ) from error


def listed(text: str) -> tuple[str, ...]:
    """The column names in an option that holds several, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def require(names: Sequence[str], wanted: str, option: str, where: str) -> str:
    """The wanted column name; `DatasetError` lists the columns of `where` if it is not there."""
    if wanted not in names:
        raise DatasetError(
            f"{where} has no column {wanted!r} (option {option});"
            f" its columns are {', '.join(names[:50])}"
        )
    return wanted


def chosen_roles(request: Request, names: Sequence[str], where: str) -> dict[str, str]:
    """Those of the options id, group, time and split that are given, as checked column names."""
    found = {}
    for role in ("id", "group", "time", "split"):
        if name := request.options.get(role, ""):
            found[role] = require(names, name, role, where)
    return found


def chosen_slices(request: Request, names: Sequence[str], where: str) -> tuple[str, ...]:
    """The checked column names of the option slices."""
    given = listed(request.options["slices"])
    return tuple(require(names, name, "slices", where) for name in given)


@dataclass(frozen=True)
class Facts:
    """What the raw data tell about themselves; options go before it."""

    name: str = ""
    title: str = ""
    description: str = ""
    citation: str = ""
    origin: str = ""
    licence: Licence = field(default_factory=lambda: Licence(""))
    match_semantics: str = ""
    classes: tuple[str, ...] = ()
    negative_label: str = ""
    positive_label: str = ""
    public_share: float = 0.3
    order: Order = Order.KEEP


NO_FACTS = Facts()


def draft(
    request: Request,
    kind: Kind,
    tables: Mapping[str, tuple[DraftColumn, ...]],
    roles: Roles,
    facts: Facts = NO_FACTS,
) -> Draft:
    """The draft that an importer proposes; `DatasetError` if the split needs a column."""
    options = request.options
    name = options["name"] or facts.name or _slug(request)
    return Draft(
        name=name,
        kind=kind,
        tables=tables,
        title=options["title"] or facts.title or name.replace("-", " ").capitalize(),
        description=options["description"] or facts.description,
        licence=Licence(
            options["licence"] or facts.licence.name, options["licence_url"] or facts.licence.url
        ),
        citation=options["citation"] or facts.citation,
        origin=options["origin"] or facts.origin,
        classes=facts.classes,
        negative_label=facts.negative_label,
        positive_label=facts.positive_label,
        match_semantics=options.get("match_semantics", "") or facts.match_semantics,
        roles=roles,
        split=_rule(options, kind, roles, facts),
        ids=choice(options, "ids", Keep),
        images=choice(options, "image_names", Keep),
        order=Order(options["order"] or facts.order),
    )


def _rule(options: Mapping[str, str], kind: Kind, roles: Roles, facts: Facts) -> SplitRule:
    by_entity = kind is Kind.MATCHING
    if options["split_method"]:
        method = choice(options, "split_method", SplitMethod)
    elif roles.split:
        method = SplitMethod.GIVEN
    elif roles.time:
        method = SplitMethod.TIME
    elif roles.group or by_entity:
        method = SplitMethod.GROUP
    else:
        method = SplitMethod.RANDOM
    needed = {
        SplitMethod.GIVEN: roles.split,
        SplitMethod.TIME: roles.time,
        SplitMethod.GROUP: roles.group or by_entity,
    }
    if not needed.get(method, True):
        missing = "a division into train and test" if method is SplitMethod.GIVEN else "its column"
        raise DatasetError(
            f"the option split_method is {method}, but {missing} is not given; name the column by"
            f" the option {'split' if method is SplitMethod.GIVEN else method} or choose another"
        )
    return SplitRule(
        method,
        share(options, "test_share"),
        share(options, "public_share") if options["public_share"] else facts.public_share,
        flag(options, "strict"),
    )


def _slug(request: Request) -> str:
    """A name from the folder or the one file: `shop-offers` for `Shop_Offers.csv.gz`."""
    path = request.paths[0].resolve()
    if len(request.paths) > 1 and not path.is_dir():
        path = path.parent
    words = path.name.lower() if path.is_dir() else files.stem(path)
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "dataset"
