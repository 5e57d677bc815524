"""What the list of data sets and a data set's page show, from real files."""

import datetime as dt
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from PIL import Image

from podium import files
from podium.catalog.actions.versions import publish
from podium.catalog.models import DatasetVersion
from podium.web.dataset import page as pages
from podium.web.dataset import preview as previews
from podium.web.dataset import profile as profiles
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build
from tabset.profile import write
from tests.site import factories

CLASSES = ("NA", "007", "<b>ü</b>")
ANIMALS = Dataset(
    name="animals",
    title="Animals & others",
    description="Tell *which* animal <script>alert(1)</script> it is.",
    kind=Kind.CLASSIFICATION,
    classes=CLASSES,
    columns=(
        Column("note", ColumnType.TEXT, "What was <i>written</i>."),
        Column("weight", ColumnType.NUMERIC, "In kilograms."),
        Column("seen", ColumnType.DATETIME, "When."),
        Column("tame", ColumnType.BOOLEAN, "Whether it is."),
        Column("parts", ColumnType.LIST, "What it has."),
        Column("photo", ColumnType.IMAGE, "A photo."),
    ),
    licence=Licence("CC0", "https://example.org/cc0"),
    citation="Doe, J. (2020). Animals.",
    origin="A zoo.",
    split=Split("at random"),
)
OFFERS = Dataset(
    name="offers",
    title="Offers",
    description="Same or not?",
    kind=Kind.MATCHING,
    columns=(),
    negative_label="0",
    positive_label="1",
    match_semantics="the same product",
    records={
        "left": (Column("name", ColumnType.TEXT, "Name."),),
        "right": (
            Column("name", ColumnType.TEXT, "Name."),
            Column("price", ColumnType.NUMERIC, "Price."),
        ),
    },
    licence=Licence("Research use"),
    citation="None.",
    origin="Two shops.",
    split=Split("at random"),
)


