"""Organizers are notified of questions, their authors of answers, and none of their own words."""

import pytest

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Task
from podium.discussions import actions
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.teams.deleting import delete_account
from podium.teams.models import Team
from tests.site.factories import make_organizer, make_question, make_user
from tests.site.notices.conftest import Mailed, confirm

WORDS = {"title": "May we?", "body": "zebra-stripes"}


@pytest.fixture
def mara(challenge: Challenge) -> User:
    user = make_user("mara")
    make_organizer(challenge, user, Role.MANAGER)
    return user


def test_owners_and_managers_get_one_mail_each(
    challenge: Challenge,
    matching_task: Task,
    charlie: User,
    olga: User,
    mara: User,
    viktor: User,
    mailed: Mailed,
) -> None:
    confirm(charlie, olga, mara, viktor)
    asked = actions.ask(challenge=challenge, task=matching_task, by=charlie, **WORDS)
    mails = mailed()
    assert {name: len(found) for name, found in mails.items()} == {"mara": 1, "olga": 1}
    for [mail] in mails.values():
        assert mail.subject == f"Podium: A question about {matching_task.title}"
        assert "Charlie asks about" in mail.body
        assert f"http://127.0.0.1:8000/c/cup/questions/{asked.pk}/" in mail.body
        for other in ("zebra", "charlie@", "mara@", "olga@"):
            assert other not in str(mail.body)
    assert mailed() == {}


def test_an_organizer_who_asks_gets_no_mail(
    challenge: Challenge, olga: User, mara: User, mailed: Mailed
) -> None:
    confirm(olga, mara)
    actions.ask(challenge=challenge, by=olga, **WORDS)
    assert list(mailed()) == ["mara"]


def test_who_asked_gets_a_mail_of_others_answers_alone(
    challenge: Challenge, charlie: User, alice: User, olga: User, mailed: Mailed
) -> None:
    confirm(charlie, alice, olga)
    question = make_question(challenge, charlie)
    for by in (charlie, alice, olga):
        given = actions.answer(question=question, body="zebra-stripes", by=by)
    mails = mailed()
    assert list(mails) == ["charlie"]
    bodies = [str(mail.body) for mail in mails["charlie"]]
    assert len(bodies) == 2
    assert "Alice has answered" in bodies[0]
    assert "Olga, an organizer, has answered" in bodies[1]
    assert f"/c/cup/questions/{question.pk}/#answer-{given.pk}" in bodies[1]
    assert "zebra" not in "".join(bodies)


@pytest.mark.parametrize("hidden", ["question", "answer"])
def test_what_is_hidden_meanwhile_is_mailed_to_nobody(
    challenge: Challenge, charlie: User, alice: User, olga: User, mailed: Mailed, hidden: str
) -> None:
    confirm(charlie, alice, olga)
    question = actions.ask(challenge=challenge, by=charlie, **WORDS)
    given = actions.answer(question=question, body="No.", by=alice)
    actions.hide(text=question if hidden == "question" else given, by=olga)
    assert list(mailed()) == ([] if hidden == "question" else ["olga"])
    actions.show(text=question if hidden == "question" else given, by=olga)
    assert mailed() == {}  # it was looked at once


def test_who_organizes_no_more_is_not_told(
    challenge: Challenge, charlie: User, olga: User, mara: User, mailed: Mailed
) -> None:
    confirm(olga, mara)
    actions.ask(challenge=challenge, by=charlie, **WORDS)
    challenge.organizers.get(user=mara).delete()
    assert list(mailed()) == ["olga"]


def test_nobody_writes_to_a_deleted_account(
    challenge: Challenge, charlie: User, mara: User, alice: User, olga: User, mailed: Mailed
) -> None:
    confirm(charlie, mara, alice)
    question = actions.ask(challenge=challenge, by=charlie, **WORDS)
    actions.answer(question=question, body="No.", by=alice)
    delete_account(by=charlie)
    User.objects.filter(pk=mara.pk).update(is_active=False)
    assert mailed() == {}
    assert not Notice.objects.filter(user=charlie).exists()
    actions.answer(question=question, body="Not at all.", by=alice)
    assert not Notice.objects.filter(kind=Kind.ANSWER).exists()


def test_the_members_of_a_team_that_is_asked_are_told(
    challenge: Challenge, team: Team, alice: User, charlie: User, olga: User
) -> None:
    asked = make_question(challenge, charlie)
    asked.team = team
    asked.save()
    telling.on_question_asked(asked)
    told = Notice.objects.filter(kind=Kind.QUESTION, facts__question=asked.pk)
    members = [each.user.name for each in team.memberships.select_related("user")]
    assert {each.user.name for each in told} >= {olga.name, *members}
    said = text(told.get(user=alice), alice)
    assert said.title == f"A question about {team}"
    assert f"{charlie} asks about {team} in {challenge}" in said.body
    team.memberships.filter(user=alice).delete()
    assert text(told.get(user=alice), alice).is_moot
