"""Editors of a data set: named by address, removed, and kept from competing for good."""

import re
from collections.abc import Callable

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.actions import editors, offers, versions
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.eligibility import refusal_of
from podium.challenges.models import Challenge, Task
from podium.notices import mailing
from podium.notices.models import Notice
from podium.notices.texts import RenderedNotice, text
from podium.refusals import Refused
from tests.site import factories

AsUser = Callable[[User | None], Client]
NORA = "nora@example.org"
PAGE = reverse("console-dataset", args=["pets", 1])
EDITORS = reverse("console-dataset-editors", args=["pets", 1])


@pytest.fixture
def pets(olga: User) -> DatasetVersion:
    """Two versions that Olga edits."""
    for number in (1, 2):
        factories.make_draft("pets", number=number).editors.add(olga)
    return DatasetVersion.objects.get(name="pets", number=1)


@pytest.fixture
def nora(db: None) -> User:
    return factories.make_user("nora")


def edited(user: User) -> list[int]:
    rows = DatasetVersion.objects.filter(editors=user)
    return list(rows.order_by("number").values_list("number", flat=True))


def notices(user: User) -> list[RenderedNotice]:
    return [text(notice, user) for notice in Notice.objects.filter(user=user).order_by("pk")]


def key_of(label: str) -> str:
    return next(each.key for each in editors.listed("pets") if each.label == label)


def removal(label: str) -> str:
    return reverse("console-dataset-editor-remove", args=["pets", 1, key_of(label)])


def remove(label: str, by: User) -> None:
    key = key_of(label)
    plan = editors.plan_removal(name="pets", key=key, by=by)
    editors.remove_editor(name="pets", key=key, fingerprint=plan.fingerprint, by=by)


def offer_to(user: User) -> int:
    """Return the key of the one open offer to the person."""
    return offers.offers_to(user).get().pk


def use_in(challenge: Challenge, version: DatasetVersion) -> Task:
    """Return a task of the challenge on the version, which is published now."""
    DatasetVersion.objects.filter(pk=version.pk).update(
        state="published", content_hash="c" * 64, kind="matching", published_at=timezone.now()
    )
    version.refresh_from_db()
    solution = factories.make_solution(version)
    return factories.make_task(challenge, "matching", dataset_version=version, solution=solution)


# Naming ----------------------------------------------------------------------------------------


def test_an_editor_offers_editing_which_begins_when_it_is_accepted(
    as_user: AsUser, pets: DatasetVersion, challenge: Challenge, olga: User, nora: User
) -> None:
    """Being named changes nothing: nothing is seen, and the person may compete as before."""
    use_in(challenge, pets)
    answer = as_user(olga).post(EDITORS, {"email": "Nora@Example.org"}, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}#editors", 302)]
    assert "Editing is offered to nora@example.org." in answer.content.decode()
    assert "Offered on" in answer.content.decode()
    assert edited(nora) == []
    assert as_user(nora).get(PAGE).status_code == 404
    assert refusal_of(nora, challenge) is None
    (notice,) = notices(nora)
    assert notice.title == "You are asked to be a data editor of pets"
    assert "you can read the labels of all its versions" in notice.body
    assert "can never compete on this data" in notice.body
    assert not Notice.objects.exclude(user=nora).exists()
    pk = offer_to(nora)
    page = as_user(nora).get(notice.url).content.decode()
    assert "Olga asks you to be a data editor" in page
    assert "You can never compete on this data" in page
    assert challenge.title in page
    mark = 'name="fingerprint" value="'
    read = page.partition(mark)[2].partition('"')[0]
    answer = as_user(nora).post(notice.url, {"answer": "accept", "fingerprint": read}, follow=True)
    assert "You are a data editor of pets now." in answer.content.decode()
    assert edited(nora) == [1, 2]
    refused = refusal_of(nora, challenge)
    assert refused is not None
    assert refused.code == "knows_labels"
    offered, accepted = Event.objects.filter(subject=f"dataeditor:{pk}").order_by("pk")
    assert (offered.verb, offered.actor_id, offered.facts) == (
        "offered editing", olga.pk, {"data_set": "pets"}
    )  # fmt: skip
    assert (accepted.verb, accepted.actor_id) == ("accepted editing", nora.pk)
    assert accepted.facts == {
        "data_set": "pets", "versions": [1, 2], "before": [olga.pk], "after": [olga.pk, nora.pk]
    }  # fmt: skip
    assert NORA not in f"{offered.facts}{accepted.facts}"
    (notice,) = notices(nora)
    assert (notice.body, notice.is_moot) == ("You accepted the offer.", True)
    assert as_user(nora).get(reverse("offer", args=[pk])).status_code == 302
    assert "Editor since" in as_user(olga).get(PAGE).content.decode()


