"""Staged tables: text cells come back as they were, in batches that fit into memory."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc

from tabset import DatasetError, stage
from tabset.stage import Stage, StagedTable, StageWriter

CELLS = st.none() | st.sampled_from(["", "NA", "007", "x" * 300]) | st.text(max_size=5)


def batch(*cells: str | None) -> pa.RecordBatch:
    """Rows of the columns `a` and `b`; the second one counts."""
    numbers = [str(number) for number in range(len(cells))]
    return pa.RecordBatch.from_arrays(
        [pa.array(cells, pa.string()), pa.array(numbers, pa.string())], names=["a", "b"]
    )


def staged(folder: Path, *batches: pa.RecordBatch) -> StagedTable:
    """The table `rows` of these batches, written and opened again."""
    with StageWriter(folder, "rows", ["a", "b"]) as writer:
        for each in batches:
            writer.write(each)
    table = StagedTable.open(folder / "rows.arrow")
    assert table.rows == writer.rows
    return table


@given(parts=st.lists(st.lists(CELLS, max_size=9), max_size=6))
def test_cells_come_back_in_order_and_batches_keep_their_limits(
    parts: list[list[str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "BATCH_ROWS", 4)
        patch.setattr(stage, "BATCH_BYTES", 700)
        table = staged(tmp_path_factory.mktemp("stage"), *(batch(*cells) for cells in parts))
    assert table.names == ("a", "b")
    assert table.rows == sum(len(cells) for cells in parts)
    found = list(table.batches(["a"]))
    cells = [cell for each in found for cell in each["a"].to_pylist()]
    assert cells == [cell for part in parts for cell in part]
    assert all(0 < each.num_rows <= 4 for each in found)


def test_small_batches_are_put_together(tmp_path: Path) -> None:
    table = staged(tmp_path, *(batch("x") for _ in range(100)))
    assert [each.num_rows for each in table.batches()] == [100]


def test_large_cells_make_small_batches(tmp_path: Path) -> None:
    table = staged(tmp_path, batch(*["x" * (1 << 20)] * 70))
    assert max(each.nbytes for each in table.batches()) <= stage.BATCH_BYTES + (1 << 21)
    assert table.rows == 70


def test_columns_are_chosen_in_any_order_and_more_than_once(tmp_path: Path) -> None:
    table = staged(tmp_path, batch("x", None))
    (found,) = table.batches(["b", "a"])
    assert found.schema.names == ["b", "a"]
    assert table.read(["a"]).to_pydict() == {"a": ["x", None]}
    assert table.read().num_columns == 2


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    table = staged(tmp_path)
    assert (table.rows, table.names) == (0, ("a", "b"))
    assert list(table.batches()) == []
    assert table.read().schema == stage.text_schema(["a", "b"])


def test_after_an_error_the_file_is_closed_without_what_waits(tmp_path: Path) -> None:
    writer = StageWriter(tmp_path, "rows", ["a", "b"])
    writer.write(batch("x"))
    writer.__exit__(DatasetError, DatasetError("line 7"), None)
    assert StagedTable.open(tmp_path / "rows.arrow").rows == 0


@pytest.mark.parametrize("content", [None, b"", b"ARROW1 and no more", b"a,b\n1,2\n"])
def test_a_missing_or_broken_table_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rows.arrow"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"rows\.arrow cannot be read; import the raw files"):
        StagedTable.open(path)


def test_a_cut_table_is_refused(tmp_path: Path) -> None:
    path = staged(tmp_path, batch(*["x"] * 50)).path
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetError, match="import the raw files again"):
        StagedTable.open(path)


def test_a_draft_folder_has_tables_and_images(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no staged tables"):
        Stage.open(tmp_path)
    staged(tmp_path, batch("x"))
    opened = Stage.open(tmp_path)
    assert opened.tables["rows"].rows == 1
    assert opened.images == tmp_path / "images"


def test_the_file_is_one_that_any_arrow_reads(tmp_path: Path) -> None:
    path = staged(tmp_path, batch("x", None)).path
    with ipc.open_file(path) as reader:
        assert reader.read_all().to_pydict() == {"a": ["x", None], "b": ["0", "1"]}
