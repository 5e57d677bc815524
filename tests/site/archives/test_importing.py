"""Archives that staff upload: read by a worker into a challenge, or refused with the reason."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives import importing, reading, tasks
from podium.archives.models import ArchiveImport, Edition, ImportState
from podium.archives.writing import write
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role
from podium.jobs import LEASE
from podium.refusals import Refused
from podium.teams.models import Team
from tests.site import factories
from tests.site.archives.over import kept_over, kept_played, over

__all__ = ["kept_over", "kept_played", "over"]
PAGE = "/console/import/"
AsUser = Callable[[User | None], Client]


@pytest.fixture
def content(over: Challenge, tmp_path: Path) -> bytes:
    """The full archive of the event."""
    made = io.BytesIO()
    write(over, Edition.FULL, made, with_solutions=True)
    return made.getvalue()


def send(client: Client, content: bytes, slug: str = "again") -> Any:
    file = SimpleUploadedFile("event.zip", content, "application/zip")
    return client.post(PAGE, {"file": file, "slug": slug})


def asked(content: bytes, sam: User, slug: str = "again") -> ArchiveImport:
    file = io.BytesIO(content)
    return importing.ask(file=file, name="event.zip", size=len(content), slug=slug, by=sam)


def left() -> list[str]:
    """Return the uploaded archives that are still stored."""
    storage = files.private()
    return storage.listdir("archives/uploads")[1] if storage.exists("archives/uploads") else []


def test_staff_import_an_event_with_equal_boards(
    content: bytes, sam: User, as_user: AsUser
) -> None:
    client = as_user(sam)
    assert "No archive was imported yet." in client.get(PAGE).content.decode()
    answer = send(client, content)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    waiting = client.get(PAGE).content.decode()
    assert "waits for a worker" in waiting
    assert "every 2s" in waiting
    tasks.read(ArchiveImport.objects.get().pk)
    job = ArchiveImport.objects.get()
    assert (job.state, job.reason, job.boards, job.different) == ("done", "", 6, [])
    challenge = Challenge.objects.get(slug="again")
    assert challenge.organizers.get().user == sam
    shown = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "All 6 boards equal those of the archive." in shown
    assert challenge.get_absolute_url() in shown
    assert "<html" not in shown
    assert left() == []
    assert Event.objects.filter(verb=Verb.ASKED_FOR_ARCHIVE_IMPORT, actor_id=sam.pk).count() == 1


def test_a_team_that_was_merged_stays_merged(over: Challenge, sam: User) -> None:
    into, absorbed = over.teams.filter(baseline="").order_by("pk")[:2]
    at = timezone.now()
    Team.objects.filter(pk=absorbed.pk).update(merged_into=into, merged_at=at)
    made = io.BytesIO()
    write(over, Edition.FULL, made, with_solutions=True)
    job = asked(made.getvalue(), sam)
    tasks.read(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reason) == (ImportState.DONE, "")
    again = Team.objects.get(challenge__slug="again", name=absorbed.name)
    assert again.merged_into == Team.objects.get(challenge__slug="again", name=into.name)
    assert again.merged_at == at


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: b"PK not a zip", "event.zip cannot be read as an archive"),
        (lambda content: content[: len(content) // 2], "Choose an archive of an event."),
    ],
)
def test_what_is_no_archive_is_refused_with_the_reason(
    content: bytes, sam: User, change: Callable[[bytes], bytes], said: str
) -> None:
    job = asked(change(content), sam)
    tasks.read(job.pk)
    job.refresh_from_db()
    assert job.state == ImportState.FAILED
    assert said in job.reason
    assert left() == []


def test_a_taken_short_name_is_refused_and_nothing_stays(content: bytes, sam: User) -> None:
    job = asked(content, sam, slug="")
    before = Challenge.objects.count()
    tasks.read(job.pk)
    job.refresh_from_db()
    assert "has the address played already" in job.reason
    assert Challenge.objects.count() == before


def test_an_import_whose_worker_died_is_done_again(content: bytes, sam: User) -> None:
    job = asked(content, sam)
    ArchiveImport.objects.update(state="running", attempt=1, lease_until=timezone.now() - 2 * LEASE)
    tasks.sweep()
    tasks.read(job.pk)
    job.refresh_from_db()
    assert job.state == ImportState.DONE


def test_a_worker_that_lost_its_claim_imports_nothing(
    content: bytes, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = asked(content, sam)
    documents = reading._write_documents

    def lose(challenge: Challenge) -> None:
        documents(challenge)
        ArchiveImport.objects.update(attempt=9)

    monkeypatch.setattr(reading, "_write_documents", lose)
    tasks.read(job.pk)
    assert not Challenge.objects.filter(slug="again").exists()
    assert not files.private().exists(f"archived/import-{job.pk}")


def test_an_import_whose_account_is_gone_says_so(content: bytes, sam: User) -> None:
    job = asked(content, sam)
    ArchiveImport.objects.update(by=None)
    tasks.read(job.pk)
    job.refresh_from_db()
    assert "is gone" in job.reason


def test_without_a_file_or_with_a_bad_name_the_form_says_why(sam: User, as_user: AsUser) -> None:
    client = as_user(sam)
    nothing = client.post(PAGE, {"slug": "again"})
    assert nothing.status_code == 422
    assert "Choose the archive of an event." in nothing.content.decode()
    assert send(client, b"PK", slug="not a slug").status_code == 422
    assert not ArchiveImport.objects.exists()


def test_a_file_over_the_limit_is_refused(sam: User, as_user: AsUser, settings: Any) -> None:
    settings.DATASET_UPLOAD_BYTES = 10
    answer = send(as_user(sam), bytes(2 << 20))
    assert answer.status_code == 422
    assert "more than the 10 bytes" in answer.content.decode()
    assert left() == []


def test_only_staff_reach_the_page(over: Challenge, as_user: AsUser) -> None:
    user = factories.make_user("owner")
    factories.make_organizer(over, user, Role.OWNER)
    assert as_user(user).get(PAGE).status_code == 404
    assert send(as_user(user), b"PK").status_code == 404
    assert as_user(None).get(PAGE).status_code == 302
    with pytest.raises(Refused, match="Only staff"):
        asked(b"PK", user)


def test_the_form_needs_its_token(sam: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, b"PK").status_code == 403
