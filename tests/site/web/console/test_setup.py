"""Owners set up a challenge in the console, without a shell and without the admin."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission as Right
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import SolutionComparison
from podium.challenges import sisters
from podium.challenges.export import definition_text
from podium.challenges.models import Challenge, Phase, Role, Task
from podium.challenges.state import state_of
from tests.site import factories
from tests.site.web.console.datasets import as_sent
from tests.site.web.console.sheets import carried_out, filled, planned

AsUser = Callable[[User | None], Client]
DAY = timedelta(days=1)
NEW = reverse("console-new")


@pytest.fixture(autouse=True)
def _different(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two data sets here have a row in common, nor files to compare."""
    monkeypatch.setattr(sisters, "compare", lambda *_: SolutionComparison())


@pytest.fixture
def owner(as_user: AsUser, olga: User) -> Client:
    return as_user(olga)


def of(name: str, *args: str) -> str:
    return reverse(name, args=["cup", *args])


def words(page: str) -> str:
    """Return the page without the tags of code, and with signs as people read them."""
    return unescape(re.sub("</?code>", "`", page))


def data_set(name: str, by: User, kind: str = "matching") -> str:
    version = factories.make_dataset_version(kind, name)
    factories.make_solution(version)
    version.editors.add(by)
    return f"{name}@1"


def draft(challenge: Challenge) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(opens_at=timezone.now() + DAY)


def test_texts_are_read_as_people_will_read_them(challenge: Challenge, owner: Client) -> None:
    url = of("console-sheet", "texts")
    page = carried_out(owner, url, title="The great cup", rules="Be **fair**.\n")
    assert "Title: The cup → The great cup" in page
    assert "Be <strong>fair</strong>." in page
    kept = Challenge.objects.get()
    assert (kept.title, kept.rules) == ("The great cup", "Be **fair**.\n")
    assert Event.objects.get().facts["title"] == ["The cup", "The great cup"]


def test_a_text_that_nobody_touched_keeps_its_white_space(
    challenge: Challenge, owner: Client
) -> None:
    Challenge.objects.update(rules="\nBe fair.\n\n", description="a\n b \n")
    before = state_of(challenge)
    url = of("console-sheet", "texts")
    assert "Nothing would change: it is so already." in planned(owner, url)
    carried_out(owner, url, summary="Another")
    assert state_of(challenge) == {**before, "summary": "Another"}


def test_two_owners_on_one_sheet_do_not_take_back_each_others_work(
    challenge: Challenge, owner: Client
) -> None:
    url = of("console-sheet", "texts")
    page = planned(owner, url, title="New")
    Challenge.objects.update(prizes="A cup.")
    again = owner.post(url, as_sent(page, url))
    assert Challenge.objects.get().prizes == "A cup." or again.status_code == 422


def test_a_track_and_its_tasks_are_set_up(challenge: Challenge, owner: Client, olga: User) -> None:
    draft(challenge)
    page = owner.get(of("console-setup")).content.decode()
    assert "Add a track" in page
    carried_out(owner, of("console-new-track"), kind="matching", title="Matching")
    dataset = data_set("pairs", olga)
    asked = {"slug": "exact", "title": "Exact", "dataset": dataset, "headline": "average_precision"}
    carried_out(owner, of("console-new-task", "matching"), **asked)
    task = Task.objects.get()
    assert (task.dataset_version.name, task.daily_limit, task.step) == ("pairs", 5, None)
    url = of("console-setup-task", "exact")
    page = carried_out(owner, url, daily_limit="9", headline="f1")
    assert "Submissions of a team a day: 5 → 9" in page
    task.refresh_from_db()
    assert (task.daily_limit, task.headline, task.slug) == (9, "f1", "exact")
    carried_out(owner, of("console-track", "matching"), aggregate="mean_score")
    assert challenge.tracks.get().aggregate == "mean_score"
    assert [event.verb for event in Event.objects.all()] == ["changed challenge"] * 4
    page = owner.get(of("console-setup")).content.decode()
    assert "pairs 1" in page
    assert "The track has no task yet." not in page


