"""Builds: what a draft says is written, the same each time, and nothing private in public."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tabset import Built, DatasetError, building, load_test, load_train, schema, verify
from tabset.building.order import ranks, rearranged
from tabset.draft import Draft, DraftColumn, Keep, Order, Roles, SplitMethod, SplitRule
from tabset.findings import Level
from tabset.schema import ColumnType
from tests.tabset import staged

GIVEN = staged.rows_draft(
    roles=Roles(id="key", label="label", group="shop", split="side"),
    split=SplitRule(SplitMethod.GIVEN),
)


def build(
    folder: Path,
    draft: Draft,
    tables: Mapping[str, staged.Cells] | None = None,
    *,
    salt: str = "a secret salt",
    images: Mapping[str, bytes] | None = None,
) -> Built:
    """The draft built below the folder."""
    made = staged.draft_folder(folder / "draft", draft, tables or {"rows": staged.row_cells()})
    for name, content in (images or {}).items():
        (made / "images").mkdir(exist_ok=True)
        (made / "images" / name).write_bytes(content)
    return building.build_draft(
        made, folder / "public", folder / "private", salt=salt, progress=lambda *_: None
    )


def with_column(draft: Draft, **columns: Any) -> Draft:
    """The draft whose main table has these columns changed, or added."""
    known = {column.name: column for column in draft.tables[draft.main]}
    for name, changes in columns.items():
        known[name] = replace(known.get(name, DraftColumn(name, ColumnType.TEXT)), **changes)
    return replace(draft, tables={**draft.tables, draft.main: tuple(known.values())})


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def solution(built: Built) -> pd.DataFrame:
    """The private answers."""
    return pd.read_parquet(built.private / "solution.parquet")


DRAFTS: Mapping[str, tuple[Draft, Mapping[str, staged.Cells]]] = {
    "given": (GIVEN, {"rows": staged.row_cells()}),
    "shuffled": (staged.rows_draft(order=Order.SHUFFLE), {"rows": staged.row_cells()}),
    "new-ids": (replace(GIVEN, ids=Keep.NEW), {"rows": staged.row_cells()}),
    "pairs": (staged.pairs_draft(order=Order.SHUFFLE), staged.pair_tables()),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_the_same_draft_and_salt_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    draft, tables = DRAFTS[name]
    one, two = (build(tmp_path / place, draft, tables) for place in ("1", "2"))
    assert files(one.public) == files(two.public)
    assert files(one.private) == files(two.private)
    assert verify(one.public, one.private) == []


@pytest.mark.parametrize("name", DRAFTS)
def test_the_public_folder_says_nothing_of_salt_and_parts(tmp_path: Path, name: str) -> None:
    draft, tables = DRAFTS[name]
    built = build(tmp_path, draft, tables)
    private = json.loads((built.private / "private.json").read_bytes())
    hashes = [fact["sha256"] for fact in private["files"].values()]
    for path, content in files(built.public).items():
        for secret in ("a secret salt", *hashes):
            assert secret.encode() not in content, path


def test_cells_become_values_of_their_columns(tmp_path: Path) -> None:
    built = build(tmp_path, with_column(GIVEN, number={"rename": "price"}, part={"use": False}))
    names = [column.name for column in built.dataset.columns]
    assert names == ["text", "price", "shop", "day"]
    train = load_train(built.public)
    cells = staged.row_cells()
    rows = [row for row in range(200) if row % 4]
    assert list(train["id"]) == [f"k{row}" for row in rows]
    assert list(train["label"]) == [cells["label"][row] for row in rows]
    assert list(train["price"]) == [row / 4 for row in rows]
    assert train["day"].iloc[0] == pd.Timestamp("2026-01-01")
    assert [None if pd.isna(text) else text for text in train["text"]] == [
        cells["text"][row] for row in rows
    ]
    assert built.dataset.classes == ("007", "NA", "ü")
    assert "label" not in load_test(built.public)


def test_the_solution_stands_in_test_order(tmp_path: Path) -> None:
    for name, (draft, tables) in DRAFTS.items():
        built = build(tmp_path / name, draft, tables)
        assert list(solution(built)["id"]) == list(load_test(built.public)["id"])


def test_a_shuffled_test_set_has_the_same_rows(tmp_path: Path) -> None:
    kept = build(tmp_path / "1", staged.rows_draft())
    mixed = build(tmp_path / "2", staged.rows_draft(order=Order.SHUFFLE))
    one, two = (load_test(built.public).set_index("id") for built in (kept, mixed))
    assert list(one.index) != list(two.index)
    pd.testing.assert_frame_equal(one, two.loc[one.index])
    answers = [solution(built).set_index("id") for built in (kept, mixed)]
    pd.testing.assert_frame_equal(answers[0], answers[1].loc[answers[0].index])


@given(st.permutations(range(60)), st.integers(1, 60), st.integers(1, 20), st.integers(1, 30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_out_at_their_places(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    count: int,
    batch: int,
    bucket: int,
) -> None:
    numbers = np.array([number for number in order if number < count])
    places = ranks(numbers)
    source = pa.record_batch({"n": np.sort(numbers)})
    batches = (source.slice(start, batch) for start in range(0, count, batch))
    folder = tmp_path_factory.mktemp("order")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tabset.building.order.BUCKET_ROWS", bucket)
        found = list(rearranged(batches, source.schema, places, folder))
    assert [row for each in found for row in each["n"].to_pylist()] == numbers.tolist()
    assert not list(folder.iterdir())


def test_other_test_labels_change_nothing_public(tmp_path: Path) -> None:
    cells = staged.row_cells()
    labels = list(cells["label"])
    tested = range(0, 200, 4)
    moved = dict(zip(tested, [*tested[1:], tested[0]], strict=True))
    other = [labels[moved.get(row, row)] for row in range(200)]
    assert other != labels
    one, two = (
        build(tmp_path / name, GIVEN, {"rows": cells | {"label": values}})
        for name, values in (("1", labels), ("2", other))
    )
    assert list(solution(one)["label"]) != list(solution(two)["label"])
    assert one.dataset.content_hash != two.dataset.content_hash
    hexes = re.compile(rb"[0-9a-f]{12,}")  # the content hash covers the solution, and names files
    for path, content in files(one.public).items():
        twin = (two.public / path).read_bytes()
        if path in ("dataset.json", "croissant.json", "CITATION.cff", "README.md"):
            content, twin = (hexes.sub(b"", each) for each in (content, twin))
        assert content == twin, path


def test_given_parts_come_into_the_solution(tmp_path: Path) -> None:
    roles = Roles(id="key", label="label", split="side", usage="part")
    built = build(tmp_path, replace(GIVEN, roles=roles))
    parts = [("public", "private")[row % 8 // 4] for row in range(0, 200, 4)]
    assert list(solution(built)["usage"]) == parts
    assert built.dataset.split.public_private == "source's own rule"
    assert built.dataset.split.public_share == 0.5
    assert json.loads((built.private / "private.json").read_bytes())["salt"] == ""


def test_slices_name_values_and_what_is_missing(tmp_path: Path) -> None:
    shops = [None if row % 5 == 0 else "s" for row in range(200)]
    roles = replace(GIVEN.roles, group="", slices=("shop",))
    built = build(
        tmp_path,
        with_column(replace(GIVEN, roles=roles), shop={"rename": "seller"}),
        {"rows": staged.row_cells(shop=shops)},
    )
    found = solution(built)
    rows = range(0, 200, 4)
    assert list(found["slice_seller"]) == ["s" if row % 5 else "missing" for row in rows]
    assert list(found["slice_missing_text"]) == ["no" if row % 9 else "yes" for row in rows]
    assert "slice_missing_image" not in found


def test_slices_follow_their_rows_through_a_shuffle(tmp_path: Path) -> None:
    roles = Roles(id="key", label="label", slices=("shop",))
    built = build(tmp_path, staged.rows_draft(roles=roles, order=Order.SHUFFLE))
    found, test = solution(built), load_test(built.public)
    assert list(found["slice_shop"]) == list(test["shop"])
    missing = test["text"].isna()
    assert list(found["slice_missing_text"]) == ["yes" if each else "no" for each in missing]


def test_pairs_have_the_values_of_both_records(tmp_path: Path) -> None:
    built = build(tmp_path, *DRAFTS["pairs"])
    names = [column.name for column in built.dataset.columns]
    assert names == [
        *("left_id", "right_id", "left_title", "left_category", "right_title", "right_category")
    ]
    cells = staged.pair_tables()["left"]
    titles = dict(zip(cells["record_id"], cells["title"], strict=True))
    for part in (load_train(built.public), load_test(built.public)):
        assert [None if pd.isna(text) else text for text in part["left_title"]] == [
            titles[record] for record in part["left_id"]
        ]
    found = solution(built)
    test = load_test(built.public)
    missing = test["left_title"].isna() | test["right_title"].isna()
    assert list(found["slice_missing_text"]) == ["yes" if each else "no" for each in missing]
    matches = found["label"] == "1"
    assert list(matches) == list(test["left_id"].str[1:] == test["right_id"].str[1:])


def test_slices_of_records_are_those_of_both_sides(tmp_path: Path) -> None:
    roles = Roles(label="label", slices=("category", "title"))
    built = build(
        tmp_path, staged.pairs_draft(roles=roles, order=Order.SHUFFLE), DRAFTS["pairs"][1]
    )
    found, test = solution(built), load_test(built.public)
    for side in ("left", "right"):
        for column, name in (("category", side), ("title", f"{side}_title")):
            values = test[f"{side}_{column}"].astype(object).fillna("missing")
            assert list(found[f"slice_{name}"]) == list(values)


def test_entities_are_written_for_every_record(tmp_path: Path) -> None:
    built = build(tmp_path, *DRAFTS["pairs"])
    entities = pd.read_parquet(built.private / "entities.parquet")
    assert list(entities) == ["side", "record_id", "entity_id"]
    assert entities.groupby("side")["record_id"].count().to_dict() == {"left": 60, "right": 60}
    by_record = entities.set_index("record_id")["entity_id"]
    assert all(by_record[f"a{row}"] == by_record[f"b{row}"] for row in range(60))
    found, test = solution(built), load_test(built.public)
    for side in ("left", "right"):
        assert list(found[f"{side}_record"]) == list(test[f"{side}_id"])
    assert list(found["group"]) == [by_record[record] for record in test["left_id"]]


def test_a_declared_entity_is_never_a_feature(tmp_path: Path) -> None:
    draft = staged.pairs_draft(roles=Roles(label="label", entity="maker"))
    tables = staged.pair_tables()
    for side in ("left", "right"):
        makers = [f"secret-{row}" for row in range(60)]
        tables[side] = {**tables[side], "maker": makers}
    column = DraftColumn("maker", ColumnType.CATEGORICAL)
    both = {side: (*draft.tables[side], column) for side in ("left", "right")}
    built = build(tmp_path, replace(draft, tables={**draft.tables, **both}), tables)
    assert not [path for path, content in files(built.public).items() if b"secret-" in content]


# Images


def camera(shade: int) -> bytes:
    """A JPEG whose EXIF names a place."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("L", (8, 8), shade).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def pictured(**changes: Any) -> tuple[Draft, Mapping[str, staged.Cells]]:
    """A draft with an image column whose cells name one of three files, or none."""
    names = [None if row % 6 == 0 else f"{row % 3}.jpg" for row in range(200)]
    draft = with_column(replace(GIVEN, **changes), image={"type": ColumnType.IMAGE})
    return draft, {"rows": staged.row_cells(image=names)}


