"""Personal data on request: what staff export and delete, and what stops them."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Role, Task
from podium.refusals import Refused
from podium.teams import actions, departure, personal_data
from podium.teams.deleting import delete_account, is_former
from podium.teams.models import Team
from tests.site import factories

WHY = "Request 17 of 3 March"


def delete(person: User, by: User, **other: Any) -> None:
    plan = personal_data.plan_deletion(person, by)
    given = {"typed": person.email, "why": WHY, "fingerprint": plan.fingerprint, **other}
    personal_data.delete_on_request(person=person, by=by, **given)


def refused(person: User, by: User, **other: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        delete(person, by, **other)
    person.refresh_from_db()
    assert not is_former(person)
    assert not Event.objects.filter(verb="deleted account").exists()
    return caught.value


# Finding ---------------------------------------------------------------------------------------


def test_people_are_found_by_any_address_or_the_whole_name(bob: User, alice: User) -> None:
    EmailAddress.objects.create(user=bob, email="second@example.org", verified=False)
    twin = factories.make_user("bob2")
    User.objects.filter(pk=twin.pk).update(name="Bob")
    for text in ("bob@example.org", " BOB@example.org ", "Second@example.org"):
        assert personal_data.find_people(text) == [bob]
    assert personal_data.find_people("bob") == [bob, twin]
    for text in ("bo", "example.org", "bob@example", ""):
        assert personal_data.find_people(text) == []


def test_nobody_finds_a_former_participant(bob: User) -> None:
    delete_account(by=bob)
    bob.refresh_from_db()
    for text in (bob.name, bob.email):
        assert personal_data.find_people(text) == []


# Exporting -------------------------------------------------------------------------------------


def test_an_export_is_an_event_with_its_reason(bob: User, sam: User) -> None:
    personal_data.record_export(person=bob, why=f"  {WHY}  ", by=sam)
    event = Event.objects.get()
    assert (event.verb, event.actor_id, event.subject) == (
        "exported personal data", sam.pk, f"user:{bob.pk}"
    )  # fmt: skip
    assert event.facts == {"why": WHY}
    assert list(personal_data.requests_of(bob)) == [event]


BAD_REASONS = [
    ("", "Say on what request"),
    (" … ", "Say on what request"),
    ("Request\u200b17", "an invisible character"),
    ("x" * 501, "has 501 characters. Shorten it to 500."),
    ("As bob asked", "names the person"),
    ("Mail of b@example.net", "names the person"),
]


@pytest.mark.parametrize(("why", "said"), BAD_REASONS)
def test_a_bad_reason_is_refused(bob: User, sam: User, why: str, said: str) -> None:
    assert said in refused(bob, sam, why=why).message
    with pytest.raises(Refused, match=said):
        personal_data.record_export(person=bob, why=why, by=sam)
    assert not Event.objects.exists()


def test_nobody_but_staff_exports_or_deletes(bob: User, olga: User) -> None:
    assert refused(bob, olga).code == "forbidden"
    with pytest.raises(Refused, match="Only staff"):
        personal_data.record_export(person=bob, why=WHY, by=olga)
    assert not Event.objects.exists()


def test_nothing_more_is_done_with_a_former_participant(bob: User, sam: User) -> None:
    delete(bob, sam)
    for verb in (delete, personal_data.record_export):
        more = {"why": WHY} if verb is not delete else {}
        with pytest.raises(Refused, match="deleted already"):
            verb(person=bob, by=sam, **more)


# Deleting --------------------------------------------------------------------------------------


def test_an_account_is_deleted_with_one_event_and_a_mail(
    team: Team,
    bob: User,
    sam: User,
    matching_task: Task,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    EmailAddress.objects.create(user=bob, email="second@example.org", verified=True)
    sent = factories.make_submission(team, matching_task, submitted_by=bob)
    personal_data.record_export(person=bob, why=WHY, by=sam)
    with django_capture_on_commit_callbacks(execute=True):
        delete(bob, sam)
    bob.refresh_from_db()
    sent.refresh_from_db()
    assert is_former(bob)
    assert (bob.is_active, sent.submitted_by) == (False, bob)
    event = Event.objects.get(verb="deleted account")
    assert (event.actor_id, event.actor, event.subject) == (sam.pk, "Sam", f"user:{bob.pk}")
    assert event.facts == {
        "before": {"teams": 1, "roles": 0, "is_staff": False, "is_superuser": False},
        "after": {
            "name": "Former participant", "roles": 0, "is_staff": False, "is_superuser": False
        },
        "why": WHY,
    }  # fmt: skip
    everything = str(list(Event.objects.values()))
    for word in ("Bob", "bob@example.org", "second@example.org"):
        assert word not in everything
    (mail,) = mailoutbox
    assert mail.to == ["bob@example.org"]
    assert "is deleted, by the staff of the site, on request." in mail.body


def test_what_goes_with_a_lone_team_is_recorded_as_done_by_staff(
    challenge: Challenge, matching_task: Task, charlie: User, sam: User
) -> None:
    lone = actions.ensure_team(charlie, challenge)
    factories.make_submission(lone, matching_task)
    delete(charlie, sam)
    event = Event.objects.get(verb="renamed team")
    assert (event.actor_id, event.actor) == (sam.pk, "Sam")
    lone.refresh_from_db()
    assert lone.name == departure.FORMER


def test_events_of_others_about_the_person_name_nobody(bob: User, sam: User) -> None:
    """Also if the person had another name when the reason was written."""
    User.objects.filter(pk=bob.pk).update(name="Robert")
    bob.refresh_from_db()
    personal_data.record_export(person=bob, why="Letter of Bob", by=sam)
    User.objects.filter(pk=bob.pk).update(name="Bob")
    bob.refresh_from_db()
    delete(bob, sam)
    event = Event.objects.get(verb="exported personal data")
    assert (event.actor, event.facts) == ("Sam", {"why": departure.FORMER})


def test_somebody_of_an_imported_archive_is_deleted_without_a_mail(
    sam: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old = User.objects.create(name="Ada", email="archived-1@podium.invalid", is_active=False)
    assert personal_data.find_people("ada") == [old]
    with django_capture_on_commit_callbacks(execute=True):
        delete(old, sam)
    assert mailoutbox == []


@pytest.mark.parametrize("typed", ["", "bob", "alice@example.org"])
def test_the_address_is_typed(bob: User, sam: User, typed: str) -> None:
    assert refused(bob, sam, typed=typed).code == "bad_typed"


def test_the_address_is_typed_in_any_case(bob: User, sam: User) -> None:
    delete(bob, sam, typed=" Bob@Example.org ")


def test_nothing_is_deleted_if_anything_has_changed(
    challenge: Challenge, bob: User, sam: User
) -> None:
    read = personal_data.plan_deletion(bob, sam).fingerprint
    factories.make_team(challenge, "Late", bob)
    assert refused(bob, sam, fingerprint=read).code == "moved"
    assert refused(bob, sam, fingerprint="").code == "moved"


def test_the_plan_is_about_the_person_for_staff_and_about_you_for_them(
    team: Team, bob: User, sam: User, olga: User
) -> None:
    factories.make_draft("pets").editors.add(bob)
    factories.make_organizer(factories.make_challenge("owls"), bob, Role.VIEWER)
    for_staff = personal_data.plan_deletion(bob, sam)
    own = departure.plan_departure(bob)
    assert [len(part) for part in (for_staff.removed, for_staff.kept, for_staff.teams)] == [
        len(part) for part in (own.removed, own.kept, own.teams)
    ]
    assert for_staff.teams[0] == (
        "The cup: their submissions stay with the team “Alpha”, as those of a former participant."
    )
    assert own.teams[0] == for_staff.teams[0].replace("their", "your")
    assert "Their roles end: viewer of" in for_staff.removed[2]
    assert for_staff.kept[1] == (
        "Their line in the list of data editors stays, under the name “Former participant”: pets."
    )
    for_text = " ".join([*for_staff.removed, *for_staff.kept, *for_staff.teams])
    own_text = " ".join([*own.removed, *own.kept, *own.teams])
    assert "you" not in for_text.lower().split()
    assert "your" not in for_text.lower().split()
    assert "their" not in own_text.lower().split()


def test_duties_stop_it_and_say_how_to_solve_them(
    team: Team, alice: User, olga: User, sam: User
) -> None:
    said = refused(alice, sam)
    assert said.code == "duties"
    assert said.message.startswith(
        "This person is the captain of “Alpha” in The cup. They hand it over on its page first, or "
        "an organizer of the challenge moves them into another team"
    )
    assert "This person is the only owner of The cup. Another owner must be named first: by" in (
        refused(olga, sam).message
    )


# Staff -----------------------------------------------------------------------------------------


def test_the_last_superuser_stays(sam: User) -> None:
    factories.make_user("steve", is_staff=True)
    assert "This is the last superuser. Make another one first" in refused(sam, sam).message
    factories.make_user("off", is_superuser=True, is_active=False)
    assert refused(sam, sam).code == "duties"


def test_the_last_member_of_staff_stays(db: None) -> None:
    steve = factories.make_user("steve", is_staff=True)
    assert "This is the last member of staff." in refused(steve, steve).message


def test_only_a_superuser_deletes_a_superuser(sam: User) -> None:
    steve = factories.make_user("steve", is_staff=True)
    factories.make_user("other", is_superuser=True)
    assert "Ask a superuser" in refused(sam, steve).message
    delete(steve, sam)


def test_staff_can_go_if_others_stay(sam: User) -> None:
    factories.make_user("other", is_staff=True, is_superuser=True)
    delete(sam, sam)
    event = Event.objects.get(verb="deleted account")
    assert event.actor == departure.FORMER
    assert event.facts["before"]["is_superuser"] is True
