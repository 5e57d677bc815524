"""From raw files of any content to both folders: findings, words of refusal, or the same values."""

import csv
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tabset import Built, DatasetError, building, checks, tables
from tabset import draft as drafts
from tabset.cells import render
from tabset.findings import errors
from tabset.importers import import_raw
from tabset.schema import ColumnType
from tabset.writer import table_columns
from tests.tabset.importers.raw import silent

ROWS = 60
ODD = (
    *("", "NA", "None", "007", "1.0", "-0", "true", "1e999", "nan", "9" * 30, "1_000", "1,5"),
    *("ü", "u\u0308", " before", "after ", "a,b", 'a "b"', "two\nlines", "\r", "\t", "\u202e"),
    *("\u2028", "\ufeff", "😀", "\0", "\x1f", "COL a VAL b", "[", '["a", null]', "{}", "null"),
    *("2020-02-30", "2020-01-02", "31.12.2020", "24:00", "a.png", "../a.png", "%s", "=1+1"),
)
CLASSES = ("NA", "007", "ü", "a, b")
cell = st.sampled_from(ODD) | st.text(max_size=6) | st.floats().map(str) | st.integers().map(str)
# A column holds few different texts or many, mostly of one kind.
column = st.one_of(
    st.lists(cell, min_size=1, max_size=3).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=ROWS, max_size=ROWS)
    ),
    st.lists(cell, min_size=ROWS, max_size=ROWS),
    st.lists(st.dates().map(str), min_size=ROWS, max_size=ROWS),
    st.lists(st.sampled_from(["", "1.50", "2", "1e3"]), min_size=ROWS, max_size=ROWS),
    st.lists(st.sampled_from(["yes", "no", ""]), min_size=ROWS, max_size=ROWS),
)
Texts = list[str]
ANY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def lines(columns: Mapping[str, Texts]) -> str:
    """The columns as quoted CSV; an empty cell is missing."""
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(
        ",".join('"' + text.replace('"', '""') + '"' for text in row) + "\n" for row in rows
    )


def labels(count: int = ROWS) -> Texts:
    """Every label as often as the others, in no order."""
    return [CLASSES[n * 7 % 11 % len(CLASSES)] for n in range(count)]


def numbered(letter: str, count: int = ROWS) -> Texts:
    """As many ids."""
    return [f"{letter}{n}" for n in range(count)]


def of_table(odd: Texts, other: Texts) -> dict[str, str]:
    """One table of rows."""
    columns = {"id": numbered("i"), "odd": odd, "other": other, "label": labels()}
    return {"raw.csv": lines(columns)}


def of_json(odd: Texts, other: Texts) -> dict[str, str]:
    """The same as lines of JSON."""
    rows = zip(numbered("i"), odd, other, labels(), strict=True)
    keys = ("id", "odd", "other", "label")
    texts = [json.dumps(dict(zip(keys, row, strict=True))) for row in rows]
    return {"raw.jsonl": "\n".join(texts)}


def of_competition(odd: Texts, other: Texts) -> dict[str, str]:
    """Train, test and solution."""
    half, key, label = ROWS // 2, numbered("i"), labels()
    train = {"id": key[:half], "odd": odd[:half], "label": label[:half]}
    test = {"id": key[half:], "odd": odd[half:]}
    solution = {"id": key[half:], "label": label[half:]}
    named = {"train": train, "test": test, "solution": solution}
    return {f"{name}.csv": lines(columns) for name, columns in named.items()}


def of_pairs(odd: Texts, other: Texts) -> dict[str, str]:
    """Two tables and pairs of them."""
    key, shift = numbered("r"), [f"r{(n + n % 2 * 7) % ROWS}" for n in range(ROWS)]
    label = [str(1 - n % 2) for n in range(ROWS)]
    return {
        "tableA.csv": lines({"id": key, "odd": odd}),
        "tableB.csv": lines({"id": key, "other": other}),
        "pairs.csv": lines({"ltable_id": key, "rtable_id": shift, "label": label}),
    }


