"""The data set card: README.md of a data set folder, with facts for programs at its head.

The head is the YAML block of Hugging Face's data set cards, which other hubs read as well.
Source: https://huggingface.co/docs/hub/datasets-cards
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from figures import words
from tabset import citation, yaml_text
from tabset.schema import Column, ColumnType, Dataset, Kind

SHOWN_VALUES = 8
SHOWN_CLASSES = 100
CHARACTERS = 200
DTYPES = {
    ColumnType.NUMERIC: "float64",
    ColumnType.DATETIME: "timestamp[us]",
    ColumnType.BOOLEAN: "bool",
}
SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
)
# Where the hub's name of a licence is not its SPDX identifier in lower case.
HUB_LICENCES = {"ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
ID = Column("id", ColumnType.ID)
LABEL = Column("label", ColumnType.TEXT)
RECORD_ID = Column("record_id", ColumnType.ID)


def render(dataset: Dataset) -> str:
    """The card: a YAML head, then in Markdown what to predict, the columns, the terms, the code.

    Description and origin are the owner's own Markdown without HTML; all else is escaped. Sizes in
    bytes are given if `dataset.files` has them.
    """
    sections = [
        f"# {_text(dataset.title)}",
        _prose(dataset.description),
        "## What to predict\n\n" + _target(dataset),
        "## Columns\n\n" + _column_table(dataset.columns),
    ]
    sections += [
        f"## Record table `{name}`\n\nKeyed by `record_id`.\n\n" + _column_table(columns)
        for name, columns in dataset.records.items()
    ]
    sections += [
        "## Rows and files\n\n" + _rows(dataset),
        "## Split\n\n" + _split(dataset),
        "## Loading\n\n" + _loading(dataset),
        f"## Origin\n\n{_prose(dataset.origin)}",
        "## Licence and citation\n\n" + _terms(dataset),
    ]
    return _head(dataset) + "\n" + "\n\n".join(section for section in sections if section) + "\n"


def without_head(card: str) -> str:
    """The Markdown of a card without the YAML block at its head."""
    if not card.startswith("---\n"):
        return card
    _, closing, body = card[4:].partition("\n---\n")
    return body.lstrip("\n") if closing else card


def _head(dataset: Dataset) -> str:
    facts = {
        "pretty_name": dataset.title,
        **_licence(dataset),
        "task_categories": ["tabular-classification"],
        "tags": _tags(dataset),
        "size_categories": [_size(dataset)],
        "configs": _configs(dataset),
        "dataset_info": [_info(dataset, name) for name in _tables(dataset)],
    }
    return f"---\n{yaml_text.dumps(facts, width=1000)}---\n"


def _licence(dataset: Dataset) -> dict[str, str]:
    known = citation.spdx(dataset.licence)
    if known:
        return {"license": HUB_LICENCES.get(known, known.lower())}
    name = re.sub(r"[^a-z0-9.]+", "-", dataset.licence.name.lower()).strip("-")
    terms = {"license": "other", "license_name": name or "other"}
    return terms | ({"license_link": dataset.licence.url} if dataset.licence.url else {})


def _tags(dataset: Dataset) -> list[str]:
    types = {column.type for column in dataset.columns}
    own = ["entity-matching"] if dataset.kind is Kind.MATCHING else ["classification"]
    return [
        *own,
        "tabular",
        *(["text"] if ColumnType.TEXT in types else []),
        *(["image"] if ColumnType.IMAGE in types else []),
        "croissant",
    ]


def _size(dataset: Dataset) -> str:
    rows = dataset.rows["train"] + dataset.rows["test"]
    return next((name for limit, name in SIZES if rows < limit), "n>100M")


def _tables(dataset: Dataset) -> Mapping[str, Sequence[Column]]:
    return {
        "train": (ID, *dataset.columns, LABEL),
        "test": (ID, *dataset.columns),
        **{name: (RECORD_ID, *columns) for name, columns in dataset.records.items()},
    }


def _configs(dataset: Dataset) -> list[dict[str, Any]]:
    """A configuration per table, since the tables differ in their columns."""
    return [
        {
            "config_name": name,
            **({"default": True} if name == "train" else {}),
            "data_files": [{"split": _part(name), "path": f"{name}.parquet"}],
        }
        for name in _tables(dataset)
    ]


def _part(table: str) -> str:
    return table if table in ("train", "test") else "train"


def _info(dataset: Dataset, table: str) -> dict[str, Any]:
    """Features, rows and bytes of one table as the hub's DatasetInfo has them."""
    fact = dataset.files.get(f"{table}.parquet")
    rows = dataset.rows[table]
    size = {"num_bytes": fact.bytes} if fact else {}
    return {
        "config_name": table,
        "features": [_feature(column) for column in _tables(dataset)[table]],
        "splits": [{"name": _part(table), **size, "num_examples": rows}],
        **({"download_size": fact.bytes, "dataset_size": fact.bytes} if fact else {}),
    }


