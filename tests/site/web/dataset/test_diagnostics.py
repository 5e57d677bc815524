"""Where a submission fails: its slices and its utility curves, as pages show them; the metrics."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from podium.challenges.models import Task
from podium.standings.feedback import TOO_SMALL
from podium.submissions.models import Evaluation
from podium.teams.models import Team
from podium.web.submission.slices import WORST
from scoring import METRICS
from tests.site import factories


def _slice(value: str, score: float, **fields: Any) -> dict[str, Any]:
    known = {"part": "public", "by": "class", "n": 500, "fewest": 50, "low": None, "high": None}
    return {**known, "value": value, "score": score, "reason": "", **fields}


def _curves(part: str, level: float = 0.5) -> dict[str, Any]:
    return {
        "part": part,
        "names": ["shoes", "hats <b>", f"bags {part}"],
        "negatives": [500, 500, 500],
        "positives": [50, 50, 50],
        "utility": [[level + 0.123456] * 101, [0.95] * 101, [level - 0.25] * 101],
    }


@pytest.fixture
def evaluation(team: Team, matching_task: Task) -> Evaluation:
    submission = factories.make_submission(team, matching_task)
    return factories.make_evaluation(submission, public=0.7, private=0.1)


@pytest.fixture
def page(evaluation: Evaluation, client_of: Callable[[str], Client]) -> Callable[..., str]:
    def shown(person: str = "alice", **diagnostics: Any) -> str:
        evaluation.diagnostics = {"headline": evaluation.submission.task.headline, **diagnostics}
        evaluation.save()
        address = evaluation.submission.get_absolute_url()
        return " ".join(client_of(person).get(address).content.decode().split())

    return shown


def test_slices_come_with_the_worst_first(page: Callable[..., str]) -> None:
    html = page(slices=[_slice(f"c{row}", 0.9 - row / 20) for row in range(WORST + 2)])
    assert "Where it fails" in html
    assert html.index(">c9<") < html.index(">c8<") < html.index(">c2<")
    assert "<summary>2 more</summary>" in html
    assert html.index(">c2<") < html.index("<summary>2 more") < html.index(">c1<")


def test_slices_that_are_too_small_are_counted_and_not_shown(page: Callable[..., str]) -> None:
    slices = [_slice("big", 0.5), _slice("tiny", 0.123, n=20), _slice("rare", 0.321, fewest=2)]
    html = page(slices=slices)
    assert f"2 groups hidden ({TOO_SMALL})" in html
    assert ">tiny<" not in html
    assert "0.12" not in html
    raw = page("olga", slices=slices)
    assert "0.123000" in raw
    assert "not shown" not in raw


def test_private_slices_and_curves_are_on_no_page(page: Callable[..., str]) -> None:
    private = [_slice("secret slice", 0.777, part="private")]
    for person in ("alice", "olga"):
        html = page(person, slices=private, utility=[_curves("private")])
        assert "secret slice" not in html
        assert "bags private" not in html
        assert "<figure" not in html


def test_curves_name_the_best_and_the_worst_group_to_organizers(page: Callable[..., str]) -> None:
    html = page("olga", utility=[_curves("public")])
    assert "One threshold serves hats &lt;b&gt; best and bags public worst" in html
    assert 'aria-label="Mean utility 0.95 for hats &lt;b&gt;, 0.25 for bags public."' in html
    assert html.count("<polyline") == 3
    assert "1 other group in grey" in html
    assert ",79.8 " in html  # 0.623456 on an axis of 180 units below 12


@pytest.mark.parametrize("person", ["alice", "bob", "sam"])
def test_nobody_else_sees_a_curve(page: Callable[..., str], person: str) -> None:
    assert "<polyline" not in page(person, utility=[_curves("public")])


def test_a_submission_without_diagnostics_has_neither(page: Callable[..., str]) -> None:
    html = page()
    assert "Where it fails" not in html
    assert "<figure" not in html


@pytest.mark.django_db
def test_every_metric_of_the_registry_is_on_its_page(client: Client) -> None:
    html = client.get("/metrics/").content.decode()
    for name, metric in METRICS.items():
        for kind, form in metric.forms.items():
            assert f'id="{kind}-{name}"' in html
            for text in (metric.title, form.words.formula, form.words.source, form.needs.words):
                assert escape(text) in html
