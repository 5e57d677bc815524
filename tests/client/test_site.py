"""What is sent again, how often, and after which wait."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from podium_client.errors import PodiumError, RefusedError, SiteError
from podium_client.retries import Retries
from podium_client.site import Site
from tests.client.state import TOKEN

OK = httpx.Response(200, json={"fine": True})


class Answers:
    """A transport that gives these answers, one after the other, and the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def site(self, **policy: Any) -> Site:
        retries = Retries(sleep=self.waits.append, **policy)
        return Site("https://x.org", TOKEN, retries=retries, transport=httpx.MockTransport(self))


@pytest.mark.parametrize(
    "first",
    [
        httpx.ConnectError("no"),
        httpx.ReadError("broken"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(503, text="soon"),
        httpx.Response(504, text="slow"),
        httpx.Response(429, text="too many"),
    ],
)
def test_reading_is_sent_again(first: httpx.Response | Exception) -> None:
    answers = Answers(first, first, OK)
    assert answers.site().get("me") == {"fine": True}
    assert len(answers.requests) == 3
    assert 0.25 <= answers.waits[0] <= 0.5
    assert 0.5 <= answers.waits[1] <= 1


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (httpx.ConnectError("no"), 2),
        (httpx.Response(429, text="too many"), 2),
        (httpx.ReadError("broken"), 1),
        (httpx.Response(503, text="soon"), 1),
    ],
)
def test_a_change_is_sent_again_only_if_it_was_not_taken(
    first: httpx.Response | Exception, asked: int
) -> None:
    answers = Answers(first, OK)
    try:
        answers.site().post("submissions/1/withdraw")
    except SiteError:
        assert asked == 1
    assert len(answers.requests) == asked


def test_a_change_with_a_key_is_sent_again_with_the_same_key() -> None:
    answers = Answers(httpx.ReadError("broken"), httpx.Response(503), OK)
    answers.site().post("x", {"a": 1}, key="k")
    assert [each.headers["Idempotency-Key"] for each in answers.requests] == ["k"] * 3


def test_after_some_attempts_the_site_is_given_up() -> None:
    answers = Answers(httpx.ReadError(f"broken {TOKEN}"))
    with pytest.raises(SiteError, match="broke off") as caught:
        answers.site(attempts=4).get("me")
    assert len(answers.requests) == 4
    assert TOKEN not in str(caught.value)


def test_other_failures_are_not_sent_again() -> None:
    for status in (400, 401, 404, 409, 500):
        answers = Answers(httpx.Response(status, json={"detail": "no"}))
        with pytest.raises(PodiumError):
            answers.site().get("me")
        assert len(answers.requests) == 1


def in_seconds(count: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=count), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        (lambda: "7", 7, 7),
        (lambda: in_seconds(20), 18, 20),
        (lambda: in_seconds(-20), 0.25, 0.5),
        (lambda: "soon", 0.25, 0.5),
        (lambda: "", 0.25, 0.5),
    ],
)
def test_the_site_says_how_long_to_wait(
    header: Callable[[], str], least: float, most: float
) -> None:
    answers = Answers(httpx.Response(429, headers={"Retry-After": header()}), OK)
    answers.site().get("me")
    assert least <= answers.waits[0] <= most


def test_nobody_waits_for_an_hour() -> None:
    body = {"detail": "60 uploads an hour are the most.", "code": "too_many_requests"}
    answers = Answers(httpx.Response(429, headers={"Retry-After": "3600"}, json=body))
    with pytest.raises(RefusedError, match="60 uploads"):
        answers.site().get("me")
    assert answers.waits == []


def test_waits_grow_to_a_limit() -> None:
    retries = Retries(first=1, longest=8)
    assert [4 <= retries.pause(attempt) <= 8 for attempt in (4, 5, 50)] == [True] * 3


def test_the_token_goes_to_the_site_alone() -> None:
    answers = Answers(OK)
    site = answers.site()
    site.get("me")
    assert answers.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    for reference in ("https://evil.org/x", "//evil.org/x", "http://x.org/api/v1/me"):
        with pytest.raises(SiteError, match="another one"):
            site.send("GET", reference)
    assert len(answers.requests) == 1


def test_a_redirect_is_not_followed() -> None:
    answers = Answers(httpx.Response(302, headers={"Location": "https://evil.org/"}))
    with pytest.raises(SiteError, match="evil"):
        answers.site().get("me")
    assert len(answers.requests) == 1


def test_pages_end_even_if_the_site_says_they_go_on() -> None:
    endless = httpx.Response(200, json={"items": [], "next": "/api/v1/challenges?offset=0"})
    assert Answers(endless).site().listing("challenges") == []


def test_who_is_no_object_is_no_podium() -> None:
    with pytest.raises(SiteError, match="another form"):
        Answers(httpx.Response(200, json=[1])).site().listing("challenges")
