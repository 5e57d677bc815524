import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabset.draft import Keep, Order, SplitMethod
from tabset.errors import DatasetError
from tabset.importers import IMPORTERS, import_raw
from tests.tabset.importers.raw import imported, silent, write

TABLE = {"t.csv": "a,y\n1,x\n2,z\n"}


def test_every_importer_is_registered_under_its_name() -> None:
    assert list(IMPORTERS) == [
        "table",
        "imagefolder",
        "kaggle",
        "magellan",
        "findmatches",
        "ditto",
        "tabset",
    ]
    for name, importer in IMPORTERS.items():
        assert importer.name == name
        names = [option.name for option in importer.options]
        assert len(set(names)) == len(names)
        assert all(option.help for option in importer.options)


def test_shared_options_become_the_draft(tmp_path: Path) -> None:
    found = imported(
        "table",
        write(tmp_path, TABLE),
        label="y",
        name="my-data",
        title="My data",
        description="Rows.",
        licence="CC0-1.0",
        licence_url="https://example.org",
        citation="Nobody",
        origin="Made up",
        test_share="0.4",
        public_share="0.5",
        strict="true",
        ids="new",
        image_names="new",
        order="shuffle",
    ).draft
    assert (found.name, found.title, found.description) == ("my-data", "My data", "Rows.")
    assert (found.licence.name, found.licence.url) == ("CC0-1.0", "https://example.org")
    assert (found.citation, found.origin) == ("Nobody", "Made up")
    assert (found.split.test_share, found.split.public_share) == (0.4, 0.5)
    assert found.split.strict
    assert found.split.method is SplitMethod.RANDOM
    assert (found.ids, found.images, found.order) == (Keep.NEW, Keep.NEW, Order.SHUFFLE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "y"}, "has no option 'labels'; it knows label, id"),
        ({}, "needs the option label: column that holds the label"),
        ({"label": "y", "test_share": "half"}, "test_share is 'half', expected a number"),
        ({"label": "y", "public_share": "1"}, "public_share is '1'"),
        ({"label": "y", "strict": "maybe"}, "strict is 'maybe', expected true or false"),
        ({"label": "y", "ids": "old"}, "ids is 'old', expected one of keep, new"),
        ({"label": "y", "order": "up"}, "order is 'up', expected one of keep, shuffle"),
        ({"label": "y", "split_method": "luck"}, "expected one of given, random, group, time"),
        ({"label": "y", "name": "Not A Slug"}, "expected lower case letters"),
        ({"label": "y", "title": "\udcff"}, "is not text in Unicode"),
        ({"label": "y", "delimiter": "ab"}, "the delimiter is .ab., expected one"),
        ({"label": "y", "split_method": "given"}, "split_method is given.*option split"),
        ({"label": "y", "split_method": "group"}, "split_method is group.*option group"),
        ({"label": "y", "split_method": "time"}, "split_method is time.*option time"),
        ({"label": "y", "draft": "/nowhere/draft.json"}, "there is no draft at"),
    ],
)
def test_ill_formed_options_are_refused(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("table", write(tmp_path, TABLE), **options)


def test_an_unknown_importer_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="known are table, imagefolder, kaggle"):
        imported("excel", write(tmp_path, TABLE))


def test_only_an_empty_folder_is_written_to(tmp_path: Path) -> None:
    raw = write(tmp_path, TABLE)
    with pytest.raises(DatasetError, match="is not empty"):
        import_raw("table", [raw], {"label": "y"}, tmp_path, progress=silent)
    assert raw.is_dir()
    blocked = raw / "t.csv" / "draft"
    with pytest.raises(DatasetError, match="cannot be made"):
        import_raw("table", [raw], {"label": "y"}, blocked, progress=silent)


def test_a_failed_import_leaves_nothing_behind(tmp_path: Path) -> None:
    raw = write(tmp_path, {"t.csv": "a,y\n1,x\n", "u.csv": "a,y\n1,\xff\n".encode("latin-1")})
    (raw / "u.csv").write_bytes(b"")
    out = tmp_path / "draft"
    with pytest.raises(DatasetError):
        import_raw("table", [raw], {"label": "y"}, out, progress=silent)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [({"notes.md": "no table"}, "holds no table"), ({"t.xlsx": "PK"}, "holds no table")],
)
def test_a_folder_without_tables_is_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("table", write(tmp_path, files), label="y")


def test_paths_have_to_exist(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        imported("table", tmp_path / "nothing.csv", label="y")
    with pytest.raises(DatasetError, match="no raw file is given"):
        import_raw("table", [], {"label": "y"}, tmp_path / "draft", progress=silent)


def test_progress_grows_to_one(tmp_path: Path) -> None:
    raw = write(tmp_path, {"t.csv": "a,y\n" + "1,x\n2,z\n" * 50_000})
    told: list[tuple[float, str]] = []
    import_raw(
        "table",
        [raw],
        {"label": "y"},
        tmp_path / "draft",
        progress=lambda share, message: told.append((share, message)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "imported")
    assert any("t.csv" in message for _, message in told)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    importer=st.sampled_from(list(IMPORTERS)),
    contents=st.lists(st.binary(max_size=200) | st.text(max_size=200), min_size=1, max_size=3),
    places=st.permutations(
        ["train.csv", "test.csv", "tableA.csv", "tableB.tsv", "dataset.json", "solution.parquet"]
    ),
)
def test_hostile_files_give_a_draft_or_a_dataset_error(
    tmp_path_factory: pytest.TempPathFactory,
    importer: str,
    contents: list[bytes | str],
    places: list[str],
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    files = {
        name: content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        for name, content in zip(places, contents, strict=False)
    }
    options = {"label": "label"} if importer in ("table", "kaggle", "magellan") else {}
    with contextlib.suppress(DatasetError):
        import_raw(importer, [write(folder, files)], options, folder / "out", progress=silent)
