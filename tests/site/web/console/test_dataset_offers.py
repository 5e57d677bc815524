"""Answers to offers of editing a data set, and what somebody who accepted knows for good."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.actions import editors, imports, offers, versions
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.eligibility import refusal_of, version_refusal
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.teams import actions
from podium.teams.deleting import delete_account
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.console.test_dataset_editors import (
    NORA,
    PAGE,
    edited,
    nora,
    notices,
    offer_to,
    pets,
    removal,
    remove,
    use_in,
)

__all__ = ["nora", "pets"]
AsUser = Callable[[User | None], Client]


def test_a_declined_offer_is_told_to_the_editors_and_can_be_made_again(
    as_user: AsUser, pets: DatasetVersion, challenge: Challenge, olga: User, nora: User
) -> None:
    use_in(challenge, pets)
    editors.offer_editing(name="pets", email=NORA, by=olga)
    pk = offer_to(nora)
    url = reverse("offer", args=[pk])
    answer = as_user(nora).post(url, {"answer": "decline"}, follow=True)
    assert "You declined to edit pets. Its editors are notified." in answer.content.decode()
    assert refusal_of(nora, challenge) is None
    assert as_user(nora).get(url).status_code == 404
    (notice,) = notices(olga)
    assert notice.title == "nora@example.org declined to edit the data set pets"
    assert [each.body for each in notices(nora)] == ["You declined the offer."]
    event = Event.objects.get(verb="declined editing")
    assert (event.actor_id, event.subject) == (nora.pk, f"dataeditor:{pk}")
    assert event.facts == {"data_set": "pets", "before": "offered", "after": "declined"}
    assert "Declined on" in as_user(olga).get(PAGE).content.decode()
    assert "declined. The address goes from the list" in (
        as_user(olga).get(removal(NORA)).content.decode()
    )
    editors.offer_editing(name="pets", email=NORA, by=olga)
    assert offer_to(nora) == pk
    assert len(notices(nora)) == 2
    assert [each.is_moot for each in notices(olga)] == [True]
    factories.accept(DataEditor.objects.get(), nora)
    assert edited(nora) == [1, 2]


def test_a_declined_line_is_removed(pets: DatasetVersion, olga: User, nora: User) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    offers.decline_offer(pk=offer_to(nora), by=nora)
    remove(NORA, olga)
    assert not DataEditor.objects.exists()
    assert Event.objects.latest("pk").facts == {"data_set": "pets", "before": "declined"}


def test_nobody_answers_an_offer_to_somebody_else(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User
) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    pk = offer_to(nora)
    url = reverse("offer", args=[pk])
    other = factories.make_user("other")
    for user in (olga, other):
        for answer in ("accept", "decline"):
            assert as_user(user).post(url, {"answer": answer}).status_code == 404
    for verb, more in ((offers.accept_offer, {"fingerprint": ""}), (offers.decline_offer, {})):
        assert _refused(verb, pk=pk, by=other, **more) == "offer_gone"
    assert edited(other) == []
    assert offer_to(nora) == pk


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose one of the two buttons"),
        ({"answer": "perhaps"}, "Choose one of the two buttons"),
        ({"answer": "accept"}, "The data set has changed since."),
        ({"answer": "accept", "fingerprint": "0" * 64}, "The data set has changed since."),
    ],
)
def test_a_bad_answer_changes_nothing(
    as_user: AsUser, pets: DatasetVersion, olga: User, nora: User, sent: dict[str, str], said: str
) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    answer = as_user(nora).post(reverse("offer", args=[offer_to(nora)]), sent, follow=True)
    assert said in answer.content.decode()
    assert edited(nora) == []
    assert not Event.objects.exclude(verb="offered editing").exists()


def test_an_offer_is_read_again_if_there_are_more_versions(
    pets: DatasetVersion, olga: User, nora: User
) -> None:
    editors.offer_editing(name="pets", email=NORA, by=olga)
    read = offers.read_offer(pk=offer_to(nora), user=nora)
    assert read is not None
    versions.new_draft(name="pets", title="Pets", by=olga, access="public")
    with pytest.raises(Refused, match="Read again"):
        offers.accept_offer(pk=read.row.pk, fingerprint=read.fingerprint, by=nora)


def _refused(call: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(**options)
    return caught.value.code


@pytest.mark.parametrize("content", ["c" * 64, "d" * 64])
def test_who_was_named_and_removed_never_competes_on_the_data(
    pets: DatasetVersion, challenge: Challenge, olga: User, nora: User, content: str
) -> None:
    """Neither on that version, nor on a later one, nor on a copy under another name."""
    factories.make_editor("pets", nora, olga)
    remove(NORA, olga)
    assert refusal_of(nora, challenge) is None
    use_in(challenge, pets if content == "c" * 64 else DatasetVersion.objects.get(number=2))
    assert _refused(actions.create_team, challenge=challenge, name="In", by=nora) == "knows_labels"
    copied = factories.make_dataset_version("matching", "copied", content_hash="c" * 64)
    other = factories.make_challenge("other")
    task = factories.make_task(
        other, "matching", dataset_version=copied, solution=factories.make_solution(copied)
    )
    assert _refused(actions.create_team, challenge=task.challenge, name="In", by=nora) == (
        "knows_labels"
    )
    later = versions.new_draft(name="pets", title="Pets", by=olga, access="public")
    assert later in DatasetVersion.objects.known_to(nora)


def test_a_challenge_takes_up_data_that_a_member_is_only_asked_to_edit(
    pets: DatasetVersion, team: Team, olga: User
) -> None:
    editors.offer_editing(name="pets", email="bob@example.org", by=olga)
    use_in(factories.make_challenge("other"), pets)
    assert version_refusal(team.challenge, pets) == ""


def test_a_challenge_takes_up_no_data_that_a_member_once_edited(
    pets: DatasetVersion, team: Team, bob: User, olga: User, nora: User
) -> None:
    factories.make_editor("pets", bob, olga)
    remove("bob@example.org", olga)
    other = factories.make_challenge("other")
    use_in(other, pets)
    assert "bob@example.org is or was a data editor of pets 1 and is in a team" in (
        version_refusal(team.challenge, pets)
    )


def test_who_competes_on_the_data_accepts_only_after_the_reveal(
    as_user: AsUser, pets: DatasetVersion, team: Team, bob: User, olga: User
) -> None:
    use_in(team.challenge, pets)
    editors.offer_editing(name="pets", email="bob@example.org", by=olga)
    assert len(notices(bob)) == 1
    page = as_user(bob).get(reverse("offer", args=[offer_to(bob)])).content.decode()
    assert "You are in a team of a challenge that uses this data" in page
    assert 'value="accept"' not in page
    assert _refused(factories.accept, row=DataEditor.objects.get(), user=bob) == "competes"
    assert edited(bob) == []
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    factories.accept(DataEditor.objects.get(), bob)
    assert edited(bob) == [1, 2]


def test_a_name_that_is_free_again_has_no_editors(olga: User, nora: User) -> None:
    source = imports.start_import(name="owls", importer="kaggle", by=olga)
    editors.offer_editing(name="owls", email="none@example.org", by=olga)
    imports.discard(version=source.version, by=olga)
    assert not DataEditor.objects.exists()


def test_an_account_that_is_deleted_leaves_no_address(
    pets: DatasetVersion, olga: User, nora: User
) -> None:
    EmailAddress.objects.create(user=nora, email="second@example.org", verified=True)
    factories.make_editor("pets", nora, olga)
    editors.offer_editing(name="pets", email="second@example.org", by=olga)
    delete_account(by=nora)
    assert [each.label for each in editors.listed("pets")] == ["Olga", "Former participant"]
    assert "example.org" not in str(list(DataEditor.objects.values()))


def test_the_database_holds_an_address_once_and_who_answered(
    pets: DatasetVersion, olga: User
) -> None:
    DataEditor.objects.create(name="pets", email=NORA)
    now = timezone.now()
    for wrong in (
        {"email": NORA},
        {"email": "x@example.org", "ended_at": now},
        {"email": "x@example.org", "accepted_at": now},
        {"email": "x@example.org", "declined_at": now, "user": olga},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            DataEditor.objects.create(name="pets", **wrong)