def _feature(column: Column) -> dict[str, str]:
    if column.type is ColumnType.LIST:
        return {"name": column.name, "sequence": "string"}
    return {"name": column.name, "dtype": DTYPES.get(column.type, "string")}


def _target(dataset: Dataset) -> str:
    if dataset.kind is Kind.MATCHING:
        return (
            f"Each row is a pair of records. The label is {_code(dataset.positive_label)} if they "
            f"match and {_code(dataset.negative_label)} if not. Match means: "
            f"{_text(dataset.match_semantics)}. Submit `id,score`; a higher score means more "
            "likely a match."
        )
    classes = ", ".join(_code(label) for label in dataset.classes[:SHOWN_CLASSES])
    more = len(dataset.classes) - SHOWN_CLASSES
    return (
        f"Each row belongs to one of {len(dataset.classes):,} classes: {classes}"
        f"{f' and {more:,} more' if more > 0 else ''}. "
        "Submit `id,prediction` with a class, or `id` and one probability column per class."
    )


def _column_table(columns: Sequence[Column]) -> str:
    lines = ["| column | type | missing | description |", "|---|---|---|---|"]
    lines += [
        f"| {_code(column.name)} | {column.type} | {column.missing:.1%} | {_about(column)} |"
        for column in columns
    ]
    return "\n".join(lines)


def _about(column: Column) -> str:
    about = _text(column.description)
    if column.type is ColumnType.CATEGORICAL and column.values:
        shown = ", ".join(_text(value) for value in column.values[:SHOWN_VALUES])
        more = len(column.values) - SHOWN_VALUES
        return f"{about} Values: {shown}{f' and {more:,} more' if more > 0 else ''}.".strip()
    if column.type is ColumnType.IMAGE:
        sizes = ", ".join(f"{wide} × {high}" for wide, high in column.sizes[:SHOWN_VALUES])
        more = len(column.sizes) - SHOWN_VALUES
        rest = f" and {more:,} more sizes" if more > 0 else ""
        return f"{about} Files in `{column.folder}/`, {sizes} pixels{rest}.".strip()
    return about


def _rows(dataset: Dataset) -> str:
    lines = ["| table | rows | CSV | Parquet |", "|---|---|---|---|"]
    for name, count in dataset.rows.items():
        sizes = (_bytes(dataset, f"{name}.{suffix}") for suffix in ("csv", "parquet"))
        lines.append(f"| {name} | {count:,} | {' | '.join(sizes)} |")
    if "images.zip" in dataset.files:
        lines += ["", f"`images.zip` has all images, {_bytes(dataset, 'images.zip')}."]
    lines += ["", "| label | rows in train |", "|---|---|"]
    counts = list(dataset.label_counts["train"].items())
    lines += [f"| {_code(label)} | {count:,} |" for label, count in counts[:SHOWN_CLASSES]]
    if len(counts) > SHOWN_CLASSES:
        lines.append(f"| {len(counts) - SHOWN_CLASSES:,} more classes | |")
    return "\n".join(lines)


