"""Searching the rows of a data set: what is found, in which tables, and what must not be."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client

from podium.catalog.models import DatasetVersion, Solution
from podium.web.dataset import preview as previews
from podium.web.dataset import search as searching
from tests.site import factories
from tests.site.web.dataset.test_dataset_pages import animals, offers, page, published

IDS = re.compile(r'<p class="record-head"><a class="mono" href="[^"]+">([^<]+)<')


@pytest.fixture
def zoo(db: None, tmp_path: Path) -> DatasetVersion:
    return published(animals(), tmp_path / "zoo")


@pytest.fixture
def shops(db: None, tmp_path: Path) -> DatasetVersion:
    return published(offers(), tmp_path / "shops")


def rows(client: Client, version: DatasetVersion, table: str, **asked: str) -> list[str]:
    """Return the ids of the rows that a page shows."""
    address = f"{version.get_absolute_url()}rows/{table}/?{urlencode(asked)}"
    return IDS.findall(page(client, address))


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"q": "note 17"}, ["a016", "a017"]),
        ({"q": "17 NOTE"}, ["a016", "a017"]),
        ({"q": "note 17", "column": "note"}, ["a017"]),
        ({"q": "note 17", "column": "weight"}, []),
        ({"q": "0.333", "column": "weight"}, ["a001"]),
        ({"q": "2020-01-03"}, ["a002"]),
        ({"q": "a003", "column": "id"}, ["a003"]),
        ({"q": "a00", "column": "id"}, []),
        ({"q": "a001", "label": "007"}, ["a001"]),
        ({"q": "a001", "label": "NA"}, []),
        ({"q": ".*"}, []),
        ({"q": "a001", "column": "nonsense", "label": "unknown"}, ["a001"]),
    ],
)
def test_rows_are_found_by_words_column_and_class(
    client: Client, zoo: DatasetVersion, asked: dict[str, str], ids: list[str]
) -> None:
    assert rows(client, zoo, "train", **asked) == ids


def test_pairs_are_found_by_what_either_record_has(client: Client, shops: DatasetVersion) -> None:
    assert rows(client, shops, "train", q="7 LAMP a", column="name") == ["p7", "p17", "p27"]
    assert rows(client, shops, "train", q="7", column="id") == ["p7"]
    assert rows(client, shops, "train", q="p7", column="id") == ["p7"]
    matching = rows(client, shops, "train", label="1")
    assert matching == [f"p{n}" for n in range(1, 30, 2)]
    html = page(client, f"{shops.get_absolute_url()}rows/train/?label=1")
    assert '<option value="1" selected>match</option>' in html
    assert '<option value="0">no match</option>' in html
    assert rows(client, shops, "right", q="12", column="price") == ["12"]


def test_each_view_has_an_address(client: Client, zoo: DatasetVersion) -> None:
    address = f"{zoo.get_absolute_url()}rows/train/"
    first = page(client, f"{address}?q=2020&column=seen&task=cup%2Fpets")
    assert "Rows 1–25 of 30" in first
    second = re.search(r'rel="next" href="([^"]+)"', first)
    assert second
    assert "q=2020" in second.group(1)
    assert "task=cup%2Fpets" in second.group(1)
    html = page(client, address + second.group(1).replace("&amp;", "&"))
    assert "Rows 26–30 of 30" in html
    assert '<option value="seen" selected>' in html
    assert 'name="q" value="2020"' in html
    assert client.get(f"{address}?q=2020&page=3").status_code == 404
    assert client.get(f"{address}?q=2020&page=0").status_code == 404


def test_what_is_not_found_leads_back_to_all_rows(client: Client, zoo: DatasetVersion) -> None:
    address = f"{zoo.get_absolute_url()}rows/train/"
    html = page(client, f"{address}?q=unicorn")
    assert "No results" in html
    assert f'href="{address}">Clear filters' in html


def test_markup_in_a_search_is_text(client: Client, zoo: DatasetVersion) -> None:
    html = page(client, f"{zoo.get_absolute_url()}rows/train/?{urlencode({'q': '<script>x'})}")
    assert "<script>x" not in html


@pytest.mark.parametrize("label", ["NA", "007", "1"])
def test_no_search_depends_on_the_label_of_a_test_row(
    client: Client, zoo: DatasetVersion, label: str
) -> None:
    address = f"{zoo.get_absolute_url()}rows/test/"
    plain = page(client, f"{address}?q=note")
    assert 'name="label"' not in plain
    asked = page(client, f"{address}?q=note&label={label}")
    assert IDS.findall(asked) == IDS.findall(plain)
    assert re.findall(r"Rows .* of \d+", asked) == re.findall(r"Rows .* of \d+", plain)
    assert rows(client, zoo, "test", q=label, column="label") == rows(client, zoo, "test", q=label)


def test_a_search_opens_no_solution(client: Client, zoo: DatasetVersion, tmp_path: Path) -> None:
    solution = Solution.objects.get(dataset_version=zoo)
    stored = list((tmp_path / "files" / "private").rglob(Path(solution.file).name))
    assert stored
    for path in stored:
        path.unlink()
    assert rows(client, zoo, "test", q="note 40") == ["a040"]


def test_a_search_says_how_many_columns_it_leaves_out(
    client: Client, zoo: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_COLUMNS", 3)
    html = page(client, f"{zoo.get_absolute_url()}rows/train/?q=2020-01-03&column=seen")
    assert IDS.findall(html) == ["a002"]
    assert "4 more columns are in the files" in html


def test_a_restricted_version_is_searched_after_its_licence(
    client: Client, zoo: DatasetVersion
) -> None:
    DatasetVersion.objects.update(access="signed-in")
    answer = client.get(f"{zoo.get_absolute_url()}rows/train/?q=note")
    assert answer.status_code == 302


def test_a_long_search_stops_and_says_so(
    client: Client, zoo: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.put_many_groups(zoo, "train", [f"g{n}" for n in range(9_000)], rows_of_a_group=4_096)
    zoo.facts["rows"]["train"] = 9_000
    zoo.save()
    monkeypatch.setattr(searching, "MOST_CELLS", 4_000)
    html = page(client, f"{zoo.get_absolute_url()}rows/train/?q=g8999")
    assert "Searched the first 4,096 rows" in " ".join(html.split())
    monkeypatch.undo()
    assert rows(client, zoo, "train", q="g8999") == ["g8999"]
