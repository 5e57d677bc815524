"""The draft of a data set as a form: its document shown field by field, and typed into again."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from podium.files import Json
from tabset.draft import Keep, Order, SplitMethod
from tabset.schema import ColumnType, Kind

# A form may have 1,000 fields and a column takes up to six; more columns only by file.
MOST_COLUMNS = 130
SAMPLES = 4
SAMPLE_LENGTH = 48
_KEY = re.compile(r"draft(?:\.\w+|\[\d+\])+")
_WITH_FORMAT = {ColumnType.DATETIME: "such as %d.%m.%Y", ColumnType.LIST: "what separates items"}

METHODS = {
    SplitMethod.GIVEN: "as the split column says",
    SplitMethod.RANDOM: "at random, every class in equal share",
    SplitMethod.GROUP: "by whole groups; for matching by whole entities",
    SplitMethod.TIME: "the newest rows by the time column",
}
KEEPS = {Keep.KEEP: "keep", Keep.NEW: "replace with random ones"}
ORDERS = {Order.KEEP: "as in the source", Order.SHUFFLE: "shuffled"}
ROLES = {
    "id": ("Id", "without it rows are numbered"),
    "label": ("Label", "what is to be predicted"),
    "group": ("Group", "the unit of independence, such as a person"),
    "time": ("Time", "for a split by time"),
    "split": ("Split", "says train or test"),
    "usage": ("Usage", "says public, private or ignored"),
    "entity": ("Entity", "names the real thing a record describes"),
}


# What the form calls the inputs of a column. Its tick, `use`, has the key of the column itself.
OF_COLUMNS = {
    "use": "Use",
    "type": "Type",
    "rename": "New name",
    "description": "Description",
    "missing_values": "Missing values",
    "format": "Format",
}


@dataclass(frozen=True)
class Field:
    """One input: its path in the draft, its value, and its error."""

    key: str
    label: str
    value: object
    kind: str = "text"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Row:
    """One column of a staged table: what was found, and the inputs for what becomes of it."""

    key: str
    column: Json
    roles: tuple[str, ...]
    samples: tuple[str, ...]
    format_help: str
    error: str = ""
    error_in: str = ""

    @property
    def missing_values(self) -> str:
        return _joined(self.column["missing_values"])


class DraftForm:
    """The draft as a form. `document` holds what was typed, also where it cannot be."""

    def __init__(self, document: Json, problem: str = "") -> None:
        self.document = document
        self.problem = problem
        found = _KEY.match(problem)
        self._at_fault = found.group() if found else ""
        # Next to its field the message need not name it.
        self._fault = f"It{problem.removeprefix(self._at_fault)}" if found else ""

    @property
    def is_matching(self) -> bool:
        return bool(self.document["kind"] == Kind.MATCHING)

    @property
    def facts(self) -> list[Field]:
        """What the data set is: title, description, licence, citation, origin, labels."""
        text = self._text
        common = [
            text("title", "Title"),
            text("description", "Description", "What a row is and what to predict. Markdown.", 1),
            text("licence.name", "Licence", "Such as CC-BY-4.0."),
            text("licence.url", "Licence URL"),
            text("citation", "Citation", "The reference that a paper should give.", 1),
            text("origin", "Origin", "Where the raw data come from, with a version or date."),
        ]
        if self.is_matching:
            return [
                *common,
                text("match_semantics", "A match is", "Such as: exact, ignores colour and size."),
                text("positive_label", "Label of a match"),
                text("negative_label", "Label of a non-match"),
            ]
        classes = "\n".join(self.document["classes"])
        said = "One a line, in their order. Empty: the labels that occur, sorted."
        return [*common, self._field("classes", "Classes", classes, kind="lines", help=said)]

    @property
    def roles(self) -> list[Field]:
        """Which column is what."""
        main, records = self._column_names()
        chosen = self.document["roles"]
        fields = []
        for role, (label, said) in ROLES.items():
            names = records if role == "entity" else main
            if len(names) > MOST_COLUMNS:
                fields.append(self._text(f"roles.{role}", label, f"{said}; type a column's name"))
            elif names:
                choices = (("", "none"), *((name, name) for name in _with(names, chosen[role])))
                fields.append(self._choice(f"roles.{role}", label, chosen[role], choices, said))
        if len(main) > MOST_COLUMNS:
            return fields
        slices = tuple((name, name) for name in main)
        said = "columns whose values name slices that are also scored on their own"
        field = self._field(
            "roles.slices", "Slices", chosen["slices"], kind="many", help=said, choices=slices
        )
        return [*fields, field]

    @property
    def division(self) -> list[Field]:
        """How rows are divided, and what becomes of ids, image names and the order."""
        split, document = self.document["split"], self.document
        images = self._choice("images", "Names of images", document["images"], _pairs(KEEPS))
        fields = [
            self._choice("split.method", "Train and test", split["method"], _pairs(METHODS)),
            self._text("split.test_share", "Share of the test rows", "Between 0 and 1."),
            self._text("split.public_share", "Share scored in public", "Of the test rows."),
            self._text(
                "split.shared_salt",
                "Salt shared with sister data sets",
                "Empty, or a secret of 16 or more random characters that data sets over the same "
                "records have in common.",
            ),
            self._choice("ids", "Ids", document["ids"], _pairs(KEEPS)),
            *([images] if self.has_images else []),
            self._choice("order", "Order of the test rows", document["order"], _pairs(ORDERS)),
        ]
        if self.is_matching:
            label = "Drop pairs whose records are on both sides"
            fields.append(self._field("split.strict", label, split["strict"], kind="check"))
        return fields

    @property
    def tables(self) -> list[tuple[str, list[Row]]]:
        """The columns of every staged table, as many as a form can have."""
        found: dict[str, list[Row]] = {}
        for table, key, column in shown_columns(self.document):
            found.setdefault(table, []).append(self._row(table, key, column))
        return list(found.items())

    @property
    def hidden(self) -> int:
        """How many columns have no place in the form."""
        return max(0, sum(map(len, self.document["tables"].values())) - MOST_COLUMNS)

    @property
    def types(self) -> list[str]:
        return list(ColumnType)

    @property
    def where(self) -> str:
        """The id of the input at fault; empty if no input is."""
        column = re.match(r"draft\.tables\.\w+\[\d+\]\.\w+", self._at_fault)
        return column.group() if column else re.sub(r"\[\d+\]$", "", self._at_fault)

    @property
    def label_at_fault(self) -> str:
        """What the form calls the input at fault; empty if it has no such input."""
        for field in (*self.facts, *self.roles, *self.division):
            if field.key == self.where:
                return field.label
        key, _, name = self.where.rpartition(".")
        for _, shown, column in shown_columns(self.document):
            if shown == key and name in OF_COLUMNS:
                return f"{OF_COLUMNS[name]} of {column['name']}"
        return ""

    @property
    def fault(self) -> str:
        """What is wrong with the input at fault, without its key."""
        return self._fault or self.problem

    def _row(self, table: str, key: str, column: Json) -> Row:
        roles = self.document["roles"]
        named = [*((r, roles[r]) for r in ROLES), *(("slice", name) for name in roles["slices"])]
        is_main = table in ("rows", "pairs")
        chosen = (r for r, name in named if name == column["name"] and is_main != (r == "entity"))
        format_help = self.format_help(column)
        is_faulty = self._at_fault.startswith(f"{key}.")
        return Row(
            key,
            column,
            tuple(chosen),
            tuple(_short(sample) for sample in column["samples"][:SAMPLES]),
            format_help,
            self._fault if is_faulty else "",
            self._at_fault.removeprefix(f"{key}.").partition("[")[0] if is_faulty else "",
        )

    def format_help(self, column: Json) -> str:
        """What the format of a column says; empty if it has none, and then no input."""
        return _WITH_FORMAT.get(column["type"], "other" if column["format"] else "")

    @property
    def has_images(self) -> bool:
        """Whether a column holds images: else nothing names any."""
        columns = [each for table in self.document["tables"].values() for each in table]
        return any(column["type"] == ColumnType.IMAGE for column in columns)

    def _column_names(self) -> tuple[list[str], list[str]]:
        """The columns of the table with the labels, and those of the record tables."""
        main: list[str] = []
        records: list[str] = []
        for table, columns in self.document["tables"].items():
            names = main if table in ("rows", "pairs") else records
            names += [each["name"] for each in columns if each["name"] not in names]
        return main, records

    def _text(self, key: str, label: str, said: str = "", long: int = 0) -> Field:
        value = _get(self.document, key)
        return self._field(key, label, value, kind="long" if long else "text", help=said)

    def _choice(
        self, key: str, label: str, value: str, choices: tuple[tuple[str, str], ...], said: str = ""
    ) -> Field:
        return self._field(key, label, value, kind="choice", help=said, choices=choices)

    def _field(self, key: str, label: str, value: object, **more: Any) -> Field:
        full = f"draft.{key}"
        is_faulty = re.sub(r"\[\d+\]$", "", self._at_fault) == full
        return Field(full, label, value, error=self._fault if is_faulty else "", **more)


def shown_columns(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield table, key and column for as many columns as a form can have."""
    left = MOST_COLUMNS
    for table, columns in document["tables"].items():
        for place, column in enumerate(columns[:left]):
            yield table, f"draft.tables.{table}[{place}]", column
        left = max(0, left - len(columns))


