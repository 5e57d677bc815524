"""The button of a data set's console page that makes its diagnostics."""

from collections.abc import Callable

import pytest
from django.test import Client

from podium.accounts.models import User
from podium.baseline_runs.models import Diagnosis, DiagnosisState
from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from tests.site import factories
from tests.site.diagnoses import make_diagnosis

AsUser = Callable[[User | None], Client]
BUTTON = "Make the diagnostics"


@pytest.fixture
def version(matching_task: Task, olga: User) -> DatasetVersion:
    version = matching_task.dataset_version
    version.editors.add(olga)
    return version


def address(version: DatasetVersion) -> str:
    return f"/console/datasets/{version.name}/{version.number}/"


def press(client: Client, version: DatasetVersion) -> str:
    answer = client.post(f"{address(version)}do/diagnose/", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_editor_starts_them_and_sees_that_they_wait(
    version: DatasetVersion, as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    before = client.get(address(version)).content.decode()
    assert BUTTON in before
    assert "not made yet" in before
    text = press(client, version)
    assert "Its diagnostics are queued." in text
    assert "waiting for a worker" in text
    assert BUTTON not in text
    assert Diagnosis.objects.get().version == version
    assert "Wait until it has ended" in press(client, version)


def test_failed_ones_say_why_and_are_started_again(
    version: DatasetVersion, as_user: AsUser, olga: User
) -> None:
    make_diagnosis(version, None, state=DiagnosisState.FAILED, message="Memory ran out.")
    text = as_user(olga).get(address(version)).content.decode()
    assert "failed: Memory ran out." in text
    assert "Make the diagnostics again" in text
    press(as_user(olga), version)
    assert Diagnosis.objects.get().state == DiagnosisState.QUEUED


def test_those_that_are_there_are_linked(
    version: DatasetVersion, as_user: AsUser, olga: User
) -> None:
    make_diagnosis(version)
    text = as_user(olga).get(address(version)).content.decode()
    assert f'href="{version.get_absolute_url()}#diagnostics"' in text


def test_others_cannot_start_them(
    version: DatasetVersion, as_user: AsUser, alice: User, bob: User
) -> None:
    for user in (alice, bob):
        answer = as_user(user).post(f"{address(version)}do/diagnose/")
        assert answer.status_code == 404
    assert not Diagnosis.objects.exists()


def test_a_draft_is_refused_in_words(as_user: AsUser, olga: User) -> None:
    draft = factories.make_draft()
    draft.editors.add(olga)
    assert "Publish it first" in press(as_user(olga), draft)
    assert not Diagnosis.objects.exists()