def test_staff_adds_an_editor_of_what_a_command_published(
    as_user: AsUser, sam: User, nora: User
) -> None:
    factories.make_draft("pets")
    assert as_user(sam).post(EDITORS, {"email": NORA}).status_code == 302
    factories.accept(DataEditor.objects.get(), nora)
    assert edited(nora) == [1]


def test_an_editor_gets_no_version_that_only_staff_edit(
    pets: DatasetVersion, as_user: AsUser, olga: User, nora: User, sam: User
) -> None:
    factories.make_draft("pets", number=3)
    factories.make_editor("pets", nora, olga)
    assert edited(nora) == [1, 2]
    page = as_user(sam).get(reverse("console-dataset", args=["pets", 3])).content.decode()
    assert "Only staff edit this" in page


def test_a_later_version_has_the_same_editors(pets: DatasetVersion, olga: User, nora: User) -> None:
    factories.make_editor("pets", nora, olga)
    version = versions.new_draft(name="pets", title="Pets", by=nora, access="public")
    assert set(version.editors.all()) == {olga, nora}
    remove(NORA, olga)
    assert edited(nora) == []
    with pytest.raises(versions.CannotPublish, match="taken by a data set of others"):
        versions.new_draft(name="pets", title="Pets", by=nora, access="public")


def test_an_offer_waits_until_somebody_has_confirmed_its_address(
    settings: Settings, pets: DatasetVersion, olga: User, nora: User
) -> None:
    settings.PRODUCTION = True
    editors.offer_editing(name="pets", email=NORA, by=olga)
    offers.claim_offers(nora)
    assert not offers.offers_to(nora).exists()
    assert not Notice.objects.exists()
    assert mail.outbox == []
    address = EmailAddress.objects.create(user=nora, email="NORA@example.org", verified=False)
    offers.claim_offers(nora)
    assert not Notice.objects.exists()
    address.set_verified(commit=True)
    offers.claim_offers(nora)
    assert len(notices(nora)) == 1
    assert edited(nora) == []
    factories.accept(DataEditor.objects.get(), nora)
    assert edited(nora) == [1, 2]


def test_a_person_is_notified_once_however_often_they_sign_in(
    client: Client, pets: DatasetVersion, olga: User
) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    nora = factories.make_user("nora", password="a good password")
    EmailAddress.objects.create(user=nora, email=NORA, verified=True, primary=True)
    form = {"login": NORA, "password": "a good password"}
    assert client.post(reverse("account_login"), form).status_code == 302
    assert len(notices(nora)) == 1
    assert "You are asked to be a data editor of" in client.get(reverse("account")).content.decode()
    Notice.objects.all().delete()  # it has expired
    client.post(reverse("account_logout"))
    assert client.post(reverse("account_login"), form).status_code == 302
    assert notices(nora) == []
    assert edited(nora) == []


def test_an_offer_is_mailed_as_other_notices_are(
    pets: DatasetVersion, olga: User, nora: User
) -> None:
    EmailAddress.objects.create(user=nora, email=NORA, verified=True)
    editors.offer_editing(name="pets", email=NORA, by=olga)
    mailing.send()
    (sent,) = mail.outbox
    assert sent.to == [NORA]
    assert "asked to be a data editor of pets" in sent.subject
    assert "can never compete on this data" in sent.body
    assert reverse("offer", args=[offer_to(nora)]) in sent.body


