"""Sending a submission twice by one key makes one submission, in any order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions import actions
from podium.submissions.actions import submit
from podium.submissions.models import Quota, Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.pets import predictions

pytestmark = pytest.mark.dialect


def stored_uploads() -> list[Path]:
    root = Path(settings.STORAGES["private"]["OPTIONS"]["location"]) / "uploads"
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_key_gives_the_first_submission_again(team: Team, pets: Task, tmp_path: Path) -> None:
    upload = predictions(pets, tmp_path)
    first = submit(team=team, task=pets, upload=upload, key="abc", method="forest")
    again = submit(team=team, task=pets, upload=upload, key="abc", method="tree")
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.pk, again.method) == (first.pk, "forest")
    assert Submission.objects.count() == len(stored_uploads()) == 1
    assert Quota.objects.get().used == 1
    assert Event.objects.filter(verb="submitted").count() == 1


def test_without_a_key_a_file_may_be_sent_twice(team: Team, pets: Task, tmp_path: Path) -> None:
    upload = predictions(pets, tmp_path)
    assert [submit(team=team, task=pets, upload=upload).number for _ in range(2)] == [1, 2]


def test_a_key_is_for_one_file_and_one_task(
    team: Team, pets: Task, matching_task: Task, tmp_path: Path
) -> None:
    upload = predictions(pets, tmp_path)
    submit(team=team, task=pets, upload=upload, key="abc")
    for task, other in ((pets, predictions(pets, tmp_path, wrong=1)), (matching_task, upload)):
        with pytest.raises(Refused, match="submission 1 of Pets") as caught:
            submit(team=team, task=task, upload=other, key="abc")
        assert caught.value.code == "key_reused"
    assert Submission.objects.count() == len(stored_uploads()) == 1


def test_a_key_is_the_teams_own(team: Team, pets: Task, charlie: User, tmp_path: Path) -> None:
    other = factories.make_team(pets.challenge, "Beta", charlie)
    upload = predictions(pets, tmp_path)
    made = [submit(team=each, task=pets, upload=upload, key="abc") for each in (team, other)]
    assert not any(each.replayed for each in made)
    assert made[0].pk != made[1].pk


def test_a_key_is_answered_when_nothing_can_be_submitted_any_more(
    team: Team, pets: Task, tmp_path: Path
) -> None:
    upload = predictions(pets, tmp_path)
    first = submit(team=team, task=pets, upload=upload, key="abc")
    pets.daily_limit, pets.max_bytes = 0, 1
    pets.save()
    assert submit(team=team, task=pets, upload=upload, key="abc") == first


def test_of_two_requests_at_once_the_slower_gets_the_submission_of_the_quicker(
    team: Team, pets: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = predictions(pets, tmp_path)
    keep = actions.keep
    quicker: Iterator[None] = iter([None])

    def kept(*given: object) -> None:
        keep(*given)  # type: ignore[arg-type]
        for _ in quicker:
            submit(team=team, task=pets, upload=upload, key="abc")

    monkeypatch.setattr(actions, "keep", kept)
    again = submit(team=team, task=pets, upload=upload, key="abc")
    assert again.replayed
    assert Submission.objects.count() == len(stored_uploads()) == 1


@pytest.mark.parametrize("key", ["x" * 101, "a\nb", "a\0b"])
def test_a_key_is_printable_and_short(team: Team, pets: Task, tmp_path: Path, key: str) -> None:
    with pytest.raises(Refused) as caught:
        submit(team=team, task=pets, upload=predictions(pets, tmp_path), key=key)
    assert caught.value.code == "bad_key"


def test_the_database_refuses_a_key_twice(team: Team, pets: Task) -> None:
    factories.make_submission(team, pets, key="abc")
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_submission(team, pets, key="abc")


def test_the_same_file_is_refused_before_it_costs_an_attempt(
    team: Team, pets: Task, charlie: User, tmp_path: Path
) -> None:
    upload = predictions(pets, tmp_path)
    submit(team=team, task=pets, upload=upload, key="abc")
    with pytest.raises(Refused, match="identical to submission 1") as caught:
        submit(team=team, task=pets, upload=upload, again=False)
    assert caught.value.code == "same_file"
    assert Submission.objects.count() == len(stored_uploads()) == 1
    assert Quota.objects.get().used == 1
    replayed = submit(team=team, task=pets, upload=upload, key="abc", again=False)
    assert replayed.replayed, "what was sent before by its key is not asked about"
    assert submit(team=team, task=pets, upload=upload, again=True).number == 2


def test_what_others_sent_or_what_cost_nothing_is_not_the_same_file(
    team: Team, pets: Task, charlie: User, tmp_path: Path
) -> None:
    upload = predictions(pets, tmp_path)
    other = factories.make_team(pets.challenge, "Beta", charlie)
    submit(team=other, task=pets, upload=upload)
    first = submit(team=team, task=pets, upload=upload, again=False)
    state = {"state": "rejected", "finished_at": first.received_at}
    Submission.objects.filter(pk=first.pk).update(**state)
    assert submit(team=team, task=pets, upload=upload, again=False).number == 2


def test_a_baseline_is_not_asked(team: Team, pets: Task, tmp_path: Path) -> None:
    upload = predictions(pets, tmp_path)
    baseline = factories.make_team(pets.challenge, "Trivial", baseline="trivial")
    made = [submit(team=baseline, task=pets, upload=upload, again=False) for _ in range(2)]
    assert [each.number for each in made] == [1, 2]
