"""The draft of a data set: what an importer proposes and an organizer edits before the build."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from tabset import schema
from tabset.errors import DatasetError
from tabset.schema import ColumnType, Kind, Licence

FORMAT = "podium-draft/1"
FILE = "draft.json"
ROWS = "rows"
PAIRS = "pairs"
RECORD_ID = "record_id"  # the id column of the record tables
SHORTEST_SALT = 16


class SplitMethod(StrEnum):
    """How rows are divided into train and test."""

    GIVEN = "given"  # by the texts train and test in the column of the role `split`
    RANDOM = "random"  # at random, every class in equal share
    GROUP = "group"  # whole groups; for matching whole entities
    TIME = "time"  # the newest rows by the column of the role `time`


class Keep(StrEnum):
    """Whether ids (or names of image files) stay or are replaced by ones that say nothing."""

    KEEP = "keep"
    NEW = "new"


class Order(StrEnum):
    """Whether the test rows, and the records of pairs, stay in the order of the source."""

    KEEP = "keep"
    SHUFFLE = "shuffle"


@dataclass(frozen=True)
class DraftColumn:
    """One source column and what becomes of it.

    `missing_values` are texts that mean missing besides the empty cell; `format` is a strptime
    format for dates and the separator for lists (empty: ISO 8601, a JSON list). What follows
    `evidence` was found in the source; it is there for the reader and changes nothing.
    """

    name: str
    type: ColumnType
    use: bool = True
    rename: str = ""
    description: str = ""
    missing_values: tuple[str, ...] = ()
    format: str = ""
    evidence: str = ""
    missing: float = 0.0
    distinct: int = 0
    samples: tuple[str, ...] = ()

    @property
    def final_name(self) -> str:
        """The name of the column in the built data set."""
        return self.rename or self.name


@dataclass(frozen=True)
class Roles:
    """Which source columns have which role; empty where none has.

    `id`, `label`, `group`, `time`, `split` (train, test) and `usage` (public, private, ignored)
    name columns of the table of rows or pairs, `entity` a column of the record tables, `slices`
    columns of any table.
    Without an id column the rows are numbered.
    """

    id: str = ""
    label: str = ""
    group: str = ""
    time: str = ""
    split: str = ""
    usage: str = ""
    entity: str = ""
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SplitRule:
    """How to divide the rows; the shares are in (0, 1). `strict` drops pairs whose two records are
    on different sides.

    Data sets over the same records get the same `shared_salt`, a secret: it takes the place of the
    salt of the build, so that a group is in the same part of each. Empty for a data set without
    sisters.
    """

    method: SplitMethod = SplitMethod.RANDOM
    test_share: float = 0.25
    public_share: float = 0.3
    strict: bool = False
    shared_salt: str = ""


@dataclass(frozen=True)
class Draft:
    """Everything that is decided about a data set before it is built.

    `tables` maps the staged tables (`rows`, or `pairs` and `records` or `left` and `right`) to
    their columns in source order. `classes` empty: the labels that occur, sorted.
    """

    name: str
    kind: Kind
    tables: Mapping[str, tuple[DraftColumn, ...]]
    title: str = ""
    description: str = ""
    licence: Licence = field(default_factory=lambda: Licence(""))
    citation: str = ""
    origin: str = ""
    classes: tuple[str, ...] = ()
    negative_label: str = ""
    positive_label: str = ""
    match_semantics: str = ""
    roles: Roles = field(default_factory=Roles)
    split: SplitRule = field(default_factory=SplitRule)
    ids: Keep = Keep.KEEP
    images: Keep = Keep.KEEP
    order: Order = Order.KEEP

    @property
    def main(self) -> str:
        """The table that has the labels: `rows` or `pairs`."""
        return PAIRS if self.kind is Kind.MATCHING else ROWS

    @property
    def record_tables(self) -> tuple[str, ...]:
        """The names of the record tables of a matching data set."""
        return tuple(name for name in self.tables if name not in (ROWS, PAIRS))

    def features(self, table: str) -> tuple[DraftColumn, ...]:
        """The columns of a staged table that become feature columns: of pairs, none.

        A used column with the role group, time or slice is a feature; one that reveals the label
        is not.
        """
        if table == PAIRS:
            return ()
        roles = self.roles
        others = (
            {roles.id, roles.label, roles.split, roles.usage}
            if table == self.main
            else {RECORD_ID, roles.entity}
        )
        return tuple(
            column for column in self.tables[table] if column.use and column.name not in others
        )

    def to_json(self) -> dict[str, Any]:
        """The document of `draft.json`."""
        return {"format": FORMAT, **asdict(self)}


def write(draft: Draft, folder: Path) -> None:
    """Writes `folder/draft.json`."""
    (folder / FILE).write_bytes(schema.dumps(draft.to_json()))


def read(folder: Path) -> Draft:
    """The checked draft in `folder/draft.json`; `DatasetError` names the faulty key."""
    try:
        document = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(f"{folder} has no {FILE}; import the raw files first") from error
    except ValueError as error:
        raise DatasetError(f"{folder / FILE} is not JSON in UTF-8: {error}") from error
    return from_json(document)


def from_json(document: Any) -> Draft:
    """The draft of a parsed `draft.json`; `DatasetError` names the faulty key and what it expects.

    Absent keys take their defaults, unknown keys are refused, so that typing errors are found.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DatasetError(f"this is not a draft of the format {FORMAT!r}")
    given = {key: value for key, value in document.items() if key != "format"}
    draft: Draft = _build(Draft, given, "draft")
    _validate(draft)
    return draft


