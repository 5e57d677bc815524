"""What the API gives: lists, tags, files, boards, submissions, teams, uploads, limits."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from podium import files
from podium.accounts.models import User
from podium.api.base import limits
from podium.catalog.models import Access
from podium.challenges.models import Feedback, Task
from podium.shared_cache import counted
from podium.standings.actions import on_method_changed, refresh
from podium.submissions import partial
from podium.submissions.models import PartialUpload, State, Submission, Validation
from podium.teams.actions import accept_rules
from podium.teams.models import Invitation, Team, hash_token
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As, World

AsUser = Callable[[User | None], Client]
TASK = "challenges/cup/tasks/matching-task"
CSV = b"id,score\np1,0.5\n"


def _form(content: bytes = CSV, **fields: str) -> dict[str, Any]:
    return {"file": ContentFile(content, "x.csv"), **fields}


@pytest.fixture
def entrant(world: World, alice: User, calls: As) -> Caller:
    accept_rules(challenge=world.task.challenge, by=alice)
    return calls(alice)


# What all answers have ---------------------------------------------------------------------------


def test_lists_come_in_parts_that_lead_to_each_other(db: None) -> None:
    for number in range(5):
        factories.make_challenge(f"cup-{number}")
    seen, path = [], "challenges?limit=2"
    while path:
        page = Caller("").get(path).json()
        assert page["count"] == 5
        seen += [item["slug"] for item in page["items"]]
        path, before = page["next"], page["previous"]
    assert len(set(seen)) == 5
    assert before == "/api/v1/challenges?limit=2&offset=2"


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    first = Caller("").get(f"{TASK}/board")
    again = Caller("").get(f"{TASK}/board", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    world.submission.method = "another"
    world.submission.save()
    on_method_changed(world.submission)
    other = Caller("").get(f"{TASK}/board", If_None_Match=first.headers["ETag"])
    assert other.status_code == 200
    assert other.headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(other.headers["Vary"].split(", "))


def test_head_is_get_without_the_body(world: World, entrant: Caller) -> None:
    files.private().save(world.submission.file, ContentFile(b"x" * 1000))
    for path in (
        "challenges",
        f"{TASK}/files/train.csv",
        f"submissions/{world.submission.pk}/file",
    ):
        got, head = entrant.get(path), entrant.call("HEAD", path)
        assert len(got.getvalue()) == int(got.headers["Content-Length"])
        assert (head.status_code, head.content) == (200, b"")
        for name in ("ETag", "Content-Length", "Content-Type"):
            assert head.headers[name] == got.headers[name]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The keys under which requests are counted, with low limits and a clock that is stopped."""
    used: list[str] = []

    def counting(key: str, seconds: int) -> int:
        used.append(key)
        return counted(key, seconds)

    settings.API_REQUESTS_A_MINUTE, settings.API_UPLOADS_AN_HOUR = 3, 1
    monkeypatch.setattr(limits, "counted", counting)
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_010.5))
    return used


