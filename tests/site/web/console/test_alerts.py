"""The page on which owners have alerts posted: what they can set, and what they see of it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge
from podium.watch.models import Alert, News, Post, Webhook

PAGE = "/c/cup/console/alerts/"
URL = "https://hooks.example/services/T0TOKEN"
AsUser = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = frozenset({"hooks.example", "chat.example"})


@pytest.fixture
def owner(challenge: Challenge, as_user: AsUser, olga: User) -> Client:
    return as_user(olga)


@pytest.fixture
def webhook(challenge: Challenge) -> Webhook:
    return Webhook.objects.create(
        challenge=challenge, url=URL, form="plain", secret="a-secret-of-some-length"
    )


def page(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_an_owner_saves_a_webhook_whose_address_no_page_shows_again(owner: Client) -> None:
    answer = owner.post(PAGE, {"url": URL, "form": "slack"}, follow=True)
    shown = answer.content.decode()
    assert "Saved." in shown
    assert "hooks.example" in shown
    assert "T0TOKEN" not in shown
    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.form) == (URL, "slack")
    assert len(webhook.secret) > 40
    assert webhook.secret not in shown  # Slack checks no signature
    event = Event.objects.get(verb="set webhook")
    assert (event.facts["before"], event.facts["after"]) == ("", "hooks.example (slack)")


def test_a_program_gets_a_new_secret_each_time(owner: Client) -> None:
    secrets = set()
    for url in (URL, "https://chat.example/x"):
        owner.post(PAGE, {"url": url, "form": "plain"})
        secret = Webhook.objects.get().secret
        assert secret in page(owner)
        secrets.add(secret)
    assert len(secrets) == 2
    event = Event.objects.filter(verb="set webhook").latest("id")
    assert event.facts["before"] == "hooks.example (plain)"
    assert event.facts["after"] == "chat.example (plain)"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "begins with https://"),
        ("https://elsewhere.example/", "Allowed hosts: chat.example, hooks.example."),
        ("https://user@hooks.example/", "no user"),
        ("https://127.0.0.1/", "the name of a host"),
        ("", "This field is required"),
    ],
)
def test_an_address_that_is_refused(owner: Client, url: str, reason: str) -> None:
    answer = owner.post(PAGE, {"url": url, "form": "slack"})
    assert answer.status_code == 422
    assert reason in answer.content.decode().replace("need an address that ", "")
    assert not Webhook.objects.exists()
    assert not Event.objects.filter(verb="set webhook").exists()


def test_an_unknown_form_is_refused(owner: Client) -> None:
    assert owner.post(PAGE, {"url": URL, "form": "xml"}).status_code == 422


def test_without_allowed_hosts_the_page_says_whom_to_ask(
    owner: Client, webhook: Webhook, settings: Settings
) -> None:
    settings.WEBHOOK_HOSTS = frozenset()
    shown = page(owner)
    assert "Ask for <code>PODIUM_WEBHOOK_HOSTS</code>" in shown
    assert "hooks.example is not allowed here" in shown  # the one that was saved before
    assert 'name="url"' not in shown
    assert owner.post(PAGE, {"url": URL, "form": "slack"}).status_code == 422


def test_a_test_waits_for_the_process_that_posts(owner: Client, webhook: Webhook) -> None:
    answer = owner.post(f"{PAGE}test/", follow=True)
    assert "The test is posted within a minute." in answer.content.decode()
    post = Post.objects.get()
    assert (post.hook, post.news, post.alert) == (webhook.key, News.TEST, None)
    assert Event.objects.filter(verb="tested webhook").count() == 1
    live = owner.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "waiting" in live
    assert "<html" not in live
    answer = owner.post(f"{PAGE}test/", follow=True)
    assert "A test is on its way." in answer.content.decode()
    assert Post.objects.count() == 1


@pytest.mark.parametrize("act", ["test", "remove"])
def test_without_a_webhook_there_is_nothing_to_do(owner: Client, act: str) -> None:
    answer = owner.post(f"{PAGE}{act}/", follow=True)
    assert "The challenge has no webhook." in answer.content.decode()
    assert not Event.objects.filter(verb__endswith="webhook").exists()


def test_the_list_says_what_became_of_each_post(
    owner: Client, webhook: Webhook, challenge: Challenge
) -> None:
    now = timezone.now()
    facts = {"challenge": challenge, "since": now, "seen_at": now}
    alert = Alert.objects.create(key="x", text="It is broken.", **facts)
    begun = {"alert": alert, "hook": webhook.key, "made_at": now}
    Post.objects.create(news=News.BEGAN, taken_at=now, due_at=None, **begun)
    Post.objects.create(news=News.OVER, due_at=now, failure="It hung up.", **begun)
    Post.objects.create(hook=webhook.key, news=News.TEST, due_at=None, failure="No such name.")
    Post.objects.create(hook="site", news=News.TEST, failure="Not ours.")
    text = " ".join(page(owner).split())
    for said in ("Over: It is broken.", "accepted", "It hung up. It is tried again."):
        assert said in text
    assert "failed</span> No such name." in text
    assert "Not ours." not in text


def test_a_removed_webhook_leaves_nothing_that_is_posted_later(
    owner: Client, webhook: Webhook
) -> None:
    Post.objects.create(hook=webhook.key, news=News.TEST)
    answer = owner.post(f"{PAGE}remove/", follow=True)
    assert "Mails go out as before." in answer.content.decode()
    assert not Webhook.objects.exists()
    assert not Post.objects.exists()
    event = Event.objects.get(verb="removed webhook")
    assert event.facts["before"] == "hooks.example (plain)"
    assert "T0TOKEN" not in str(event.facts)
