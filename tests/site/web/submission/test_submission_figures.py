"""The figures on a submission's page: drawn and as tables, or why they are not there."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from podium.analysis.figures import (
    NOT_KEPT,
    NOT_RAISED,
    OTHERS,
    DisplayedBin,
    DisplayedConfusion,
    DisplayedFigures,
    DisplayedPoint,
    DisplayedPrecisionRecall,
    DisplayedReliability,
)
from podium.challenges.models import Challenge, Task
from podium.standings.feedback import TOO_SMALL
from podium.submissions.models import Evaluation
from podium.teams.models import Team
from podium.web.submission.figures import TABLE_CLASSES, submission_figures
from scoring.diagnostics_figures import (
    ConfusionCounts,
    FigureData,
    PrecisionRecall,
    Reliability,
)
from tests.site import factories
from tests.site.factories import reveal

COUNTS = ConfusionCounts(("cat", "<dog>", "rare"), ((203, 47, 1), (13, 387, 2), (1, 3, 5)))
OTHER_COUNTS = ConfusionCounts(("cat", "secret"), ((77_701, 10), (0, 5)))
CURVE = PrecisionRecall(40, (4, 10, 31, 44, 90, 662), (4, 10, 20, 28, 36, 40))
BINS = Reliability((0, 99, 163, 400), (0, 44, 101, 377), (0, 0.3, 0.613131, 0.987654))


def kept(part: str, **fields: Any) -> dict[str, Any]:
    known = {"confusion": None, "precision_recall": None, "reliability": None}
    return asdict(FigureData(part, 662, **{**known, **fields}))  # type: ignore[arg-type]


def make(team: Team, task: Task, public: float = 0.7, **fields: Any) -> Evaluation:
    submission = factories.make_submission(team, task)
    evaluation = factories.make_evaluation(submission, public=public, private=0.1)
    evaluation.diagnostics = {
        "figures": [kept("public", **fields), kept("private", confusion=OTHER_COUNTS)]
    }
    evaluation.save()
    return evaluation


@pytest.fixture
def page(client_of: Callable[[str], Client]) -> Callable[..., str]:
    def shown(evaluation: Evaluation, person: str = "alice", tail: str = "") -> str:
        address = evaluation.submission.get_absolute_url() + tail
        return " ".join(client_of(person).get(address).content.decode().split())

    return shown


def cells(html: str, title: str) -> list[str]:
    """The cells of the table of a figure."""
    table = html.split(f'<caption class="hidden-text">{title}</caption>')[1].split("</table>")[0]
    return re.findall(r"<td[^>]*>([^<]*)</td>", table)


def test_a_confusion_matrix_is_drawn_and_read_out_in_steps(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    html = page(make(team, classification_task, confusion=COUNTS, reliability=BINS))
    assert "Most often confused: cat predicted as &lt;dog&gt;" in html
    assert "<dog>" not in html
    assert cells(html, "Confusion matrix") == ["0.80", "0.18", "0.00", "0.04", "0.96", "0.00"]
    assert f'data-label="{OTHERS}"' in html
    assert "1 class left out: too few public rows." in html
    assert "203" not in html
    assert "0.25 to 0.75" in html, "bins with few rows join their neighbours"
    assert "at 98 % confidence" not in html, "two bins do not support a verdict"


def test_a_curve_and_calibration_of_pairs(
    page: Callable[..., str], team: Team, matching_task: Task
) -> None:
    html = page(make(team, matching_task, precision_recall=CURVE, reliability=BINS))
    assert "Precision 0.60 at recall 0.50" in html
    assert cells(html, "Precision and recall") == ["1.00", "0.60", "0.65", "0.40", "0.05"]
    assert "Confusion" not in html
    assert html.count("<figure>") == 2


def test_organizers_see_counts_of_rows(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    html = page(make(team, classification_task, confusion=COUNTS), "olga")
    assert cells(html, "Confusion matrix")[:3] == ["0.809 (203)", "0.187 (47)", "0.004 (1)"]
    assert "participants see steps" in html


@pytest.mark.parametrize("who", ["alice", "bob", "olga", "sam"])
def test_private_figures_are_on_no_page_before_the_reveal(
    who: str, page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    html = page(make(team, classification_task, confusion=COUNTS), who)
    assert "secret" not in html
    assert "77,701" not in html


def test_after_the_reveal_the_private_figures_are_shown_as_they_are(
    page: Callable[..., str], team: Team, classification_task: Task, challenge: Challenge
) -> None:
    evaluation = make(team, classification_task, confusion=COUNTS)
    _reveal(challenge)
    html = page(evaluation)
    assert "Of the private part, as it is." in html
    assert cells(html, "Confusion matrix") == [
        "1.000 (77,701)",
        "0.000 (10)",
        "0.000 (0)",
        "1.000 (5)",
    ]


def test_a_submission_that_raised_nothing_says_when_figures_are_shown(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    make(team, classification_task, public=0.8, confusion=COUNTS)
    html = page(make(team, classification_task, public=0.7, confusion=COUNTS))
    assert f"Confusion matrix and Calibration: {NOT_RAISED}." in html.replace("&#x27;", "'")
    assert "<figure" not in html


def test_on_a_ladder_nothing_is_said_of_figures_that_are_not_told(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    Task.objects.filter(pk=classification_task.pk).update(feedback="ladder")
    classification_task.refresh_from_db()
    make(team, classification_task, public=0.8, confusion=COUNTS)
    evaluation = make(team, classification_task, public=0.7, confusion=COUNTS)
    assert 'id="figures"' not in page(evaluation)
    assert 'id="figures"' in page(evaluation, "olga")


def test_what_is_not_there_says_why(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    small = ConfusionCounts(("a", "b"), ((5, 0), (0, 5)))
    html = page(make(team, classification_task, confusion=small))
    assert f"Confusion matrix: {TOO_SMALL}." in html
    assert "Calibration: not available: needs probabilities" in html


def test_what_was_scored_before_says_so(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    evaluation = make(team, classification_task)
    Evaluation.objects.update(diagnostics={})
    assert f"Confusion matrix and Calibration: {NOT_KEPT}." in page(evaluation)


def test_the_part_that_renews_itself_has_them_too(
    page: Callable[..., str], team: Team, classification_task: Task
) -> None:
    evaluation = make(team, classification_task, confusion=COUNTS)
    assert "Most often confused" in page(evaluation, tail="status/")


def test_many_classes_have_a_heat_map_and_a_table_of_the_most_frequent_confusions() -> None:
    count = TABLE_CLASSES + 1
    names = tuple(f"c{code}" for code in range(count))
    shares = [[0.0] * count for _ in names]
    for code in range(count):
        shares[code][code] = 0.5
    shares[3][7], shares[1][0] = 0.4, 0.5
    rows = tuple(map(tuple, shares))
    shown = DisplayedConfusion(names, names, rows, None, 0, 1)
    found = submission_figures(DisplayedFigures("public", confusion=shown))
    assert found is not None
    figure = found["drawn"][0]
    assert "c3 predicted as c7: 40 %" in figure["wide"], "each cell has its value on hover"
    assert [[row["name"], *(cell["value"] for cell in row["cells"])] for row in figure["rows"]] == [
        ["c1", "c0", "0.5"],
        ["c3", "c7", "0.4"],
    ]


def test_confusions_are_ordered_by_rows_where_these_are_told() -> None:
    shown = DisplayedConfusion(
        ("a", "b"), ("a", "b"), ((0.5, 0.5), (0.1, 0.9)), ((1, 1), (100, 900)), 0, 6
    )
    found = submission_figures(DisplayedFigures("public", confusion=shown))
    assert found is not None
    assert "b predicted as a" in found["drawn"][0]["wide"]


def test_findings_of_extremes() -> None:
    right = DisplayedConfusion(("a", "b"), ("a", "b"), ((1.0, 0.0), (0.0, 1.0)), None, 0, 1)
    point = DisplayedPrecisionRecall((DisplayedPoint(0.1, 1.0),), 0.1, 1)
    bins = DisplayedReliability((DisplayedBin(0.9, 1.0, 1.0, 1.0, 1.0),), 0, 1)
    found = submission_figures(DisplayedFigures("public", right, point, bins))
    assert found is not None
    one, two, three = (figure["wide"] for figure in found["drawn"])
    assert "No class is confused with another" in one
    assert "Precision 1.00 at recall 0.10" in two
    assert "Confidence and how often it is right" in three, "one bin does not support a verdict"


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (0.9, "Well calibrated"),
        (0.95, "Underconfident: at 90 % confidence, 95 % are right"),
        (0.7, "Overconfident: at 90 % confidence, 70 % are right"),
    ],
)
def test_the_verdict_on_calibration(right: float, verdict: str) -> None:
    exact = [DisplayedBin(p - 0.1, p, p, p, 0.1) for p in (0.3, 0.6)]
    bins = (*exact, DisplayedBin(0.8, 0.9, 0.9, right, 0.8))
    shown = DisplayedFigures("public", reliability=DisplayedReliability(bins, 0, 2))
    found = submission_figures(shown)
    assert found is not None
    assert found["drawn"][0]["said"] == verdict


def test_nothing_said_is_no_section() -> None:
    assert submission_figures(DisplayedFigures("public")) is None


def _reveal(challenge: Challenge) -> None:
    now = timezone.now()
    challenge.opens_at, challenge.closes_at = (now + timedelta(days=days) for days in (-90, -2))
    challenge.team_freeze_at = challenge.opens_at + timedelta(days=60)
    challenge.reveal_at = now - timedelta(hours=1)
    challenge.save()
    reveal(challenge)
