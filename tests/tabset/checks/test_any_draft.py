"""Whatever a table holds and a draft says, checking it gives findings, never another error."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from tabset.draft import Keep, Order, Roles, SplitMethod, SplitRule
from tabset.findings import Finding
from tabset.schema import ColumnType
from tests.tabset.checks import drafts

TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", "1", "0", "train", "test", "a", "NA", "2020-01-01", "x.png", "\0", "[]"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
)
LABELS = st.sampled_from(["1", "0", " 1", "id", None, "ü"])
NAMES = ("id", "label", "one", "two", "side")


@st.composite
def tables(draw: st.DrawFn, names: tuple[str, ...], rows: int) -> dict[str, list[str | None]]:
    """A table of any texts, with labels that repeat."""
    return {
        name: draw(st.lists(LABELS if name == "label" else TEXTS, min_size=rows, max_size=rows))
        for name in names
    }


def assert_findings(found: list[Finding]) -> None:
    """Every finding can be written, and says something."""
    assert all(Finding.from_json(each.to_json()) == each and each.message for each in found)


@given(data=st.data(), rows=st.integers(1, 70))
def test_any_table_of_rows_gives_findings(data: st.DataObject, rows: int) -> None:
    cells = data.draw(tables(NAMES, rows))
    roles = Roles(
        id=data.draw(st.sampled_from(["", "id"])),
        label="label",
        group=data.draw(st.sampled_from(["", "two"])),
        time=data.draw(st.sampled_from(["", "one"])),
        split=data.draw(st.sampled_from(["", "side"])),
    )
    draft = drafts.classification(cells)
    columns = tuple(
        replace(column, type=data.draw(st.sampled_from(ColumnType)), missing_values=("NA",))
        for column in draft.tables["rows"]
    )
    draft = replace(
        draft,
        roles=roles,
        tables={"rows": columns},
        split=SplitRule(data.draw(st.sampled_from(SplitMethod)), 0.5, 0.5),
        ids=data.draw(st.sampled_from(Keep)),
        order=data.draw(st.sampled_from(Order)),
    )

    with TemporaryDirectory() as folder:
        drafts.write(Path(folder), draft, {"rows": cells})
        assert_findings(drafts.check(Path(folder)))


@given(data=st.data(), rows=st.integers(1, 70), two=st.booleans())
def test_any_tables_of_pairs_give_findings(data: st.DataObject, rows: int, two: bool) -> None:
    ids = st.lists(st.sampled_from(["a", "b", "c", None, ""]), min_size=rows, max_size=rows)
    pairs = {"left_id": data.draw(ids), "right_id": data.draw(ids)}
    pairs |= data.draw(tables(("label", "side"), rows))
    names = ("left", "right") if two else ("records",)
    records = {
        name: data.draw(tables(("record_id", "one", "image"), 4))
        | {"record_id": data.draw(st.permutations(["a", "b", "c", "a"]))}
        for name in names
    }
    tables_ = {"pairs": pairs} | records
    draft = drafts.matching(
        tables_,
        roles=Roles(label="label", split=data.draw(st.sampled_from(["", "side"]))),
        split=SplitRule(data.draw(st.sampled_from(SplitMethod)), 0.5, 0.5),
    )

    with TemporaryDirectory() as folder:
        drafts.write(Path(folder), draft, tables_)
        assert_findings(drafts.check(Path(folder)))
