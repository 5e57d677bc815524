"""The list of notices, the choice of mails, and the link in a mail that turns such mails off."""

import json
import re
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Announcement, Task
from podium.notices import actions, telling
from podium.notices.models import How, Kind, MailChoice, Notice
from podium.notices.turning_off import token_of
from podium.refusals import Refused
from podium.teams.models import Team
from tests.site import factories
from tests.site.notices.conftest import Mailed, confirm, scored

AsUser = Callable[[User | None], Client]


def page(client: Client, url: str = "/notices/", **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def unread_mark(client: Client) -> str:
    found = re.search(r">Notices(?: <span class=\"chip\">([\d+]+)<)?", page(client, "/"))
    assert found
    return found[1] or ""


# The list --------------------------------------------------------------------------------------


def test_who_was_told_nothing_reads_what_will_stand_here(alice: User, as_user: AsUser) -> None:
    assert "No notices yet" in page(as_user(alice))


def test_the_newest_stands_first_and_unread_ones_are_marked(
    team: Team, classification_task: Task, alice: User, as_user: AsUser
) -> None:
    for _ in range(2):
        scored(team, classification_task)
    client = as_user(alice)
    assert unread_mark(client) == "2"
    html = page(client)
    assert html.index("Submission 2 to") < html.index("Submission 1 to")
    assert html.count('<span class="chip">new</span>') == 2
    assert "Accuracy on the public part: 0.80" in html


def test_opening_a_notice_reads_it_and_leads_on(
    team: Team, classification_task: Task, alice: User, as_user: AsUser
) -> None:
    sent = scored(team, classification_task).submission
    client, notice = as_user(alice), Notice.objects.get(user=alice)
    url = reverse("notice", args=[notice.pk])
    assert client.head(url).status_code == 302
    assert unread_mark(client) == "1"
    assert client.get(url).url == sent.get_absolute_url()  # type: ignore[attr-defined]
    assert unread_mark(client) == ""
    assert '<span class="chip">new</span>' not in page(client)


def test_a_notice_of_what_is_gone_leads_back_to_the_list(
    team: Team, alice: User, as_user: AsUser
) -> None:
    Announcement.objects.create(challenge=team.challenge, title="Hello", body="b")
    telling.sweep()
    Announcement.objects.all().delete()
    url = reverse("notice", args=[Notice.objects.get(user=alice).pk])
    assert as_user(alice).get(url).url == "/notices/"  # type: ignore[attr-defined]


def test_all_are_marked_as_read_at_once_and_nobody_elses(
    team: Team, classification_task: Task, alice: User, bob: User, as_user: AsUser
) -> None:
    for _ in range(2):
        scored(team, classification_task)
    client = as_user(alice)
    assert "Mark all as read" in page(client)
    assert client.post(reverse("notices-read")).status_code == 302
    assert "Mark all as read" not in page(client)
    assert actions.unread(alice) == 0
    assert actions.unread(bob) == 2


def test_marking_takes_ones_own_ids_alone(
    team: Team, classification_task: Task, alice: User, bob: User
) -> None:
    scored(team, classification_task)
    ids = list(Notice.objects.values_list("pk", flat=True))
    assert actions.mark_read(user=alice, ids=ids) == 1
    assert actions.mark_read(user=alice, ids=ids) == 0
    assert actions.unread(bob) == 1


def test_the_list_is_filtered_by_challenge_and_has_pages(
    team: Team, classification_task: Task, alice: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    scored(team, classification_task)
    assert "<select" not in page(client)
    other = factories.make_challenge("bowl")
    scored(factories.make_team(other, "Gamma", alice), factories.make_task(other, "matching"))
    assert "to Matching Task" in page(client)
    html = page(client, challenge="cup")
    assert "to Matching Task" not in html
    assert "to Classification Task" in html
    assert "to Matching Task" in page(client, challenge="none-such")
    for _ in range(20):
        scored(team, classification_task)
    assert "Page 1 of 2" in page(client)


def test_many_unread_ones_are_counted_to_a_hundred(
    team: Team, classification_task: Task, alice: User, as_user: AsUser
) -> None:
    sent = factories.make_submission(team, classification_task)
    Notice.objects.bulk_create(
        Notice(
            user=alice,
            kind=Kind.SCORED,
            key=str(number),
            facts={"submission": sent.pk},
            mail=How.OFF,
        )
        for number in range(150)
    )
    assert unread_mark(as_user(alice)) == "99+"


def test_what_an_announcement_says_is_no_markup(team: Team, alice: User, as_user: AsUser) -> None:
    Announcement.objects.create(challenge=team.challenge, title="<b>x", body="<script>y")
    telling.sweep()
    html = page(as_user(alice))
    assert "&lt;b&gt;x" in html
    assert "&lt;script&gt;y" in html


# The choice of mails ---------------------------------------------------------------------------


def test_the_defaults_are_shown_and_changed(alice: User, as_user: AsUser) -> None:
    confirm(alice)
    client = as_user(alice)
    url = reverse("notice-choices")
    assert actions.choices(alice) == {
        **dict.fromkeys(Kind.values, How.INSTANT),
        "scored": How.DAILY,
        "new_leader": How.DAILY,
        "rescored": How.DAILY,
    }
    html = page(client, url)
    assert html.count(" checked>") == len(Kind)
    assert "is not confirmed" not in html
    wanted = {**actions.choices(alice), "scored": "off", "answer": "daily"}
    assert client.post(url, wanted).status_code == 302
    assert actions.choices(alice) == wanted
    assert MailChoice.objects.count() == 2
    events = Event.objects.filter(verb="chose mails").order_by("pk")
    assert [event.facts for event in events] == [
        {"kind": "scored", "how": "off"},
        {"kind": "answer", "how": "daily"},
    ]
    assert client.post(url, wanted).status_code == 302
    assert events.count() == 2


def test_no_other_way_is_taken(alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    answer = client.post(reverse("notice-choices"), {"scored": "hourly", "answer": "off"})
    assert answer.status_code == 422
    assert "Choose one of at once, once a day, no mail" in answer.content.decode()
    assert not MailChoice.objects.exists()
    for kind, how, code in (("scores", "off", "no_such_kind"), ("scored", "so", "no_such_way")):
        with pytest.raises(Refused) as refused:
            actions.choose(user=alice, kind=kind, how=how)
        assert refused.value.code == code


def test_who_has_not_confirmed_the_address_learns_why_no_mail_comes(
    alice: User, as_user: AsUser
) -> None:
    assert "is not confirmed" in page(as_user(alice), reverse("notice-choices"))


# The link in a mail ----------------------------------------------------------------------------


@pytest.fixture
def link(team: Team, alice: User, mailed: Mailed) -> str:
    confirm(alice)
    Announcement.objects.create(challenge=team.challenge, title="Hello", body="b")
    telling.sweep()
    [mail] = mailed()["alice"]
    return str(mail.extra_headers["List-Unsubscribe"]).strip("<>").partition(":8000")[2]


def test_reading_the_link_changes_nothing_and_posting_to_it_turns_the_kind_off(
    link: str, alice: User, bob: User
) -> None:
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        html = page(strict, link)
        assert "The organizers announce something" in html
        assert "Alice" not in html
        assert "alice@" not in html
    assert actions.choices(alice)["announcement"] == How.INSTANT
    for _ in range(2):
        answer = strict.post(link, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert {kind for kind, how in actions.choices(alice).items() if how == How.OFF} == {
        "announcement"
    }
    assert "announcement" not in MailChoice.objects.filter(user=bob).values_list("kind", flat=True)


@pytest.mark.parametrize("change", ["x", ""])
def test_a_link_that_is_not_ours_is_nothing(link: str, alice: User, change: str) -> None:
    wrong = f"{link[:-3]}{change}/"
    for answer in (Client().get(wrong), Client().post(wrong)):
        assert answer.status_code == 404
    assert not MailChoice.objects.exists()


def test_a_link_of_a_closed_account_is_nothing(link: str, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Client().post(link).status_code == 404


def test_a_link_with_kinds_that_are_no_more_turns_off_the_others(alice: User) -> None:
    url = reverse("notices-off", args=[token_of(alice, ["gone", "scored"])])
    assert Client().post(url).status_code == 200
    assert actions.choices(alice)["scored"] == How.OFF
    assert Client().get(reverse("notices-off", args=[token_of(alice, ["gone"])])).status_code == 404


# Your data -------------------------------------------------------------------------------------


def test_notices_and_choices_are_among_ones_data(
    team: Team, classification_task: Task, alice: User, bob: User, as_user: AsUser
) -> None:
    sent = scored(team, classification_task).submission
    actions.choose(user=alice, kind=Kind.SCORED, how=How.OFF)
    answer = as_user(alice).get(reverse("account-data"))
    archive = zipfile.ZipFile(BytesIO(answer.getvalue()))
    [notice] = json.loads(archive.read("notices.json"))
    assert (notice["kind"], notice["challenge"]) == ("scored", "cup")
    assert notice["facts"] == {"submission": sent.pk}
    assert json.loads(archive.read("mails.json")) == [{"kind": "scored", "how": "off"}]


def test_an_account_takes_its_notices_and_choices_with_it(
    team: Team, classification_task: Task, bob: User
) -> None:
    scored(team, classification_task)
    actions.choose(user=bob, kind=Kind.SCORED, how=How.OFF)
    actions.forget(bob)
    assert not Notice.objects.filter(user=bob).exists()
    assert not MailChoice.objects.exists()
    assert Notice.objects.exists()
