"""The sample challenge: its tasks name data sets that exist, its times are in order."""

import re
from datetime import timedelta
from typing import Any

import pytest
import yaml

import samples
from samples import catalogue_pairs, catalogue_type, digits, febrl
from tabset import Dataset

KINDS = {
    "catalogue-exact": "matching",
    "catalogue-variant": "matching",
    "febrl-person-linkage": str(febrl.DATASET.kind),
    "catalogue-type": str(catalogue_type.DATASET.kind),
    "digits": str(digits.DATASET.kind),
}
RELATIVE = re.compile(r"now(?:([+-]\d+)d)?")


@pytest.fixture(scope="module")
def challenge() -> dict[str, Any]:
    """The parsed challenge."""
    return yaml.safe_load(samples.CHALLENGE.read_text(encoding="utf-8"))["challenge"]


def test_every_sample_is_one_task_of_its_kind(challenge: dict[str, Any]) -> None:
    found = {
        task["dataset"]: track["kind"] for track in challenge["tracks"] for task in track["tasks"]
    }
    assert found == KINDS
    assert tuple(KINDS) == samples.NAMES


def test_the_headline_follows_the_kind_and_the_skew(challenge: dict[str, Any]) -> None:
    headlines = {
        task["dataset"]: task["headline"]
        for track in challenge["tracks"]
        for task in track["tasks"]
    }
    assert headlines.pop("catalogue-type") == "macro_f1"
    assert headlines.pop("digits") == "accuracy"
    assert set(headlines.values()) == {"average_precision"}


def test_the_times_are_in_order(challenge: dict[str, Any]) -> None:
    timeline = challenge["timeline"]
    assert timeline["freeze_hours"] == 48
    names = ("announced_at", "opens_at", "team_freeze_at", "closes_at", "reveal_at")
    days = [
        timedelta(days=int((RELATIVE.fullmatch(timeline[name]) or [0, 0])[1])) for name in names
    ]
    assert days == sorted(days)
    assert days[1] < timedelta(0) < days[3]


def test_every_text_is_there(challenge: dict[str, Any]) -> None:
    for key in ("slug", "title", "summary", "description", "rules", "prizes"):
        assert challenge[key].strip()
    tasks = [task for track in challenge["tracks"] for task in track["tasks"]]
    assert len({task["slug"] for task in tasks}) == len(tasks)
    assert all(task["title"] and task["description"] for task in tasks)
    assert "!" not in samples.CHALLENGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("dataset", [febrl.DATASET, catalogue_type.DATASET, digits.DATASET])
def test_every_column_of_a_sample_is_described(dataset: Dataset) -> None:
    tables = [dataset.columns, catalogue_pairs.COLUMNS, *dataset.records.values()]
    assert all(column.description.endswith(".") for columns in tables for column in columns)
