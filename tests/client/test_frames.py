"""A task as frames: every value as it was written, fetched once; frames back as a file."""

import io
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import tabset
from podium_client import Client, NotAllowedError, SiteError, UsageError
from podium_client.images import unpack
from tabset import Source, build
from tests.client.state import TASK, Site
from tests.tabset.sources import classification, matching


def publish(site: Site, source: Source, home: Path) -> Path:
    """Let the site have this data set, and return its folder."""
    public = home / "public"
    build(source, public, home / "private", salt="a test's salt")
    files = [file for file in sorted(public.iterdir()) if file.is_file()]
    site.files = {file.name: file.read_bytes() for file in files if file.name != "dataset.json"}
    site.facts = (public / "dataset.json").read_bytes()
    return public


def same(got: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(got.drop(columns="image", errors="ignore"), wanted.drop(
        columns="image", errors="ignore"
    ))  # fmt: skip


def test_a_classification_task_is_as_the_standards_own_loader_reads_it(
    client: Client, signed_in: Site, home: Path
) -> None:
    public = publish(signed_in, classification(), home)
    data = client.task("cup/pets").load()
    same(data.train, tabset.load_train(public))
    same(data.test, tabset.load_test(public))
    assert next(iter(data.sample_submission.columns)) == "id"
    assert (data.records, data.left, data.right) == (None, None, None)
    assert data.dataset["classes"] == ["None", "007", "1.0", "ü, or ue"]


def test_labels_ids_and_texts_are_text_as_written(
    client: Client, signed_in: Site, home: Path
) -> None:
    publish(signed_in, classification(), home)
    data = client.task("cup/pets").load()
    assert data.train["label"].tolist()[:4] == ["None", "007", "1.0", "ü, or ue"]
    assert data.train["id"].tolist()[:2] == ["t000", "t001"]
    assert data.train["title"].tolist()[1:4] == [None, " padded ", "NA"]
    assert data.train["tags"].tolist()[:3] == [[], ["a", "b,c"], None]
    assert str(data.train["sold"].dtype) == "boolean"
    assert list(data.train["colour"].cat.categories) == ["None", "red"]


def test_images_are_there_under_the_paths_of_the_rows(
    client: Client, signed_in: Site, home: Path
) -> None:
    public = publish(signed_in, classification(), home)
    data = client.task("cup/pets").load()
    assert data.images == data.folder / "images"
    path = Path(data.train["image"][1])
    assert path.is_absolute()
    assert path.read_bytes() == (public / "images/1.png").read_bytes()
    assert data.train["image"][0] is None


def test_images_can_stay_away(client: Client, signed_in: Site, home: Path) -> None:
    publish(signed_in, classification(), home)
    data = client.task("cup/pets").load(images=False)
    assert data.images is None
    assert signed_in.asked("GET", f"{TASK}/files/images.zip") == []


@pytest.mark.parametrize("two_tables", [False, True])
def test_a_matching_task_has_its_record_tables(
    client: Client, signed_in: Site, home: Path, two_tables: bool
) -> None:
    public = publish(signed_in, matching(two_tables=two_tables), home)
    data = client.task("cup/pets").load()
    same(data.train, tabset.load_train(public))
    for name, wanted in tabset.load_records(public).items():
        same(getattr(data, name), wanted)
    assert (data.records is None, data.left is None) == (two_tables, not two_tables)


def test_what_was_loaded_once_is_not_fetched_again(
    client: Client, signed_in: Site, home: Path
) -> None:
    publish(signed_in, classification(), home)
    first = client.task("cup/pets").load()
    assert not list(first.folder.glob("*.csv"))
    signed_in.seen.clear()
    again = client.task("cup/pets").load()
    assert again.folder == first.folder
    assert signed_in.asked("GET", f"{TASK}/files/.*") == []
    assert first.folder.parent == home / "cache" / "podium" / "data"


def test_a_licence_is_accepted_by_a_call(client: Client, signed_in: Site, home: Path) -> None:
    publish(signed_in, classification(), home)
    signed_in.must_accept_licence = True
    task = client.task("cup/pets")
    with pytest.raises(NotAllowedError, match="licence"):
        task.load()
    task.accept_licence()
    assert len(task.load().train) == 40


def test_another_format_asks_for_a_newer_client(
    client: Client, signed_in: Site, home: Path
) -> None:
    publish(signed_in, classification(), home)
    signed_in.facts = b'{"format": "podium-dataset/2"}'
    with pytest.raises(SiteError, match="a newer podium-client"):
        client.task("cup/pets").load()


@pytest.mark.parametrize("module", ["pandas", "pyarrow"])
def test_without_pandas_a_sentence_says_what_to_install(
    client: Client, signed_in: Site, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    task = client.task("cup/pets")
    for call in (task.load, lambda: task.submit(object()), lambda: task.leaderboard(frame=True)):  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"pip install 'podium-client\[pandas\]'"):
            call()


def test_a_frame_is_submitted_as_it_is(client: Client, signed_in: Site) -> None:
    frame = pd.DataFrame({"id": ["001", "NA"], "prediction": ["None", 'a "b", c']})
    found = client.task("cup/pets").submit(frame, method="forest")
    assert (found["state"], found["original_name"]) == ("scored", "predictions.csv")
    (sent,) = signed_in.asked("POST", f"{TASK}/submissions")
    assert b'id,prediction\n001,None\nNA,"a ""b"", c"\n' in sent.body


def test_an_index_named_id_is_a_column(client: Client, signed_in: Site) -> None:
    frame = pd.DataFrame({"prediction": ["cat"]}, index=pd.Index(["p1"], name="id"))
    assert client.task("cup/pets").validate(frame)["state"] == "valid"
    assert b"id,prediction\np1,cat\n" in signed_in.asked("POST", ".*")[0].body


def test_what_is_neither_frame_nor_path_is_refused(client: Client, signed_in: Site) -> None:
    with pytest.raises(UsageError, match="not list"):
        client.task("cup/pets").submit([1, 2])  # type: ignore[arg-type]


def test_a_board_is_a_list_or_a_frame(client: Client, signed_in: Site) -> None:
    task = client.task("cup/pets")
    rows = task.leaderboard()
    assert isinstance(rows, list)
    frame = task.leaderboard(frame=True)
    assert isinstance(frame, pd.DataFrame)
    assert frame["team.slug"].tolist() == [row["team"]["slug"] for row in rows]


def test_a_submissions_life_in_python(client: Client, signed_in: Site, predictions: Path) -> None:
    task = client.task("cup/pets")
    made = task.submit(predictions, method="forest", timeout=5)
    assert [each["id"] for each in task.submissions()] == [made["id"]]
    assert client.change(made["id"], "select")["is_selected"]
    assert client.describe(made["id"], note="better")["note"] == "better"
    assert client.challenge("cup/pets")["slug"] == "cup"
    assert client.track_leaderboard("cup", "classification")["count"] == 3


@pytest.mark.parametrize("name", ["../x.png", "other/x.png", "x.png", "images/../../x.png"])
def test_an_archive_leads_to_nowhere_else(home: Path, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("images/1.png", b"fine")
        archive.writestr(name, b"evil")
    (home / "images.zip").write_bytes(content.getvalue())
    with pytest.raises(SiteError):
        unpack(home / "images.zip", home)
    assert not (home / "images").exists()
