"""Same or different? Who may play, what is asked, and that an answer shows no label early."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import Client

from podium import files
from podium.catalog.actions.licences import accept_licence
from podium.catalog.models import Access, DatasetVersion
from podium.challenges.models import Challenge
from podium.web.dataset.game import questions
from tests.site import factories
from tests.site.web.dataset.test_dataset_pages import animals, offers, page, published

ClientOf = Callable[[str], Client]


@pytest.fixture
def shops(db: None, tmp_path: Path) -> DatasetVersion:
    return published(offers(), tmp_path / "shops")


def address(version: DatasetVersion, **given: object) -> str:
    query = "&".join(f"{name}={value}" for name, value in given.items())
    return f"{version.get_absolute_url()}play/?{query}"


def test_ten_training_pairs_are_asked_as_many_matches_as_others(shops: DatasetVersion) -> None:
    asked = questions(shops)
    assert sorted(pair["label"] for pair in asked) == ["0"] * 5 + ["1"] * 5
    assert asked == questions(shops)
    train = {f"p{n}" for n in range(30)}
    assert {pair["id"] for pair in asked} <= train


def test_a_pair_is_shown_without_its_label(client: Client, shops: DatasetVersion) -> None:
    html = page(client, address(shops, pair=3, right=2))
    row = questions(shops)[2]
    assert "Pair 3 of 10 · 2 right so far" in html
    assert str(row["fields"][-1]["right"]["text"]) in html
    assert ">match<" not in html
    assert ">no match<" not in html
    assert re.findall(r'name="answer" value="(\d)">(\w+)', html) == [
        ("1", "Same"),
        ("0", "Different"),
    ]


@pytest.mark.parametrize("is_right", [True, False])
def test_an_answer_is_judged_and_counted(
    client: Client, shops: DatasetVersion, is_right: bool
) -> None:
    label = questions(shops)[0]["label"]
    given = label if is_right else "01"[label == "0"]
    html = page(client, address(shops, pair=1, right=0, answer=given))
    assert ("Right: they" if is_right else "Not quite: they") in html
    assert ("are the same." if label == "1" else "are different.") in html
    assert f"?pair=2&amp;right={int(is_right)}" in html


def test_the_last_pair_ends_in_the_count(client: Client, shops: DatasetVersion) -> None:
    label = questions(shops)[9]["label"]
    html = page(client, address(shops, pair=10, right=8, answer=label))
    assert "You got 9 of 10." in html
    assert "Next pair" not in html


def test_nobody_claims_more_right_answers_than_pairs(client: Client, shops: DatasetVersion) -> None:
    assert "1 right so far" in page(client, address(shops, pair=2, right=900))


@pytest.mark.parametrize(
    "wrong", [{"pair": 0}, {"pair": 11}, {"pair": "x"}, {"pair": 1, "right": -1}]
)
def test_an_address_that_means_nothing_begins_the_game(
    client: Client, shops: DatasetVersion, wrong: dict[str, object]
) -> None:
    answer = client.get(address(shops, **wrong))
    assert (answer.status_code, answer["Location"]) == (302, address(shops).rstrip("?"))


def test_only_pairs_are_played(client: Client, db: None, tmp_path: Path) -> None:
    zoo = published(animals(), tmp_path / "zoo")
    assert client.get(address(zoo)).status_code == 404


def test_a_licence_is_accepted_before_rows_are_seen(
    shops: DatasetVersion, client_of: ClientOf, alice: object
) -> None:
    DatasetVersion.objects.update(access=Access.SIGNED_IN)
    shops.refresh_from_db()
    client = client_of("alice")
    assert client.get(address(shops))["Location"] == f"{shops.get_absolute_url()}#licence"
    accept_licence(version=shops, by=alice)  # type: ignore[arg-type]
    assert client.get(address(shops)).status_code == 200


def test_lost_rows_are_no_game(client: Client, shops: DatasetVersion) -> None:
    caches["pages"].clear()
    files.public().delete(str(shops.folder / "train.parquet"))
    assert client.get(address(shops)).status_code == 404


def test_home_asks_the_first_pair_if_everybody_may_see_it(
    client: Client, challenge: Challenge, shops: DatasetVersion
) -> None:
    assert "Same or different?" not in page(client, "/")
    solution = shops.solutions.get()
    factories.make_task(challenge, "matching", dataset_version=shops, solution=solution)
    html = page(client, "/")
    assert "Same or different?" in html
    assert f'action="{shops.get_absolute_url()}play/"' in html
    assert ">match<" not in html
    DatasetVersion.objects.update(access=Access.SIGNED_IN)
    assert "Same or different?" not in page(client, "/")
