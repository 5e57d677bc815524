"""Comparisons that failed are tried again, and those that nobody will ask for are deleted."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.utils import timezone

from podium.accounts.models import User
from podium.analysis import comparison_jobs as comparing
from podium.analysis import tasks
from podium.analysis.comparison_jobs import (
    GIVEN_UP,
    KEPT,
    NO_ROWS,
    OTHER_ROWS,
    RETRY,
    prune,
    unfinished,
)
from podium.analysis.comparisons import State
from podium.challenges.models import Task
from podium.standings.models import Comparison, ComparisonState
from podium.submissions.models import Evaluation, Submission
from scoring.runner import Scorer
from tests.site.analysis.head_to_head import between, done, work
from tests.site.analysis.test_comparisons import Entered, few_draws, sent
from tests.site.standings.entrants import challenge, enter, entered, kept_six, pets, six

FAILED = {"state": ComparisonState.FAILED, "result": None}
__all__ = ["challenge", "enter", "entered", "few_draws", "kept_six", "pets", "sent", "six"]


def test_rows_that_came_back_are_compared_when_somebody_asks_an_hour_later(
    pets: Task, entered: Entered, olga: User, scorer: Scorer
) -> None:
    two = Evaluation.objects.get(submission=entered["Two"])
    Evaluation.objects.filter(pk=two.pk).update(rows="", scorer_version="0.0")
    assert done(olga, pets, "One", "Two", scorer).message == NO_ROWS
    Evaluation.objects.filter(pk=two.pk).update(rows=two.rows, scorer_version=two.scorer_version)
    assert done(olga, pets, "One", "Two", scorer).message == NO_ROWS, "not at once"
    Comparison.objects.update(queued_at=timezone.now() - RETRY)
    between(AnonymousUser(), pets, "One", "Two")
    assert not unfinished().exists(), "not for everybody"
    assert between(olga, pets, "One", "Two").state == State.COMPUTING
    assert done(olga, pets, "One", "Two", scorer).state == State.READY


@pytest.mark.parametrize("reason", [NO_ROWS, GIVEN_UP])
def test_what_fails_again_waits_again(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, sent: list[int], reason: str
) -> None:
    done(olga, pets, "One", "Two", scorer)
    long_ago = timezone.now() - RETRY
    Comparison.objects.update(**FAILED, reason=reason, attempt=3, queued_at=long_ago)
    for _ in range(2):
        assert between(olga, pets, "One", "Two").state == State.COMPUTING
    assert Comparison.objects.get().attempt_limit == 6
    Submission.objects.update(file="")
    Evaluation.objects.update(rows="")
    work(scorer)
    assert between(olga, pets, "One", "Two").message == NO_ROWS
    assert unfinished().count() == 0


def test_nothing_is_tried_again_where_many_wait_or_rows_can_never_fit(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(olga, pets, "One", "Two", scorer)
    long_ago = timezone.now() - RETRY
    for reason, most in ((OTHER_ROWS, 9), (NO_ROWS, 0)):
        monkeypatch.setattr(comparing, "MOST_WAITING", most)
        Comparison.objects.update(**FAILED, reason=reason, queued_at=long_ago)
        assert between(olga, pets, "One", "Two").message == reason
        assert not unfinished().exists()


def test_old_comparisons_of_evaluations_that_count_no_more_are_deleted(
    pets: Task, entered: Entered, olga: User, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.analysis.studies.sweep", lambda: 0)
    for name in ("Two", "Three"):
        done(olga, pets, "One", name, scorer)
    old = Comparison.objects.filter(second__submission=entered["Two"])
    Evaluation.objects.filter(submission=entered["Two"]).update(counts=False)
    assert prune() == 0, "a rescore may be taken back"
    Comparison.objects.update(queued_at=timezone.now() - KEPT - timedelta(minutes=1))
    kept = Comparison.objects.exclude(pk__in=old)
    caches["pages"].clear()
    tasks.sweep()
    assert list(Comparison.objects.all()) == list(kept)
    assert kept.count() == 1
    Evaluation.objects.update(counts=False)
    tasks.sweep()
    assert Comparison.objects.count() == 1, "once an hour is enough"
    assert prune() == 1