def typed_into(document: Json, typed: QueryDict) -> Json:
    """Return the draft's document with what was typed; what has no input stays as it is."""
    edited: Json = copy.deepcopy(document)
    form = DraftForm(document)
    for field in (*form.facts, *form.roles, *form.division):
        if field.kind in ("many", "check") or field.key in typed:
            _set(edited, field.key.removeprefix("draft."), _typed(field, typed))
    used = set(typed.getlist("use"))
    for _, key, column in shown_columns(edited):
        column["use"] = key in used
        for name in ("type", "rename", "description", "format"):
            column[name] = typed.get(f"{key}.{name}", column[name])
        for name in ("rename", "description"):
            column[name] = column[name].strip()
        said = typed.get(f"{key}.missing_values", _joined(column["missing_values"]))
        if said != _joined(column["missing_values"]):
            column["missing_values"] = [part.strip() for part in said.split(",") if part.strip()]
    return edited


def _typed(field: Field, typed: QueryDict) -> object:
    text = typed.get(field.key, "").replace("\r\n", "\n")
    if field.kind == "many":
        return typed.getlist(field.key)
    if field.kind == "check":
        return field.key in typed
    if field.kind == "lines":
        return [line for line in text.split("\n") if line.strip()]
    if field.key.endswith("_share"):
        return _number(text)
    return text if field.kind == "choice" else text.strip()


def _number(text: str) -> float | str:
    """Return the number, or the text for the draft to refuse."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _get(document: Json, key: str) -> Any:
    for part in key.split("."):
        document = document[part]
    return document


def _set(document: Json, key: str, value: object) -> None:
    *parents, last = key.split(".")
    for part in parents:
        document = document[part]
    document[last] = value


def _pairs(words: Mapping[Any, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), said) for value, said in words.items())


def _with(names: list[str], chosen: str) -> list[str]:
    return names if not chosen or chosen in names else [chosen, *names]


def _joined(values: Iterable[str]) -> str:
    return ", ".join(values)


def _short(text: str) -> str:
    return text if len(text) <= SAMPLE_LENGTH else f"{text[: SAMPLE_LENGTH - 1]}…"
