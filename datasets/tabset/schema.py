"""The schema of a data set version: what `dataset.json` says, as frozen dataclasses."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tabset.errors import DatasetError

FORMAT = "podium-dataset/1"
RESERVED_LABELS = frozenset({"id", "prediction", "score"})
RESERVED_COLUMNS = frozenset({"id", "label", "prediction", "score"})
RECORD_TABLES = ({"records"}, {"left", "right"})
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Pages make a link of it, which must not be able to run anything.
ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


class Kind(StrEnum):
    """The two kinds of task that a data set serves."""

    MATCHING = "matching"
    CLASSIFICATION = "classification"


class ColumnType(StrEnum):
    """The types that a column may have."""

    ID = "id"
    TEXT = "text"
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    IMAGE = "image"
    BOOLEAN = "boolean"
    LIST = "list"


@dataclass(frozen=True)
class Column:
    """One column: `missing` is a share in [0, 1], `sizes` are (width, height) in pixels."""

    name: str
    type: ColumnType
    description: str = ""
    missing: float = 0.0
    values: tuple[str, ...] = ()
    folder: str = ""
    sizes: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The column as `dataset.json` holds it; keys of other types are left out."""
        document: dict[str, Any] = {
            "name": self.name,
            "type": self.type.value,
            "description": self.description,
            "missing": self.missing,
        }
        if self.type is ColumnType.CATEGORICAL:
            document["values"] = list(self.values)
        if self.type is ColumnType.IMAGE:
            document["folder"] = self.folder
            document["sizes"] = [list(size) for size in self.sizes]
        return document


@dataclass(frozen=True)
class Licence:
    """Under which terms the data may be used."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class Split:
    """How the rows were divided, in words; the salt is never part of it."""

    train_test: str
    public_private: str = "salted hash of the group"
    public_share: float = 0.3


@dataclass(frozen=True)
class FileFact:
    """SHA-256 (hex) and size in bytes of one public file."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Dataset:
    """Everything that `dataset.json` says about one data set version.

    `columns` are the feature columns of train and test in order, without `id` and `label`.
    `records` maps the record tables of a matching data set to their columns without `record_id`.
    """

    name: str
    title: str
    description: str
    kind: Kind
    columns: tuple[Column, ...]
    licence: Licence
    citation: str
    origin: str
    split: Split
    classes: tuple[str, ...] = ()
    negative_label: str = ""
    positive_label: str = ""
    match_semantics: str = ""
    records: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    label_counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    files: Mapping[str, FileFact] = field(default_factory=dict)
    content_hash: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The declared classes in order; for matching the negative label, then the positive."""
        if self.kind is Kind.MATCHING:
            return (self.negative_label, self.positive_label)
        return self.classes

    def to_json(self) -> dict[str, Any]:
        """The document of `dataset.json`, keys in their published order."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "kind": self.kind.value,
        }
        if self.kind is Kind.MATCHING:
            document["negative_label"] = self.negative_label
            document["positive_label"] = self.positive_label
            document["match_semantics"] = self.match_semantics
        else:
            document["classes"] = list(self.classes)
        document["columns"] = [column.to_json() for column in self.columns]
        if self.kind is Kind.MATCHING:
            document["records"] = {
                table: [column.to_json() for column in columns]
                for table, columns in self.records.items()
            }
        return document | self._facts()

    def _facts(self) -> dict[str, Any]:
        return {
            "rows": dict(self.rows),
            "label_counts": {part: dict(counts) for part, counts in self.label_counts.items()},
            "licence": {"name": self.licence.name, "url": self.licence.url},
            "citation": self.citation,
            "origin": self.origin,
            "split": {
                "train_test": self.split.train_test,
                "public_private": self.split.public_private,
                "public_share": self.split.public_share,
            },
            "files": {
                name: {"sha256": fact.sha256, "bytes": fact.bytes}
                for name, fact in self.files.items()
            },
            "content_hash": self.content_hash,
        }