@time_machine.travel(timezone.now(), tick=False)
def test_the_page_tells_nobody_whose_address_has_an_account(
    as_user: AsUser, settings: Settings, pets: DatasetVersion, olga: User, nora: User
) -> None:
    """One address is confirmed and its person has been notified, the other has no account.

    The clock does not move, so that both are offered in the same second.
    """
    settings.PRODUCTION = True
    EmailAddress.objects.create(user=nora, email=NORA, verified=True)
    client, other = as_user(olga), "none@example.org"
    plans = []
    for email in (NORA, other):
        sent = client.post(EDITORS, {"email": email}, follow=True).content.decode()
        assert f"Editing is offered to {email}. They become an editor when they accept" in sent
        plan = client.get(removal(email)).content.decode()
        plans.append(re.sub('value="[^"]*"', "", plan[plan.index("<main") :]).replace(email, "X"))
    assert len(notices(nora)) == 1
    assert plans[0] == plans[1]
    page = client.get(PAGE).content.decode()
    section = page[page.index('id="editors"') :]
    lines = section.split("<tr>")[-2:]
    keys = [key_of(NORA), key_of(other)]
    shown = [
        line.partition("</tr>")[0].replace(email, "X").replace(key, "K")
        for line, email, key in zip(lines, (NORA, other), keys, strict=True)
    ]
    assert shown[0] == shown[1]
    assert "Nora" not in section


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "Enter the e-mail address of the person."),
        ("nora", "Enter a valid email address."),
        ("a\0b@example.org", "Null characters are not allowed."),
        ("none@example.org", "none@example.org is in the list already. Enter another address."),
        ("None@Example.org", "none@example.org is in the list already. Enter another address."),
    ],
)
def test_a_bad_address_is_refused_next_to_its_field(
    as_user: AsUser, pets: DatasetVersion, olga: User, email: str, said: str
) -> None:
    editors.offer_editing(name="pets", email="none@example.org", by=olga)
    answer = as_user(olga).post(EDITORS, {"email": email})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Please fix 1 problem" in page
    assert '<a href="#editor_email">' in page
    assert said in page
    assert DataEditor.objects.count() == 1


def test_a_verb_refuses_what_is_no_address(pets: DatasetVersion, olga: User) -> None:
    with pytest.raises(Refused, match="not a valid e-mail address"):
        editors.offer_editing(name="pets", email="nora", by=olga)


def test_a_data_set_has_so_many_editors_at_most(
    monkeypatch: pytest.MonkeyPatch, as_user: AsUser, pets: DatasetVersion, olga: User
) -> None:
    monkeypatch.setattr(editors, "MOST_EDITORS", 2)
    editors.offer_editing(name="pets", email="none@example.org", by=olga)
    page = as_user(olga).post(EDITORS, {"email": NORA}).content.decode()
    assert "A data set has at most 2 editors. Remove one first." in page


# Removing --------------------------------------------------------------------------------------


