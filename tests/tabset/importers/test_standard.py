import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tabset import Source, build
from tabset.building import build_draft
from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.schema import ColumnType
from tests.tabset import sources
from tests.tabset.importers.raw import Imported, imported, silent


def rows() -> Source:
    """A source whose rows all differ."""
    source = sources.classification()
    train, test = (
        {**part, "title": [f"row {each}" for each in part["id"]]}
        for part in (source.train, source.test)
    )
    return replace(source, train={**train, "image": [None] * len(train["id"])}, test=test)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    build(rows(), tmp_path / "v1/public", tmp_path / "v1/private", salt="s")
    return tmp_path / "v1"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    source = sources.matching(two_tables=True)
    build(source, tmp_path / "v1/public", tmp_path / "v1/private", salt="s")
    return tmp_path / "v1"


def again(found: Imported, tmp_path: Path) -> Path:
    build_draft(
        found.folder, tmp_path / "v2/public", tmp_path / "v2/private", salt="t", progress=silent
    )
    return tmp_path / "v2"


def same(one: Path, two: Path, *names: str) -> bool:
    return all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


def test_types_descriptions_split_and_parts_are_kept(built: Path) -> None:
    found = imported("tabset", built / "public", built / "private")
    roles = found.draft.roles
    assert (roles.id, roles.label, roles.split) == ("id", "label", "split")
    assert (roles.usage, roles.group, roles.slices) == ("usage", "group", ("slice_half",))
    assert found.draft.classes == sources.CLASSIFICATION.classes
    assert found.draft.licence == sources.CLASSIFICATION.licence
    columns = {column.name: column for column in found.draft.tables["rows"]}
    for column in sources.FEATURES:
        assert columns[column.name].type is column.type
        assert columns[column.name].description == column.description
        assert columns[column.name].use
    assert not columns["slice_half"].use
    assert columns["slice_half"].rename == "half"


def test_a_version_is_built_again_from_its_folders(built: Path, tmp_path: Path) -> None:
    other = again(imported("tabset", built), tmp_path)
    assert same(built / "public", other / "public", "train.csv", "test.csv")
    first, second = (
        pq.read_table(folder / "private/solution.parquet").to_pylist() for folder in (built, other)
    )
    assert [{name: row[name] for name in first[0]} for row in second] == first


def test_pairs_are_built_again_from_their_folders(pairs: Path, tmp_path: Path) -> None:
    found = imported("tabset", pairs)
    assert found.draft.roles.entity == "entity_id"
    assert found.draft.roles.group == ""
    assert not found.column("entity_id", "left").use
    assert found.column("price", "right").type is ColumnType.NUMERIC
    assert found.draft.match_semantics == "exact"
    assert len(found.rows("pairs")) == 20 + sources.TEST_ROWS


def test_without_the_private_folder_train_is_divided(built: Path) -> None:
    found = imported("tabset", built / "public")
    assert found.finding("test-unsolved").level is Level.WARNING
    assert len(found.rows("rows")) == 40
    assert found.draft.roles.split == ""
    assert found.draft.split.method is SplitMethod.RANDOM


def test_csv_is_read_where_parquet_is_absent(built: Path) -> None:
    (built / "public/train.parquet").unlink()
    found = imported("tabset", built)
    assert len(found.rows("rows")) == 40 + sources.TEST_ROWS


def test_added_columns_do_not_take_the_names_of_features(tmp_path: Path) -> None:
    names = {"title": "split", "colour": "usage"}
    data = tmp_path / "v1"
    build(_renamed(rows(), names), data / "public", data / "private", salt="s")
    roles = imported("tabset", data).draft.roles
    assert (roles.split, roles.usage) == ("split_2", "usage_2")


def _renamed(source: Source, names: dict[str, str]) -> Source:
    columns = tuple(
        replace(column, name=names.get(column.name, column.name))
        for column in source.dataset.columns
    )
    train, test = (
        {names.get(name, name): values for name, values in part.items()}
        for part in (source.train, source.test)
    )
    dataset = replace(source.dataset, columns=columns)
    return replace(source, dataset=dataset, train=train, test=test)


def test_a_folder_without_dataset_json_is_refused(built: Path) -> None:
    with pytest.raises(DatasetError, match="found: none"):
        imported("tabset", built / "private")


def test_two_data_sets_are_refused(built: Path) -> None:
    shutil.copytree(built / "public", built / "copy")
    with pytest.raises(DatasetError, match="give one folder of a data set"):
        imported("tabset", built)
    shutil.rmtree(built / "copy")
    shutil.copytree(built / "private", built / "copy")
    with pytest.raises(DatasetError, match="found 2 with a solution"):
        imported("tabset", built)


def test_absent_tables_and_columns_are_named(built: Path) -> None:
    public = built / "public"
    shutil.copy(public / "test.parquet", public / "train.parquet")
    with pytest.raises(DatasetError, match=r"train\.parquet has no column 'label'"):
        imported("tabset", built)
    for name in ("train.parquet", "train.csv"):
        (public / name).unlink()
    with pytest.raises(DatasetError, match=r"neither train\.parquet nor train\.csv"):
        imported("tabset", built)


def test_a_solution_of_another_version_is_refused(built: Path) -> None:
    (built / "private/solution.parquet").unlink()
    (built / "private/solution.csv").write_text("id,label,usage,group\nq1,None,public,g\n")
    with pytest.raises(DatasetError, match="the solution lacks the id 'q000'"):
        imported("tabset", built)


def test_a_broken_dataset_json_is_refused(built: Path) -> None:
    (built / "public/dataset.json").write_text("{")
    with pytest.raises(DatasetError, match="not JSON"):
        imported("tabset", built)