def _bytes(dataset: Dataset, name: str) -> str:
    fact = dataset.files.get(name)
    if fact is None:
        return "–"
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if fact.bytes >= size:
            return f"{fact.bytes / size:.1f} {unit}"
    return f"{fact.bytes} bytes"


def _split(dataset: Dataset) -> str:
    split = dataset.split
    return (
        f"Train and test: {_text(split.train_test)}. The test rows are divided into a public part "
        f"(about {split.public_share:.0%}) and a private part by a {_text(split.public_private)}."
    )


def _loading(dataset: Dataset) -> str:
    blocks = (
        ("pandas", _PANDAS),
        ("pyarrow", _PYARROW),
        ("AutoGluon", _autogluon(dataset)),
        ("Croissant", _CROISSANT),
    )
    return "\n\n".join(f"With {name}:\n\n```python\n{code}\n```" for name, code in blocks)


_PANDAS = """import pandas as pd

train = pd.read_parquet("train.parquet")
test = pd.read_parquet("test.parquet")
# The CSV files hold the same; read them as text, or pandas turns the label NA into nothing.
as_text = pd.read_csv("train.csv", dtype=str, keep_default_na=False)"""
_PYARROW = """import pyarrow.parquet as pq

train = pq.read_table("train.parquet")
for batch in pq.ParquetFile("test.parquet").iter_batches():
    print(batch.num_rows)"""
_CROISSANT = """import mlcroissant as mlc

data = mlc.Dataset(jsonld="croissant.json")
for row in data.records("train"):
    print(row["train/id"].decode(), row["train/label"].decode())
    break"""


def _autogluon(dataset: Dataset) -> str:
    """Code that trains and writes a submission; labels and names are Python literals in it."""
    unused = ["id", *(column.name for column in dataset.columns if column.type is ColumnType.ID)]
    lists = [column.name for column in dataset.columns if column.type is ColumnType.LIST]
    lines = [
        "import pandas as pd",
        "from autogluon.tabular import TabularPredictor",
        "",
        'train, test = pd.read_parquet("train.parquet"), pd.read_parquet("test.parquet")',
    ]
    if lists:
        lines += [
            f"for name in {_literal(lists)}:",
            "    for part in (train, test):",
            '        part[name] = part[name].str.join(" ")',
        ]
    lines += [
        f"unused = {_literal(unused)}",
        'predictor = TabularPredictor(label="label").fit(train.drop(columns=unused))',
        "probabilities = predictor.predict_proba(test.drop(columns=unused))",
    ]
    if dataset.kind is Kind.MATCHING:
        lines.append(f"submission = probabilities[[{_literal(dataset.positive_label)}]]")
        lines.append('submission.columns = ["score"]')
    else:
        lines.append(f"submission = probabilities[{_literal(list(dataset.classes))}]")
    lines += [
        'submission.insert(0, "id", test["id"])',
        'submission.to_parquet("submission.parquet", index=False)',
    ]
    return "\n".join(lines)


def _terms(dataset: Dataset) -> str:
    licence = dataset.licence
    name = _text(licence.name)
    if re.fullmatch(r"https?://[^\s<>()]+", licence.url):
        name = f"[{name}]({licence.url})"
    elif licence.url:
        name = f"{name} ({_text(licence.url)})"
    entry = citation.bibtex(dataset)
    fence = "`" * max(3, _longest_run(entry) + 1)
    return f"Licence: {name}.\n\n{fence}bibtex\n{entry}\n{fence}"


def _literal(value: Any) -> str:
    """The value as Python source; what cannot be printed is escaped."""
    return repr(value)


def _text(text: str) -> str:
    """The text on one line, each sign that Markdown or HTML would act on escaped."""
    return MARKDOWN.sub(r"\\\1", words.short(text, 10 * CHARACTERS))


def _code(text: str) -> str:
    """The text as a code span that is safe in a table."""
    shown = words.short(text, CHARACTERS).replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{blank}{shown}{blank}{fence}"


def _prose(text: str) -> str:
    """The owner's Markdown; HTML in it is escaped."""
    return text.strip().replace("<", "&lt;")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