def _build(kind: type, document: Any, where: str) -> Any:
    """An instance of a dataclass from a JSON object, by its type hints."""
    if not isinstance(document, dict):
        raise DatasetError(f"{where} is {document!r}, expected an object")
    hints = get_type_hints(kind)
    names = {item.name for item in fields(kind)}
    if unknown := sorted(set(document) - names):
        raise DatasetError(
            f"{where} has no key {unknown[0]!r}; known are {', '.join(sorted(names))}"
        )
    values = {
        name: _value(hints[name], value, f"{where}.{name}") for name, value in document.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise DatasetError(f"{where}: {error}") from error


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value, where)
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise DatasetError(f"{where} is {value!r}, expected a list")
        item = get_args(hint)[0]
        return tuple(_value(item, each, f"{where}[{place}]") for place, each in enumerate(value))
    if get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            raise DatasetError(f"{where} is {value!r}, expected an object")
        return {
            key: _value(get_args(hint)[1], each, f"{where}.{key}") for key, each in value.items()
        }
    return _scalar(hint, value, where)


def _scalar(hint: type, value: Any, where: str) -> Any:
    if issubclass(hint, StrEnum):
        try:
            return hint(value)
        except ValueError as error:
            raise DatasetError(
                f"{where} is {value!r}, expected one of {', '.join(hint)}"
            ) from error
    if hint is float and type(value) in (int, float):
        return float(value)
    if type(value) is not hint:
        raise DatasetError(f"{where} is {value!r}, expected {_EXPECTED[hint]}")
    return value


_EXPECTED: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def _validate(draft: Draft) -> None:
    """Refuses what no later step could make sense of; everything else is left to the checks."""
    if draft.main not in draft.tables:
        raise DatasetError(f"a {draft.kind} draft needs the table {draft.main!r}")
    if draft.kind is Kind.MATCHING and set(draft.record_tables) not in schema.RECORD_TABLES:
        raise DatasetError("a matching draft has the table records, or the tables left and right")
    for name in ("test_share", "public_share"):
        share = getattr(draft.split, name)
        if not 0 < share < 1:
            raise DatasetError(f"draft.split.{name} is {share}, expected a share between 0 and 1")
    if 0 < (size := len(draft.split.shared_salt)) < SHORTEST_SALT:
        raise DatasetError(
            f"draft.split.shared_salt has {size} characters, expected at least {SHORTEST_SALT}:"
            " a salt that can be guessed reveals which rows are public"
        )
    _validate_roles(draft)


def _validate_roles(draft: Draft) -> None:
    main = {column.name for column in draft.tables[draft.main]}
    everywhere = {column.name for columns in draft.tables.values() for column in columns}
    roles = asdict(draft.roles)
    named = [(role, roles[role]) for role in ("id", "label", "group", "time", "split", "usage")]
    for role, column in named:
        if column and column not in main:
            raise DatasetError(
                f"draft.roles.{role} is {column!r}, which is not a column of {draft.main}"
            )
    for role, column in [
        ("entity", draft.roles.entity),
        *(("slices", n) for n in draft.roles.slices),
    ]:
        if column and column not in everywhere:
            raise DatasetError(
                f"draft.roles.{role} names {column!r}, which is not a column of any table"
            )