def dumps(document: Mapping[str, Any]) -> bytes:
    """The document as the UTF-8 bytes of a JSON file, two spaces deep, with a last newline."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def read(folder: Path) -> Dataset:
    """The schema in `folder/dataset.json`; `DatasetError` if it is absent or at fault."""
    path = folder / "dataset.json"
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(f"{folder} has no dataset.json") from error
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON in UTF-8: {error}") from error
    return from_json(document)


def from_json(document: Any) -> Dataset:
    """The checked `Dataset` of a parsed `dataset.json`; `DatasetError` names the faulty key."""
    top = _mapping(document, "dataset.json")
    if top.get("format") != FORMAT:
        raise DatasetError(f"format is {top.get('format')!r}, expected {FORMAT!r}")
    licence = _mapping(top.get("licence"), "licence")
    split = _mapping(top.get("split"), "split")
    dataset = Dataset(
        name=_text(top, "name"),
        title=_text(top, "title"),
        description=_text(top, "description"),
        kind=_kind(top.get("kind")),
        columns=_columns(top.get("columns"), "columns"),
        licence=Licence(_text(licence, "name"), _text(licence, "url")),
        citation=_text(top, "citation"),
        origin=_text(top, "origin"),
        split=Split(
            _text(split, "train_test"),
            _text(split, "public_private"),
            _number(split.get("public_share"), "split.public_share"),
        ),
        classes=tuple(_texts(top.get("classes", []), "classes")),
        negative_label=_text(top, "negative_label", default=""),
        positive_label=_text(top, "positive_label", default=""),
        match_semantics=_text(top, "match_semantics", default=""),
        records={
            table: _columns(columns, f"records.{table}")
            for table, columns in _mapping(top.get("records", {}), "records").items()
        },
        rows=_counts(top.get("rows"), "rows"),
        label_counts={
            part: _counts(counts, f"label_counts.{part}")
            for part, counts in _mapping(top.get("label_counts"), "label_counts").items()
        },
        files=_files(top.get("files")),
        content_hash=_text(top, "content_hash"),
    )
    validate(dataset)
    return dataset


def validate(dataset: Dataset) -> None:
    """Nothing if the schema keeps the standard; otherwise `DatasetError` with every fault."""
    faults = [f"the name {dataset.name!r} is not a slug"] * (not SLUG.fullmatch(dataset.name))
    faults += _label_faults(dataset)
    faults += _column_faults("columns", dataset.columns, RESERVED_COLUMNS)
    for table, columns in dataset.records.items():
        faults += _column_faults(f"records.{table}", columns, {"record_id", "id"})
    if not 0 < dataset.split.public_share < 1:
        faults.append(f"split.public_share is {dataset.split.public_share}, not between 0 and 1")
    if dataset.kind is Kind.MATCHING:
        faults += _matching_faults(dataset)
    elif dataset.records:
        faults.append("record tables belong to matching data sets only")
    if faults:
        raise DatasetError("; ".join(faults))


def text_fault(value: str) -> str:
    """Why `value` cannot be a label or a column name, in words; empty if it can."""
    if not value:
        return "is empty"
    if value != value.strip():
        return "begins or ends with white space"
    if unicodedata.normalize("NFC", value) != value:
        return "is not in Unicode normal form NFC"
    if any(unicodedata.category(character) == "Cc" for character in value):
        return "contains a control character"
    return ""


def pair_columns(records: Mapping[str, Sequence[Column]]) -> tuple[Column, ...]:
    """The columns of flattened pairs: left_id, right_id, left_<column>…, right_<column>…."""
    left = records["left"] if "left" in records else records["records"]
    right = records["right"] if "right" in records else records["records"]
    columns = [
        Column(f"{side}_id", ColumnType.ID, f"record_id of the {side} record")
        for side in ("left", "right")
    ]
    for side, side_columns in (("left", left), ("right", right)):
        columns += [
            Column(
                f"{side}_{column.name}",
                column.type,
                f"{column.description} ({side} record)",
                values=column.values,
                folder=column.folder,
                sizes=column.sizes,
            )
            for column in side_columns
        ]
    return tuple(columns)


def _label_faults(dataset: Dataset) -> list[str]:
    labels = dataset.labels
    faults = []
    for label in labels:
        if fault := text_fault(label):
            faults.append(f"the label {label!r} {fault}")
        elif label in RESERVED_LABELS:
            faults.append(f"the label {label!r} is the name of a submission column")
    if len(labels) < 2:
        faults.append("a classification data set needs at least two classes")
    if len(set(labels)) < len(labels):
        faults.append("two labels are the same")
    return faults


def _column_faults(
    where: str, columns: Sequence[Column], reserved: frozenset[str] | set[str]
) -> list[str]:
    faults = []
    seen: set[str] = set()
    for column in columns:
        if fault := text_fault(column.name):
            faults.append(f"{where}: the column name {column.name!r} {fault}")
        if column.name in reserved:
            faults.append(f"{where}: the column name {column.name!r} is reserved")
        if column.name in seen:
            faults.append(f"{where}: two columns are named {column.name!r}")
        if not 0 <= column.missing <= 1:
            faults.append(f"{where}: the missing share of {column.name!r} is {column.missing}")
        seen.add(column.name)
    return faults


def _matching_faults(dataset: Dataset) -> list[str]:
    if set(dataset.records) not in RECORD_TABLES:
        return ["a matching data set has the table records, or the tables left and right"]
    expected = [(column.name, column.type) for column in pair_columns(dataset.records)]
    if [(column.name, column.type) for column in dataset.columns] != expected:
        return ["the columns are not the flattened columns of the record tables"]
    return []


def _kind(value: Any) -> Kind:
    try:
        return Kind(value)
    except ValueError as error:
        raise DatasetError(f"kind is {value!r}, expected matching or classification") from error


def _columns(value: Any, where: str) -> tuple[Column, ...]:
    if not isinstance(value, list):
        raise DatasetError(f"{where} is not a list")
    return tuple(_column(item, f"{where}[{position}]") for position, item in enumerate(value))


def _column(value: Any, where: str) -> Column:
    item = _mapping(value, where)
    try:
        kind = ColumnType(item.get("type", ""))
    except ValueError as error:
        known = ", ".join(ColumnType)
        raise DatasetError(
            f"{where}.type is {item.get('type')!r}, expected one of {known}"
        ) from error
    sizes = item.get("sizes", [])
    if not isinstance(sizes, list) or not all(_is_size(size) for size in sizes):
        raise DatasetError(f"{where}.sizes is not a list of [width, height]")
    return Column(
        name=_text(item, "name"),
        type=kind,
        description=_text(item, "description", default=""),
        missing=_number(item.get("missing", 0.0), f"{where}.missing"),
        values=tuple(_texts(item.get("values", []), f"{where}.values")),
        folder=_text(item, "folder", default=""),
        sizes=tuple((size[0], size[1]) for size in sizes),
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(side) is int for side in value)


def _files(value: Any) -> dict[str, FileFact]:
    facts = {}
    for name, item in _mapping(value, "files").items():
        fact = _mapping(item, f"files.{name}")
        if not isinstance(fact.get("bytes"), int):
            raise DatasetError(f"files.{name}.bytes is not a whole number")
        facts[name] = FileFact(_text(fact, "sha256"), fact["bytes"])
    return facts


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DatasetError(f"{where} is not an object")
    return value


def _text(mapping: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = mapping.get(key, default)
    if not isinstance(value, str):
        raise DatasetError(f"{key} is {value!r}, expected text")
    return value


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DatasetError(f"{where} is not a list of texts")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DatasetError(f"{where} is {value!r}, expected a number")
    return float(value)


def _counts(value: Any, where: str) -> dict[str, int]:
    counts = _mapping(value, where)
    for key, count in counts.items():
        if type(count) is not int or count < 0:
            raise DatasetError(f"{where}.{key} is {count!r}, expected a whole number")
    return counts
