"""Two tasks with equal rows in other parts block a challenge; the page and the command say so."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog.actions.versions import publish
from podium.catalog.models import DatasetVersion, SolutionComparison
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, parse
from podium.challenges.models import Challenge, Task
from podium.challenges.sisters import warnings
from tests.site import factories
from tests.site.pets import build_pets

SALT = "a test's salt"
AsUser = Callable[[User | None], Client]
Put = Callable[..., DatasetVersion]


@pytest.fixture
def put(db: None, tmp_path: Path) -> Put:
    """Publish the pets under a name, divided by a salt."""

    def published(name: str, salt: str = SALT) -> DatasetVersion:
        public, private = build_pets(tmp_path / name, salt=salt, name=name)
        return publish(public=public, private=private)

    return published


def document(*names: str, **changes: Any) -> dict[str, Any]:
    """A challenge.yaml with a task on each of these data sets, as Python data."""
    tasks = [
        {"slug": f"{name}-task", "title": name, "dataset": name, "headline": "accuracy"}
        for name in names
    ]
    timeline = {
        "opens_at": "now+1d", "team_freeze_at": "now+10d",
        "closes_at": "now+12d", "reveal_at": "now+13d",
    }  # fmt: skip
    track = {"kind": "classification", "title": "Classification", "tasks": tasks}
    texts = {"slug": "cup", "title": "The cup", "summary": "Which pet?"}
    return {"challenge": {**texts, "timeline": timeline, "tracks": [track], **changes}}


def applied(*names: str, **changes: Any) -> Challenge:
    return apply(definition=parse(yaml.safe_dump(document(*names, **changes))))


def test_equal_rows_in_the_same_part_pass(put: Put) -> None:
    put("pets")
    put("tame")
    challenge = applied("pets", "tame")
    assert warnings(challenge) == []
    assert SolutionComparison.objects.get().usage_rows == 0


def test_equal_rows_in_other_parts_block_the_challenge(put: Put) -> None:
    put("pets")
    put("tame", salt="another salt")
    with pytest.raises(BadDefinition) as error:
        applied("pets", "tame")
    told = str(error.value)
    assert told.startswith("Tasks pets-task and tame-task: ")
    assert "equal rows are public in one and private in the other, so one gives away" in told
    assert "Build both data sets with the same `shared_salt`, group key and shares." in told
    assert not Challenge.objects.exists()


def test_a_task_that_comes_later_is_compared(put: Put) -> None:
    put("pets")
    put("tame", salt="another salt")
    challenge = applied("pets")
    Challenge.objects.update(opens_at=timezone.now() - timedelta(days=1))
    assert warnings(challenge) == []
    with pytest.raises(BadDefinition, match="public in one and private in the other"):
        applied("pets", "tame")


def test_an_open_challenge_is_only_warned_of_tasks_that_it_has(put: Put) -> None:
    put("pets")
    put("tame", salt="another salt")
    past = timezone.now() - timedelta(days=1)
    with patch("podium.challenges.actions.contradictions", return_value=[]):
        applied("pets", "tame")
    Challenge.objects.update(opens_at=past)
    timeline = {**document()["challenge"]["timeline"], "opens_at": past}
    challenge = applied("pets", "tame", title="The great cup", timeline=timeline)
    assert challenge.title == "The great cup"
    assert "public in one" in warnings(challenge)[0]


def test_a_rehearsal_is_warned_until_its_ranks_count(put: Put) -> None:
    put("pets")
    put("tame", salt="another salt")
    challenge = applied("pets", "tame", is_rehearsal=True)
    assert "public in one" in warnings(challenge)[0]
    Challenge.objects.update(opens_at=timezone.now() - timedelta(days=1))
    with pytest.raises(BadDefinition, match="public in one"):
        applied("pets", "tame", is_rehearsal=False)
    past = timezone.now() - timedelta(hours=1)
    times = dict.fromkeys(("team_freeze_at", "closes_at", "reveal_at"), past)
    Challenge.objects.update(**times, revealed_at=past)
    assert warnings(Challenge.objects.get()) == []


def test_two_versions_are_compared_once(put: Put) -> None:
    put("pets")
    put("tame")
    challenge = applied("pets", "tame")
    with patch("podium.catalog.actions.comparisons.sisters.conflicts") as reading:
        applied("pets", "tame", title="Another title")
        assert warnings(challenge) == []
    assert not reading.called


def test_one_solution_in_two_tasks_is_no_contradiction(put: Put) -> None:
    put("pets")
    twice = document("pets", "pets")
    twice["challenge"]["tracks"][0]["tasks"][1]["slug"] = "second"
    challenge = apply(definition=parse(yaml.safe_dump(twice)))
    assert warnings(challenge) == []
    assert not SolutionComparison.objects.exists()


@pytest.mark.parametrize("is_rehearsal", [False, True])
def test_the_command_says_it(
    put: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_rehearsal: bool
) -> None:
    put("pets")
    put("tame", salt="another salt")
    file = tmp_path / "challenge.yaml"
    file.write_text(yaml.safe_dump(document("pets", "tame", is_rehearsal=is_rehearsal)))
    if is_rehearsal:
        call_command("challenge", "apply", str(file))
        assert "equal rows are public in one and private in the other" in capsys.readouterr().out
        return
    with pytest.raises(CommandError, match="equal rows are public in one and private in the other"):
        call_command("challenge", "apply", str(file))


def test_tasks_of_two_tracks_are_compared_too(challenge: Challenge) -> None:
    """Whether two records match may say which class one of them has."""
    one = factories.make_task(challenge, "matching", "first")
    other = factories.make_task(challenge, "classification", "second")
    assert "Tasks first and second have not been compared" in " ".join(warnings(challenge))
    SolutionComparison.objects.create(
        first=one.solution, second=other.solution, usage_rows=0, train_rows=0, records=3
    )
    assert "3 records of both are on different sides" in " ".join(warnings(challenge))


@pytest.fixture
def two_tasks(challenge: Challenge) -> tuple[Task, Task]:
    """Two tasks of one track, whose data sets have no files."""
    return (
        factories.make_task(challenge, "matching", "first"),
        factories.make_task(challenge, "matching", "second"),
    )


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((1_234, 0, 0), ["1,234 equal rows are public in one"]),
        ((0, 7, 0), ["7 test rows of one are training rows of the other, so one gives away"]),
        ((5, 6, 0), ["5 equal rows are public", "and 6 test rows of one"]),
        ((0, 0, 8), ["second: 8 records of both are on different sides, so one gives away labels"]),
        ((0, 0, 0), []),
        (None, ["Tasks first and second have not been compared. Run <code>challenge apply"]),
    ],
)
def test_the_console_says_what_a_comparison_found(
    two_tasks: tuple[Task, Task], as_user: AsUser, olga: User, counts: Any, told: Any
) -> None:
    first, second = (task.solution for task in two_tasks)
    if counts is not None:
        names = ("usage_rows", "train_rows", "records")
        found = dict(zip(names, counts, strict=True))
        SolutionComparison.objects.create(first=first, second=second, **found)
    page = as_user(olga).get(reverse("console", args=["cup"])).content.decode()
    assert all(each in page for each in told)
    assert ("gives away labels" in page) == bool(told)
