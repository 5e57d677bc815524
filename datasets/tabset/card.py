"""The data set card: README.md of a data set folder."""

from collections.abc import Sequence

from tabset.schema import Column, ColumnType, Dataset, Kind

SHOWN_VALUES = 8
LOADING = """```python
import pandas as pd

train = pd.read_parquet("train.parquet")
test = pd.read_parquet("test.parquet")
```

From CSV, read ids and labels as text:
`pd.read_csv("train.csv", dtype=str, keep_default_na=False)`."""


def render(dataset: Dataset) -> str:
    """The card in Markdown: what to predict, the columns, the sizes, the origin and the terms."""
    sections = [
        f"# {dataset.title}",
        dataset.description.strip(),
        "## What to predict\n\n" + _target(dataset),
        "## Columns\n\n" + _column_table(dataset.columns),
    ]
    sections += [
        f"## Record table `{name}`\n\nKeyed by `record_id`.\n\n" + _column_table(columns)
        for name, columns in dataset.records.items()
    ]
    sections += [
        "## Rows\n\n" + _rows(dataset),
        "## Split\n\n" + _split(dataset),
        "## Loading\n\n" + LOADING,
        f"## Origin\n\n{dataset.origin}",
        "## Licence and citation\n\n" + _terms(dataset),
    ]
    return "\n\n".join(sections) + "\n"


def _target(dataset: Dataset) -> str:
    if dataset.kind is Kind.MATCHING:
        return (
            f"Each row is a pair of records. The label is `{dataset.positive_label}` if they match "
            f"and `{dataset.negative_label}` if not. Match means: {dataset.match_semantics}. "
            "Submit `id,score`; a higher score means more likely a match."
        )
    classes = ", ".join(f"`{label}`" for label in dataset.classes)
    return (
        f"Each row belongs to one of {len(dataset.classes)} classes: {classes}. "
        "Submit `id,prediction` with a class, or `id` and one probability column per class."
    )


def _column_table(columns: Sequence[Column]) -> str:
    lines = ["| column | type | missing | description |", "|---|---|---|---|"]
    lines += [
        f"| `{column.name}` | {column.type} | {column.missing:.1%} | {_about(column)} |"
        for column in columns
    ]
    return "\n".join(lines)


def _about(column: Column) -> str:
    about = column.description.replace("|", "\\|")
    if column.type is ColumnType.CATEGORICAL and column.values:
        shown = ", ".join(column.values[:SHOWN_VALUES]).replace("|", "\\|")
        more = len(column.values) - SHOWN_VALUES
        return f"{about} Values: {shown}{f' and {more} more' if more > 0 else ''}."
    if column.type is ColumnType.IMAGE:
        sizes = ", ".join(f"{width} × {height}" for width, height in column.sizes)
        return f"{about} Files in `{column.folder}/`, {sizes} pixels."
    return about


def _rows(dataset: Dataset) -> str:
    lines = ["| table | rows |", "|---|---|"]
    lines += [f"| {name} | {count:,} |" for name, count in dataset.rows.items()]
    lines += ["", "| label | rows in train |", "|---|---|"]
    counts = dataset.label_counts["train"]
    lines += [f"| {label} | {count:,} |" for label, count in counts.items()]
    return "\n".join(lines)


def _split(dataset: Dataset) -> str:
    split = dataset.split
    return (
        f"Train and test: {split.train_test}. The test rows are divided into a public part (about "
        f"{split.public_share:.0%}) and a private part by a {split.public_private}."
    )


def _terms(dataset: Dataset) -> str:
    licence = dataset.licence
    name = f"[{licence.name}]({licence.url})" if licence.url else licence.name
    return f"Licence: {name}.\n\nCitation: {dataset.citation}"
