"""Archives that owners ask for: written by a worker, downloaded with an event, replaced."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.archives import actions, tasks
from podium.archives.models import Archive, ArchiveState, Edition
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role
from podium.jobs import LEASE
from podium.refusals import Refused
from podium.submissions.models import Submission
from tests.site import factories
from tests.site.archives.over import kept_over, kept_played, over

__all__ = ["kept_over", "kept_played", "over"]
PAGE = "/c/played/console/archive/"
AsUser = Callable[[User | None], Client]


@pytest.fixture
def owner(over: Challenge) -> User:
    user = factories.make_user("owner")
    factories.make_organizer(over, user, Role.OWNER)
    return user


def ask(challenge: Challenge, by: User, **fields: Any) -> Archive:
    given = {"edition": Edition.FULL, "with_solutions": False, **fields}
    return actions.ask(challenge=challenge, by=by, **given)


def test_an_owner_asks_for_an_archive_and_downloads_it(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    assert "Nobody has written one" in client.get(PAGE).content.decode()
    answer = client.post(PAGE, {"edition": "public", "with_solutions": ""})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    archive = Archive.objects.get()
    waiting = client.get(PAGE).content.decode()
    assert "waits for a worker" in waiting
    assert "every 5s" in waiting
    tasks.write(archive.pk)
    archive.refresh_from_db()
    assert archive.state == ArchiveState.DONE
    shown = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert f"{PAGE}{archive.pk}/" in shown
    assert "<html" not in shown
    sent = client.get(f"{PAGE}{archive.pk}/")
    content = b"".join(sent.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == archive.size
    assert sent["Content-Disposition"].endswith('"played-public.zip"')
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert "archive.json" in made.namelist()
    verbs = Event.objects.filter(challenge="played", actor_id=owner.pk).values_list(
        "verb", flat=True
    )
    assert {Verb.ASKED_FOR_ARCHIVE, Verb.DOWNLOADED_ARCHIVE} <= set(verbs)


def test_each_download_is_an_event(owner: User, over: Challenge, as_user: AsUser) -> None:
    archive = factories.make_archive(over)
    for _ in range(2):
        sent = as_user(owner).get(f"{PAGE}{archive.pk}/", headers={"Range": "bytes=0-1"})
        assert len(b"".join(sent.streaming_content)) == 2  # type: ignore[attr-defined]
    as_user(owner).head(f"{PAGE}{archive.pk}/")
    assert Event.objects.filter(verb=Verb.DOWNLOADED_ARCHIVE).count() == 2


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_only_owners_reach_archives(over: Challenge, as_user: AsUser, role: str) -> None:
    user = factories.make_user("other")
    factories.make_organizer(over, user, role)
    archive = factories.make_archive(over)
    assert as_user(user).get(PAGE).status_code == 403
    assert as_user(user).post(PAGE, {"edition": "full"}).status_code == 403
    assert as_user(user).get(f"{PAGE}{archive.pk}/").status_code == 403
    assert not Event.objects.filter(verb=Verb.DOWNLOADED_ARCHIVE).exists()


def test_an_archive_of_another_challenge_is_not_found(
    owner: User, over: Challenge, as_user: AsUser
) -> None:
    archive = factories.make_archive(factories.make_challenge("other"))
    assert as_user(owner).get(f"{PAGE}{archive.pk}/").status_code == 404


def test_an_archive_without_its_file_is_not_found(
    owner: User, over: Challenge, as_user: AsUser
) -> None:
    archive = factories.make_archive(over, file="")
    assert as_user(owner).get(f"{PAGE}{archive.pk}/").status_code == 404


def test_before_the_reveal_the_page_says_what_to_wait_for(db: None, as_user: AsUser) -> None:
    user = factories.make_user("owner")
    factories.make_organizer(factories.make_challenge("running"), user, Role.OWNER)
    address = "/c/running/console/archive/"
    page = as_user(user).get(address).content.decode()
    assert "Wait for the reveal" in page
    assert "<form" not in page[page.index("<main") : page.index("</main>")]
    answer = as_user(user).post(address, {"edition": "full"})
    assert answer.status_code == 422
    assert not Archive.objects.exists()


def test_an_unknown_edition_is_refused(owner: User, as_user: AsUser) -> None:
    assert as_user(owner).post(PAGE, {"edition": "secret"}).status_code == 422


def test_one_archive_of_an_edition_is_written_at_a_time(owner: User, over: Challenge) -> None:
    ask(over, owner)
    with pytest.raises(Refused, match="Wait until it is ready"):
        ask(over, owner)
    ask(over, owner, edition=Edition.PUBLIC)
    assert Event.objects.filter(verb=Verb.ASKED_FOR_ARCHIVE).count() == 2


def test_a_new_archive_replaces_the_file_of_the_last(owner: User, over: Challenge) -> None:
    archives = []
    for edition in (Edition.FULL, Edition.PUBLIC, Edition.FULL):
        archives.append(ask(over, owner, edition=edition))
        tasks.write(archives[-1].pk)
    for archive in archives:
        archive.refresh_from_db()
    first, public, last = archives
    assert (first.state, first.file) == (ArchiveState.DONE, "")
    names = files.private().listdir(f"archives/{over.pk}")[1]
    assert sorted(f"archives/{over.pk}/{name}" for name in names) == sorted(
        [public.file, last.file]
    )


def test_what_cannot_be_written_says_why(owner: User, over: Challenge) -> None:
    archive = ask(over, owner)
    Submission.objects.filter(team__name="Ann").update(state="queued", finished_at=None)
    tasks.write(archive.pk)
    archive.refresh_from_db()
    assert archive.state == ArchiveState.FAILED
    assert "still being scored" in archive.reason


def test_a_lost_file_of_the_event_fails_with_a_reason(owner: User, over: Challenge) -> None:
    archive = ask(over, owner)
    files.private().delete(Submission.objects.get(team__name="Ann", task__slug="pets").file)
    tasks.write(archive.pk)
    archive.refresh_from_db()
    assert archive.state == ArchiveState.FAILED
    assert "Ask an operator" in archive.reason
    assert ask(over, owner).pk != archive.pk


def test_an_archive_whose_worker_died_is_sent_again(owner: User, over: Challenge) -> None:
    archive = ask(over, owner)
    Archive.objects.update(state="running", attempt=1, lease_until=timezone.now() - 2 * LEASE)
    tasks.sweep()
    archive.refresh_from_db()
    assert archive.state == ArchiveState.QUEUED
    tasks.write(archive.pk)
    archive.refresh_from_db()
    assert archive.state == ArchiveState.DONE


def test_a_worker_that_lost_its_claim_leaves_no_file(
    owner: User, over: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = ask(over, owner)
    put = files.put

    def lose(*args: Any, **kwargs: Any) -> None:
        put(*args, **kwargs)
        Archive.objects.update(attempt=9)

    monkeypatch.setattr(files, "put", lose)
    tasks.write(archive.pk)
    assert files.private().listdir(f"archives/{over.pk}")[1] == []