def test_who_asks_too_often_waits(
    keys: list[str], world: World, alice: User, bob: User, calls: As
) -> None:
    caller = calls(alice)
    left = [caller.get("challenges").headers["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = caller.get("nowhere")
    problem(answer, 429, "too_many_requests")
    assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"] == "50"
    assert answer.headers["RateLimit-Limit"] == "3"
    assert calls(bob).get("me").status_code == 200
    assert calls(None).get("challenges").status_code == 200
    assert caller.token not in repr(keys)
    assert "127.0.0.1" not in repr(keys)


def test_uploads_are_counted_apart(keys: list[str], entrant: Caller) -> None:
    assert entrant.send(f"{TASK}/submissions", _form()).status_code == 201
    answer = entrant.send(f"{TASK}/validations", _form())
    assert "uploads an hour" in problem(answer, 429, "too_many_requests")["detail"]
    assert answer.headers["RateLimit-Limit"] == "1"
    assert int(answer.headers["Retry-After"]) <= 3600
    assert entrant.get("me").headers["RateLimit-Limit"] == "3"


@pytest.mark.usefixtures("keys")
def test_a_new_token_brings_no_new_requests(
    world: World, alice: User, bob: User, calls: As, as_user: AsUser
) -> None:
    assert [calls(alice).get("challenges").status_code for _ in range(3)] == [200] * 3
    problem(calls(alice).get("challenges"), 429, "too_many_requests")
    assert as_user(alice).get("/api/v1/challenges").status_code == 429, "signed in, it is she too"
    assert calls(bob).get("challenges").status_code == 200
    assert calls(None).get("challenges").status_code == 200


@pytest.mark.usefixtures("keys")
def test_a_new_token_brings_no_new_uploads(entrant: Caller, alice: User, calls: As) -> None:
    assert entrant.send(f"{TASK}/submissions", _form()).status_code == 201
    answer = calls(alice).send(f"{TASK}/validations", _form())
    assert "uploads an hour" in problem(answer, 429, "too_many_requests")["detail"]


def test_the_limits_of_a_task_are_those_of_the_reader(
    world: World, entrant: Caller, alice: User, settings: Settings
) -> None:
    assert Caller("").get(TASK).json()["limits"] is None
    usual = entrant.get(TASK).json()["limits"]
    settings.NEW_ACCOUNT_HOURS, settings.NEW_ACCOUNT_FILES = 24, 1
    slow = entrant.get(TASK).json()["limits"]
    assert (slow["limit"], usual["limit"]) == (1, world.task.daily_limit)
    used = world.task.daily_limit - usual["left"]
    assert slow["left"] == max(0, 1 - used)


# Files of data sets ------------------------------------------------------------------------------


def test_a_file_comes_in_parts(world: World) -> None:
    path = f"{TASK}/files/train.csv"
    whole = Caller("").get(path)
    assert whole.getvalue() == b"id,label\np1,1\n"
    assert whole.headers["ETag"] == f'"{"a" * 64}"'
    part = Caller("").get(path, Range="bytes=3-7", If_Range=whole.headers["ETag"])
    assert (part.status_code, part.getvalue()) == (206, b"label")
    assert Caller("").get(path, If_None_Match=whole.headers["ETag"]).status_code == 304
    problem(Caller("").get(f"{TASK}/files/solution.parquet"), 404, "not_found")


def test_a_file_of_a_submission_comes_in_parts(world: World, alice: User, calls: As) -> None:
    files.private().save(world.submission.file, ContentFile(b"id,score\n".ljust(1000, b"x")))
    caller, path = calls(alice), f"submissions/{world.submission.pk}/file"
    whole = caller.get(path)
    assert len(whole.getvalue()) == 1000
    assert whole.headers["ETag"] == f'"{world.submission.sha256}"'
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = caller.get(path, Range="bytes=3-7", If_Range=whole.headers["ETag"])
    assert (part.status_code, part.getvalue()) == (206, b"score")
    assert part.headers["Content-Range"] == "bytes 3-7/1000"
    assert caller.get(path, Range="bytes=1000-").status_code == 416
    assert caller.get(path, If_None_Match=whole.headers["ETag"]).status_code == 304


def test_a_licence_is_accepted_before_the_first_download(
    world: World, charlie: User, calls: As
) -> None:
    version = world.task.dataset_version
    version.access = Access.SIGNED_IN
    version.save()
    problem(Caller("").get(f"{TASK}/files/train.csv"), 401, "sign_in")
    assert _hashes(Caller("")) == {""}
    caller = calls(charlie)
    assert _hashes(caller) == {""}
    said = problem(caller.get(f"{TASK}/files/train.csv"), 403, "licence")["detail"]
    assert f"/api/v1/{TASK}/licence" in said
    dataset = caller.get(TASK).json()["dataset"]
    assert dataset["must_accept_licence"]
    problem(caller.post(f"{TASK}/licence", {"hash": "0" * 64}), 409, "licence_changed")
    for body in (None, {}, {"hash": dataset["licence_hash"]}):
        assert caller.post(f"{TASK}/licence", body).status_code == 200
    assert caller.get(f"{TASK}/files/train.csv").getvalue() == b"id,label\np1,1\n"
    assert not caller.get(TASK).json()["dataset"]["must_accept_licence"]
    assert _hashes(caller) == {each["sha256"] for each in version.files}


def _hashes(caller: Caller) -> set[str]:
    """Return what a task says about the bytes of its files."""
    return {each["sha256"] for each in caller.get(TASK).json()["files"]}


# Boards and submissions --------------------------------------------------------------------------


def test_a_board_has_its_displayed_scores_alone(world: World, calls: As, bob: User) -> None:
    board = calls(bob).get(f"{TASK}/board").json()
    row = board["items"][0]
    assert (row["rank"], row["score"], row["low"], row["is_mine"]) == (1, 0.81, 0.8, True)
    assert (board["part"], board["decimals"], board["step"]) == ("public", 2, 0.01)
    assert Caller("").get(f"{TASK}/board").json()["items"][0]["is_mine"] is False
    early = Caller("").get(f"{TASK}/board?at=2020-01-01T00:00:00Z").json()
    assert (early["count"], early["at"]) == (0, "2020-01-01T00:00:00Z")
    private = Caller("").get(f"{TASK}/board?part=private")
    assert private.json()["part"] == "public"


def test_a_track_tells_the_score_on_each_task(world: World) -> None:
    refresh(world.task, world.team)
    board = Caller("").get("challenges/cup/tracks/matching/board").json()
    assert (board["track"], board["task"]) == ("matching", None)
    for row in board["items"]:
        assert [cell["task"] for cell in row["tasks"]] == [world.task.slug]


def test_a_submission_tells_what_its_page_does(
    world: World, calls: As, alice: User, olga: User
) -> None:
    path = f"submissions/{world.submission.pk}"
    mine, theirs = (calls(user).get(path).json() for user in (alice, olga))
    assert mine["scores"][0]["value"] == 0.81
    assert mine["scores"][0]["is_headline"]
    assert mine["feedback"]["told"]
    assert mine["feedback"]["words"].startswith("Your first score")
    assert theirs["scores"][0]["value"] == pytest.approx(0.812345)
    assert "654321" not in repr((mine, theirs))


def test_a_ladder_tells_nothing_of_what_was_not_accepted(
    world: World, alice: User, calls: As
) -> None:
    Task.objects.filter(pk=world.task.pk).update(feedback=Feedback.LADDER)
    worse = factories.make_submission(world.team, world.task)
    factories.make_evaluation(worse, public=0.5, private=0.5)
    told = calls(alice).get(f"submissions/{worse.pk}").json()
    assert [score["value"] for score in told["scores"]] == [None]
    assert (told["feedback"]["mode"], told["feedback"]["told"]) == ("ladder", False)
    assert "was not accepted" in told["feedback"]["words"]


def test_submissions_are_found_by_state_and_in_either_order(
    world: World, alice: User, charlie: User, calls: As
) -> None:
    def numbers(query: str) -> list[int]:
        page = calls(alice).get(f"{TASK}/submissions{query}").json()
        return [item["number"] for item in page["items"]]

    assert numbers("") == [2, 1]
    assert numbers("?sort=number") == [1, 2]
    assert numbers("?state=rejected") == [2]
    assert calls(charlie).get(f"{TASK}/submissions").json()["items"] == []
    problem(calls(alice).get(f"{TASK}/submissions?state=lost"), 422, "invalid")


def test_a_submission_waits_in_the_queue(world: World, entrant: Caller) -> None:
    answer = entrant.send(f"{TASK}/submissions", _form(method="a model", note="first"))
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/submissions/{made['id']}"
    assert (made["state"], made["queue_position"], made["scores"]) == ("queued", 1, None)
    assert (made["method"], made["note"], made["number"]) == ("a model", "first", 3)
    assert made["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert entrant.get(answer.headers["Location"]).json() == made | {"figures": None}


def test_the_same_key_gives_the_same_submission(entrant: Caller) -> None:
    answers = [
        entrant.send(f"{TASK}/submissions", _form(), Idempotency_Key="one") for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in answers[0].headers
    other = entrant.send(f"{TASK}/submissions", _form(CSV + b"p2,1\n"), Idempotency_Key="one")
    problem(other, 409, "key_reused")


def test_a_first_submission_makes_a_team(world: World, charlie: User, calls: As) -> None:
    caller = calls(charlie)
    version = world.task.challenge.rules_hash
    assert caller.post("challenges/cup/rules", {"version": version}).json()["rules_accepted"]
    made = caller.send(f"{TASK}/submissions", _form()).json()
    assert made["team"] == {"slug": "charlie", "name": "Charlie"}
    assert caller.get("me").json()["teams"][0]["slug"] == "charlie"


def test_what_counts_is_chosen(world: World, alice: User, calls: As) -> None:
    caller, path = calls(alice), f"submissions/{world.submission.pk}"
    assert caller.post(f"{path}/select").json()["is_selected"]
    assert not caller.post(f"{path}/unselect").json()["is_selected"]
    assert caller.post(f"{path}/withdraw").json()["withdrawn_at"]
    problem(caller.post(f"{path}/select"), 409, "not_scored")
    assert caller.post(f"{path}/restore").json()["withdrawn_at"] is None
    told = caller.call("PATCH", path, {"note": "n"}).json()
    assert (told["note"], told["method"]) == ("n", "")
    problem(caller.call("PATCH", path, {"method": "m" * 121}), 422, "invalid")


def test_a_deleted_file_is_gone(world: World, alice: User, calls: As) -> None:
    Submission.objects.filter(pk=world.submission.pk).update(file="")
    problem(calls(alice).get(f"submissions/{world.submission.pk}/file"), 410, "gone")
    problem(calls(alice).get(f"submissions/{world.later.pk}/file"), 503, "not_readable")


def test_two_entries_are_compared_by_displayed_scores(world: World, charlie: User) -> None:
    beta = factories.make_team(world.task.challenge, "Beta", charlie)
    theirs = factories.make_submission(beta, world.task)
    factories.make_evaluation(theirs, public=0.7, private=0.9)
    refresh(world.task, beta)
    found = Caller("").get("challenges/cup/compare?a=alpha&b=beta").json()
    head = found["items"][0]
    assert (head["a"]["score"], head["b"]["score"], head["leads"]) == (0.81, 0.7, "a")
    assert (head["difference"], head["p"], head["state"]) == (0.11, None, "there is none")
    assert head["a"]["submission"] is None
    problem(Caller("").get("challenges/cup/compare?a=alpha&b=nobody"), 404, "not_found")
    problem(Caller("").get("challenges/cup/compare?a=alpha&b=alpha"), 422, "invalid")


# Teams -------------------------------------------------------------------------------------------


def test_a_team_lives(world: World, alice: User, charlie: User, bob: User, calls: As) -> None:
    path, captain, guest = "challenges/cup/team", calls(alice), calls(charlie)
    made = captain.post(f"{path}/invitations", {"email": ""})
    assert made.status_code == 201
    token = made.json()["link"].rstrip("/").rsplit("/", 1)[-1]
    accept_rules(challenge=world.task.challenge, by=charlie)
    joined = guest.post("teams/join", {"token": token}).json()
    assert [each["name"] for each in joined["members"]] == ["Alice", "Bob", "Charlie"]
    assert joined["invitations"] == []
    assert captain.get(f"{path}/invitations").json()["count"] == 2
    Invitation.objects.filter(token_hash=hash_token(token)).update(revoked_at=timezone.now())
    assert guest.post("teams/join", {"token": token}).json() == joined  # the answer was lost
    assert captain.call("PATCH", path, {"name": "Omega"}).json()["name"] == "Omega"
    handed = captain.post(f"{path}/captain", {"user": charlie.pk}).json()
    assert handed["captain"]["name"] == "Charlie"
    assert guest.call("DELETE", f"{path}/members/{bob.pk}").status_code == 204
    assert captain.post(f"{path}/leave").status_code == 204
    problem(captain.get(path), 404, "not_found")
    assert Team.objects.get(name="Omega").memberships.count() == 1
    problem(guest.post("teams/join", {"token": "x"}), 404, "unknown")


# Checks and uploads ------------------------------------------------------------------------------


def test_a_check_is_its_senders_alone(entrant: Caller, bob: User, calls: As) -> None:
    answer = entrant.send(f"{TASK}/validations", _form())
    made = answer.json()
    assert (answer.status_code, made["state"]) == (202, "queued")
    assert answer.headers["Location"] == made["url"]
    assert entrant.get(made["url"]).json() == made
    problem(calls(bob).get(made["url"]), 404, "not_found")
    assert Validation.objects.count() == 1
    assert Submission.objects.count() == 2


def test_a_large_file_goes_on_where_it_broke_off(world: World, entrant: Caller) -> None:
    wanted = {"name": "x.csv", "bytes": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}
    begun = entrant.post(f"{TASK}/uploads", wanted)
    made = begun.json()
    assert (begun.status_code, made["offset"]) == (201, 0)
    path = f"uploads/{made['id']}"
    assert begun.headers["Location"] == f"/api/v1/{path}"
    early = entrant.post(f"{TASK}/submissions", {"upload": made["id"]})
    problem(early, 409, "incomplete")
    assert entrant.call("PATCH", path, CSV[:5], Upload_Offset="0").json()["offset"] == 5
    wrong = entrant.call("PATCH", path, CSV[:5], Upload_Offset="0")
    assert problem(wrong, 409, "offset")["offset"] == 5
    assert entrant.get(path).json()["offset"] == 5
    assert entrant.post(f"{TASK}/uploads", wanted).json()["id"] == made["id"]
    entrant.call("PATCH", path, CSV[5:], Upload_Offset="5")
    checked = entrant.post(f"{TASK}/validations", {"upload": made["id"]})
    assert checked.status_code == 202
    sent = entrant.post(f"{TASK}/submissions", {"upload": made["id"], "method": "m"})
    assert (sent.status_code, sent.json()["method"]) == (201, "m")
    assert not PartialUpload.objects.exists()
    problem(entrant.post(f"{TASK}/submissions", {"upload": made["id"]}), 404, "not_found")


def _arrived(caller: Caller) -> str:
    """Return the id of an upload that has arrived in full."""
    wanted = {"name": "x.csv", "bytes": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}
    upload: str = caller.post(f"{TASK}/uploads", wanted).json()["id"]
    caller.call("PATCH", f"uploads/{upload}", CSV, Upload_Offset="0")
    return upload


def test_a_key_answers_for_an_upload_that_was_submitted_with_it(
    world: World, entrant: Caller
) -> None:
    upload = _arrived(entrant)
    answers = [
        entrant.post(f"{TASK}/submissions", {"upload": upload}, Idempotency_Key="one")
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = entrant.post(f"{TASK}/submissions", {"upload": upload}, Idempotency_Key="two")
    problem(other, 404, "not_found")


def test_an_upload_that_is_submitted_twice_at_once_is_one_submission(
    world: World, entrant: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = _arrived(entrant)
    # The second request comes before the first one has dropped the upload.
    monkeypatch.setattr(partial, "discard", lambda *, partial: None)
    answers = [entrant.post(f"{TASK}/submissions", {"upload": upload}) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_who_uploads_before_the_opening_enters_with_it(
    world: World, charlie: User, calls: As
) -> None:
    challenge = world.task.challenge
    accept_rules(challenge=challenge, by=charlie)
    challenge.opens_at = timezone.now() + timedelta(hours=1)
    challenge.save()
    upload = _arrived(calls(charlie))
    with time_machine.travel(challenge.opens_at + timedelta(minutes=1)):
        answer = calls(charlie).post(f"{TASK}/submissions", {"upload": upload})
    assert answer.status_code == 201, answer.json()


def test_an_upload_is_dropped(world: World, alice: User, calls: As) -> None:
    caller, upload = calls(alice), factories.make_partial(world.task, alice)
    sent = {"Upload-Offset": "0", "Content-Type": "text/plain"}
    problem(caller.call("PATCH", f"uploads/{upload.pk}", CSV, **sent), 415, "not_a_chunk")
    assert caller.call("DELETE", f"uploads/{upload.pk}").status_code == 204
    problem(caller.get(f"uploads/{upload.pk}"), 404, "not_found")


def test_an_upload_to_another_task_is_not_taken(world: World, alice: User, entrant: Caller) -> None:
    other = factories.make_task(world.task.challenge, "matching", "other")
    upload = factories.make_partial(other, alice)
    problem(entrant.post(f"{TASK}/submissions", {"upload": str(upload.pk)}), 422, "invalid")
    problem(entrant.post(f"{TASK}/submissions", {"upload": "x"}), 404, "not_found")
    problem(entrant.post(f"{TASK}/submissions", {"file": "x"}), 422, "invalid")


def test_a_failed_submission_is_told_without_its_traceback(
    world: World, alice: User, calls: As
) -> None:
    failed = factories.make_submission(
        world.team, world.task, State.FAILED, failure="Traceback: /srv/secret"
    )
    answer = calls(alice).get(f"submissions/{failed.pk}")
    assert "The fault is ours" in answer.json()["feedback"]["words"]
    assert "Traceback" not in answer.content.decode()