PHOTOS = {f"{number}.jpg": camera(number * 90) for number in range(3)}


def test_images_are_kept_without_what_cameras_note(tmp_path: Path) -> None:
    built = build(tmp_path, *pictured(), images={**PHOTOS, "unused.jpg": camera(5)})
    assert {path.name for path in (built.public / "images").iterdir()} == set(PHOTOS)
    assert b"at home" in PHOTOS["1.jpg"]
    assert b"at home" not in (built.public / "images" / "1.jpg").read_bytes()
    test = load_test(built.public)
    assert {Path(path).name for path in test["image"].dropna()} == {"1.jpg", "2.jpg"}
    expected = ["yes" if row % 6 == 0 else "no" for row in range(0, 200, 4)]
    assert list(solution(built)["slice_missing_image"]) == expected


def test_new_image_names_say_nothing_and_the_same_content_is_one_file(tmp_path: Path) -> None:
    photos = {**PHOTOS, "2.jpg": PHOTOS["1.jpg"]}
    built = build(tmp_path, *pictured(images=Keep.NEW), images=photos)
    names = {path.name for path in (built.public / "images").iterdir()}
    assert len(names) == 2
    assert all(len(name) == len("0123456789abcdef.jpg") for name in names)
    assert {Path(path).name for path in load_train(built.public)["image"].dropna()} == names