def test_removing_is_read_first(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    factories.make_editor("pets", nora, olga)
    client = as_user(olga)
    page = client.get(removal(NORA)).content.decode()
    assert "Nothing has happened yet." in page
    assert "they still cannot compete in challenges that use this data" in page
    assert edited(nora) == [1, 2]
    mark = 'name="fingerprint" value="'
    read = page.partition(mark)[2].partition('"')[0]
    answer = client.post(removal(NORA), {"fingerprint": read}, follow=True)
    assert "nora@example.org is no longer an editor." in answer.content.decode()
    assert edited(nora) == []
    assert as_user(nora).get(PAGE).status_code == 404
    event = Event.objects.latest("pk")
    assert (event.verb, event.subject, event.actor_id) == (
        "removed data editor", f"user:{nora.pk}", olga.pk
    )  # fmt: skip
    assert event.facts == {
        "data_set": "pets", "before": [olga.pk, nora.pk], "after": [olga.pk]
    }  # fmt: skip
    assert [each.title for each in notices(nora)] == [
        "You are asked to be a data editor of pets", "You are no longer a data editor of pets"
    ]  # fmt: skip
    assert not Notice.objects.exclude(user=nora).exists()


def test_nothing_is_removed_if_the_list_has_changed(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    factories.make_editor("pets", nora, olga)
    plan = editors.plan_removal(name="pets", key=key_of(NORA), by=olga)
    editors.offer_editing(name="pets", email="more@example.org", by=olga)
    answer = as_user(olga).post(removal(NORA), {"fingerprint": plan.fingerprint}, follow=True)
    assert "The list has changed since. Read again what would happen now." in (
        answer.content.decode()
    )
    assert edited(nora) == [1, 2]


def test_an_offer_is_withdrawn_without_another_notice(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    pk = offer_to(nora)
    page = as_user(olga).get(removal(NORA)).content.decode()
    assert "Withdraw this" in page
    assert "does not keep them from competing" in page
    remove(NORA, olga)
    assert [each.body for each in notices(nora)] == ["The offer was withdrawn."]
    assert as_user(nora).get(reverse("offer", args=[pk])).status_code == 404
    with pytest.raises(Refused, match="no longer open"):
        offers.accept_offer(pk=pk, fingerprint="", by=nora)
    offered, withdrawn = Event.objects.order_by("pk")
    assert (withdrawn.verb, withdrawn.actor_id, withdrawn.subject) == (
        "withdrew offer of editing", olga.pk, offered.subject
    )  # fmt: skip
    assert withdrawn.facts == {"data_set": "pets", "before": "offered"}
    assert not DataEditor.objects.exists()
    assert DatasetVersion.objects.known_to(nora).count() == 0


@pytest.mark.parametrize("person", ["olga", "sam"])
def test_the_last_editor_stays(
    request: pytest.FixtureRequest, as_user: AsUser, pets: DatasetVersion, person: str
) -> None:
    client = as_user(request.getfixturevalue(person))
    said = client.get(removal("Olga"), follow=True).content.decode()
    assert "Olga is the only editor. Add another one first, and wait until they accept." in said


def test_staff_cannot_remove_the_last_who_can_edit_now(
    pets: DatasetVersion, olga: User, sam: User, nora: User
) -> None:
    editors.offer_editing(name="pets", email="none@example.org", by=olga)
    with pytest.raises(Refused, match=r"the only editor\. Add another one first, and wait until"):
        remove("Olga", sam)
    factories.make_editor("pets", nora, olga)
    remove("Olga", sam)
    assert edited(olga) == []
    assert [each.title for each in notices(olga)] == ["You are no longer a data editor of pets"]


def test_nobody_removes_themselves(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    factories.make_editor("pets", nora, olga)
    said = as_user(olga).get(removal("Olga"), follow=True).content.decode()
    assert "You cannot remove yourself. Ask another editor, or staff." in said
    assert "only others can" in said
    remove("Olga", nora)
    assert edited(olga) == []
    assert refusal_of(olga, use_in(factories.make_challenge("owls"), pets).challenge)


def test_an_offer_to_another_address_of_an_editor_gives_nothing_more(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    EmailAddress.objects.create(user=nora, email="second@example.org", verified=True)
    factories.make_editor("pets", nora, olga)
    editors.offer_editing(name="pets", email="second@example.org", by=olga)
    offers.claim_offers(nora)
    assert len(notices(nora)) == 1
    page = as_user(nora).get(reverse("offer", args=[offer_to(nora)])).content.decode()
    assert "You are a data editor of it already." in page
    assert 'value="accept"' not in page
    with pytest.raises(Refused, match="already"):
        factories.accept(DataEditor.objects.get(email="second@example.org"), nora)
    remove(NORA, olga)
    assert edited(nora) == []
    offers.claim_offers(nora)
    assert len(notices(nora)) == 3
    factories.accept(DataEditor.objects.get(email="second@example.org"), nora)
    assert edited(nora) == [1, 2]


# Labels that somebody knows --------------------------------------------------------------------