def picture(shade: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", (200, 100), (shade % 256, 90, 90, 200)).save(written, "PNG")
    return written.getvalue()


def animals(rows: int = 60) -> Source:
    columns: dict[str, list[Any]] = {
        "id": [f"a{n:03d}" for n in range(rows)],
        "note": [
            None if n % 7 == 0 else f"note {n} " + "long " * (n % 3 * 60) for n in range(rows)
        ],
        "weight": [n / 3 for n in range(rows)],
        "seen": [dt.datetime(2020, 1, 1) + dt.timedelta(days=n) for n in range(rows)],
        "tame": [n % 2 == 0 for n in range(rows)],
        "parts": [["wing", "tail"][: n % 3] for n in range(rows)],
        "photo": [f"images/{n}.png" for n in range(rows)],
        "label": [CLASSES[n % 3] for n in range(rows)],
    }
    half = rows // 2
    return Source(
        dataset=ANIMALS,
        train={name: values[:half] for name, values in columns.items()},
        test={name: values[half:] for name, values in columns.items()},
        groups=columns["id"][half:],
        images={f"{n}.png": picture(n) for n in range(rows)},
    )


def offers(rows: int = 60) -> Source:
    keys = [str(n) for n in range(rows)]
    pairs: dict[str, list[Any]] = {
        "id": [f"p{n}" for n in range(rows)],
        "left_id": keys,
        "right_id": keys,
        "label": [str(n % 2) for n in range(rows)],
    }
    half = rows // 2
    return Source(
        dataset=OFFERS,
        train={name: values[:half] for name, values in pairs.items()},
        test={name: values[half:] for name, values in pairs.items()},
        groups=keys[half:],
        records={
            "left": {"record_id": keys, "name": [f"Lamp {n}" for n in range(rows)]},
            "right": {
                "record_id": keys,
                "name": [f"A lamp {n}" for n in range(rows)],
                "price": [None if n == 0 else float(n) for n in range(rows)],
            },
        },
    )


def published(source: Source, folder: Path) -> DatasetVersion:
    """Return the published version of a source, with its profile."""
    build(source, folder / "public", folder / "private", salt="s")
    version = publish(public=folder / "public", private=folder / "private")
    write(folder / "public", folder / "profile")
    files.put_folder(files.public(), str(version.figures), folder / "profile")
    version.profiled_at = timezone.now()
    version.save()
    version.refresh_from_db()
    return version


@pytest.fixture
def zoo(db: None, tmp_path: Path) -> DatasetVersion:
    return published(animals(), tmp_path / "zoo")


@pytest.fixture
def shops(db: None, tmp_path: Path) -> DatasetVersion:
    return published(offers(), tmp_path / "shops")


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    html: str = answer.content.decode()
    return html


def test_a_page_tells_columns_labels_rows_versions_and_citation(
    client: Client, zoo: DatasetVersion
) -> None:
    html = page(client, zoo.get_absolute_url())
    for text in ("Animals &amp; others", "In kilograms.", "note 1", "A zoo.", zoo.content_hash):
        assert text in html, text
    assert html.count('aria-labelledby="profile-') == len(ANIMALS.columns) + 1
    assert "&lt;b&gt;ü&lt;/b&gt;" in html
    assert "<b>ü" not in html
    assert "<script>alert" not in html
    assert "@misc{animals" in html
    assert "TabularPredictor" in html


def test_each_class_has_examples_with_small_pictures(client: Client, zoo: DatasetVersion) -> None:
    html = page(client, zoo.get_absolute_url())
    examples = html[html.index('id="labels"') : html.index('id="columns"')]
    assert re.findall(r"<h3><a [^>]+>([^<]+)<", examples) == ["NA", "007", "&lt;b&gt;ü&lt;/b&gt;"]
    assert f'src="{zoo.get_absolute_url()}thumbnails/1.png"' in examples
    assert examples.count("<li>") == 5 * len(CLASSES)
    assert f'href="{zoo.get_absolute_url()}rows/train/?column=id&amp;q=a000"' in examples
    assert f'href="{zoo.get_absolute_url()}rows/train/?label=007"' in examples
    assert '<small title="note: note 1 long' in examples


def test_examples_without_pictures_have_the_names_of_their_columns(
    client: Client, tmp_path: Path, db: None
) -> None:
    source = animals()
    columns = tuple(column for column in ANIMALS.columns if column.name != "photo")
    train, test = (
        {name: values for name, values in part.items() if name != "photo"}
        for part in (source.train, source.test)
    )
    dataset = replace(ANIMALS, columns=columns)
    bare = replace(source, dataset=dataset, train=train, test=test, images={})
    html = page(client, published(bare, tmp_path / "bare").get_absolute_url())
    examples = html[html.index('id="labels"') : html.index('id="columns"')]
    assert '<th scope="col" class="mono">weight</th>' in examples
    assert '<td class="meta" data-label="weight">' in examples
    assert "<img" not in examples


def test_more_classes_and_columns_than_a_page_has_room_for_are_folded(
    client: Client, zoo: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "OPEN_CLASSES", 1)
    monkeypatch.setattr(pages, "OPEN_COLUMNS", 4)
    html = page(client, zoo.get_absolute_url())
    assert "<summary>Examples of 2 more classes</summary>" in html
    assert re.search(r"<summary>2 more columns</summary>.*>photo<", html, re.DOTALL)
    assert not re.search(r"<summary>2 more columns</summary>.*>note<", html, re.DOTALL)


def test_a_download_says_its_size_and_licence(client: Client, zoo: DatasetVersion) -> None:
    html = page(client, zoo.get_absolute_url())
    size = files.public().size(str(zoo.archive))
    said = re.search(r">Download all</a> \(([\d.]+) kB zip\)", html)
    assert said
    assert float(said.group(1)) == pytest.approx(size / 1000, abs=0.6)
    assert 'href="https://example.org/cc0">CC0</a>' in html.partition('id="labels"')[0]


def test_ids_are_no_feature_columns(zoo: DatasetVersion, shops: DatasetVersion) -> None:
    facts = {fact["label"]: fact for fact in pages.header_facts(zoo)}
    assert facts["Feature columns"]["value"] == "6"
    facts = {fact["label"]: fact for fact in pages.header_facts(shops)}
    assert facts["Columns"] == {"label": "Columns", "value": "1 + 2", "note": "left + right"}
    same = {**shops.facts, "records": {"records": shops.facts["records"]["right"]}}
    facts = {fact["label"]: fact for fact in pages.header_facts(replace_facts(shops, same))}
    assert facts["Columns"] == {"label": "Columns", "value": "2", "note": "of each record"}


def replace_facts(version: DatasetVersion, facts: dict[str, Any]) -> DatasetVersion:
    """Return the version with other facts, not saved."""
    version.facts = facts
    return version


def test_without_its_profile_or_its_rows_a_page_still_tells_the_facts(
    client: Client, zoo: DatasetVersion
) -> None:
    caches["pages"].clear()
    for name in (zoo.figures / "profile.json", zoo.folder / "train.parquet", zoo.archive):
        files.public().delete(str(name))
    html = page(client, zoo.get_absolute_url())
    assert "In kilograms." in html
    assert 'aria-labelledby="profile-' not in html
    assert "note 1" not in html


def test_pairs_stand_side_by_side(client: Client, shops: DatasetVersion) -> None:
    html = page(client, shops.get_absolute_url())
    assert re.search(r"Lamp 1\s*</td><td><mark>A </mark>lamp 1\s*<", html)
    shown = html[html.index('id="pairs"') : html.index('aria-label="Labels"')]
    assert re.findall(r'class="chip outline">([^<]+)<', shown) == ["match", "no match"]
    assert "the same product" in html
    assert "Record table <code>right</code>" in html
    assert html.count('aria-labelledby="profile-') == 3 + 2  # three columns, labels, similarity


def test_columns_that_are_left_out_are_counted_as_they_are_shown(
    shops: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert profiles.hidden_columns(shops) == 0
    monkeypatch.setattr(profiles, "MOST_COLUMNS", 1)
    assert profiles.hidden_columns(shops) == 1  # left has one column, right has two


def test_rows_are_shown_page_by_page(client: Client, zoo: DatasetVersion) -> None:
    first = page(client, f"{zoo.get_absolute_url()}rows/train/")
    assert "Rows 1–25 of 30" in first
    assert 'rel="next" href="?page=2"' in first
    assert 'rel="prev"' not in first
    second = page(client, f"{zoo.get_absolute_url()}rows/train/?page=2")
    assert "Rows 26–30 of 30" in second
    assert "a029" in second
    assert 'rel="next"' not in second


def test_test_rows_have_no_label(client: Client, zoo: DatasetVersion) -> None:
    html = page(client, f"{zoo.get_absolute_url()}rows/test/")
    assert "a030" in html
    assert "chip outline" not in html


@pytest.mark.parametrize("rest", ["rows/solution/", "rows/train/?page=3", "rows/train/?page=0"])
def test_no_other_rows_are_shown(client: Client, zoo: DatasetVersion, rest: str) -> None:
    assert client.get(zoo.get_absolute_url() + rest).status_code == 404
    assert client.get(f"{zoo.get_absolute_url()}rows/train/?page=x").status_code == 404


def test_cells_are_shown_by_their_type(zoo: DatasetVersion) -> None:
    rows = previews.preview(zoo, "train", 1)["rows"]
    cells = {cell["name"]: cell for cell in rows[2]["fields"]}
    assert rows[0]["fields"][0]["missing"]
    assert cells["note"]["cut"]
    assert len(cells["note"]["text"]) == previews.MOST_CHARACTERS
    assert cells["weight"]["text"] == "0.666667"
    assert cells["seen"]["text"] == "2020-01-03"
    assert cells["tame"]["text"] == "true"
    assert cells["parts"]["text"] == "wing, tail"
    assert cells["photo"]["file"] == "2.png"


def test_rows_of_several_row_groups_are_found(zoo: DatasetVersion) -> None:
    factories.put_many_groups(zoo, "train", [f"g{n}" for n in range(70)], rows_of_a_group=20)
    shown = previews.preview(zoo, "train", 2)
    assert [row["id"] for row in shown["rows"]] == [f"g{n}" for n in range(25, 50)]


def test_a_thumbnail_is_small_and_kept_by_the_browser(client: Client, zoo: DatasetVersion) -> None:
    answer = client.get(f"{zoo.get_absolute_url()}thumbnails/3.png")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "public, max-age=604800, immutable"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (96, 48)


@pytest.mark.parametrize("file", ["99.png", "../dataset.json", "..%2Fdataset.json", "3.png/"])
def test_no_other_file_is_a_thumbnail(client: Client, zoo: DatasetVersion, file: str) -> None:
    assert client.get(f"{zoo.get_absolute_url()}thumbnails/{file}").status_code == 404


def test_rows_and_images_of_a_restricted_version_come_after_its_licence(
    client: Client, zoo: DatasetVersion, charlie: Any
) -> None:
    DatasetVersion.objects.filter(pk=zoo.pk).update(access="signed-in")
    client.force_login(charlie)
    html = page(client, zoo.get_absolute_url())
    assert "Accept the licence first" in html
    assert "note 1" not in html
    assert "<img" not in html
    for rest in ("rows/train/", "thumbnails/3.png"):
        assert client.get(zoo.get_absolute_url() + rest).status_code == 302
    client.post(f"{zoo.get_absolute_url()}licence/")
    assert "note 1" in page(client, zoo.get_absolute_url())
    thumbnail = client.get(f"{zoo.get_absolute_url()}thumbnails/3.png")
    assert thumbnail["Cache-Control"].startswith("private")


def test_an_older_version_points_to_the_newest(
    client: Client, zoo: DatasetVersion, tmp_path: Path
) -> None:
    changed = replace(animals(), dataset=replace(ANIMALS, description="Corrected."))
    newer = published(changed, tmp_path / "newer")
    html = page(client, zoo.get_absolute_url())
    assert f'<a href="{newer.get_absolute_url()}">Version 2</a> is newer' in html
    assert "is newer" not in page(client, newer.get_absolute_url())


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"animals", "offers"}),
        ("?q=OFF", {"offers"}),
        ("?q=KILOGRAMS", {"animals"}),
        ("?q=photo", {"animals"}),
        ("?q=007", {"animals"}),
        ("?q=price", {"offers"}),
        ("?q=same+price", {"offers"}),
        ("?q=same+photo", set()),
        ("?kind=matching", {"offers"}),
        ("?modality=image", {"animals"}),
        ("?size=small", {"animals", "offers"}),
        ("?size=large", set()),
        ("?licence=CC0", {"animals"}),
        ("?kind=matching&modality=image", set()),
        ("?kind=nonsense&size=9", {"animals", "offers"}),
    ],
)
def test_the_list_is_narrowed_by_what_is_asked(
    client: Client, zoo: DatasetVersion, shops: DatasetVersion, query: str, names: set[str]
) -> None:
    html = page(client, f"/datasets/{query}")
    assert set(re.findall(r'<a href="/datasets/(\w+)/1/"', html)) == names


def test_only_the_newest_version_is_listed(
    client: Client, zoo: DatasetVersion, tmp_path: Path
) -> None:
    published(replace(animals(), dataset=replace(ANIMALS, origin="Elsewhere.")), tmp_path / "two")
    html = page(client, "/datasets/")
    assert re.findall(r"/datasets/animals/(\d)/", html) == ["2"]
