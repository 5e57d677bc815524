"""Over the API: questions and answers, merging teams, consent to research, your own name."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, ShowMembers, Task
from podium.discussions.models import Answer, Question
from podium.notices.models import Kind, Notice
from podium.standings.actions import on_evaluation_stored
from podium.teams.models import MergeProposal, Outcome, Team
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As
from tests.site.factories import reveal_due

QUESTIONS = "challenges/cup/questions"
MERGES = "challenges/cup/team/merges"
WORDS = {"title": "May we?", "body": "We would like to."}


# Questions ---------------------------------------------------------------------------------------


@pytest.fixture
def question(challenge: Challenge, charlie: User) -> Question:
    return factories.make_question(challenge, charlie)


def test_a_question_lives_over_the_api(
    matching_task: Task, charlie: User, olga: User, calls: As
) -> None:
    asking, organizing = calls(charlie), calls(olga)
    asked = asking.post(QUESTIONS, {**WORDS, "task": matching_task.slug})
    assert asked.status_code == 201
    made = asked.json()
    assert asked.headers["Location"] == f"/api/v1/{QUESTIONS}/{made['id']}"
    assert (made["task"], made["is_mine"], made["may_edit"]) == (matching_task.slug, True, True)
    path = f"{QUESTIONS}/{made['id']}"

    given = organizing.post(f"{path}/answers", {"body": "You may."}).json()
    assert (given["by_organizer"], given["author"]) == (True, "Olga")
    assert organizing.call("PATCH", f"{path}/moderation", {"is_faq": True}).json()["is_faq"]
    found = Caller("").get(path).json()
    assert (found["answers"], found["organizer_answers"], found["is_mine"]) == (1, 1, False)
    assert found["active_at"] == given["answered_at"]
    (answer,) = Caller("").get(f"{path}/answers").json()["items"]
    assert (answer["body"], answer["may_edit"]) == ("You may.", False)


def test_questions_are_found_by_task_faq_and_whose_they_are(
    matching_task: Task, charlie: User, bob: User, calls: As
) -> None:
    challenge = matching_task.challenge
    for title, author, more in (
        ("first", charlie, {"task": matching_task}),
        ("second", bob, {"is_faq": True}),
        ("third", bob, {}),
    ):
        factories.make_question(challenge, author, title=title, **more)
    caller = calls(charlie)

    def titles(query: str) -> list[str]:
        return [each["title"] for each in caller.get(f"{QUESTIONS}{query}").json()["items"]]

    assert titles("") == ["third", "second", "first"]
    assert titles(f"?task={matching_task.slug}") == ["first"]
    assert titles("?faq=true") == ["second"]
    assert titles("?faq=false") == ["third", "first"]
    assert titles("?mine=true") == ["first"]
    assert titles("?limit=1&offset=1") == ["second"]
    assert Caller("").get(f"{QUESTIONS}?mine=true").json()["count"] == 0


def test_what_is_sent_twice_is_said_once(question: Question, bob: User, calls: As) -> None:
    caller, answers = calls(bob), f"{QUESTIONS}/{question.pk}/answers"
    for path, words in ((QUESTIONS, WORDS), (answers, {"body": "Yes,\nyou may."})):
        first, again = caller.post(path, words), caller.post(path, words)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
    assert caller.post(answers, {"body": "Yes, you really may."}).status_code == 201
    Question.objects.filter(author=bob).update(hidden_at=timezone.now())
    assert caller.post(QUESTIONS, WORDS).status_code == 201
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert caller.post(QUESTIONS, WORDS).status_code == 201
        assert caller.post(answers, {"body": "Yes,\nyou may."}).status_code == 201


def test_ones_words_change_within_an_hour(question: Question, charlie: User, calls: As) -> None:
    caller, path = calls(charlie), f"{QUESTIONS}/{question.pk}"
    answer = factories.make_answer(question, charlie)
    changed = caller.call("PATCH", path, {"title": "May I?"}).json()
    assert (changed["title"], changed["body"]) == ("May I?", question.body)
    changed = caller.call("PATCH", f"{path}/answers/{answer.pk}", {"body": "I may."}).json()
    assert changed["body"] == "I may."
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        problem(caller.call("PATCH", path, {"title": "Might I?"}), 409, "too_late")
        assert not caller.get(path).json()["may_edit"]


def test_what_is_hidden_is_there_for_moderators_alone(
    question: Question, olga: User, charlie: User, calls: As
) -> None:
    organizing, path = calls(olga), f"{QUESTIONS}/{question.pk}"
    answer = factories.make_answer(question, charlie)
    of_answer = f"{path}/answers/{answer.pk}"
    assert organizing.call("PATCH", f"{of_answer}/moderation", {"is_hidden": True}).json()[
        "is_hidden"
    ]
    assert calls(charlie).get(f"{path}/answers").json()["count"] == 0
    problem(calls(charlie).call("PATCH", of_answer, {"body": "x"}), 404, "not_found")
    organizing.call("PATCH", f"{path}/moderation", {"is_hidden": True})
    problem(calls(charlie).get(path), 404, "not_found")
    problem(calls(charlie).post(f"{path}/answers", {"body": "x"}), 404, "not_found")
    assert calls(charlie).get(QUESTIONS).json()["count"] == 0
    assert organizing.get(QUESTIONS).json()["items"][0]["is_hidden"]
    organizing.call("PATCH", f"{path}/moderation", {"is_hidden": False})
    organizing.call("PATCH", f"{of_answer}/moderation", {"is_hidden": False})
    assert calls(charlie).get(f"{path}/answers").json()["count"] == 1


def test_moderation_is_done_wholly_or_not_at_all(
    question: Question, viktor: User, calls: As
) -> None:
    given = {"is_hidden": True, "is_faq": True}
    answer = calls(viktor).call("PATCH", f"{QUESTIONS}/{question.pk}/moderation", given)
    problem(answer, 409, "not_allowed")
    question.refresh_from_db()
    assert (question.hidden_at, question.is_faq) == (None, False)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"title": "", "body": "x"}, 422, "invalid"),
        ({"title": "May we?", "body": "x" * 5001}, 422, "invalid"),
        ({"title": "May we?"}, 422, "invalid"),
        ({"title": "May we?", "body": 5}, 422, "invalid"),
        ({"title": "???", "body": "x"}, 409, "bad_title"),
        ({"title": "May we?", "body": " "}, 409, "no_text"),
        ({"title": "May we?", "body": "turned \u202e around"}, 409, "bad_text"),
        ({"title": "May we?", "body": "x", "task": "none"}, 404, "not_found"),
    ],
)
def test_a_question_that_is_none_is_refused(
    challenge: Challenge, charlie: User, calls: As, given: object, status: int, code: str
) -> None:
    problem(calls(charlie).post(QUESTIONS, given), status, code)
    assert not Question.objects.exists()


def test_who_asks_too_often_is_told_when_to_go_on(
    challenge: Challenge, charlie: User, calls: As
) -> None:
    for number in range(10):
        factories.make_question(challenge, charlie, title=f"Question {number}")
    answer = calls(charlie).post(QUESTIONS, WORDS)
    assert problem(answer, 429, "too_often")["retry_at"]
    assert int(answer.headers["Retry-After"]) > 86_000


def test_an_answer_belongs_to_its_question(
    question: Question, challenge: Challenge, charlie: User, calls: As
) -> None:
    other = factories.make_question(challenge, charlie, title="Another?")
    answer = factories.make_answer(other, charlie)
    path = f"{QUESTIONS}/{question.pk}/answers/{answer.pk}"
    problem(calls(charlie).call("PATCH", path, {"body": "x"}), 404, "not_found")
    assert Answer.objects.get().body == answer.body


def test_a_finalist_is_asked_from_the_reveal_on(
    team: Team, matching_task: Task, charlie: User, bob: User, calls: As
) -> None:
    # Without the trivial baseline a track has no scores.
    trivial = factories.make_team(matching_task.challenge, "Trivial", baseline="trivial")
    for entrant, private in ((team, 0.6), (trivial, 0.1)):
        submission = factories.make_submission(entrant, matching_task)
        on_evaluation_stored(factories.make_evaluation(submission, public=0.4, private=private))
    given = {**WORDS, "team": team.slug}
    problem(calls(charlie).post(QUESTIONS, given), 404, "not_found")
    challenge = matching_task.challenge
    for name in ("team_freeze_at", "closes_at", "reveal_at"):
        setattr(challenge, name, timezone.now() - timedelta(hours=1))
    challenge.save()
    reveal_due()
    asked = calls(charlie).post(QUESTIONS, given).json()
    assert (asked["team"], asked["task"]) == (team.slug, None)
    answer = calls(bob).post(f"{QUESTIONS}/{asked['id']}/answers", {"body": "So."}).json()
    assert answer["by_team"]
    assert calls(charlie).get(f"{QUESTIONS}?team={team.slug}").json()["count"] == 1
    problem(calls(charlie).post(QUESTIONS, {**given, "team": "none"}), 404, "not_found")
    problem(calls(charlie).post(QUESTIONS, {**given, "task": "x"}), 409, "one_subject")


# Merging -----------------------------------------------------------------------------------------


@pytest.fixture
def dora(challenge: Challenge) -> User:
    """The captain of the team Beta."""
    user = factories.make_user("dora")
    factories.make_team(challenge, "Beta", user)
    return user


def test_two_teams_become_one(team: Team, alice: User, dora: User, calls: As) -> None:
    proposing, asked = calls(alice), calls(dora)
    listed = proposing.get(f"{MERGES}/candidates").json()["items"]
    assert listed == [{"slug": "beta", "name": "Beta"}]
    answer = proposing.post(MERGES, {"team": "beta"})
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/{MERGES}/{made['id']}"
    assert (made["may_answer"], made["may_withdraw"], made["outcome"]) == (False, True, "open")
    problem(proposing.post(MERGES, {"team": "beta"}), 409, "proposed")
    (got,) = asked.get(MERGES).json()["items"]
    assert (got["may_answer"], got["may_withdraw"], got["why_not"]) == (True, False, None)
    assert sorted(got["members"]) == ["Alice", "Bob", "Dora"]
    problem(asked.post(f"{MERGES}/{made['id']}/withdraw"), 409, "not_captain")

    merged = asked.post(f"{MERGES}/{made['id']}/accept").json()
    assert merged["slug"] == "alpha"
    assert [each["name"] for each in merged["members"]] == ["Alice", "Bob", "Dora"]
    assert asked.get(f"{MERGES}/{made['id']}").json()["outcome"] == "accepted"
    assert asked.get(MERGES).json()["count"] == 0
    assert MergeProposal.objects.get().outcome == Outcome.ACCEPTED


def test_why_two_teams_cannot_merge_is_told_to_the_captain_who_answers(
    team: Team, alice: User, bob: User, dora: User, calls: As
) -> None:
    number = calls(alice).post(MERGES, {"team": "beta"}).json()["id"]
    team.challenge.max_team_size = 2
    team.challenge.save()
    found = calls(dora).get(f"{MERGES}/{number}").json()
    assert "3 members" in found["why_not"]
    for person in (alice, bob):
        assert calls(person).get(f"{MERGES}/{number}").json()["why_not"] is None
    problem(calls(dora).post(f"{MERGES}/{number}/accept"), 409, "not_legal")
    problem(calls(alice).post(MERGES, {"team": "beta"}), 409, "full")


@pytest.mark.parametrize(("verb", "by"), [("decline", "dora"), ("withdraw", "alice")])
def test_a_proposal_ends_without_a_merge(
    request: pytest.FixtureRequest, team: Team, alice: User, dora: User, calls: As, verb: str,
    by: str,
) -> None:  # fmt: skip
    number = calls(alice).post(MERGES, {"team": "beta"}).json()["id"]
    ended = calls(request.getfixturevalue(by)).post(f"{MERGES}/{number}/{verb}").json()
    assert not ended["is_open"]
    assert not ended["may_answer"]
    problem(calls(dora).post(f"{MERGES}/{number}/accept"), 409, "over")


def test_a_proposal_is_nobody_elses(
    team: Team, alice: User, dora: User, charlie: User, calls: As
) -> None:
    factories.make_team(team.challenge, "Gamma", charlie)
    number = calls(alice).post(MERGES, {"team": "beta"}).json()["id"]
    problem(calls(charlie).get(f"{MERGES}/{number}"), 404, "not_found")
    for other in ("none", "alpha"):
        problem(calls(alice).post(MERGES, {"team": other}), 404, "not_found")


def test_a_team_is_seen_with_its_members_as_the_challenge_says(
    team: Team, alice: User, charlie: User, calls: As
) -> None:
    found = Caller("").get("challenges/cup/teams/alpha").json()
    assert (found["members"], found["is_mine"]) == (["Alice", "Bob"], False)
    team.challenge.show_members = ShowMembers.ORGANIZERS
    team.challenge.save()
    assert calls(charlie).get("challenges/cup/teams/alpha").json()["members"] is None
    own = calls(alice).get("challenges/cup/teams/alpha").json()
    assert (own["members"], own["is_mine"]) == (["Alice", "Bob"], True)
    problem(Caller("").get("challenges/cup/teams/none"), 404, "not_found")


# Consent, name and rules -------------------------------------------------------------------------


def test_a_captain_gives_and_takes_back_consent(team: Team, alice: User, calls: As) -> None:
    caller = calls(alice)
    assert caller.get("challenges/cup/team").json()["research_use"] == "unsaid"
    for answer in ("yes", "no", "unsaid"):
        found = caller.post("challenges/cup/team/research", {"answer": answer}).json()
        assert found["research_use"] == answer
    problem(caller.post("challenges/cup/team/research", {"answer": "maybe"}), 422, "invalid")


def test_members_read_why_their_team_is_disqualified(team: Team, bob: User, calls: As) -> None:
    assert calls(bob).get("challenges/cup/team").json()["disqualified"] is None
    team.disqualified_at, team.disqualified_reason = timezone.now(), "Two accounts."
    team.save()
    assert calls(bob).get("challenges/cup/team").json()["disqualified"] == "Two accounts."


def test_a_person_takes_another_name(alice: User, calls: As) -> None:
    assert calls(alice).call("PATCH", "me", {"name": "Ada"}).json()["name"] == "Ada"
    alice.refresh_from_db()
    assert alice.name == "Ada"
    problem(calls(alice).call("PATCH", "me", {"name": "!!"}), 409, "bad_name")
    problem(calls(alice).call("PATCH", "me", {"name": "A\nda"}), 409, "bad_name")


def test_a_person_chooses_the_zone_of_their_times(alice: User, calls: As) -> None:
    zone = {"time_zone": "Asia/Tokyo"}
    assert calls(alice).call("PATCH", "me", zone).json()["time_zone"] == "Asia/Tokyo"
    refused = calls(alice).call("PATCH", "me", {"name": "Ada", "time_zone": "Mars/Base"})
    problem(refused, 409, "bad_time_zone")
    assert calls(alice).get("me").json()["name"] == "Alice"
    assert calls(alice).call("PATCH", "me", {"time_zone": ""}).json()["time_zone"] == ""


def test_the_rules_that_one_accepted_are_listed(
    challenge: Challenge, alice: User, calls: As
) -> None:
    caller, rules = calls(alice), "challenges/cup/rules"
    version = challenge.rules_hash
    caller.post(rules, {"version": version})
    (found,) = caller.get("me/rules").json()["items"]
    assert (found["challenge"], found["version"], found["is_current"]) == ("cup", version, True)
    challenge.rules = "Others."
    challenge.save()
    assert [each["is_current"] for each in caller.get("me/rules").json()["items"]] == [False]


def test_what_a_challenge_does_with_names_and_deleted_accounts_is_told(
    challenge: Challenge,
) -> None:
    told = Caller("").get(f"challenges/{challenge.slug}").json()
    assert (told["show_members"], told["deleted_accounts"]) == ("everybody", "keep")
    Challenge.objects.update(show_members="challenge", deleted_accounts="remove")
    told = Caller("").get(f"challenges/{challenge.slug}").json()
    assert (told["show_members"], told["deleted_accounts"]) == ("challenge", "remove")


def test_the_list_of_challenges_takes_as_many_queries_for_many_as_for_one(
    team: Team, charlie: User
) -> None:
    def listed() -> tuple[int, dict[str, int]]:
        with CaptureQueriesContext(connection) as seen:
            items = Caller("").get("challenges?limit=200").json()["items"]
        return len(seen), {each["slug"]: each["teams"] for each in items}

    few, teams = listed()
    assert teams == {"cup": 1}
    for number in range(5):
        factories.make_challenge(f"other-{number}")
    factories.make_team(team.challenge, "Baseline", baseline="trivial")
    factories.make_team(team.challenge, "Beta", charlie)
    assert listed() == (few, {"cup": 2} | {f"other-{number}": 0 for number in range(5)})
    assert Caller("").get("challenges/cup").json()["teams"] == 2


def test_since_when_a_challenge_takes_no_file_is_told_after_an_early_reveal_too(
    challenge: Challenge,
) -> None:
    told = Caller("").get(f"challenges/{challenge.slug}").json()
    assert told["closed_at"] == told["closes_at"]
    early = (challenge.opens_at + timedelta(hours=1)).replace(microsecond=0)
    Challenge.objects.update(revealed_at=early)
    told = Caller("").get(f"challenges/{challenge.slug}").json()
    assert datetime.fromisoformat(told["closed_at"]) == early
    (listed,) = Caller("").get("challenges").json()["items"]
    assert (listed["closed_at"], listed["phase"]) == (told["closed_at"], "closed")


# Notices -----------------------------------------------------------------------------------------


def test_notices_are_listed_and_marked_as_read(
    matching_task: Task, team: Team, alice: User, bob: User, calls: As
) -> None:
    caller = calls(alice)
    submission = factories.make_submission(team, matching_task)
    first, second = (factories.make_notice(alice, submission, key=key) for key in "ab")
    factories.make_notice(bob, submission)
    listed = caller.get("notices").json()
    assert [each["id"] for each in listed["items"]] == [second.pk, first.pk]
    newest = listed["items"][0]
    assert (newest["kind"], newest["challenge"], newest["is_read"]) == ("scored", "cup", False)
    assert newest["url"] == submission.get_absolute_url()
    assert newest["title"]
    assert caller.get("me").json()["unread_notices"] == 2

    path = "notices/read"
    assert caller.post(path, {"ids": [first.pk]}).json() == {"marked": 1, "unread": 1}
    assert [e["id"] for e in caller.get("notices?unread=true").json()["items"]] == [second.pk]
    assert caller.get("notices?challenge=cup").json()["count"] == 2
    assert caller.get("notices?challenge=none").json()["count"] == 0
    others = Notice.objects.get(user=bob).pk
    assert caller.post(path, {"ids": [others, 0, 10**30]}).json()["marked"] == 0
    assert caller.post(path, {}).json() == {"marked": 1, "unread": 0}
    assert Notice.objects.get(user=bob).read_at is None


def test_a_notice_of_a_draft_names_no_challenge(
    matching_task: Task, team: Team, alice: User, calls: As
) -> None:
    submission = factories.make_submission(team, matching_task)
    factories.make_notice(alice, submission)
    challenge = matching_task.challenge
    challenge.announced_at, challenge.opens_at = None, timezone.now() + timedelta(days=1)
    challenge.save()
    (found,) = calls(alice).get("notices").json()["items"]
    assert (found["challenge"], found["url"]) == (None, None)


def test_mails_are_chosen_by_kind(alice: User, calls: As) -> None:
    caller, path = calls(alice), "notices/choices"
    before = {each["kind"]: each["how"] for each in caller.get(path).json()["choices"]}
    assert set(before) == set(Kind.values)
    answer = caller.call("PATCH", path, {"kind": "announcement", "how": "off"}).json()
    after = {each["kind"]: each["how"] for each in answer["choices"]}
    assert after == before | {"announcement": "off"}
    problem(caller.call("PATCH", path, {"kind": "gossip", "how": "off"}), 422, "invalid")
    problem(caller.call("PATCH", path, {"kind": "scored", "how": "hourly"}), 422, "invalid")
