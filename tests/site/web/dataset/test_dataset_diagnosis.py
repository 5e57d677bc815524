"""The diagnostics on a data set's page: who sees them, what they say, and what is said instead."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from baselines.diagnostics.model import Ablation, Diagnosis, Estimate, from_json
from podium import files
from podium.accounts.models import User
from podium.baseline_runs.models import DiagnosisState
from podium.catalog.actions.licences import accept_licence
from podium.catalog.models import Access, DatasetVersion, VersionState
from podium.challenges.models import Task
from podium.web.dataset.diagnosis import shown, stored
from tests.site.diagnoses import ABLATION, CAPACITY, CURVE, FOUND, make_diagnosis

ClientOf = Callable[[str], Client]


@pytest.fixture
def version(matching_task: Task) -> DatasetVersion:
    version = matching_task.dataset_version
    files.public().save(str(version.folder / "train.csv"), ContentFile(b"0123456789"))
    return version


def page(client: Client, version: DatasetVersion) -> str:
    answer = client.get(version.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def figures(version: DatasetVersion, found: Diagnosis) -> dict[str, dict[str, Any]]:
    make_diagnosis(version, found)
    context = shown(version, may_see=True)
    assert context is not None
    return {each["title"]: each for each in context["figures"]}


def test_the_page_draws_every_part_with_its_table_and_its_rule(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    make_diagnosis(version)
    text = page(client_of("anonymous"), version)
    for title in (
        "Learning curve", "What each modality is worth", "Capacity curve", "Spread over seeds",
    ):  # fmt: skip
        assert f"<summary><strong>{title}</strong>: " in text
        assert f"{title} as a table" in text
    assert text.count("Rule: ") == 3
    assert "No test row was read" in text
    assert "Made from 500 of 12,000 training rows, drawn at random: each" in text
    assert "all pairs of a left record are held out together" in text
    assert "8 of 10 seeds did not fit into the time limit." in text
    assert " style=" not in text.split('id="diagnostics"')[1].split("</section>")[0]


def test_a_curve_that_still_rises_says_that_more_rows_would_help(version: DatasetVersion) -> None:
    found = figures(version, FOUND)["Learning curve"]
    assert "More rows would help" in found["wide"]
    assert found["said"].startswith(
        "The last doubling, from 200 to 400 rows, changed the score by +0.100 (0.060 to 0.140): "
        "the curve still rises"
    )
    assert found["rows"][0] == {
        "name": "100",
        "cells": [
            {"label": "Accuracy, validation", "value": "0.500"},
            {"label": "95 % interval", "value": "0.450 to 0.550"},
            {"label": "Training", "value": "1.000"},
        ],
    }


def test_a_small_gain_is_called_so(version: DatasetVersion) -> None:
    curve = replace(CURVE, gain=Estimate(0.008, 0.003, 0.013))
    found = figures(version, replace(FOUND, learning_curve=curve))["Learning curve"]
    assert "More rows would help a little" in found["wide"]


@pytest.mark.parametrize(
    ("gain", "verdict", "finding"),
    [
        (Estimate(0.001, -0.004, 0.006), "level", "More rows would hardly help"),
        (Estimate(0.02, -0.05, 0.09), "level", "It is unclear whether more rows would help"),
        (Estimate(-0.1, -0.15, -0.05), "falls", "More rows did not help"),
        (None, "", "Only one number of rows"),
    ],
)
def test_a_curve_that_does_not_rise_says_what_it_tells(
    version: DatasetVersion, gain: Estimate | None, verdict: str, finding: str
) -> None:
    curve = replace(CURVE, gain=gain, verdict=verdict)
    found = figures(version, replace(FOUND, learning_curve=curve))["Learning curve"]
    assert finding in found["wide"]
    assert "still rises at its end" not in found["said"]


def test_the_modality_that_is_missed_most_is_named(version: DatasetVersion) -> None:
    found = figures(version, FOUND)["What each modality is worth"]
    assert "Text matters most" in found["slim"]
    assert "Dropping text columns costs 0.300 (0.250 to 0.350)." in found["said"]
    assert "Dropping image columns: no measurable effect." in found["said"]
    assert "no column" in found["wide"], "the line of what knows no column"
    table = {row["name"]: [cell["value"] for cell in row["cells"]] for row in found["rows"]}
    assert list(table)[:4] == ["All", "Without text", "Lost without text", "Only text"]
    assert table["Lost without text"] == ["0.300", "0.250 to 0.350"]


def test_what_each_modality_is_worth_is_one_line_near_the_top(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    worth = "Dropping its columns costs: text 0.300, image no measurable effect."
    make_diagnosis(version)
    text = page(client_of("anonymous"), version)
    assert worth in text.partition('id="load"')[0]
    stored(version).delete()  # type: ignore[union-attr]
    make_diagnosis(version, replace(FOUND, ablation=None))
    assert "Dropping its" not in page(client_of("anonymous"), version)


def test_a_modality_that_misleads_is_named(version: DatasetVersion) -> None:
    text, image = ABLATION.modalities
    harm = replace(image, lost=Estimate(-0.1, -0.15, -0.05))
    plain = replace(text, lost=Estimate(0.0, -0.1, 0.1))
    parts = Ablation(ABLATION.whole, (plain, harm))
    found = figures(version, replace(FOUND, ablation=parts))["What each modality is worth"]
    assert "No modality is missed by itself" in found["wide"]
    assert "Dropping image columns gains 0.100 (0.050 to 0.150)" in found["said"]


def test_double_descent_is_explained_where_it_is_flagged(version: DatasetVersion) -> None:
    found = figures(version, FOUND)["Capacity curve"]
    assert "Double descent: worst at 240 features" in found["wide"]
    assert "With 240+ features all 240 rows are fitted exactly" in found["said"]
    assert "80.0 times that of the largest model" in found["said"]
    assert "fits every row" in found["wide"]


def test_no_double_descent_is_said_too(version: DatasetVersion) -> None:
    calm = replace(CAPACITY, is_double_descent=False, threshold=None)
    found = figures(version, replace(FOUND, capacity=calm))["Capacity curve"]
    assert "No double descent" in found["wide"]
    assert "No number of features fits all rows exactly" in found["said"]
    assert "fits every row" not in found["wide"]


def test_the_spread_says_from_which_difference_on_scores_differ(version: DatasetVersion) -> None:
    found = figures(version, FOUND)["Spread over seeds"]
    assert "Another seed moves the linear score by ±0.071" in found["wide"]
    assert "differ by less than about 0.196" in found["said"]
    assert "Trivial" not in found["wide"]
    assert "Trivial" in [row["name"] for row in found["rows"]]


def test_what_is_not_there_is_not_drawn(version: DatasetVersion) -> None:
    bare = replace(FOUND, learning_curve=None, ablation=None, capacity=None, seeds=())
    assert figures(version, bare) == {}


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        (DiagnosisState.QUEUED, {}, "They wait for a worker"),
        (DiagnosisState.RUNNING, {"progress": 0.4}, "They are being made: 40"),
        (DiagnosisState.FAILED, {"message": "Memory ran out."}, "Memory ran out. The editors"),
    ],
)
@pytest.mark.parametrize("found", [None, FOUND])
def test_a_diagnosis_that_is_not_done_says_how_it_stands_and_shows_the_last_one(
    version: DatasetVersion, client_of: ClientOf, state: str, fields: dict[str, Any], said: str,
    found: Diagnosis | None,
) -> None:  # fmt: skip
    lease = {"lease_until": version.published_at} if state == DiagnosisState.RUNNING else {}
    make_diagnosis(version, found, state=state, finished_at=None, **fields, **lease)
    text = page(client_of("anonymous"), version)
    assert said in text
    assert ("<strong>Learning curve</strong>" in text) is (found is not None)


def test_a_version_without_one_says_that_it_comes(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    assert "They are started within seconds" in page(client_of("anonymous"), version)
    DatasetVersion.objects.filter(pk=version.pk).update(
        state=VersionState.RETIRED, retired_at=version.published_at
    )
    assert "None were made before the version was retired" in page(client_of("alice"), version)


def test_a_version_that_is_not_out_has_no_such_section(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    DatasetVersion.objects.filter(pk=version.pk).update(
        state=VersionState.CHECKED, published_at=None
    )
    assert 'id="diagnostics"' not in page(client_of("sam"), version)


def test_of_a_restricted_version_only_those_see_it_who_may_see_the_rows(
    version: DatasetVersion, client_of: ClientOf, alice: User
) -> None:
    make_diagnosis(version)
    DatasetVersion.objects.filter(pk=version.pk).update(access=Access.SIGNED_IN)
    version.refresh_from_db()
    file = f"{version.get_absolute_url()}diagnostics.json"
    assert client_of("anonymous").get(file)["Location"].startswith("/accounts/login/")
    text = page(client_of("alice"), version)
    assert "Diagnostics are shown with the rows" in text
    assert "<strong>Learning curve</strong>" not in text
    assert client_of("alice").get(file)["Location"] == f"{version.get_absolute_url()}#licence"
    accept_licence(version=version, by=alice)
    assert "<strong>Learning curve</strong>" in page(client_of("alice"), version)
    assert from_json(client_of("alice").get(file).json()) == FOUND


def test_the_file_is_what_was_found_and_there_is_none_before(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    file = f"{version.get_absolute_url()}diagnostics.json"
    assert client_of("anonymous").get(file).status_code == 404
    made = make_diagnosis(version, None, state=DiagnosisState.FAILED)
    assert client_of("anonymous").get(file).status_code == 404
    made.delete()
    make_diagnosis(version)
    answer = client_of("anonymous").get(file)
    assert from_json(answer.json()) == FOUND
    named = f'attachment; filename="{version.name}-1-diagnostics.json"'
    assert (answer["Content-Disposition"], answer["Cache-Control"]) == (named, "private, no-cache")
