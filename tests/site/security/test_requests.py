"""Requests that no form makes: without a token, too large, in odd characters, at odd addresses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.models import State, Submission
from podium.teams.actions import invite
from podium.teams.models import Team
from podium.uploads.receiving import LimitedUpload
from tests.site import factories

AsUser = Callable[[User | None], Client]
CHANGES = (
    *("team-create", "team-invite", "team-rename", "team-hand-over", "team-leave"),
    *("console-baselines", "console-setup"),
)
ODD = (
    *("", " ", "a\x00b", "\u202egpj.exe", "\u200b", "line\nbreak", "\U0001f600" * 80, "ﷺ" * 60),
    *("<script>alert(1)</script>", "{{ 7 }}{% debug %}", "%s%n", "9" * 40, "-1", "1e999", "\udcff"),
    "x" * 5000,
)
ADDRESSES = (
    *("/submissions/99999999999999999999999/", "/datasets/pets/99999999999999999999/"),
    *("/datasets/pets/1/files/..%2f..%2fprivate", "/datasets/pets/1/files/train.csv%00"),
    *(
        "/join/%00/",
        f"/join/{'a' * 3000}/",
        "/c/%2e%2e/",
        "/?page=%00",
        "/mails/?page=9" + "9" * 40,
    ),
    *("/static/..%2f..%2fsecret_key", "/accounts/login/?next=https://evil.example/"),
    *("/accounts/confirm-email/a:b/", "/accounts/password/reset/key/1-a/"),
)


@pytest.fixture
def submission(team: Team, matching_task: Task) -> Submission:
    return factories.make_submission(team, matching_task, State.SCORED)


def _changes(submission: Submission) -> list[str]:
    """Return the addresses of every form of the site but the account pages'."""
    slug, task = submission.task.challenge.slug, submission.task.slug
    return [
        *(reverse(name, args=[slug]) for name in CHANGES),
        *(reverse(name, args=[submission.pk]) for name in ("withdraw", "restore")),
        reverse("submit", args=[slug, task]),
        reverse("team-remove", args=[slug, submission.team.captain_id]),
        reverse("team-revoke", args=[slug, 1]),
        reverse("console-retry", args=[slug, submission.pk]),
        reverse("console-restart", args=[slug, 1]),
        reverse("console-rule", args=[slug, "teams"]),
    ]


@pytest.mark.parametrize("person", ["alice", "olga"])
def test_no_form_is_taken_without_its_token(
    request: pytest.FixtureRequest, submission: Submission, person: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        request.getfixturevalue(person), backend="django.contrib.auth.backends.ModelBackend"
    )
    for address in (*_changes(submission), "/accounts/logout/"):
        assert client.post(address, {"name": "x", "email": "x@example.org"}).status_code == 403
    assert client.post(_join_address(submission.team)).status_code == 403


def _join_address(team: Team) -> str:
    _, token = invite(team=team, by=team.captain)
    return reverse("join", args=[token])


@pytest.mark.parametrize("text", ODD, ids=ascii)
@pytest.mark.parametrize("person", ["alice", "olga"])
def test_no_text_in_a_form_breaks_it(
    request: pytest.FixtureRequest, as_user: AsUser, submission: Submission, person: str, text: str
) -> None:
    client = as_user(request.getfixturevalue(person))
    names = ("name", "email", "to", "team", "reason", "task", "method", "accept_rules")
    for address in _changes(submission):
        body = "&".join(f"{name}={_quoted(text)}" for name in names)
        form = "application/x-www-form-urlencoded"
        answer = client.generic("POST", address, body, content_type=form)
        assert answer.status_code < 500, address


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode(errors="surrogateescape"))


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_breaks_a_page(as_user: AsUser, sam: User, address: str) -> None:
    for person in (None, sam):
        assert as_user(person).get(address).status_code < 500


def test_a_form_that_is_too_large_is_refused(as_user: AsUser, alice: User) -> None:
    for body in ("name=" + "a" * 2_000_000, "&".join(f"f{n}=1" for n in range(2000))):
        form = "application/x-www-form-urlencoded"
        answer = as_user(alice).generic("POST", "/accounts/login/", body, content_type=form)
        assert answer.status_code == 400


def test_a_file_where_none_is_asked_for_is_stored_nowhere(
    as_user: AsUser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(
        "django.core.files.uploadhandler.TemporaryUploadedFile",
        lambda name, *_: made.append(name),
    )
    large = SimpleUploadedFile("large.csv", b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    answer = as_user(None).post("/accounts/login/", {"login": "x", "file": large})
    assert answer.status_code == 200
    assert made == []
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_of_several_files_in_one_request_the_first_is_stored(
    as_user: AsUser, team: Team, alice: User, matching_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    receive = LimitedUpload.receive_data_chunk

    def counted(self: LimitedUpload, raw_data: bytes, start: int) -> None:
        taken.append(len(raw_data))
        receive(self, raw_data, start)

    monkeypatch.setattr(LimitedUpload, "receive_data_chunk", counted)
    sent = [SimpleUploadedFile(f"{n}.csv", b"id,score\np1,0.5\n") for n in range(9)]
    address = reverse("submit", args=[matching_task.challenge.slug, matching_task.slug])
    form = {"file": sent[0], "accept_rules": "on", **{f"more{n}": sent[n] for n in range(1, 9)}}
    assert as_user(alice).post(address, form).status_code == 302
    assert taken == [len(b"id,score\np1,0.5\n")]
    assert Submission.objects.get().original_name == "0.csv"


@pytest.mark.parametrize("address", ["/", "/none", "/admin/", "/accounts/login/", "/healthz"])
def test_no_other_site_may_frame_or_script_a_page(as_user: AsUser, sam: User, address: str) -> None:
    headers = as_user(sam).get(address).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    for rule in ("script-src 'self';", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in policy + ";"
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "x@testserver", ""])
def test_another_host_name_is_not_answered(db: None, host: str) -> None:
    assert Client().get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_sign_in_leads_to_no_other_site(db: None, target: str) -> None:
    User.objects.create_user("ada@example.org", "long enough for a test", name="Ada")
    form = {"login": "ada@example.org", "password": "long enough for a test", "next": target}
    answer = Client().post("/accounts/login/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_sign_in_gets_a_session_of_its_own(db: None, settings: Settings) -> None:
    User.objects.create_user("ada@example.org", "long enough for a test", name="Ada")
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else-0123456"
    form = {"login": "ada@example.org", "password": "long enough for a test"}
    cookie = client.post("/accounts/login/", form).cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != "chosen-by-somebody-else-0123456"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_there_is_a_limit_to_wrong_passwords(db: None) -> None:
    User.objects.create_user("ada@example.org", "long enough for a test", name="Ada")
    texts = []
    for number in range(7):
        form = {"login": "ada@example.org", "password": f"wrong-{number}"}
        texts.append(Client().post("/accounts/login/", form).content.decode())
    assert "Too many" not in texts[0]
    assert "Too many" in texts[-1]
