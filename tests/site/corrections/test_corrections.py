"""Corrected solutions on the site: sent, compared by a worker, added with a reason or discarded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog import tabset_program
from podium.challenges.models import Challenge, Role, Task
from podium.corrections import actions, comparing, tasks
from podium.corrections.models import Correction, CorrectionState
from podium.refusals import Refused
from tests.site import factories
from tests.site.pets import CLASSES, file_with, make_pets_task, truth

AsUser = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda *_: None)


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


def relabelled(task: Task, count: int = 2) -> str:
    """Return a CSV file in which the first rows have the next class."""
    rows = truth(task)
    for row in rows[:count]:
        row["label"] = CLASSES[(CLASSES.index(row["label"]) + 1) % 3]
    return "id,label\n" + "".join(f"{row['id']},{row['label']}\n" for row in rows)


def sent(task: Task, by: User, folder: Path, text: str = "") -> Correction:
    upload = file_with(text or relabelled(task), folder, "labels.csv")
    return actions.send(task=task, upload=upload, by=by)


def compared(task: Task, by: User, folder: Path, text: str = "") -> Correction:
    correction = sent(task, by, folder, text)
    tasks.compare(correction.pk)
    correction.refresh_from_db()
    return correction


def address(task: Task, name: str = "", *more: object) -> str:
    return reverse(f"console-labels{name}", args=[task.challenge.slug, task.slug, *more])


def upload(client: Client, task: Task, name: str, content: str | bytes) -> HttpResponse:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(address(task, "-send"), {"file": SimpleUploadedFile(name, raw)})


def test_an_owner_corrects_labels_in_the_console(pets: Task, olga: User, as_user: AsUser) -> None:
    client = as_user(olga)
    assert upload(client, pets, "labels.csv", relabelled(pets)).status_code == 302
    correction = Correction.objects.get()
    waiting = client.get(address(pets)).content.decode()
    assert "waits for a worker" in waiting
    assert "Add this solution" not in waiting
    tasks.compare(correction.pk)
    page = client.get(address(pets))
    text = page.content.decode()
    assert "2 of 120 labels change" in text
    assert not any(row["id"] in text for row in truth(pets))
    form = {"fingerprint": page.context["fingerprint"], "reason": "A rater was wrong."}
    answer = client.post(address(pets, "-act", correction.pk, "add"), form)
    assert answer["Location"] == reverse("console-task", args=[pets.challenge.slug, pets.slug])
    correction.refresh_from_db()
    pets.refresh_from_db()
    solution = correction.solution
    assert solution is not None
    assert (solution.number, pets.solution.number) == (2, 1)
    old = files.local(files.private(), pets.solution.file)
    assert solution.public_rows == pets.solution.public_rows
    assert files.local(files.private(), solution.file).parent == old.parent
    event = Event.objects.get(verb="added solution", challenge=pets.challenge.slug)
    assert (event.facts["why"], event.facts["task"]) == ("A rater was wrong.", pets.slug)
    assert event.facts["before"] != event.facts["after"]
    assert correction.upload == ""


def test_no_event_counts_labels(pets: Task, olga: User, tmp_path: Path) -> None:
    correction = compared(pets, olga, tmp_path)
    read = actions.fingerprint(correction)
    actions.add(correction=correction, read=read, reason="Because.", by=olga)
    for event in Event.objects.filter(challenge=pets.challenge.slug):
        assert not {"changed", "labels", "classes", "comparison", "sha256"} & set(event.facts)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_only_owners_see_it(
    pets: Task, olga: User, as_user: AsUser, tmp_path: Path, role: Role
) -> None:
    compared(pets, olga, tmp_path)
    other = factories.make_user("other")
    factories.make_organizer(pets.challenge, other, role)
    task_page = reverse("console-task", args=[pets.challenge.slug, pets.slug])
    assert as_user(other).get(address(pets)).status_code == 403
    assert address(pets) not in as_user(other).get(task_page).content.decode()
    assert address(pets) in as_user(olga).get(task_page).content.decode()


def test_an_unfit_file_is_explained_and_another_can_follow(
    pets: Task, olga: User, as_user: AsUser, tmp_path: Path
) -> None:
    correction = compared(pets, olga, tmp_path, relabelled(pets).replace("cat", "tac"))
    assert correction.state == CorrectionState.FAILED
    assert "the label must be one of cat, dog, owl. Correct it." in correction.problem
    assert correction.upload == ""
    page = as_user(olga).get(address(pets)).content.decode()
    assert "Correct it." in page
    assert "Try again" not in page
    assert sent(pets, olga, tmp_path).state == CorrectionState.QUEUED


def test_an_equal_file_is_nothing_to_add(pets: Task, olga: User, tmp_path: Path) -> None:
    correction = compared(pets, olga, tmp_path, relabelled(pets, 0))
    assert correction.problem == comparing.EQUAL


def test_a_failure_of_ours_keeps_the_file(
    pets: Task, olga: User, as_user: AsUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise tabset_program.Broken("exit code 3")

    with monkeypatch.context() as patched:
        patched.setattr(tabset_program, "run", broken)
        correction = compared(pets, olga, tmp_path)
    assert correction.reference in correction.problem
    as_user(olga).post(address(pets, "-act", correction.pk, "retry"))
    tasks.compare(correction.pk)
    correction.refresh_from_db()
    assert (correction.state, correction.problem) == (CorrectionState.COMPARED, "")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("labels.txt", "id,label\n", "must be .csv or .parquet"),
        ("labels.parquet", "id,label\n", "not what the name says"),
        ("labels.csv", b"PAR1....PAR1", "not what the name says"),
    ],
)
def test_another_form_is_refused_at_once(
    pets: Task, olga: User, as_user: AsUser, name: str, content: str | bytes, said: str
) -> None:
    answer = upload(as_user(olga), pets, name, content)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Correction.objects.exists()


def test_a_second_file_waits_for_the_decision(pets: Task, olga: User, tmp_path: Path) -> None:
    sent(pets, olga, tmp_path)
    with pytest.raises(Refused, match="Add or discard it"):
        sent(pets, olga, tmp_path)


def test_a_discarded_one_leaves_no_file(
    pets: Task,
    olga: User,
    as_user: AsUser,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    correction = compared(pets, olga, tmp_path)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        as_user(olga).post(address(pets, "-act", correction.pk, "discard"))
    assert not files.private().exists(correction.file)
    correction.refresh_from_db()
    assert (correction.state, correction.comparison) == (CorrectionState.DISCARDED, {})
    assert pets.dataset_version.solutions.count() == 1
    with pytest.raises(Refused, match="decided already"):
        actions.discard(correction=correction, by=olga)


def test_it_is_added_only_as_it_was_read(pets: Task, olga: User, tmp_path: Path) -> None:
    correction = compared(pets, olga, tmp_path)
    read = actions.fingerprint(correction)
    with pytest.raises(Refused, match="Give a reason"):
        actions.add(correction=correction, read=read, reason=" ", by=olga)
    factories.make_solution(pets.dataset_version, number=2)
    with pytest.raises(Refused, match="has changed since"):
        actions.add(correction=correction, read=read, reason="Why not.", by=olga)