def test_only_ones_own_data_sets_are_offered(
    challenge: Challenge, owner: Client, olga: User
) -> None:
    factories.make_task(challenge, "matching", "first")
    factories.make_solution(factories.make_dataset_version("matching", "foreign"))
    factories.make_dataset_version("classification", "own-other-kind").editors.add(olga)
    data_set("own", olga)
    page = owner.get(of("console-new-task", "matching")).content.decode()
    assert "own@1" in page
    assert "foreign" not in page
    assert "own-other-kind" not in page
    url = of("console-new-task", "matching")
    asked = {"slug": "x", "title": "X", "dataset": "foreign@1", "headline": "f1"}
    assert owner.post(url, filled(owner, url, **asked)).status_code == 422
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"ceiling": "17"}, "ceiling", "is not a number from 0 to 1"),
        ({"headline": "rmse"}, "headline", "Select a valid choice"),
        ({"daily_limit": "-1"}, "daily_limit", "greater than or equal to 0"),
        ({"step": "much"}, "step", "Enter a number"),
        ({"step": "-1"}, "", "task_step_positive"),
        ({"title": ""}, "title", "This field is required"),
        ({"feedback": "exact"}, "", "it is only for rehearsals"),
    ],
)
def test_a_task_that_cannot_be_is_refused_at_its_field(
    challenge: Challenge, owner: Client, changed: dict[str, str], field: str, says: str
) -> None:
    draft(challenge)
    task = factories.make_task(challenge, "matching", "exact")
    before = state_of(challenge)
    url = of("console-setup-task", task.slug)
    answer = owner.post(url, filled(owner, url, **changed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in words(page)
    assert not field or f'href="#setup_{field}"' in page
    assert state_of(challenge) == before


def test_what_is_fixed_since_the_opening_says_so(challenge: Challenge, owner: Client) -> None:
    factories.make_task(challenge, "matching", "exact")
    url = of("console-setup-task", "exact")
    page = owner.post(url, filled(owner, url, headline="f1")).content.decode()
    assert "its headline is fixed since the challenge opened" in page


def test_the_file_goes_down_and_up(challenge: Challenge, owner: Client) -> None:
    answer = owner.get(of("console-export"))
    assert answer["Content-Disposition"] == 'attachment; filename="cup.yaml"'
    text = answer.content.decode()
    assert text == definition_text(challenge)
    url = of("console-sheet", "file")
    assert "Nothing would change: it is so already." in planned(owner, url)
    changed = text.replace("title: The cup", "title: The great cup")
    file = SimpleUploadedFile("x.yaml", changed.encode())
    answer = owner.post(url, {**filled(owner, url).dict(), "file": file})
    page = answer.content.decode()
    assert "title: The cup → The great cup" in page
    assert owner.post(url, as_sent(page, url)).status_code == 302
    assert Challenge.objects.get().title == "The great cup"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"challenge: {slug: other}", "This is the file of `other`, and here is `cup`."),
        (b"challenge: {slug: cup, titel: x}", "unknown key `titel`"),
        (b"\xff\xfe\x00a", "Null characters are not allowed"),
        (b"\xff\xfea: [", "not YAML that can be read"),
        (b"", "needs a mapping named `challenge`"),
        (b"challenge:\n  slug: cup\n  max_team_size: 0\n", "max_team_size"),
        (b'challenge:\n  slug: cup\n  title: "a\\0b"\n', "has a sign that no text can have"),
    ],
)
def test_a_file_that_cannot_be_is_refused_and_kept_for_editing(
    challenge: Challenge, owner: Client, text: bytes, says: str
) -> None:
    before, url = state_of(challenge), of("console-sheet", "file")
    answer = owner.post(url, {"file": SimpleUploadedFile("x.yaml", text)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in words(page)
    assert state_of(challenge) == before


def values(**changed: Any) -> dict[str, Any]:
    opens = timezone.now().replace(microsecond=0) + 10 * DAY
    return {
        "slug": "new-cup",
        "title": "The new cup",
        "summary": "Who wins?",
        "opens_at": f"{opens:%Y-%m-%dT%H:%M:%S}",
        "closes_at": f"{opens + 60 * DAY:%Y-%m-%dT%H:%M:%S}",
        **changed,
    }


def test_a_challenge_is_made_with_five_fields(owner: Client, olga: User) -> None:
    answer = owner.post(NEW, values())
    made = Challenge.objects.get(slug="new-cup")
    assert answer.headers["Location"] == reverse("console-setup", args=["new-cup"])
    assert made.phase() == Phase.DRAFT
    assert made.closes_at - made.team_freeze_at == 7 * DAY
    assert made.reveal_at - made.closes_at == 2 * DAY
    assert made.organizers.get(user=olga).role == Role.OWNER
    assert owner.get(answer.headers["Location"]).status_code == 200
    made_by = Event.objects.get(verb="created challenge")
    assert made_by.actor_id == olga.pk


def test_a_copy_has_everything_but_people_and_what_was_said(
    challenge: Challenge, owner: Client, olga: User
) -> None:
    task = factories.make_task(challenge, "matching", "exact", daily_limit=9)
    challenge.announcements.create(title="Open", body="Go.")
    Challenge.objects.update(rules="Be fair.", archived_at=challenge.reveal_at + 9 * DAY)
    asked = values(source=challenge.pk, summary="", closes_at="")
    assert owner.post(NEW, asked).status_code == 302
    made = Challenge.objects.get(slug="new-cup")
    assert (made.title, made.summary, made.rules) == ("The new cup", challenge.summary, "Be fair.")
    assert made.closes_at - made.opens_at == challenge.closes_at - challenge.opens_at
    assert (made.announced_at, made.archived_at) == (None, None)
    copied = made.tasks.get()
    assert (copied.slug, copied.daily_limit) == (task.slug, 9)
    assert copied.dataset_version == task.dataset_version
    assert [row.user for row in made.organizers.all()] == [olga]
    assert not made.announcements.exists()


@pytest.mark.parametrize("days", [1, 400])
def test_a_copy_with_a_close_of_its_own_keeps_what_stands_around_it(
    challenge: Challenge, owner: Client, days: int
) -> None:
    closes = timezone.now().replace(microsecond=0) + (60 + days) * DAY
    opens = closes - days * DAY
    asked = values(source=challenge.pk, opens_at=f"{opens:%FT%T}", closes_at=f"{closes:%FT%T}")
    assert owner.post(NEW, asked).status_code == 302
    made = Challenge.objects.get(slug="new-cup")
    assert made.closes_at == closes
    assert made.reveal_at - closes == challenge.reveal_at - challenge.closes_at
    before = challenge.closes_at - challenge.team_freeze_at
    assert closes - made.team_freeze_at == min(before, days * DAY / 2)


def test_a_challenge_is_made_from_a_file(challenge: Challenge, owner: Client) -> None:
    text = definition_text(challenge).replace("slug: cup", "slug: new-cup")
    assert owner.post(NEW, {"file": SimpleUploadedFile("x.yaml", text.encode())}).status_code == 302
    assert Challenge.objects.filter(slug="new-cup").exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"slug": "cup"}, "is the address of another challenge. Choose another slug."),
        ({"slug": "a b"}, "valid “slug”"),
        ({"title": ""}, "This field is required."),
        ({"closes_at": ""}, "This field is required."),
        ({"closes_at": "2020-01-01T00:00:00"}, "Times must be in order"),
        ({"source": "99"}, "not one of the available choices"),
        ({"file": SimpleUploadedFile("x.yaml", b"challenge: {slug: cup}")}, "Choose another slug"),
        ({"file": SimpleUploadedFile("x.yaml", b"challenge: {slug: two}")}, "lacks"),
        ({"file": SimpleUploadedFile("x.yaml", b"")}, "The submitted file is empty"),
    ],
)
def test_what_makes_no_challenge_says_why(
    owner: Client, changed: dict[str, Any], says: str
) -> None:
    answer = owner.post(NEW, values(**changed))
    assert answer.status_code == 422
    assert says in words(answer.content.decode())
    assert Challenge.objects.count() == 1


