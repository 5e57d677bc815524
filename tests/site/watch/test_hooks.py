"""What is posted, in three forms, and how it is signed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from podium.watch.calls import CallFailed
from podium.watch.hooks import Hook, Message, signed
from podium.watch.models import News
from tests.site.watch.receiver import Receiver

SECRET = "a-secret-of-some-length"
BEGAN = Message(
    id="7-began",
    state=News.BEGAN,
    what="No <scoring> worker & no ann@example.org is alive.",
    since=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
    where="https://podium.example/c/cup/console/",
    challenge="The cup",
)


@pytest.fixture
def post(receiver: Receiver, settings: Settings) -> Any:
    """A function that posts a message in a form and returns the request that came."""
    settings.WEBHOOK_HOSTS = {receiver.host}

    def posted(form: str, message: Message = BEGAN, secret: str = SECRET) -> Any:
        Hook("site", receiver.url, form, secret).post(message, receiver.caller())
        return receiver.requests[-1]

    return posted


def test_the_signature_is_of_the_time_and_the_body() -> None:
    # printf '1700000000.{"state": "began"}' | openssl dgst -sha256 -hmac a-secret-of-some-length
    digest = "254bdf24846060a9b1410348340662d1dd95e10d5fea5c2be839abddd7bb2cba"
    header = signed(SECRET, b'{"state": "began"}', 1_700_000_000)
    assert header == {"Podium-Signature": f"t=1700000000,v1={digest}"}


def test_the_signature_that_comes_is_that_of_the_body_that_comes(post: Any) -> None:
    request = post("plain")
    header = request.headers["Podium-Signature"]
    moment = int(header.partition(",")[0].removeprefix("t="))
    assert abs(moment - datetime.now(UTC).timestamp()) < 60
    assert signed(SECRET, request.body, moment) == {"Podium-Signature": header}


def test_the_plain_form(post: Any) -> None:
    assert json.loads(post("plain").body) == {
        "id": "7-began",
        "state": "began",
        "title": "Podium: A problem needs attention in The cup",
        "what": "No <scoring> worker & no (address) is alive.",
        "since": "2026-05-04T12:30:00+00:00",
        "until": None,
        "where": "https://podium.example/c/cup/console/",
    }


def test_the_plain_form_of_the_end(post: Any) -> None:
    until = datetime(2026, 5, 4, 13, 0, tzinfo=UTC)
    over = Message("7-over", News.OVER, "It was so.", BEGAN.since, BEGAN.where, until)
    body = json.loads(post("plain", over).body)
    assert (body["state"], body["until"]) == ("over", "2026-05-04T13:00:00+00:00")
    assert body["title"] == "Podium: A problem is over"
    assert body["what"].startswith(
        "This was so from 4 May 2026, 12:30 UTC to 4 May 2026, 13:00 UTC:"
    )


def test_slack_gets_one_text_without_markup(post: Any) -> None:
    assert json.loads(post("slack").body) == {
        "text": "Podium: A problem needs attention in The cup\n"
        "No &lt;scoring&gt; worker &amp; no (address) is alive.\n"
        "https://podium.example/c/cup/console/"
    }


def test_teams_gets_an_adaptive_card(post: Any) -> None:
    body = json.loads(post("teams").body)
    assert body["type"] == "message"
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    assert [block["text"] for block in card["body"]] == [BEGAN.title, BEGAN.text]
    assert card["actions"][0]["url"] == BEGAN.where


def test_slack_and_teams_need_no_secret(post: Any) -> None:
    for form in ("slack", "teams"):
        assert "Podium-Signature" not in post(form, secret="").headers
        assert "Podium-Signature" in post(form).headers


@pytest.mark.parametrize(
    ("form", "secret", "code"),
    [("plain", "", "bad_secret"), ("slack", "short", "bad_secret"), ("xml", SECRET, "bad_form")],
)
def test_a_webhook_that_is_not_set_up_rightly(post: Any, form: str, secret: str, code: str) -> None:
    with pytest.raises(CallFailed) as failed:
        post(form, secret=secret)
    assert failed.value.code == code


def test_what_is_logged_of_a_webhook_opens_nothing() -> None:
    text = repr(Hook("site", "https://hooks.example/services/T1", "plain", SECRET))
    assert "T1" not in text
    assert SECRET not in text
