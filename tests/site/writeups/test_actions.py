"""Saving, publishing and taking back write-ups, and what organizers do with them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Track
from podium.refusals import Refused
from podium.teams.models import Membership, Team
from podium.uploads.receiving import Upload
from podium.writeups import actions, attachments
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion
from podium.writeups.validation import MOST_BODY
from tests.site.factories import make_challenge, make_task, make_team, make_writeup
from tests.site.writeups.conftest import PDF, move

pytestmark = pytest.mark.dialect

Pdf = Callable[..., Upload]
Kept = Callable[[], list[str]]
SECRET = "zebra-stripes"
WORDS: dict[str, Any] = {"title": "Our system", "body": "It *works*.", "based_on": 0}


def refused(verb: Callable[..., Any], **arguments: Any) -> str:
    """Return the code with which a verb refuses, having changed and recorded nothing."""
    before = _state()
    with pytest.raises(Refused) as caught:
        verb(**arguments)
    assert caught.value.message.endswith(".")
    assert _state() == before
    return caught.value.code


def _state() -> list[Any]:
    tables: list[Any] = [WriteUp, WriteUpVersion, Attachment]
    return [*(list(each.objects.values()) for each in tables), Event.objects.count()]


# Saving ------------------------------------------------------------------------------------------


def test_a_version_is_kept_as_typed_and_recorded_without_its_words(
    team: Team, track: Track, bob: User
) -> None:
    links = [
        {"title": f"  Code \n of {SECRET}", "url": " https://example.org/code?a=1#b "},
        {"title": "", "url": "https://models.example.org:8443/"},
    ]
    saved = actions.save(
        team=team, track=track, title=f" My\n {SECRET} ", body=f" A\r\n{SECRET}\r", links=links,
        based_on=0, by=bob,
    )  # fmt: skip
    saved.refresh_from_db()
    assert (saved.title, saved.body, saved.number) == (f"My {SECRET}", f"A\n{SECRET}", 1)
    assert saved.links == [
        {"title": f"Code of {SECRET}", "url": "https://example.org/code?a=1#b"},
        {"title": "models.example.org", "url": "https://models.example.org:8443/"},
    ]
    assert (saved.by, saved.paper, saved.slides) == (bob, None, None)
    assert (saved.writeup.team, saved.writeup.track) == (team, track)
    assert saved.writeup.published_version is None
    event = Event.objects.get(verb="saved write-up")
    assert (event.actor_id, event.challenge) == (bob.pk, team.challenge.slug)
    assert event.facts == {"team": team.pk, "number": 1}
    assert not event.is_public


def test_every_change_makes_a_version_and_no_change_makes_none(
    team: Team, track: Track, alice: User, bob: User
) -> None:
    first = actions.save(team=team, track=track, by=alice, **WORDS)
    again = actions.save(team=team, track=track, by=bob, **WORDS | {"based_on": 1})
    assert again == first
    other = actions.save(
        team=team, track=track, by=bob, **WORDS | {"based_on": 1, "body": "It *fails*."}
    )
    assert (other.number, other.by) == (2, bob)
    first.refresh_from_db()
    assert first.body == "It *works*."
    assert Event.objects.filter(verb="saved write-up").count() == 2


def test_a_version_is_never_changed(team: Team, track: Track) -> None:
    version = make_writeup(team, track).versions.get()
    version.body = "Other."
    with pytest.raises(TypeError):
        version.save()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " … "}, "bad_title"),
        ({"title": "x" * 161}, "long_title"),
        ({"title": "a\0b"}, "bad_title"),
        ({"title": "\u202eyam"}, "bad_title"),
        ({"body": " \r\n "}, "no_text"),
        ({"body": "x" * (MOST_BODY + 1)}, "long_text"),
        ({"body": "a\0b"}, "bad_text"),
        ({"body": "a\ud800b"}, "bad_text"),
        ({"body": "a\u2067b"}, "bad_text"),
        ({"body": "|a" * 5000 + "\n" + "|-" * 5000 + "\n" + "a\n" * 4000}, "long_text"),
        ({"links": [{"url": "https://a.example"}] * 11}, "many_links"),
        ({"links": [{"url": "http://a.example"}]}, "bad_link"),
        ({"links": [{"url": "javascript:alert(1)"}]}, "bad_link"),
        ({"links": [{"url": "https://user:pw@a.example/"}]}, "bad_link"),
        ({"links": [{"url": "https://user@a.example/"}]}, "bad_link"),
        ({"links": [{"url": "https://exämple.org/"}]}, "bad_link"),
        ({"links": [{"url": "https://a.example/ b"}]}, "bad_link"),
        ({"links": [{"url": "https://a.example/\u202e"}]}, "bad_link"),
        ({"links": [{"url": "https://[::1"}]}, "bad_link"),
        ({"links": [{"url": "https://a.example/" + "x" * 500}]}, "bad_link"),
        ({"links": [{"url": ""}]}, "bad_link"),
        ({"links": [{"url": 5}]}, "bad_link"),
        ({"links": ["https://a.example"]}, "bad_link"),
        ({"links": [{"url": "https://a.example", "title": "a\u2066b"}]}, "bad_link"),
        ({"links": [{"url": "https://a.example", "title": "x" * 161}]}, "long_link"),
    ],
)
def test_words_that_cannot_be_shown_are_refused(
    team: Team, track: Track, bob: User, changes: dict[str, Any], code: str
) -> None:
    assert refused(actions.save, team=team, track=track, by=bob, **(WORDS | changes)) == code


def test_the_longest_words_fit(team: Team, track: Track, bob: User) -> None:
    words: dict[str, Any] = {"title": "x" * 160, "body": '"' * MOST_BODY, "based_on": 0}
    links = [{"url": "https://a.example/" + "x" * (482)}] * 10
    actions.save(team=team, track=track, by=bob, links=links, **words)


def test_only_members_write(
    team: Team, track: Track, challenge: Challenge, charlie: User, olga: User, sam: User
) -> None:
    make_team(challenge, "Beta", charlie)
    for person in (charlie, olga, sam, AnonymousUser()):
        assert refused(actions.save, team=team, track=track, by=person, **WORDS) == "not_a_member"


def test_who_left_the_team_writes_no_more(team: Team, track: Track, bob: User) -> None:
    Membership.objects.filter(user=bob).delete()
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS) == "not_a_member"


def test_teams_that_take_no_part_write_nothing(
    team: Team, track: Track, bob: User, charlie: User
) -> None:
    def code() -> str:
        return refused(actions.save, team=team, track=track, by=bob, **WORDS)

    Team.objects.filter(pk=team.pk).update(
        disqualified_at=timezone.now(), disqualified_reason="Cheated."
    )
    team.refresh_from_db()
    assert code() == "disqualified"
    other = make_team(team.challenge, "Beta", charlie)
    Team.objects.filter(pk=team.pk).update(
        disqualified_at=None, disqualified_reason="", merged_into=other, merged_at=timezone.now()
    )
    team.refresh_from_db()
    assert code() == "merged"
    Team.objects.filter(pk=team.pk).update(
        baseline="trivial", captain=None, merged_into=None, merged_at=None
    )
    team.refresh_from_db()
    assert code() == "baseline"


def test_who_deletes_their_account_meanwhile_leaves_no_write_up(
    team: Team, track: Track, bob: User
) -> None:
    Team.objects.filter(pk=team.pk).update(removed_at=timezone.now())
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS) == "no_team"


@pytest.mark.parametrize("what", ["team", "write-up"])
def test_what_went_before_its_lock_is_refused(
    team: Team, track: Track, alice: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    writeup = make_writeup(team, track)
    if what == "write-up":
        WriteUp.objects.filter(pk=writeup.pk).delete()
        assert refused(actions.take_back, writeup=writeup, by=alice) == "gone"
        return
    real = actions.clean_body

    def meanwhile(body: str) -> str:
        Team.objects.filter(pk=team.pk).delete()
        return real(body)

    monkeypatch.setattr(actions, "clean_body", meanwhile)
    with pytest.raises(Refused, match="left by its last member"):
        actions.save(team=team, track=track, by=alice, **WORDS)


def test_a_track_of_another_challenge_is_refused(team: Team, bob: User) -> None:
    track = make_task(make_challenge("other"), "matching").track
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS) == "other_track"


def test_a_draft_and_an_archived_challenge_take_no_words(
    team: Team, track: Track, bob: User
) -> None:
    challenge = team.challenge
    challenge.archived_at = timezone.now()
    challenge.save()
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS) == "archived"
    challenge.archived_at = challenge.announced_at = None
    move(challenge, opens_at=1)
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS) == "not_open"


def test_a_newer_version_is_not_passed_over(
    team: Team, track: Track, alice: User, bob: User
) -> None:
    actions.save(team=team, track=track, by=alice, **WORDS)
    changed = WORDS | {"body": "Mine."}
    assert refused(actions.save, team=team, track=track, by=bob, **changed) == "newer"
    saved = actions.save(team=team, track=track, by=bob, **changed | {"based_on": 1})
    assert saved.number == 2


def test_versions_are_limited(
    team: Team, track: Track, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_VERSIONS", 1)
    actions.save(team=team, track=track, by=bob, **WORDS)
    more = WORDS | {"based_on": 1, "title": "More"}
    assert refused(actions.save, team=team, track=track, by=bob, **more) == "too_many"


# Attached PDFs -----------------------------------------------------------------------------------


def test_a_pdf_is_kept_byte_for_byte_until_it_is_removed(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept
) -> None:
    saved = actions.save(
        team=team, track=track, by=bob, paper=pdf("Ä\u202e paper.pdf"), slides=pdf("s.pdf"), **WORDS
    )
    paper, slides = saved.paper, saved.slides
    assert paper
    assert slides
    assert (paper.name, paper.size) == ("Ä paper.pdf", len(PDF))
    assert paper.sha256 == pdf().sha256
    assert kept() == sorted([paper.file, slides.file])
    with files.private().open(paper.file) as handle:
        assert handle.read() == PDF
    later = actions.save(
        team=team, track=track, by=bob, remove={"slides"}, **WORDS | {"based_on": 1}
    )
    assert (later.number, later.paper, later.slides) == (2, paper, None)
    saved.refresh_from_db()
    assert saved.slides == slides  # the first version has it still
    assert kept() == sorted([paper.file, slides.file])


def test_the_same_pdf_again_is_no_change(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept
) -> None:
    saved = actions.save(team=team, track=track, by=bob, paper=pdf(), **WORDS)
    again = actions.save(team=team, track=track, by=bob, paper=pdf(), **WORDS | {"based_on": 1})
    assert again == saved
    assert len(kept()) == Attachment.objects.count() == 1
    other = actions.save(
        team=team, track=track, by=bob, paper=pdf("new.pdf"), remove={"paper"},
        **WORDS | {"based_on": 1},
    )  # fmt: skip
    assert other.paper
    assert (other.number, other.paper.name) == (2, "new.pdf")


@pytest.mark.parametrize("kind", attachments.KINDS)
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "no_pdf"), (b"%PD", "no_pdf"), (b"<html>%PDF-", "no_pdf"), (b"%PDF 1.7", "no_pdf")],
)
def test_what_does_not_begin_as_a_pdf_is_refused(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept, kind: str, content: bytes, code: str
) -> None:
    sent = {kind: pdf(content=content)}
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS, **sent) == code
    assert kept() == []


def test_a_file_above_the_limit_is_refused(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_BYTES", len(PDF))
    actions.save(team=team, track=track, by=bob, paper=pdf(), **WORDS)
    sent = {"slides": pdf(content=PDF + b"x")}
    later = WORDS | {"based_on": 1}
    assert refused(actions.save, team=team, track=track, by=bob, **later, **sent) == "too_large"
    assert len(kept()) == 1


def test_pdfs_are_limited_in_number(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_ATTACHMENTS", 1)
    sent = {"paper": pdf(), "slides": pdf("s.pdf")}
    assert refused(actions.save, team=team, track=track, by=bob, **WORDS, **sent) == "too_many"
    assert kept() == []


def test_what_is_refused_leaves_no_file(
    team: Team, track: Track, alice: User, bob: User, pdf: Pdf, kept: Kept
) -> None:
    actions.save(team=team, track=track, by=alice, **WORDS)
    assert refused(actions.save, team=team, track=track, by=bob, paper=pdf(), **WORDS) == "newer"
    assert kept() == []


def test_a_full_disk_is_told_and_leaves_nothing(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(storage: Any, name: str, source: Any) -> None:
        storage.save(name, ContentFile(source.read_bytes()))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "put", full)
    code = refused(actions.save, team=team, track=track, by=bob, paper=pdf(), **WORDS)
    assert code == "no_room"
    assert kept() == []


def test_a_transaction_that_fails_leaves_no_file(
    team: Team, track: Track, bob: User, pdf: Pdf, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(actions, "record", broken)
    with pytest.raises(RuntimeError):
        actions.save(team=team, track=track, by=bob, paper=pdf(), **WORDS)
    assert kept() == []
    assert not WriteUp.objects.exists()


def test_files_go_with_their_team(
    team: Team,
    track: Track,
    bob: User,
    pdf: Pdf,
    kept: Kept,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    saved = actions.save(team=team, track=track, by=bob, paper=pdf(), slides=pdf("s.pdf"), **WORDS)
    writeup = saved.writeup
    writeup.published_version, writeup.published_at = saved, timezone.now()
    writeup.save()
    with django_capture_on_commit_callbacks() as callbacks:
        team.delete()
    assert len(kept()) == 2  # as long as it is not certain
    for each in callbacks:
        each()
    assert kept() == []


# Publishing and taking back ----------------------------------------------------------------------


def test_the_captain_publishes_one_version_and_takes_it_back(
    team: Team, track: Track, closed: Challenge, alice: User
) -> None:
    make_writeup(team, track)
    writeup = make_writeup(team, track, title="Later")
    first, second = writeup.versions.order_by("number")
    out = actions.publish(writeup=writeup, version=first, by=alice)
    assert out.published_version == first
    at = out.published_at
    assert at
    assert actions.publish(writeup=writeup, version=first, by=alice).published_at == at
    assert actions.publish(writeup=writeup, version=second, by=alice).published_version == second
    taken = actions.take_back(writeup=writeup, by=alice)
    assert (taken.published_version, taken.published_at) == (None, None)
    actions.take_back(writeup=writeup, by=alice)
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["published write-up", "published write-up", "took back write-up"]


def test_nobody_else_publishes_or_takes_back(
    team: Team, track: Track, closed: Challenge, bob: User, charlie: User, olga: User
) -> None:
    writeup = make_writeup(team, track, published=True)
    version = writeup.versions.get()
    for person in (bob, charlie, olga, AnonymousUser()):
        arguments = {"writeup": writeup, "by": person}
        assert refused(actions.publish, version=version, **arguments) == "not_captain"
        assert refused(actions.take_back, **arguments) == "not_captain"


def test_nothing_is_published_before_the_close(team: Team, track: Track, alice: User) -> None:
    writeup = make_writeup(team, track)
    version = writeup.versions.get()
    assert refused(actions.publish, writeup=writeup, version=version, by=alice) == "not_closed"
    assert "UTC" in actions.why_not_published(writeup)


def test_a_version_of_another_write_up_is_refused(
    team: Team, track: Track, closed: Challenge, alice: User, charlie: User
) -> None:
    other = make_writeup(make_team(closed, "Beta", charlie), track).versions.get()
    writeup = make_writeup(team, track)
    assert refused(actions.publish, writeup=writeup, version=other, by=alice) == "other_version"


def test_an_archived_challenge_publishes_nothing_but_takes_back(
    team: Team, track: Track, closed: Challenge, alice: User
) -> None:
    writeup = make_writeup(team, track, published=True)
    later = make_writeup(team, track).versions.get(number=2)
    closed.archived_at = timezone.now()
    closed.save()
    assert refused(actions.publish, writeup=writeup, version=later, by=alice) == "archived"
    assert actions.take_back(writeup=writeup, by=alice).published_version is None


# What organizers do ------------------------------------------------------------------------------


def test_organizers_hide_with_a_reason_and_show_again(
    team: Team, track: Track, closed: Challenge, mara: User, alice: User
) -> None:
    writeup = make_writeup(team, track, published=True)
    version = writeup.versions.get()
    hidden = actions.hide(writeup=writeup, reason=f" Names \n {SECRET}. ", by=mara)
    assert hidden.hidden_reason == f"Names {SECRET}."
    assert actions.hide(writeup=writeup, reason="Other.", by=mara).hidden_reason != "Other."
    code = refused(actions.publish, writeup=writeup, version=version, by=alice)
    assert code == "hidden"
    with pytest.raises(Refused, match=f"Names {SECRET}. Save a version that fixes this, and ask"):
        actions.publish(writeup=writeup, version=version, by=alice)
    shown = actions.show(writeup=writeup, by=mara)
    assert (shown.hidden_at, shown.hidden_reason) == (None, "")
    assert shown.published_version == version
    actions.show(writeup=writeup, by=mara)
    events = Event.objects.order_by("pk")
    assert [event.verb for event in events] == ["hid write-up", "showed write-up"]
    facts = {"team": team.pk, "track": "matching"}
    assert [event.facts for event in events] == [{**facts, "why": f"Names {SECRET}."}, facts]


@pytest.mark.parametrize("reason", ["", " … ", "x" * 1001, "a\u202eb"])
def test_a_reason_is_needed_and_can_be_shown(
    team: Team, track: Track, mara: User, reason: str
) -> None:
    writeup = make_writeup(team, track)
    code = refused(actions.hide, writeup=writeup, reason=reason, by=mara)
    assert code in {"bad_reason", "long_reason"}


def test_nobody_else_hides_or_shows(
    team: Team, track: Track, alice: User, viktor: User, sam: User
) -> None:
    writeup = make_writeup(team, track)
    for person in (alice, viktor, sam, AnonymousUser()):
        arguments = {"writeup": writeup, "by": person}
        assert refused(actions.hide, reason="No.", **arguments) == "not_allowed"
        assert refused(actions.show, **arguments) == "not_allowed"