# Bad input


def test_a_draft_with_errors_is_refused_with_all_findings(tmp_path: Path) -> None:
    with pytest.raises(building.Refused) as refused:
        build(tmp_path, staged.rows_draft(name="No Slug", classes=("NA", "007")))
    levels = [finding.level for finding in refused.value.findings]
    assert levels.count(Level.ERROR) >= 2
    assert f"{levels.count(Level.ERROR)} errors block" in str(refused.value)
    assert not (tmp_path / "public").exists()


def test_a_cell_that_does_not_fit_names_table_row_and_column(tmp_path: Path) -> None:
    numbers = [str(row) for row in range(200)]
    numbers[150] = "a lot"
    draft = staged.draft_folder(
        tmp_path / "draft", GIVEN, {"rows": staged.row_cells(number=numbers)}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tabset.checks.check", lambda *_, **__: [])  # a check would see it before
        with pytest.raises(DatasetError, match=r"rows, row 151, column 'number': 'a lot'"):
            building.build_draft(
                draft, tmp_path / "a", tmp_path / "b", salt="s", progress=lambda *_: None
            )


def test_empty_texts_become_missing_with_a_note(tmp_path: Path) -> None:
    texts = ["" if row < 12 else f"text {row}" for row in range(200)]
    built = build(tmp_path, GIVEN, {"rows": staged.row_cells(text=texts)})
    assert "rows: 12 empty texts in 'text' are written as missing" in built.findings
    assert load_test(built.public)["text"].isna().sum() == 3


def test_a_folder_that_is_not_empty_is_not_written_to(tmp_path: Path) -> None:
    build(tmp_path / "1", GIVEN)
    draft = tmp_path / "1" / "draft"
    with pytest.raises(DatasetError, match="not empty"):
        building.build_draft(
            draft, tmp_path / "1" / "public", tmp_path / "x", salt="s", progress=lambda *_: None
        )
    assert not [path for path in draft.iterdir() if path.name.startswith(".")]


def test_progress_goes_from_0_to_1(tmp_path: Path) -> None:
    draft = staged.draft_folder(tmp_path / "draft", GIVEN, {"rows": staged.row_cells()})
    told: list[tuple[float, str]] = []
    building.build_draft(
        draft,
        tmp_path / "a",
        tmp_path / "b",
        salt="s",
        progress=lambda share, message: told.append((share, message)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], told[-1]) == (0.0, (1.0, "built"))
    assert {"writing train", "writing test"} <= {message for _, message in told}


def test_columns_of_every_type_are_written(tmp_path: Path) -> None:
    draft = with_column(
        GIVEN,
        flag={"type": ColumnType.BOOLEAN, "missing_values": ("?",)},
        tags={"type": ColumnType.LIST, "format": ";"},
    )
    cells = staged.row_cells(
        flag=[("Yes", "no", "?", None)[row // 4 % 4] for row in range(200)],
        tags=["a; b", None] * 100,
    )
    built = build(tmp_path, draft, {"rows": cells})
    test = pd.read_parquet(built.public / "test.parquet")
    assert list(test["flag"][:4]) == [True, False, None, None]
    assert list(test["tags"][0]) == ["a", "b"]
    assert schema.read(built.public) == built.dataset
