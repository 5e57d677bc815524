"""What the API refuses, and that it says in one sentence what to do."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from podium.accounts import tokens
from podium.accounts.models import User
from podium.api.base.codes import CODES
from podium.challenges.models import Challenge
from podium.submissions.jobs.validations import PER_HOUR
from podium.submissions.models import Submission
from podium.teams.actions import accept_rules
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As, World

CREATE = "challenges/cup/team"
SUBMIT = "challenges/cup/tasks/matching-task/submissions"
VALIDATE = "challenges/cup/tasks/matching-task/validations"
UPLOADS = "challenges/cup/tasks/matching-task/uploads"
JSON = "application/json"
CSV = b"id,score\np1,0.5\n"


# Tokens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "malformed_token"),
        ("Bearer", "malformed_token"),
        ("Bearer ", "malformed_token"),
        ("Basic YWxpY2U6eA==", "malformed_token"),
        ("Bearer podium_short", "malformed_token"),
        ("Bearer podium_" + "é" * 43, "malformed_token"),
        ("Bearer podium_" + "a" * 43, "unknown_token"),
    ],
)
def test_a_token_that_is_none_is_refused_even_where_none_is_needed(
    challenge: Challenge, header: str, code: str
) -> None:
    for path in ("challenges", "me", "nowhere"):
        answer = Caller("").get(path, Authorization=header)
        assert "/account/tokens/" in problem(answer, 401, code)["detail"]
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Podium"'


def test_a_token_that_ended_is_refused(alice: User, challenge: Challenge) -> None:
    token, text = tokens.make(user=alice, name="x", scopes=["read"], days=1)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        problem(Caller(text).get("me"), 401, "token_expired")
    assert Caller(text).get("me").status_code == 200
    tokens.revoke(token=token, by=alice)
    problem(Caller(text).get("challenges"), 401, "token_revoked")


def test_a_closed_account_is_refused(alice: User, calls: As) -> None:
    caller = calls(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    problem(caller.get("challenges"), 401, "account_closed")


def test_a_use_of_a_token_is_kept(alice: User, calls: As) -> None:
    calls(alice).get("me")
    assert alice.api_tokens.get().last_used_at is not None


def test_who_sends_no_token_is_asked_for_one(challenge: Challenge) -> None:
    problem(Caller("").get("me"), 401, "sign_in")
    problem(Caller("").post(CREATE, {"name": "x"}), 401, "sign_in")
    assert "token" in problem(Caller("").get("submissions/1"), 404, "not_found")["detail"]


# Bodies, queries, headers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.name"),
        ({"name": 5}, "body.name"),
        ({"name": None}, "body.name"),
        ({"name": "x", "nam": "y"}, "body.nam"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 201}, "body.name"),
        ({"name": "a\0b"}, "body.name"),
        ([], "body"),
        ("x", "body"),
    ],
)
def test_a_wrong_body_is_refused_with_the_place(
    charlie: User, challenge: Challenge, calls: As, body: Any, where: str
) -> None:
    found = problem(calls(charlie).post(CREATE, body), 422, "invalid")
    assert [error["where"] for error in found["errors"]] == [where]
    assert found["errors"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"{'name': 'x'}", b'{"name": NaN}', b'{"name": "\xff"}', b'{"name": "\\ud800"}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_json_is_called_so(
    charlie: User, challenge: Challenge, calls: As, body: bytes
) -> None:
    answer = calls(charlie).call("POST", CREATE, body, **{"Content-Type": JSON})
    problem(answer, 400, "bad_json")


def test_a_missing_body_is_asked_for(charlie: User, challenge: Challenge, calls: As) -> None:
    answer = calls(charlie).call("POST", CREATE, b"", **{"Content-Type": JSON})
    problem(answer, 422, "invalid")


def test_another_type_than_json_is_refused(charlie: User, challenge: Challenge, calls: As) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = calls(charlie).call("POST", CREATE, b'{"name": "x"}', **{"Content-Type": kind})
        problem(answer, 415, "not_json")


def test_a_body_that_is_too_large_is_refused(
    charlie: User, challenge: Challenge, calls: As
) -> None:
    body = b'{"name": "' + b"x" * site.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    answer = calls(charlie).call("POST", CREATE, body, **{"Content-Type": JSON})
    problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?limit=0", "query.limit"),
        ("?limit=201", "query.limit"),
        ("?limit=x", "query.limit"),
        ("?offset=-1", "query.offset"),
        ("?limt=5", "query.limt"),
    ],
)
def test_a_wrong_query_is_refused(challenge: Challenge, query: str, where: str) -> None:
    found = problem(Caller("").get(f"challenges{query}"), 422, "invalid")
    assert found["errors"][0]["where"] == where


@pytest.mark.parametrize("query", ["at=yesterday", "at=17", "part=secret", "at=2026-13-01T00:00Z"])
def test_a_board_says_what_it_does_not_take(world: World, query: str) -> None:
    answer = Caller("").get(f"challenges/cup/tasks/matching-task/board?{query}")
    problem(answer, 422, "invalid")


@pytest.mark.parametrize("header", ["", "-1", "x", "1.5", "9" * 30])
def test_an_offset_that_is_none_is_refused(
    world: World, alice: User, calls: As, header: str
) -> None:
    upload = factories.make_partial(world.task, alice)
    answer = calls(alice).call("PATCH", f"uploads/{upload.pk}", CSV, Upload_Offset=header)
    problem(answer, 422, "invalid")


def test_a_part_without_bytes_is_refused(world: World, alice: User, calls: As) -> None:
    path, caller = f"uploads/{factories.make_partial(world.task, alice).pk}", calls(alice)
    # As it comes from a sender that does not say how long the body is.
    caller.client.defaults["CONTENT_TYPE"] = "application/octet-stream"
    problem(caller.call("PATCH", path, Upload_Offset="0"), 422, "empty_chunk")


def test_a_missing_offset_is_asked_for(world: World, alice: User, calls: As) -> None:
    upload = factories.make_partial(world.task, alice)
    found = problem(calls(alice).call("PATCH", f"uploads/{upload.pk}", CSV), 422, "invalid")
    assert found["errors"][0]["where"] == "header.Upload-Offset"


@pytest.mark.parametrize("key", ["k" * 101, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(world: World, alice: User, calls: As, key: str) -> None:
    accept_rules(challenge=world.task.challenge, by=alice)
    form = {"file": ContentFile(CSV, "x.csv")}
    problem(calls(alice).send(SUBMIT, form, Idempotency_Key=key), 422, "invalid")
    assert Submission.objects.count() == 2


# Addresses and methods ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["nowhere", "challenges/", "challenges/cup/tasks/a%2fb", "submissions/x", "uploads/1", "%00"],
)
def test_an_address_that_leads_nowhere_says_so(challenge: Challenge, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        problem(Caller("").call(method, path), 404, "unknown_address")


@pytest.mark.parametrize(
    "path",
    [
        *("notices?challenge=%00", "challenges/cup/write-ups?track=%00"),
        *("challenges/cup/questions?task=%00", "challenges/cup/questions?team=%00"),
    ],
)
def test_a_text_that_no_database_takes_is_not_asked_for(
    world: World, alice: User, calls: As, path: str
) -> None:
    problem(calls(alice).get(path), 422, "invalid")


def test_a_number_that_no_database_can_keep_is_nobodys(
    world: World, alice: User, calls: As
) -> None:
    caller = calls(alice)
    problem(caller.call("DELETE", f"challenges/cup/team/members/{10**30}"), 404, "not_found")
    problem(caller.post("challenges/cup/team/captain", {"user": 10**30}), 404, "not_found")


def test_a_method_that_is_not_taken_names_those_that_are(challenge: Challenge) -> None:
    answer = Caller("").call("PUT", "challenges/cup/team")
    problem(answer, 405, "method")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST", "PATCH"}


def test_what_is_hidden_reads_like_what_is_not_there(
    world: World, charlie: User, calls: As
) -> None:
    there = calls(charlie).get(f"submissions/{world.submission.pk}")
    nowhere = calls(charlie).get("submissions/999999")
    assert problem(there, 404, "not_found") == problem(nowhere, 404, "not_found")


def test_a_fault_of_ours_is_told_without_its_traceback(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("podium.api.challenges.by_phase", broken)
    caller = Caller("")
    caller.client.raise_request_exception = False
    answer = caller.get("challenges")
    problem(answer, 500, "our_fault")
    assert "secret" not in answer.content.decode()


# Files -------------------------------------------------------------------------------------------


@pytest.fixture
def entrant(world: World, alice: User, calls: As) -> Caller:
    accept_rules(challenge=world.task.challenge, by=alice)
    return calls(alice)


@pytest.mark.parametrize("path", [SUBMIT, VALIDATE])
def test_a_form_that_is_none_is_refused(entrant: Caller, path: str) -> None:
    problem(entrant.send(path, {}), 422, "invalid")
    problem(entrant.send(path, {"data": ContentFile(CSV, "x.csv")}), 422, "invalid")
    file = ContentFile(CSV, "x.csv")
    problem(entrant.send(path, {"file": file, "methd": "x"}), 422, "invalid")
    sent = {"Content-Type": "multipart/form-data"}
    problem(entrant.call("POST", path, CSV, **sent), 400, "bad_form")
    problem(entrant.call("POST", path, CSV, **{"Content-Type": "text/csv"}), 415, "not_json")


@pytest.mark.parametrize("path", [SUBMIT, VALIDATE])
def test_a_file_at_fault_is_refused_with_its_problem(entrant: Caller, path: str) -> None:
    for name, content in (("x.txt", CSV), ("x.csv", b""), ("x.parquet", CSV)):
        found = entrant.send(path, {"file": ContentFile(content, name)})
        if content:
            assert problem(found, 422, "not_a_table")["problems"][0]["code"] == "not_a_table"
        else:
            assert found.status_code == 422


def test_a_file_that_is_too_large_is_refused(world: World, entrant: Caller) -> None:
    world.task.max_bytes = 10
    world.task.save()
    problem(entrant.send(SUBMIT, {"file": ContentFile(CSV, "x.csv")}), 413, "too_large")
    found = entrant.post(UPLOADS, {"name": "x.csv", "bytes": 11, "sha256": "a" * 64})
    problem(found, 413, "too_large")


def test_a_spent_quota_says_when_the_next_day_begins(world: World, entrant: Caller) -> None:
    world.task.daily_limit = 1
    world.task.save()
    entrant.send(SUBMIT, {"file": ContentFile(CSV, "x.csv")})
    found = problem(entrant.send(SUBMIT, {"file": ContentFile(CSV, "y.csv")}), 409, "quota")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", found["retry_at"])


def test_who_checks_too_many_files_waits_until_the_next_is_possible(
    world: World, alice: User, entrant: Caller
) -> None:
    for _ in range(PER_HOUR):
        factories.make_check(world.task, alice)
    answer = entrant.send(VALIDATE, {"file": ContentFile(CSV, "x.csv")})
    problem(answer, 429, "too_often")
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600


def test_without_the_rules_nothing_is_submitted(world: World, charlie: User, calls: As) -> None:
    caller, form = calls(charlie), {"file": ContentFile(CSV, "x.csv")}
    for answer in (
        caller.send(SUBMIT, form),
        caller.post(CREATE, {"name": "Gamma"}),
    ):
        assert "/api/v1/challenges/cup/rules" in problem(answer, 403, "rules")["detail"]
    again = {"file": ContentFile(CSV, "x.csv")}
    assert caller.send(VALIDATE, again).status_code == 202
    assert (
        caller.post(UPLOADS, {"name": "x.csv", "bytes": 11, "sha256": "a" * 64}).status_code == 201
    )
    problem(caller.post("challenges/cup/rules", {"version": "0" * 64}), 409, "rules_changed")


def test_rules_that_changed_are_accepted_anew(world: World, entrant: Caller) -> None:
    form = {"file": ContentFile(CSV, "x.csv")}
    read = entrant.get("challenges/cup").json()["rules_version"]
    Challenge.objects.update(rules="Be kind.")
    told = problem(entrant.send(SUBMIT, form), 403, "rules")
    late = problem(entrant.post("challenges/cup/rules", {"version": read}), 409, "rules_changed")
    now = entrant.get("challenges/cup").json()
    version = now["rules_version"]
    assert f"version {read[:12]}: version {version[:12]} applies now" in told["detail"]
    for refused in (told, late):
        assert "Read them at /c/cup/ and POST their `rules_version`" in refused["detail"]
        assert version[:12] in refused["detail"]
        assert refused["rules_version"] == version
    assert (now["rules"], now["rules_accepted"]) == ("Be kind.", False)
    accepted = entrant.post("challenges/cup/rules", {"version": now["rules_version"]})
    assert accepted.json()["rules_accepted"] is True


def test_the_name_of_another_host_is_a_problem_too(db: None, client: Client) -> None:
    answer = client.get("/api/v1/challenges", headers={"host": "elsewhere.example"})
    problem(answer, 400, "bad_request")
    page = client.get("/", headers={"host": "elsewhere.example"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_organizers_try_their_challenge_without_accepting_its_rules(
    world: World, olga: User, calls: As
) -> None:
    assert calls(olga).send(VALIDATE, {"file": ContentFile(CSV, "x.csv")}).status_code == 202
    answer = calls(olga).send(SUBMIT, {"file": ContentFile(CSV, "x.csv")})
    problem(answer, 409, "organizer")


# The codes ---------------------------------------------------------------------------------------


# Of verbs that the API does not offer, or of values that it does not take to begin with.
OF_PAGES = {"baseline", "no_reason", "bad_days", "bad_scopes", "bad_answer", "duties"}
OF_PAGES |= {"no_such_kind", "no_such_way", "other_challenge", "other_task", "same_team"}
OF_PAGES |= {
    "many_links",
    "no_such_team",
    "bad_archive",
    "title",
    "none_picked",
    "act",
    "attempts",
    "other_track",
    "other_version",
    "no_task",
    "broken",
    "rehearsal_waits",
    "equal",
    "bad_why",
    "long_why",
    "bad_typed",
    "no_person",
}
# Of the name of what is wrong, or by a helper.
MADE = {
    "bad_time_zone",
    "bad_title",
    "long_title",
    "bad_reason",
    "long_reason",
    "long_link",
    "rules",
}


def test_every_code_is_explained() -> None:
    platform = Path(site.ROOT) / "platform" / "podium"
    found = set(MADE)
    for app in (
        "api",
        "accounts",
        "challenges",
        "teams",
        "uploads",
        "submissions",
        "discussions",
        "notices",
        "writeups",
        "standings",
        "archives",
        "winners",
        "integrity",
        "watch",
        "rehearsals",
        "corrections",
        "baseline_runs",
    ):
        for file in (platform / app).rglob("*.py"):
            text = file.read_text()
            found |= set(re.findall(r"Refused\(\s*\"(\w+)\"", text))
            found |= set(re.findall(r"Problem\(\s*\d+,\s*\"(\w+)\"", text))
            found |= set(re.findall(r"^    \d+: \(\s*\"(\w+)\"", text, re.MULTILINE))
            found |= set(re.findall(r"super\(\).__init__\(\s*(?:\d+, )?\"(\w+)\"", text))
    named = (Path(site.ROOT) / "scoring" / "naming.py").read_text()
    found |= set(re.findall(r"Problem\(\s*\"(\w+)\"", named))
    assert found - OF_PAGES - set(CODES) == set()
    assert set(CODES) - found == set()


def test_a_file_that_was_submitted_before_needs_again(entrant: Caller) -> None:
    def send(**more: str) -> Any:
        return entrant.send(SUBMIT, {"file": ContentFile(CSV + b"p2,1\n", "x.csv"), **more})

    assert send().status_code == 201
    assert "identical to submission" in problem(send(), 409, "same_file")["detail"]
    problem(send(again="false"), 409, "same_file")
    problem(send(again="perhaps"), 422, "invalid")
    assert send(again="true").status_code == 201
