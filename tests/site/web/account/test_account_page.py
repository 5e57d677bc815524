"""The page of an account, and the zip of all that the site knows of a person."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts import tokens
from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Role, Task
from podium.teams import actions
from podium.teams.models import Team
from podium.web.account.account_data import export
from tests.site.factories import (
    make_answer,
    make_challenge,
    make_draft,
    make_editor,
    make_evaluation,
    make_offer,
    make_organizer,
    make_question,
    make_submission,
)

AsUser = Callable[[User | None], Client]
FILES = {
    *("profile", "teams", "rules", "submissions", "questions", "answers", "writeups", "tokens"),
    *("notices", "mails", "events", "messages", "certificates", "roles", "editing"),
}


def _zip(user: User) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(b"".join(export(user)))) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.endswith(".json")]
        return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in names}


def test_the_page_shows_name_addresses_teams_and_accepted_rules(
    team: Team, bob: User, as_user: AsUser
) -> None:
    actions.accept_rules(challenge=team.challenge, by=bob)
    html = as_user(bob).get("/account/").content.decode()
    for text in ("bob@example.org", "Alpha", "member", team.challenge.rules_hash[:12]):
        assert text in html


def test_a_name_is_changed_and_recorded_without_it(bob: User, as_user: AsUser) -> None:
    assert as_user(bob).post("/account/name/", {"name": " Robert "}).status_code == 302
    bob.refresh_from_db()
    assert bob.name == "Robert"
    as_user(bob).post("/account/name/", {"name": "Robert"})
    assert Event.objects.get(verb="renamed person").facts == {}


@pytest.mark.parametrize("name", ["", "  ", "…", "a\nb", "\u202eadA", "x" * 81])
def test_a_name_that_is_none_is_refused_and_stays_typed(
    bob: User, as_user: AsUser, name: str
) -> None:
    answer = as_user(bob).post("/account/name/", {"name": name})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    bob.refresh_from_db()
    assert bob.name == "Bob"


def test_the_zip_has_all_that_is_known_of_the_person_and_nothing_of_others(
    team: Team, alice: User, bob: User, matching_task: Task
) -> None:
    actions.accept_rules(challenge=team.challenge, by=bob)
    _, text = tokens.make(user=bob, name="laptop", scopes=["read"])
    mine = make_submission(team, matching_task, submitted_by=bob, method="Trees & more")
    make_evaluation(mine, public=0.812345, private=0.654321)
    make_submission(team, matching_task, submitted_by=alice)
    actions.hand_over(team=team, to=bob, by=alice)
    asked = make_question(team.challenge, bob, task=matching_task, title="Mine?")
    others = make_question(team.challenge, alice, title="Of another one?")
    make_answer(others, bob, body="Mine.")
    make_answer(asked, alice, body="Of another one.")
    found = _zip(bob)
    assert set(found) == FILES
    assert found["profile"][0]["email"] == "bob@example.org"
    (row,) = found["teams"]
    assert (row["team"], row["is_captain"], row["challenge"]) == ("Alpha", True, "cup")
    assert found["rules"][0]["rules_hash"] == team.challenge.rules_hash
    (sent,) = found["submissions"]
    assert (sent["sha256"], sent["size"], sent["method"]) == (mine.sha256, 1000, "Trees & more")
    assert (sent["challenge"], sent["task"], sent["team"]) == ("cup", "matching-task", "Alpha")
    (row,) = found["questions"]
    assert (row["challenge"], row["task"], row["title"]) == ("cup", "matching-task", "Mine?")
    (row,) = found["answers"]
    assert (row["question_id"], row["body"]) == (others.pk, "Mine.")
    assert found["tokens"][0]["name"] == "laptop"
    assert {event["verb"] for event in found["events"]} == {"accepted rules", "made API token"}
    everything = json.dumps(found)
    for hidden in (text, "0.81", "0.65", "alice", "Of another one", "secret", "digest"):
        assert hidden not in everything


def test_the_zip_has_roles_and_what_the_person_edits_or_is_asked_to(bob: User, alice: User) -> None:
    make_organizer(make_challenge("owls"), bob, Role.VIEWER)
    make_draft("pets").editors.add(alice)
    make_editor("pets", bob, alice)
    make_offer("owls", bob.email)
    make_offer("owls", "other@example.org")
    found = _zip(bob)
    assert found["roles"] == [{"challenge": "owls", "role": "viewer"}]
    version, accepted, offered = found["editing"]
    assert version == {"name": "pets", "number": 1}
    assert (accepted["name"], accepted["email"]) == ("pets", bob.email)
    assert accepted["accepted_at"]
    assert (offered["name"], offered["accepted_at"]) == ("owls", None)


def test_the_zip_of_somebody_new_is_whole(charlie: User) -> None:
    found = _zip(charlie)
    assert [found[name] for name in sorted(FILES - {"profile"})] == [[]] * (len(FILES) - 1)


def test_of_a_team_that_was_left_it_has_what_the_person_did_alone(
    team: Team, bob: User, matching_task: Task
) -> None:
    values = {"method": "Trees", "note": "Said since.", "selected_at": timezone.now()}
    make_submission(team, matching_task, submitted_by=bob, original_name="mine.csv", **values)
    (inside,) = _zip(bob)["submissions"]
    assert (inside["method"], inside["note"], inside["withdrawn_at"]) == (
        "Trees",
        "Said since.",
        None,
    )
    assert inside["selected_at"]
    actions.leave(team=team, by=bob)
    (outside,) = _zip(bob)["submissions"]
    assert set(inside) - set(outside) == {"method", "note", "withdrawn_at", "selected_at"}
    assert (outside["original_name"], outside["team"]) == ("mine.csv", "Alpha")
    assert "team_id" not in outside


def test_a_thousand_submissions_take_no_more_queries_and_come_in_pieces(
    team: Team,
    bob: User,
    matching_task: Task,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(40):
        make_submission(team, matching_task, submitted_by=bob, problems=[{"m": "x" * 40_000}])
    with django_assert_max_num_queries(21):
        pieces = list(export(bob))
    assert len(pieces) > 1


def test_the_download_is_a_zip_of_ones_own(bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).get("/account/data.zip")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