def of_sets(odd: Texts, other: Texts) -> dict[str, str]:
    """A labelling file with sets of four records."""
    sets = [f"s{n // 4}" for n in range(ROWS)]
    label = [f"l{n % 4 // 2}" for n in range(ROWS)]
    columns = {"labeling_set_id": sets, "label": label, "odd": odd, "other": other}
    return {"raw.csv": lines(columns)}


def of_sentences(odd: Texts, other: Texts) -> dict[str, str]:
    """Lines of Ditto with any content."""
    return {
        "train.txt": "\n".join(
            f"COL a VAL {odd[n]}\tCOL a VAL {other[n]} {n}\t{n % 2}" for n in range(ROWS)
        )
    }


Maker = Callable[[Texts, Texts], dict[str, str]]
FORMS: Mapping[str, tuple[str, Maker, dict[str, str]]] = {
    "table": ("table", of_table, {"label": "label", "id": "id"}),
    "json": ("table", of_json, {"label": "label", "id": "id"}),
    "by group": ("table", of_table, {"label": "label", "group": "odd", "slices": "other"}),
    "by time": ("table", of_table, {"label": "label", "split_method": "time", "time": "odd"}),
    "competition": ("kaggle", of_competition, {}),
    "pairs": ("magellan", of_pairs, {"order": "shuffle"}),
    "sets": ("findmatches", of_sets, {"strict": "true"}),
    "sentences": ("ditto", of_sentences, {}),
}


@given(form=st.sampled_from(sorted(FORMS)), odd=column, other=column)
@ANY
def test_any_cells_end_in_findings_or_in_the_same_values(
    form: str, odd: Texts, other: Texts
) -> None:
    importer, make, options = FORMS[form]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        raw = folder / "raw"
        raw.mkdir()
        for name, text in make(odd, other).items():
            (raw / name).write_bytes(text.encode(errors="replace"))
        try:
            import_raw(importer, [raw], options, folder / "draft", progress=silent)
        except DatasetError:
            assert not any((folder / "draft").iterdir())
            return
        found = checks.check(folder / "draft", salt="s", progress=silent)
        try:
            built = building.build_draft(
                folder / "draft", folder / "public", folder / "private", salt="s", progress=silent
            )
        except building.Refused:
            assert errors(found)
            return
        assert not errors(found)
        assert_same_in_both_forms(built)
        if form == "table":
            assert_texts_are_those_of_the_source(
                folder, built, dict(zip(numbered("i"), odd, strict=True))
            )


def assert_same_in_both_forms(built: Built) -> None:
    """Every CSV file says what the Parquet file of its name says."""
    for name, columns in table_columns(built.dataset).items():
        typed = parquet.read_table(built.public / f"{name}.parquet")
        assert typed.schema.equals(tables.arrow_schema(columns))
        with (built.public / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        assert header == typed.column_names
        for place, each in enumerate(columns):
            values = typed[each.name].combine_chunks()
            texts = render(values).fill_null("").to_pylist()
            assert [row[place] for row in rows] == texts


def assert_texts_are_those_of_the_source(
    folder: Path, built: Built, odd: Mapping[str, str]
) -> None:
    """Ids and labels are those of the raw file, and so are texts except missing markers."""
    draft = drafts.read(folder / "draft")
    kind = {each.name: each for each in draft.tables["rows"]}["odd"]
    label = dict(zip(numbered("i"), labels(), strict=True))
    for name in ("train", "test"):
        for row in parquet.read_table(built.public / f"{name}.parquet").to_pylist():
            assert row.get("label", label[row["id"]]) == label[row["id"]]
            if kind.use and kind.type in (ColumnType.TEXT, ColumnType.CATEGORICAL):
                text = odd[row["id"]]
                missing = text in ("", *kind.missing_values)
                assert row[kind.final_name] == (None if missing else text)
