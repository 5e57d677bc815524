"""An event that is over, as one archive: written, read by another site, and what is not in it."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from podium import files
from podium.accounts.models import User
from podium.archives import reading
from podium.archives.models import Edition
from podium.archives.reading import BadArchive, is_same_board, read
from podium.archives.tables import TABLES
from podium.archives.writing import MANIFEST, board_csv, boards_of, write
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog.models import Access, DatasetVersion, Solution
from podium.challenges.models import Challenge, Phase, Role, ShowMembers
from podium.refusals import Refused
from podium.standings.models import Standing
from podium.submissions import originals
from podium.submissions.models import Evaluation, Submission
from podium.teams.models import ResearchUse, Team
from tests.site import factories
from tests.site.archives.over import kept_over, kept_played, over

__all__ = ["kept_over", "kept_played", "over"]


def written(challenge: Challenge, edition: str = Edition.FULL, **options: Any) -> io.BytesIO:
    target = io.BytesIO()
    write(challenge, edition, target, **options)
    return target


def saved(archive: io.BytesIO, folder: Path) -> Path:
    path = folder / "event.zip"
    path.write_bytes(archive.getvalue())
    return path


def members(archive: io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def rows(archive: io.BytesIO, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members(archive)[f"tables/{table}.jsonl"].splitlines()]


def change(archive: io.BytesIO, name: str, to: Callable[[bytes], bytes], target: Path) -> Path:
    """Save the archive with another content of a part, and its hash in the manifest."""
    parts = members(archive)
    parts[name] = to(parts[name])
    if name != MANIFEST:
        manifest = json.loads(parts[MANIFEST])
        import hashlib

        manifest["files"][name] = {
            "sha256": hashlib.sha256(parts[name]).hexdigest(),
            "bytes": len(parts[name]),
        }
        parts[MANIFEST] = json.dumps(manifest).encode()
    path = target / "changed.zip"
    with zipfile.ZipFile(path, "w") as file:
        for each, content in parts.items():
            file.writestr(each, content)
    return path


def boards(challenge: Challenge) -> dict[str, bytes]:
    return {name: board_csv(subject, part) for name, subject, part in boards_of(challenge)}


def forget_all() -> None:
    """Make this site a fresh one: all rows but accounts, and all files, go."""
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("podium.") and model._meta.app_label != "accounts":
            model._base_manager.all()._raw_delete("default")
    for storage in (files.public(), files.private()):
        for folder in storage.listdir("")[0]:
            files.delete_folder(storage, folder)


def stored_files() -> list[Path]:
    """Return all files in both storages."""
    folders = [files.local(storage, "") for storage in (files.public(), files.private())]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("edition", Edition.values)
def test_a_fresh_site_shows_the_same_boards(over: Challenge, edition: str, tmp_path: Path) -> None:
    expected = boards(over)
    assert len(expected) == 6
    path = saved(written(over, edition, with_solutions=False), tmp_path)
    forget_all()
    owner = factories.make_user("owner")
    found = read(path, owner=owner)
    assert (found.boards, found.different) == (6, [])
    assert boards(found.challenge) == expected
    assert found.challenge.phase() == Phase.ARCHIVED
    assert found.challenge.organizers.get(role=Role.OWNER, user=owner)


PAGES = (
    *("/c/played/", "/c/played/tasks/pets/", "/c/played/tasks/pets/board/"),
    *("/c/played/tracks/classification/", "/c/played/questions/", "/c/played/finalists/"),
    *("/c/played/teams/ann/", "/datasets/pets/1/"),
)
CONSOLE = ("", "submissions/", "teams/", "events/", "integrity/", "readiness/", "setup/")


@pytest.mark.parametrize("edition", Edition.values)
def test_every_page_of_an_imported_event_opens(
    over: Challenge,
    edition: str,
    tmp_path: Path,
    as_user: Callable[[User | None], Client],
) -> None:
    path = saved(written(over, edition), tmp_path)
    for page in PAGES:
        assert as_user(None).get(page).status_code == 200, page
    forget_all()
    owner = factories.make_user("owner")
    read(path, owner=owner)
    for page in PAGES:
        assert as_user(None).get(page).status_code == 200, page
    for page in CONSOLE:
        assert as_user(owner).get(f"/c/played/console/{page}").status_code == 200, page
    for submission in Submission.objects.all():
        assert as_user(owner).get(submission.get_absolute_url()).status_code == 200


def test_verify_board_agrees_with_an_imported_full_edition(over: Challenge, tmp_path: Path) -> None:
    path = saved(written(over), tmp_path)
    forget_all()
    read(path, owner=factories.make_user("owner"))
    out = io.StringIO()
    call_command("verify_board", "played", "--files", stdout=out)
    assert out.getvalue().count("as recomputed") == 6, out.getvalue()


@pytest.mark.parametrize(
    ("ours", "is_same"),
    [
        (b"rank,team,score\n1,A,0.5\n", True),
        (b"rank,team,new,score\n1,A,,0.5\n", True),
        (b"rank,team,new,score\n1,A,,0.6\n", False),
        (b"rank,team\n1,A\n", False),
        (b"rank,team,new,score\n1,A,,0.5\n2,B,,0.4\n", False),
        (b"rank,team,new,score\n", False),
    ],
)
def test_an_older_archive_is_compared_in_the_columns_that_it_has(
    ours: bytes, is_same: bool
) -> None:
    assert is_same_board(ours, b"rank,team,score\n1,A,0.5\n") == is_same


def test_times_texts_and_files_are_as_they_were(over: Challenge, tmp_path: Path) -> None:
    before = Submission.objects.get(team__name="Ann", task__slug="pets")
    sent, made = b"".join(originals.blocks(before)), before.evaluations.get().created_at
    event = Event.objects.filter(challenge="played").order_by("-pk").first()
    assert event is not None
    path = saved(written(over), tmp_path)
    forget_all()
    read(path, owner=factories.make_user("owner"))
    after = Submission.objects.get(team__name="Ann", task__slug="pets")
    assert b"".join(originals.blocks(after)) == sent
    assert (after.received_at, after.note) == (before.received_at, "private-note")
    assert after.evaluations.get().created_at == made
    assert Event.objects.filter(verb=event.verb, at=event.at).exists()
    assert Event.objects.filter(verb=Verb.IMPORTED_ARCHIVE, challenge="played").count() == 1


def test_nobody_gets_an_account_by_an_archive(over: Challenge, tmp_path: Path) -> None:
    path = saved(written(over), tmp_path)
    forget_all()
    User.objects.all().delete()
    owner = factories.make_user("owner")
    read(path, owner=owner)
    others = User.objects.exclude(pk=owner.pk)
    assert {user.name for user in others} >= {"Ann", "Ben"}
    assert not any(user.is_active or user.has_usable_password() for user in others)
    assert all(user.email.endswith("@podium.invalid") for user in others)


def test_a_second_import_next_to_the_first_shares_the_data(over: Challenge, tmp_path: Path) -> None:
    path = saved(written(over), tmp_path)
    versions = DatasetVersion.objects.count()
    owner = factories.make_user("owner")
    with pytest.raises(BadArchive, match="has the address played already"):
        read(path, owner=owner)
    found = read(path, owner=owner, slug="again")
    assert found.different == []
    assert DatasetVersion.objects.count() == versions
    assert {event.challenge for event in Event.objects.filter(verb=Verb.IMPORTED_ARCHIVE)} == {
        "again"
    }


def test_the_public_edition_has_only_what_everybody_may_see(over: Challenge) -> None:
    archive = written(over, Edition.PUBLIC)
    everything = b"".join(members(archive).values())
    secrets = [b"private-note", b"ann-laptop", b"hidden-question", *_addresses()]
    assert not [secret for secret in secrets if secret in everything]
    assert b"shown-question" in everything
    assert b"shown-answer" in everything
    names = set(members(archive))
    assert not [name for name in names if name.startswith(("solutions/", "rows/"))]
    tables = {name for name in names if name.startswith("tables/")}
    assert "tables/organizer.jsonl" not in tables
    assert "tables/rulesacceptance.jsonl" not in tables


def _addresses() -> list[bytes]:
    return [email.encode() for email in User.objects.values_list("email", flat=True)]


def test_files_of_teams_that_did_not_agree_are_not_public(over: Challenge) -> None:
    archive = written(over, Edition.PUBLIC)
    agreed = set(
        Team.objects.filter(research_use=ResearchUse.YES).values_list("pk", flat=True)
    ) | set(Team.objects.exclude(baseline="").values_list("pk", flat=True))
    for row in rows(archive, "submission"):
        assert bool(row["file"]) == (row["team"] in agreed), row
    whole = rows(written(over), "submission")
    assert all(row["file"] for row in whole)


def test_members_are_named_only_if_everybody_sees_them(over: Challenge) -> None:
    for shown in (ShowMembers.EVERYBODY, ShowMembers.CHALLENGE):
        Challenge.objects.update(show_members=shown)
        over.refresh_from_db()
        archive = written(over, Edition.PUBLIC)
        people = members(archive)["people.jsonl"]
        assert (b'"Ben"' in people) == (shown == ShowMembers.EVERYBODY)


def test_owners_can_release_the_labels(over: Challenge) -> None:
    names = members(written(over, Edition.PUBLIC, with_solutions=True))
    assert [name for name in names if name.startswith("solutions/")]


def test_data_that_not_everybody_may_download_is_not_public(
    over: Challenge, tmp_path: Path
) -> None:
    DatasetVersion.objects.update(access=Access.PARTICIPANTS)
    archive = written(over, Edition.PUBLIC)
    assert not [name for name in members(archive) if name.startswith("datasets/")]
    assert "not everybody may download" in members(archive)["README.md"].decode()
    forget_all()
    with pytest.raises(BadArchive, match="lacks the files"):
        read(saved(archive, tmp_path), owner=factories.make_user("owner"))


def test_before_the_reveal_there_is_no_archive(challenge: Challenge) -> None:
    with pytest.raises(Refused, match="Wait for the reveal"):
        written(challenge)


def test_an_archive_waits_for_what_is_being_scored(over: Challenge) -> None:
    Submission.objects.filter(team__name="Ann").update(state="queued", finished_at=None)
    with pytest.raises(Refused, match="still being scored"):
        written(over)


def _lines(text: bytes) -> bytes:
    return text.replace(b'"number":', b'"nummer":', 1)


@pytest.mark.parametrize(
    ("part", "to", "said"),
    [
        (MANIFEST, lambda _: b"{}", "Choose an archive"),
        (MANIFEST, lambda _: b"no json", "Choose an archive"),
        (MANIFEST, lambda text: text.replace(b"archive/1", b"archive/9"), "Update it first"),
        ("tables/team.jsonl", lambda text: text + b"{", "is damaged"),
        ("tables/challenge.jsonl", lambda _: b"", "no challenge in it"),
        ("tables/task.jsonl", lambda _: b"", "not in the archive"),
        ("tables/submission.jsonl", _lines, "do not fit|does not fit"),
        (
            "tables/challenge.jsonl",
            lambda text: text.replace(b'"revealed_at":"', b'"ignored":"'),
            "is not over",
        ),
        (
            "tables/datasetversion.jsonl",
            lambda text: text.replace(b'"name":"', b'"name":"../', 1),
            "lacks the files|does not fit",
        ),
    ],
)
def test_a_bad_archive_is_refused_and_leaves_nothing(
    over: Challenge, part: str, to: Callable[[bytes], bytes], said: str, tmp_path: Path
) -> None:
    path = change(written(over), part, to, tmp_path)
    forget_all()
    with pytest.raises(BadArchive, match=said):
        read(path, owner=factories.make_user("owner"))
    assert not Challenge.objects.exists()
    assert not DatasetVersion.objects.exists()
    assert not stored_files()


def test_a_damaged_part_is_found(over: Challenge, tmp_path: Path) -> None:
    parts = members(written(over))
    parts["README.md"] += b"!"
    for name, said in (("event.zip", "README.md is damaged"), ("less.zip", "lacks parts")):
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for each, content in parts.items():
                if name == "event.zip" or each != "README.md":
                    file.writestr(each, content)
        with pytest.raises(BadArchive, match=said):
            read(tmp_path / name, owner=factories.make_user(name))


def test_a_file_that_is_no_archive_is_refused(db: None, tmp_path: Path) -> None:
    path = tmp_path / "text.zip"
    path.write_text("nothing")
    with pytest.raises(BadArchive, match="cannot be read as an archive"):
        read(path, owner=factories.make_user("owner"))


def test_another_version_of_the_same_name_is_refused(over: Challenge, tmp_path: Path) -> None:
    path = saved(written(over), tmp_path)
    DatasetVersion.objects.update(content_hash="0" * 64)
    with pytest.raises(BadArchive, match="This site has another"):
        read(path, owner=factories.make_user("owner"), slug="again")


def test_other_labels_of_the_same_number_are_refused(over: Challenge, tmp_path: Path) -> None:
    path = saved(written(over), tmp_path)
    Solution.objects.update(sha256="0" * 64)
    with pytest.raises(BadArchive, match="This site has another"):
        read(path, owner=factories.make_user("owner"), slug="again")


def test_files_go_if_the_import_fails_late(
    over: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(written(over), tmp_path)
    forget_all()

    def fail(challenge: Challenge) -> None:
        raise Refused("late", "Try again.")

    monkeypatch.setattr(reading, "_write_documents", fail)
    with pytest.raises(Refused):
        read(path, owner=factories.make_user("owner"))
    assert not stored_files()
    assert not Standing.objects.exists()
    assert not Evaluation.objects.exists()


def test_the_commands_write_and_read_an_archive(over: Challenge, tmp_path: Path) -> None:
    path, out = tmp_path / "event.zip", io.StringIO()
    call_command("export_archive", "played", str(path), stdout=out)
    assert "rows and" in out.getvalue()
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_archive", "played", str(path))
    with pytest.raises(CommandError, match="There is no challenge"):
        call_command("export_archive", "none", str(tmp_path / "b.zip"))
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("import_archive", str(path), owner="nobody@example.org")
    owner = factories.make_user("owner")
    with pytest.raises(CommandError, match="has the address played already"):
        call_command("import_archive", str(path), owner=owner.email)
    call_command("import_archive", str(path), owner=owner.email, slug="again", stdout=out)
    assert "All 6 boards equal those of the archive." in out.getvalue()


def test_every_table_of_an_event_is_in_the_full_edition() -> None:
    """A model that is added later belongs in TABLES, or here with the reason."""
    left_out = {
        # of the running of the site, or made again
        *(
            "Alert",
            "Post",
            "Webhook",
            "Notice",
            "MailChoice",
            "Announced",
            "BoardDocument",
            "Comparison",
        ),
        *("FileStep", "Look", "Certificate", "Rehearsal"),
        *("Archive", "ArchiveImport", "Quota", "PartialUpload", "Validation", "Invitation"),
        *(
            "PendingRole",
            "DataEditor",
            "Profile",
            "Diagnosis",
            "Import",
            "RawFile",
            "LicenceAcceptance",
        ),
        "SolutionComparison",
        "Correction",
    }
    ours = {
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith("podium.")
        and not model._meta.auto_created
        and model._meta.app_label not in {"accounts"}
    }
    assert ours - {table.model.__name__ for table in TABLES} == left_out