def test_staff_owners_and_who_was_allowed_make_challenges(
    as_user: AsUser, olga: User, viktor: User, sam: User, charlie: User
) -> None:
    allowed = factories.make_user("nora")
    allowed.user_permissions.add(Right.objects.get(codename="add_challenge"))
    for person, status in ((olga, 200), (sam, 200), (allowed, 200), (viktor, 403), (charlie, 403)):
        client = as_user(person)
        assert client.get(NEW).status_code == status
        assert (client.post(NEW, values()).status_code == 403) == (status == 403)
        listed = client.get(reverse("consoles"))
        assert (NEW in listed.content.decode()) == (status == 200)
    assert as_user(None).get(NEW).status_code == 302
    assert as_user(charlie).get(reverse("consoles")).status_code == 404


def test_nobody_copies_a_challenge_that_they_do_not_own(
    as_user: AsUser, challenge: Challenge, sam: User, viktor: User
) -> None:
    factories.make_organizer(factories.make_challenge("other"), viktor, Role.OWNER)
    for person in (sam, viktor):
        answer = as_user(person).post(NEW, values(source=challenge.pk))
        assert answer.status_code == 422


def test_an_unknown_sheet_is_not_found(owner: Client) -> None:
    for url in (
        of("console-sheet", "nothing"),
        of("console-track", "matching"),
        of("console-setup-task", "nothing"),
        of("console-new-task", "matching"),
    ):
        assert owner.get(url).status_code == 404
