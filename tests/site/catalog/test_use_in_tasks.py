"""A task takes up only published versions, and keeps the one it has."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from podium.catalog.actions.versions import retire
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, parse
from podium.challenges.models import Challenge, Task
from tests.site import factories
from tests.site.catalog.test_lifecycle import STATES

YAML = """
challenge:
  slug: cup
  title: Cup
  summary: Who matches best?
  timeline: {{opens_at: now+1d, team_freeze_at: now+2d, closes_at: now+3d, reveal_at: now+4d}}
  tracks:
    - kind: matching
      title: Matching
      tasks:
        - {{slug: one, title: One, dataset: {dataset}, headline: average_precision}}
"""


def make(number: int, state: str) -> DatasetVersion:
    """Return a version of the data set `shops` in that state, with a solution."""
    fields: dict[str, Any] = STATES[state]
    version = factories.make_dataset_version(
        "matching", "shops", number=number, state=state, **fields
    )
    factories.make_solution(version, file=f"solutions/{number}")
    return version


def apply_with(dataset: str) -> DatasetVersion:
    apply(definition=parse(YAML.format(dataset=dataset)))
    return Task.objects.get(slug="one").dataset_version


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (VersionState.DRAFT, "shops 1 is draft, not published. Publish it first"),
        (VersionState.CHECKED, "shops 1 is checked, not published. Publish it first"),
        (VersionState.RETIRED, "shops 1 is retired, not published. Restore it first"),
    ],
)
def test_what_is_not_published_is_refused(db: None, state: str, said: str) -> None:
    make(1, state)
    with pytest.raises(BadDefinition, match=said.replace(".", r"\.")):
        apply_with("shops@1")
    with pytest.raises(
        BadDefinition, match=rf"no published version of data set `shops`.*1 \({state}\)"
    ):
        apply_with("shops")


@pytest.mark.parametrize("dataset", ["cars", "cars@1", "shops@7"])
def test_what_does_not_exist_is_refused(db: None, dataset: str) -> None:
    make(1, VersionState.PUBLISHED)
    with pytest.raises(BadDefinition, match=f"there is no data set `{dataset}`"):
        apply_with(dataset)


@pytest.mark.parametrize("dataset", ["shops@new", "shops@-1", "shops@1.0"])
def test_a_number_that_is_none_is_refused(db: None, dataset: str) -> None:
    make(1, VersionState.PUBLISHED)
    with pytest.raises(BadDefinition, match="write shops@2"):
        apply_with(dataset)


def test_without_a_number_the_newest_published_one_is_taken(db: None) -> None:
    make(1, VersionState.PUBLISHED)
    make(2, VersionState.PUBLISHED)
    make(3, VersionState.CHECKED)
    assert apply_with("shops").number == 2


def test_a_retired_version_stays_with_the_task_that_has_it(db: None) -> None:
    version = make(1, VersionState.PUBLISHED)
    assert apply_with("shops@1") == version
    retire(version=version)
    assert apply_with("shops@1") == version
    assert apply_with("shops") == version
    task = Task.objects.get()
    task.full_clean()


def test_the_admin_refuses_it_too(matching_task: Task) -> None:
    version = make(1, VersionState.CHECKED)
    Challenge.objects.update(opens_at=timezone.now() + timedelta(days=1))
    task = Task.objects.get(pk=matching_task.pk)
    task.dataset_version, task.solution = version, version.solutions.get()
    with pytest.raises(ValidationError, match="is checked, not published"):
        task.full_clean()
