"""Each trouble is posted once to each webhook, and once when it is over; no mail waits for that."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from podium import workers
from podium.challenges.models import Challenge, Task
from podium.submissions.models import State
from podium.teams.models import Team
from podium.watch import alerts, posts
from podium.watch.alerts import KEPT, LASTING, Watch
from podium.watch.calls import CALL_SECONDS, Caller
from podium.watch.models import Alert, News, Post, Webhook
from podium.watch.overview import Trouble
from podium.watch.posts import BATCH_SECONDS, LEASE, PAUSES, Postman
from tests.site import factories
from tests.site.watch.conftest import ALL, Clock
from tests.site.watch.receiver import Receiver, answer_with, take

SECRET = "a-secret-of-some-length"
Passes = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _webhook(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = frozenset({receiver.host})
    settings.ALERT_WEBHOOK = receiver.url
    settings.ALERT_WEBHOOK_FORM = "plain"
    settings.ALERT_WEBHOOK_SECRET = SECRET


@pytest.fixture
def watch(receiver: Receiver, challenge: Challenge) -> Iterator[Watch]:
    watch = Watch(postman=Postman(receiver.caller()))
    yield watch
    receiver.is_over.set()
    watch.finish()


@pytest.fixture
def passes(watch: Watch, clock: Clock, receiver: Receiver) -> Passes:
    """A function that looks for a while and returns what was posted.

    It looks every 15 seconds, and through a long while sixty times.
    """

    def looked(for_: timedelta = 2 * LASTING) -> list[dict[str, Any]]:
        before = len(receiver.requests)
        step = max(15, for_.total_seconds() / 60)
        for _ in range(int(for_.total_seconds() / step) + 1):
            watch.look()
            watch.finish()
            clock.shift(step)
        return [json.loads(request.body) for request in receiver.requests[before:]]

    return looked


@pytest.fixture
def silent_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)


def states(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["state"] for body in bodies]


def test_all_is_well_and_nothing_is_posted(passes: Passes) -> None:
    assert passes() == []
    assert not Post.objects.exists()


def test_a_dead_worker_is_posted_once_and_once_when_it_is_back(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "workers_alive", list)
    bodies = passes()
    assert states(bodies) == ["began", "began"]  # scoring and control
    assert "No scoring worker is alive." in bodies[0]["what"] + bodies[1]["what"]
    assert bodies[0]["where"].endswith("/console/")
    assert passes(timedelta(hours=1)) == []
    monkeypatch.setattr(workers, "workers_alive", lambda: [ALL])
    ends = passes()
    assert states(ends) == ["over", "over"]
    assert {body["since"] for body in ends} == {body["since"] for body in bodies}
    assert all(body["until"] for body in ends)
    assert passes(timedelta(hours=1)) == []


def test_it_is_posted_although_nobody_can_be_mailed(
    people: None, passes: Passes, silent_beat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailBackend, messages: list[EmailMessage]) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert states(passes()) == ["began"]
    monkeypatch.setattr(workers, "beat_seen_at", timezone.now)
    assert states(passes()) == ["over"]


def test_what_is_gone_before_it_has_lasted_is_not_posted(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert passes(timedelta(seconds=15)) == []
    monkeypatch.setattr(workers, "beat_seen_at", timezone.now)
    assert passes() == []


def test_what_only_the_console_shows_is_not_posted(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "watch_seen_at", lambda: None)
    assert passes() == []


def test_the_text_has_no_score_person_team_or_address(
    people: None, passes: Passes, team: Team, matching_task: Task
) -> None:
    matching_task.title = "Ask ann@example.org"
    matching_task.save()
    factories.make_submission(
        team, matching_task, State.FAILED, failure="secret 0.987654 in a message"
    )
    old = timezone.now() - timedelta(minutes=10)
    factories.make_submission(team, matching_task, State.QUEUED, queued_at=old)
    text = json.dumps(passes())
    assert "1 submission failed because of a system error." in text
    assert "The oldest queued submission has waited for" in text
    assert "Without a score of the trivial baseline" in text  # which names the task
    assert "/c/cup/console/" in text
    for secret in ("0.987654", team.name, "@", "Olga", "Alice"):
        assert secret not in text


def test_mails_go_out_although_the_webhook_hangs(
    people: None,
    receiver: Receiver,
    watch: Watch,
    clock: Clock,
    silent_beat: None,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver.answer = receiver.hang
    watch.look()
    clock.shift(60)
    started = time.monotonic()
    watch.look()
    assert len(mailoutbox) == 2
    while not receiver.requests:  # the webhook has the message, and says nothing
        assert time.monotonic() - started < 5
        time.sleep(0.01)
    monkeypatch.setattr(workers, "workers_alive", list)
    watch.look()
    clock.shift(60)
    watch.look()
    assert len(mailoutbox) == 6
    assert len(receiver.requests) == 1
    assert Post.objects.filter(taken_at=None).count() == 3


def test_what_fails_is_posted_again_and_taken_once(
    receiver: Receiver, passes: Passes, silent_beat: None
) -> None:
    receiver.answer = answer_with(503)
    assert states(passes()) == ["began"]
    post = Post.objects.get()
    assert post.tries == 1
    assert "status 503" in post.failure
    receiver.answer = take
    bodies = passes(timedelta(minutes=2))
    assert states(bodies) == ["began"]
    post.refresh_from_db()
    assert (post.failure, post.due_at) == ("", None)
    assert post.taken_at
    assert passes(timedelta(hours=1)) == []


def test_it_is_given_up_in_the_end(
    receiver: Receiver, passes: Passes, silent_beat: None, clock: Clock
) -> None:
    receiver.answer = answer_with(404)
    count = 0
    for pause in (LASTING, *PAUSES, timedelta(days=1), timedelta(days=1)):
        count += len(passes(timedelta(0)))
        clock.shift(pause)
        count += len(passes(timedelta(0)))
    assert count == 1 + len(PAUSES)
    assert Post.objects.get().due_at is None


def test_what_was_taken_by_a_page_is_not_posted_again(
    receiver: Receiver, passes: Passes, silent_beat: None
) -> None:
    def page(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * 100_000)

    receiver.answer = page
    assert len(passes(timedelta(hours=1))) == 1
    assert "Check the address" in Post.objects.get().failure


def test_if_the_beginning_was_never_taken_the_end_says_it_all(
    receiver: Receiver, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    receiver.answer = answer_with(503)
    passes()
    monkeypatch.setattr(workers, "beat_seen_at", timezone.now)
    passes()
    receiver.answer = take
    (body,) = passes(timedelta(minutes=10))
    assert body["state"] == "over"
    assert "The scheduler has given no sign" in body["what"]
    assert not Post.objects.filter(news=News.BEGAN).exists()


def test_two_processes_post_a_trouble_once(
    receiver: Receiver, passes: Passes, silent_beat: None, clock: Clock
) -> None:
    other = Watch(postman=Postman(receiver.caller()))
    passes(timedelta(seconds=30))
    clock.shift(60)
    other.look()
    other.finish()
    assert passes(timedelta(0)) == []
    assert len(receiver.requests) == 1


def test_what_another_process_claimed_is_left_to_it_until_its_lease_is_over(
    receiver: Receiver, passes: Passes, silent_beat: None, clock: Clock
) -> None:
    dead = Postman(Caller(lambda *_: []))
    passes(timedelta(0))
    clock.shift(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dead, "_start", lambda letters: list(letters))
        now = timezone.now()
        Alert.objects.update(seen_at=now)
        dead.look(Alert.objects.all(), now)
    assert Post.objects.get().due_at == now + LEASE
    assert passes(timedelta(0)) == []
    clock.shift(LEASE)
    assert states(passes(timedelta(0))) == ["began"]


def test_a_batch_ends_within_its_lease() -> None:
    assert timedelta(seconds=BATCH_SECONDS + 2 * CALL_SECONDS) < LEASE


def test_many_troubles_are_posted_in_batches(
    passes: Passes, silent_beat: None, challenge: Challenge
) -> None:
    passes()
    now = timezone.now()
    facts = {"text": "So.", "since": now, "seen_at": now, "mailed_at": now, "over_at": now}
    for number in range(25):
        alert = Alert.objects.create(key=f"x{number}", challenge=challenge, **facts)
        Post.objects.create(alert=alert, hook="site", news=News.BEGAN, made_at=now, due_at=now)
    assert [len(passes(timedelta(0))) for _ in range(4)] == [10, 10, 5, 0]


def test_an_error_of_the_site_is_a_failed_try(
    passes: Passes, silent_beat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("podium.watch.hooks.signed", None)
        assert passes() == []
    assert Post.objects.get().tries == 1
    assert states(passes()) == ["began"]


def test_a_webhook_that_was_taken_away_gets_nothing_more(
    receiver: Receiver, passes: Passes, silent_beat: None, settings: Settings
) -> None:
    receiver.answer = answer_with(503)
    passes()
    settings.ALERT_WEBHOOK = ""
    assert passes(timedelta(hours=1)) == []
    assert not Post.objects.exists()


@pytest.mark.parametrize("name", ["ALERT_WEBHOOK", "WEBHOOK_HOSTS"])
def test_by_default_there_is_no_webhook(
    passes: Passes, silent_beat: None, settings: Settings, name: str
) -> None:
    setattr(settings, name, type(getattr(settings, name))())
    assert passes() == []
    assert not Post.objects.exists()


def test_without_its_database_it_posts_once_and_once_when_it_is_back(
    receiver: Receiver, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(alerts, "_look", away)
        receiver.answer = answer_with(503)
        (body,) = passes(timedelta(seconds=45))
        assert (body["state"], body["title"]) == ("began", "Podium: A problem needs attention")
        assert "The database does not answer." in body["what"]
        receiver.answer = take
        (again,) = passes(timedelta(minutes=10))
        assert again["id"] == body["id"]
    (end,) = passes()
    assert end["state"] == "over"
    assert end["until"]
    assert passes() == []


def test_of_a_database_that_was_away_the_end_is_enough(
    receiver: Receiver, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: object) -> None:
        raise OperationalError

    receiver.answer = answer_with(503)
    with monkeypatch.context() as broken:
        broken.setattr(alerts, "_look", away)
        passes()
    receiver.answer = take
    assert states(passes(timedelta(hours=1))) == ["over"]


def test_what_was_taken_while_the_database_went_away_is_not_posted_again(
    receiver: Receiver,
    passes: Passes,
    watch: Watch,
    silent_beat: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(posts, "_note", away)
        with pytest.raises(OperationalError):
            passes()
    assert len(receiver.requests) == 1
    assert passes(timedelta(hours=1)) == []
    assert Post.objects.get().taken_at


def test_old_tests_go(passes: Passes) -> None:
    long_ago = timezone.now() - KEPT - timedelta(days=1)
    Post.objects.create(hook="site", news=News.TEST, made_at=long_ago, due_at=None)
    passes(timedelta(0))
    assert not Post.objects.exists()


def test_a_command_posts_a_test(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "podium.watch.management.commands.post_test_alert.Caller", lambda: receiver.caller()
    )
    call_command("post_test_alert")
    assert json.loads(receiver.requests[0].body)["state"] == "test"
    assert capsys.readouterr().out == f"{receiver.host} took the test.\n"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ALERT_WEBHOOK", "", "Set PODIUM_ALERT_WEBHOOK"),
        ("ALERT_WEBHOOK", "http://hooks.example/", "begins with https://"),
        ("WEBHOOK_HOSTS", frozenset(), "PODIUM_WEBHOOK_HOSTS"),
        ("ALERT_WEBHOOK_SECRET", "", "16 characters or more"),
        ("ALERT_WEBHOOK_FORM", "xml", "plain, slack, teams"),
    ],
)
def test_the_command_says_what_is_wrong(
    settings: Settings, name: str, value: Any, reason: str
) -> None:
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=reason):
        call_command("post_test_alert")


def test_the_command_refuses_this_machine_itself(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = {f"localhost:{receiver.port}"}
    settings.ALERT_WEBHOOK = f"https://localhost:{receiver.port}/"
    with pytest.raises(CommandError, match="localhost has an address that is not public"):
        call_command("post_test_alert")
    assert receiver.requests == []


def test_the_process_says_at_its_start_that_it_cannot_post(
    db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.WEBHOOK_HOSTS = frozenset({"elsewhere.example"})
    warned: list[str] = []
    monkeypatch.setattr(
        "podium.watch.management.commands.watch.log.warning",
        lambda event, reason: warned.append(reason),
    )
    call_command("watch", once=True)
    assert "Allowed hosts: elsewhere.example." in warned[0]


def test_a_challenge_hears_of_itself_and_of_the_machine_and_of_no_other_challenge(
    receiver: Receiver, passes: Passes, silent_beat: None, challenge: Challenge, settings: Settings
) -> None:
    settings.ALERT_WEBHOOK = ""
    other = factories.make_challenge("other")
    for number, each in enumerate([challenge, other], start=1):
        url = f"https://{receiver.host}/{number}"
        Webhook.objects.create(challenge=each, url=url, form="plain", secret=SECRET)
    with pytest.MonkeyPatch.context() as patch:
        own = Trouble("own", "Own.")
        patch.setattr(alerts, "_found", lambda: [(other, own), (None, Trouble("beat", "All."))])
        passes()
    assert heard(receiver) == {("/1", "All."), ("/2", "All."), ("/2", "Own.")}


def test_an_address_of_two_challenges_gets_a_trouble_of_the_machine_once(
    receiver: Receiver, passes: Passes, silent_beat: None, challenge: Challenge
) -> None:
    for each in (challenge, factories.make_challenge("other")):
        Webhook.objects.create(challenge=each, url=receiver.url, form="slack", secret=SECRET)
    assert states(passes()) == ["began"]  # to the site's webhook, which has the same address


def test_an_archived_challenge_hears_only_the_end_of_what_was(
    receiver: Receiver,
    passes: Passes,
    challenge: Challenge,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ALERT_WEBHOOK = ""
    factories.make_challenge("other")  # whose site is still watched
    Webhook.objects.create(challenge=challenge, url=receiver.url, form="plain", secret=SECRET)
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert states(passes()) == ["began"]
    Challenge.objects.filter(pk=challenge.pk).update(archived_at=timezone.now())
    monkeypatch.setattr(workers, "beat_seen_at", timezone.now)
    assert states(passes()) == ["over"]
    monkeypatch.setattr(workers, "workers_alive", list)
    assert passes() == []


def test_a_test_is_posted_once_whether_it_is_taken_or_not(
    receiver: Receiver, passes: Passes, challenge: Challenge
) -> None:
    webhook = Webhook.objects.create(
        challenge=challenge, url=receiver.url, form="plain", secret=SECRET
    )
    receiver.answer = answer_with(404)
    now = timezone.now()
    Post.objects.create(hook=webhook.key, news=News.TEST, made_at=now, due_at=now)
    assert states(passes(timedelta(hours=1))) == ["test"]
    assert "Was the webhook removed there?" in Post.objects.get().failure


def heard(receiver: Receiver) -> set[tuple[str, str]]:
    """Return where something was posted, and what."""
    return {(request.path, json.loads(request.body)["what"]) for request in receiver.requests}
