from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabset.checks import check
from tabset.draft import Order, SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.schema import ColumnType
from tests.tabset.importers.raw import imported, silent, write
from tests.tabset.sources import png

CSV = '''key,title,price,photo,kind,part,seller
a1,"A, or ""B""",1.5,pics/a.png,NA,train,x
a2,None,,pics/b.png,007,test,y
a3,"two
lines",2,./pics/sub/c.png,1.0,train,x
a4,last,3,,,train,y
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = {f"pics/{name}.png": png(shade) for shade, name in enumerate(("a", "b", "sub/c", "x"))}
    return write(tmp_path, {"offers.csv": CSV, **images})


def test_labels_and_ids_stay_as_they_are(folder: Path) -> None:
    found = imported("table", folder / "offers.csv", label="kind", id="key")
    rows = found.rows("rows")
    assert [row["kind"] for row in rows] == ["NA", "007", "1.0", None]
    assert rows[0]["title"] == 'A, or "B"'
    assert found.column("price").type is ColumnType.NUMERIC
    assert (found.draft.name, found.draft.title) == ("offers", "Offers")
    assert found.draft.split.method is SplitMethod.RANDOM


def test_image_columns_are_those_that_name_files_of_the_folder(folder: Path) -> None:
    found = imported("table", folder, label="kind", images="pics")
    assert found.column("photo").type is ColumnType.IMAGE
    assert [row["photo"] for row in found.rows("rows")] == ["a.png", "b.png", "sub_c.png", None]
    kept = sorted(path.name for path in (found.folder / "images").iterdir())
    assert kept == ["a.png", "b.png", "sub_c.png"]
    assert found.finding("images-unused").count == 1


def test_the_only_folder_of_images_need_not_be_named(tmp_path: Path) -> None:
    images = {f"pics/{name}.png": png(shade) for shade, name in enumerate("ab")}
    raw = write(tmp_path, {"t.csv": "photo,y\na.png,u\nb.png,v\n", **images})
    for paths in ([raw], [raw / "t.csv", raw / "pics"]):
        found = imported("table", *paths, to=f"draft{len(paths)}", label="y")
        assert found.column("photo").type is ColumnType.IMAGE
        assert sorted(path.name for path in (found.folder / "images").iterdir()) == [
            "a.png",
            "b.png",
        ]


def test_images_that_nobody_asked_for_are_no_error(tmp_path: Path) -> None:
    raw = write(tmp_path, {"t.csv": "x,y\n1,u\n2,v\n", "pics/a.png": png(1)})
    found = imported("table", raw, label="y")
    assert {finding.level for finding in found.findings} <= {Level.INFO, Level.WARNING}
    assert found.finding("images-unused").count == 1


def test_which_of_two_folders_of_images_is_asked(tmp_path: Path) -> None:
    files = {"t.csv": "photo,y\na.png,u\n", "one/a.png": png(1), "two/a.png": png(2)}
    found = imported("table", write(tmp_path, files), label="y")
    assert found.finding("images-absent").column == "photo"


def test_an_image_that_is_not_there_is_left_to_the_checks(folder: Path) -> None:
    (folder / "pics/b.png").unlink()
    found = imported("table", folder, label="kind", images="pics")
    assert [row["photo"] for row in found.rows("rows")][1] == "pics_b.png"
    told = check(found.folder, salt="s", progress=silent)
    (finding,) = [each for each in told if each.code == "absent-images"]
    assert (finding.level, finding.column, finding.rows) == (Level.ERROR, "photo", (2,))


def test_images_in_the_cells_of_parquet_are_kept(tmp_path: Path) -> None:
    cells = [{"bytes": png(shade), "path": f"{shade}.png"} for shade in (1, 2)]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"photo": cells, "y": ["a", "b"]}), sink)
    raw = write(tmp_path, {"t.parquet": sink.getvalue().to_pybytes()})
    found = imported("table", raw, label="y")
    assert found.column("photo").type is ColumnType.IMAGE
    assert found.column("photo").use
    names = {str(row["photo"]) for row in found.rows("rows")}
    assert {path.name for path in (found.folder / "images").iterdir()} == names


def test_text_files_are_read_as_the_options_say(tmp_path: Path) -> None:
    content = "# made by hand\na\ty\né\tx\nb, c\tz\n".encode("cp1252")
    raw = write(tmp_path, {"t.csv": content})
    found = imported("table", raw, label="y", delimiter="tab", encoding="cp1252", comment="#")
    assert found.rows("rows") == [{"a": "é", "y": "x"}, {"a": "b, c", "y": "z"}]


def test_file_names_without_their_folder_are_left_out(folder: Path) -> None:
    found = imported("table", folder, label="kind")
    assert not found.column("photo").use
    assert found.finding("images-absent").level is Level.WARNING


def test_a_folder_that_no_column_names_is_an_error(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other/z.png").write_bytes(png())
    found = imported("table", folder, label="kind", images="other")
    assert found.finding("images-unnamed").level is Level.ERROR


def test_roles_are_named_by_options(folder: Path) -> None:
    options = {"id": "key", "split": "part", "group": "seller", "slices": "seller, part"}
    found = imported("table", folder, label="kind", **options)
    roles = found.draft.roles
    assert (roles.id, roles.split, roles.group) == ("key", "part", "seller")
    assert roles.slices == ("seller", "part")
    assert found.draft.split.method is SplitMethod.GIVEN


@pytest.mark.parametrize(("role", "method"), [("group", "group"), ("time", "time")])
def test_the_split_fits_the_roles(folder: Path, role: str, method: str) -> None:
    found = imported("table", folder, label="kind", **{role: "seller"})
    assert found.draft.split.method == method


def test_files_with_the_same_columns_are_one_table(tmp_path: Path) -> None:
    raw = write(tmp_path, {"1.csv": "a,y\n1,x\n", "2.jsonl": '{"y": "z", "a": "2"}\n'})
    found = imported("table", raw, label="y", order="shuffle")
    assert found.rows("rows") == [{"a": "1", "y": "x"}, {"a": "2", "y": "z"}]
    assert found.draft.order is Order.SHUFFLE


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    raw = write(tmp_path, {"1.csv": "a,y\n1,x\n", "2.csv": "b,y\n1,x\n"})
    message = r"2\.csv does not have the columns of 1\.csv: only one of them has a, b"
    with pytest.raises(DatasetError, match=message):
        imported("table", raw, label="y")


def test_reserved_and_unfit_column_names_get_others(tmp_path: Path) -> None:
    raw = write(tmp_path, {"t.csv": "id,score,source_id,y\n1,2,3,x\n4,5,6,z\n"})
    found = imported("table", raw, label="y")
    renamed = {column.name: column.rename for column in found.draft.tables["rows"]}
    assert renamed == {"id": "source_id_2", "score": "source_score", "source_id": "", "y": ""}


@pytest.mark.parametrize("name", ["label", "id", "split", "group", "time", "slices"])
def test_a_column_that_is_not_there_is_named(folder: Path, name: str) -> None:
    options = {"label": "kind", name: "nothing"}
    with pytest.raises(DatasetError, match=f"no column 'nothing' \\(option {name}\\).*key, title"):
        imported("table", folder, **options)


@pytest.mark.parametrize(
    ("images", "message"),
    [("nowhere", "no folder 'nowhere'"), ("..", "no folder"), ("empty", "holds no image")],
)
def test_an_image_folder_lies_beside_the_table(folder: Path, images: str, message: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(DatasetError, match=message):
        imported("table", folder, label="kind", images=images)


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    (folder / "pics/link.png").symlink_to(secret)
    with pytest.raises(DatasetError, match="link out of its folder"):
        imported("table", folder, label="kind", images="pics")


def test_images_whose_plain_names_meet_are_refused(folder: Path) -> None:
    (folder / "pics/sub_c.png").write_bytes(png())
    with pytest.raises(DatasetError, match="get the same name"):
        imported("table", folder, label="kind", images="pics")


@pytest.mark.parametrize("content", ["", "a,y\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DatasetError):
        imported("table", write(tmp_path, {"t.csv": content}), label="y")


def test_a_folder_in_a_folder_is_entered(folder: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    folder.rename(outer / "offers")
    found = imported("table", outer, label="kind", images="pics")
    assert found.draft.name == "offers"
